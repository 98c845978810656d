#include "core/src/server/shared_cache.hpp"

#include <unistd.h>

#include <utility>

namespace ropeway::server {
namespace {

// How often one waits for another's value. After that, it is computed here: values that cannot be kept would otherwise be computed one
// after another.
constexpr int most_waits = 2;

constexpr std::chrono::seconds cache_look_interval{1};  // in case that nobody wakes it

std::int64_t nanoseconds_of(const Clock& clock) noexcept {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(clock.steady_now().time_since_epoch()).count();
}

std::int64_t end_of(std::chrono::milliseconds time, std::int64_t now) noexcept {
  constexpr std::chrono::milliseconds longest = std::chrono::hours(24 * 366 * 100);
  return time >= longest ? INT64_MAX : now + std::chrono::nanoseconds(time).count();
}

// Gives a claim back at the end of its scope, and wakes whoever waits for that.
class Claimed {
 public:
  Claimed(shared::Segment& segment, shared::ClaimTable::Claim& claim, pid_t owner, WaitList& changes) noexcept
      : segment_(segment), claim_(claim), owner_(owner), changes_(changes) {}
  ~Claimed() {
    shared::ClaimTable::give_back(claim_.owner, owner_);
    changes_.wake_all();
    segment_.ring();
  }
  Claimed(const Claimed&) = delete;
  Claimed& operator=(const Claimed&) = delete;

 private:
  shared::Segment& segment_;
  shared::ClaimTable::Claim& claim_;
  pid_t owner_;
  WaitList& changes_;
};

}  // namespace

SharedCache::SharedCache(shared::Segment& segment, const Clock& clock, WaitList& changes, std::function<void()> watch)
    : segment_(segment), clock_(clock), changes_(changes), watch_(std::move(watch)), process_(::getpid()) {}

std::optional<std::string> SharedCache::look_up(std::string_view key) const {
  std::optional<std::string> value(std::in_place);
  if (!segment_.cache().get(key_of(segment_.secret(), "cache", key), key, nanoseconds_of(clock_), *value)) value.reset();
  return value;
}

bool SharedCache::keep(std::string_view key, std::string_view value, std::chrono::milliseconds time) const noexcept {
  const std::int64_t now = nanoseconds_of(clock_);
  return segment_.cache().set(key_of(segment_.secret(), "cache", key), key, value, end_of(time, now), now);
}

awaitable<std::optional<std::string>> SharedCache::get(std::string_view key) { co_return look_up(key); }

awaitable<bool> SharedCache::set(std::string_view key, std::string_view value, std::chrono::milliseconds time) {
  co_return keep(key, value, time);
}

awaitable<bool> SharedCache::erase(std::string_view key) {
  co_return segment_.cache().erase(key_of(segment_.secret(), "cache", key), key, nanoseconds_of(clock_));
}

// A child of this process claims nothing: nobody would learn of its death.
shared::ClaimTable::Result SharedCache::claim(std::string_view key) const noexcept {
  if (::getpid() != process_) return {};
  return segment_.claims().claim(key_of(segment_.secret(), "compute", key), process_);
}

// The ends of others' claims wake it, too.
awaitable<void> SharedCache::end_of_claim(std::string_view key) {
  const shared::Key claimed = key_of(segment_.secret(), "compute", key);
  for (;;) {
    const std::uint64_t ticket = changes_.ticket();
    if (changes_.is_closed() || !segment_.claims().is_claimed(claimed)) co_return;
    co_await changes_.wait(ticket, cache_look_interval);
  }
}

awaitable<std::string> SharedCache::get_or_compute(std::string key, std::chrono::milliseconds time, Compute compute) {
  for (int waits = 0;; ++waits) {
    if (auto value = look_up(key)) co_return std::move(*value);
    if (waits == 0) watch_();
    const bool may_wait = waits < most_waits && !changes_.is_closed();
    const auto [outcome, claim] = may_wait ? this->claim(key) : shared::ClaimTable::Result();
    if (outcome == shared::ClaimTable::Outcome::busy) {
      co_await end_of_claim(key);
      continue;
    }
    std::optional<Claimed> claimed;
    if (claim != nullptr) {
      claimed.emplace(segment_, *claim, process_, changes_);
      if (auto value = look_up(key)) co_return std::move(*value);  // it has come between
    }
    std::string value = co_await compute();
    keep(key, value, time);
    co_return value;
  }
}

}  // namespace ropeway::server
