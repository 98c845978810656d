#include "core/src/server/shared_services.hpp"

#include <algorithm>
#include <stdexcept>

namespace ropeway::server {
namespace {

class SharedRateLimit final : public RateLimit {
 public:
  SharedRateLimit(shared::Segment& segment, const Clock& clock, std::string name, const shared::Pace& pace)
      : segment_(segment), clock_(clock), name_("limit " + std::move(name)), rule_(key_of(segment.secret(), "rule", name_)), pace_(pace) {}

  awaitable<Decision> take(std::string_view key, std::int64_t tokens) override {
    const shared::Decision decision = segment_.limits().take(key_of(segment_.secret(), name_, key), rule_, pace_, tokens, clock_);
    co_return Decision{decision.allowed, decision.remaining, decision.retry_after, decision.full_in};
  }

 private:
  shared::Segment& segment_;
  const Clock& clock_;
  const std::string name_;
  const shared::Key rule_;
  const shared::Pace pace_;
};

}  // namespace

Counter SharedCounters::counter(std::string_view name) {
  if (name.empty() || name.size() > shared::CounterTable::longest_name) {
    throw std::invalid_argument("the name of a counter has 1 to 60 bytes: \"" + std::string(name) + '"');
  }
  if (std::atomic<std::int64_t>* value = segment_.counters().find_or_add(name)) return Counter(*value);
  throw std::runtime_error("there is no room for the counter \"" + std::string(name) + "\" among " +
                           std::to_string(segment_.counters().slots().size()) + "; raise shared.counters");
}

std::vector<std::pair<std::string, std::int64_t>> SharedCounters::all() const {
  std::vector<std::pair<std::string, std::int64_t>> result;
  for (const auto& slot : segment_.counters().slots()) {
    const std::string_view name = shared::CounterTable::name_of(slot);
    if (!name.empty()) result.emplace_back(name, slot.value.load(std::memory_order_relaxed));
  }
  return result;
}

std::shared_ptr<RateLimit> SharedRateLimits::limit(std::string name, const Rate& rate) {
  constexpr std::chrono::nanoseconds longest = std::chrono::hours(24 * 366);
  if (rate.count < 1 || rate.per.count() < 1 || rate.burst < 1) throw std::invalid_argument("the numbers of a rate are 1 and above");
  const std::int64_t interval = std::max<std::int64_t>(1, rate.per.count() / rate.count + (rate.per.count() % rate.count != 0 ? 1 : 0));
  if (interval > longest.count() / rate.burst) {
    throw std::invalid_argument("a burst of " + std::to_string(rate.burst) + " takes more than a year to come back at this rate");
  }
  return std::make_shared<SharedRateLimit>(segment_, clock_, std::move(name), shared::Pace{std::chrono::nanoseconds(interval), rate.burst});
}

}  // namespace ropeway::server
