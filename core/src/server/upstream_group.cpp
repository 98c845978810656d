#include "core/src/server/upstream_group.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>

#include "core/src/server/system_clock.hpp"
#include "core/src/server/upstream_check.hpp"

namespace ropeway::server {
namespace {

using SocketName = UpstreamGroup::SocketName;

SocketName unix_name(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), std::min(path.size(), sizeof address.sun_path - 1));
  SocketName name;
  std::memcpy(&name.address, &address, sizeof address);
  name.size = sizeof address;
  return name;
}

std::vector<SocketName> look_up(const UpstreamAddress& address) {
  if (!address.socket.empty()) return {unix_name(address.socket)};
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found); error != 0) {
    throw std::invalid_argument("the host \"" + address.host + "\" has no address: " + ::gai_strerror(error) +
                                "; correct the name, or write a numeric address");
  }
  std::vector<SocketName> names;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    SocketName name;
    if (entry->ai_addrlen > sizeof name.address) continue;
    std::memcpy(&name.address, entry->ai_addr, entry->ai_addrlen);
    name.size = entry->ai_addrlen;
    names.push_back(name);
  }
  ::freeaddrinfo(found);
  return names;
}

std::size_t load(const UpstreamGroup::Peer& peer) noexcept { return peer.taken + peer.tunnels; }

}  // namespace

UpstreamGroup::UpstreamGroup(std::vector<UpstreamAddress> addresses, const UpstreamOptions& options, Readiness::Context* const& readiness,
                             Logger& log)
    : options_(options), readiness_(readiness), log_(log) {
  limits_.header_bytes = options.head_bytes;
  limits_.header_count = 1000;
  for (UpstreamAddress& address : addresses) {
    auto peer = std::make_unique<Peer>();
    peer->sockets = look_up(address);
    peer->address = std::move(address);
    peers_.push_back(std::move(peer));
  }
}

UpstreamGroup::~UpstreamGroup() = default;

void UpstreamGroup::begin(asio::io_context& io, const std::function<void()>& on_busy) {
  if (options_.health.path.empty()) return;
  for (const auto& peer : peers_) checks_.emplace_back(std::make_unique<UpstreamCheck>(*this, *peer))->begin(io, on_busy);
}

// ---- who gets a connection --------------------------------------------------------------------------------------------------------

// With the lock. Gives nullptr where all servers that may be asked have as many connections as they may.
UpstreamGroup::Peer* UpstreamGroup::choose(const PassedOver& passed_over, Time now) noexcept {
  for (const bool sound_only : {true, false}) {
    Peer* best = nullptr;
    bool there_are_some = false;
    std::size_t after_best = next_;
    for (std::size_t i = 0; i < peers_.size(); ++i) {
      const std::size_t index = (next_ + i) % peers_.size();
      Peer& peer = *peers_[index];
      if (std::ranges::find(passed_over, &peer) != passed_over.end() || (sound_only && (peer.is_down || peer.left_out_until > now)))
        continue;
      there_are_some = true;
      if (peer.taken >= options_.connections || (best != nullptr && load(*best) <= load(peer))) continue;
      best = &peer;
      after_best = index + 1;
      if (options_.policy == UpstreamOptions::Policy::round_robin) break;
    }
    next_ = after_best % peers_.size();
    if (there_are_some) return best;  // where all of them fail, any of them is better than none
  }
  return nullptr;
}

// `fresh`: not one that was kept. Gives none where there is none to be had just now.
UpstreamGroup::Lease UpstreamGroup::take(const PassedOver& passed_over, bool fresh) {
  const Time now = coarse_steady_time();
  Peer* peer = nullptr;
  {
    const std::lock_guard lock(mutex_);
    peer = choose(passed_over, now);
    if (peer == nullptr) return {};
    ++peer->taken;
  }
  while (!fresh) {
    std::unique_ptr<UpstreamConnection> kept;
    {
      const std::lock_guard lock(mutex_);
      if (peer->kept.empty()) break;
      kept = std::move(peer->kept.back());  // the one that was used last: the others may come to their end
      peer->kept.pop_back();
    }
    if (kept->is_silent()) return {*this, *peer, std::move(kept)};
    close(std::move(kept));
  }
  return {*this, *peer, nullptr};
}

// Waits for somebody to give a connection back; whoever has waited before and got none is the first. Says false where that took too long, too many
// wait already, or the worker ends.
awaitable<bool> UpstreamGroup::wait_for_place(const PassedOver& passed_over, Time until, bool first) {
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(bool)>(
      [this, &passed_over, until, first](auto handler) {
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));  // std::function copies what it holds
        auto resume = [shared](bool given) {
          auto executor = asio::get_associated_executor(*shared);
          asio::post(executor, [shared, given] { std::move (*shared)(given); });
        };
        const std::lock_guard lock(mutex_);
        if (!ended_ && choose(passed_over, coarse_steady_time()) != nullptr) return resume(true);  // since it was looked for
        if (ended_ || (!first && waiting_.size() >= options_.queue)) return resume(false);
        waiting_.insert(first ? waiting_.begin() : waiting_.end(), Waiting{std::move(resume), until});
      },
      asio::use_awaitable);
}

void UpstreamGroup::give_back(Peer& peer, std::unique_ptr<UpstreamConnection> connection) noexcept {
  std::function<void(bool)> next;
  {
    const std::lock_guard lock(mutex_);
    --peer.taken;
    if (connection != nullptr && !ended_ && options_.keep.count() > 0) {
      connection->kept_until = coarse_steady_time() + options_.keep;
      peer.kept.push_back(std::move(connection));
    }
    if (!waiting_.empty()) {
      next = std::move(waiting_.front().resume);
      waiting_.pop_front();
    }
  }
  if (connection != nullptr) close(std::move(connection));
  if (next) next(true);
}

void UpstreamGroup::end_tunnel(Peer& peer) noexcept {
  const std::lock_guard lock(mutex_);
  --peer.tunnels;
}

void UpstreamGroup::cancel(UpstreamConnection& connection) noexcept {
  const std::lock_guard lock(mutex_);
  connection.cancel();
}

void UpstreamGroup::log_busy(std::string_view reason) noexcept {
  if (!throttle_.allow()) return;
  log_.warning("no connection to a server behind is free",
               {{"upstream", std::string_view(peers_.front()->address.url)}, {"reason", reason}});
}

// ---- who fails --------------------------------------------------------------------------------------------------------------------

void UpstreamGroup::succeeded(Peer& peer) noexcept {
  const std::lock_guard lock(mutex_);
  peer.failures = 0;
  peer.left_out_until = Time();
}

void UpstreamGroup::failed(Peer& peer) noexcept {
  const Time now = coarse_steady_time();
  bool is_left_out = false;
  {
    const std::lock_guard lock(mutex_);
    if (++peer.failures >= options_.failures && options_.failures > 0 && peers_.size() > 1) {
      is_left_out = peer.left_out_until <= now;
      peer.left_out_until = now + options_.pause;
    }
  }
  if (!is_left_out) return;
  log_.warning("a server behind fails and is left out for a while",
               {{"upstream", std::string_view(peer.address.url)}, {"seconds", static_cast<double>(options_.pause.count()) / 1000}});
}

void UpstreamGroup::checked(Peer& peer, std::string_view mistake) noexcept {
  const bool is_well = mistake.empty();
  {
    const std::lock_guard lock(mutex_);
    const bool is_first = !std::exchange(peer.was_checked, true);
    if (is_well != peer.is_down) {
      peer.checks = 0;
      return;
    }
    // What the first one says counts at once: nothing is known yet.
    if (!is_first && ++peer.checks < (is_well ? options_.health.successes : options_.health.failures)) return;
    peer.checks = 0;
    peer.is_down = !is_well;
    if (is_well) {
      peer.failures = 0;
      peer.left_out_until = Time();
    }
  }
  const std::string_view url = peer.address.url;
  if (is_well) return log_.info("a server behind is well again, by its checks", {{"upstream", url}});
  log_.warning("a server behind is not well, by its checks, and is left out", {{"upstream", url}, {"reason", mistake}});
}

// ---- connections ------------------------------------------------------------------------------------------------------------------

UpstreamGroup::Lease UpstreamGroup::lease_beyond(Peer& peer) {
  const std::lock_guard lock(mutex_);
  ++peer.taken;
  return {*this, peer, nullptr};
}

std::unique_ptr<UpstreamConnection> UpstreamGroup::open(int descriptor) {
  auto connection = std::make_unique<UpstreamConnection>(*readiness_, mutex_, descriptor);
  const std::lock_guard lock(mutex_);
  connection->position = open_.size();
  open_.push_back(connection.get());
  return connection;
}

// With the lock.
void UpstreamGroup::take_out(UpstreamConnection& connection) noexcept {
  open_.back()->position = connection.position;
  open_[connection.position] = open_.back();
  open_.pop_back();
}

void UpstreamGroup::close(std::unique_ptr<UpstreamConnection> connection) noexcept {
  {
    const std::lock_guard lock(mutex_);
    take_out(*connection);
  }
  connection.reset();
}

void UpstreamGroup::sweep(Time now) noexcept {
  std::vector<std::unique_ptr<UpstreamConnection>> old;
  std::vector<Waiting> late;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& peer : peers_) {  // those that were kept longest are in front
      const auto still = std::ranges::find_if(peer->kept, [now](const auto& kept) { return kept->kept_until > now; });
      for (auto kept = peer->kept.begin(); kept != still; ++kept) {
        take_out(**kept);
        old.push_back(std::move(*kept));
      }
      peer->kept.erase(peer->kept.begin(), still);
    }
    for (UpstreamConnection* connection : open_) connection->check_deadline(now);
    while (!waiting_.empty() && waiting_.front().until <= now) {
      late.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
    }
  }
  for (const Waiting& waiting : late) waiting.resume(false);
}

bool UpstreamGroup::is_busy() const noexcept {
  const std::lock_guard lock(mutex_);
  return !open_.empty() || !waiting_.empty();
}

void UpstreamGroup::end() noexcept {
  std::list<Waiting> waiting;
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    for (UpstreamConnection* connection : open_) connection->end();
    waiting.swap(waiting_);
  }
  for (const auto& check : checks_) check->end();
  for (const Waiting& one : waiting) one.resume(false);
}

void UpstreamGroup::detach() noexcept {
  const std::lock_guard lock(mutex_);
  for (UpstreamConnection* connection : open_) connection->detach();
  for (const auto& check : checks_) check->detach();
}

}  // namespace ropeway::server
