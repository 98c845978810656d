// The session's part that tells handlers and streams when to stop. From the moment somebody asks for a token the sweep looks at the connection.

#include <mutex>
#include <thread>

#include <asio/post.hpp>

#include "core/src/server/session.hpp"

namespace ropeway::server {

std::stop_token Session::watch(bool streams) {
  const std::lock_guard lock(shard_.mutex);
  watched_stream_ = watched_stream_ || streams;
  if (!stop_.stop_possible()) stop_ = std::stop_source();
  const Handling handling = handling_.load(std::memory_order_acquire);
  if (handling == Handling::abandoned || handling == Handling::closed) request_stop();  // it is too late already
  watched_.store(true, std::memory_order_relaxed);
  return stop_.get_token();
}

// The exchange that was watched has ended.
void Session::end_watch() noexcept {
  const std::lock_guard lock(shard_.mutex);
  watched_stream_ = false;
  stop_ = std::stop_source(std::nostopstate);
  watched_.store(false, std::memory_order_relaxed);
}

// With the shard's lock, under which no session is destroyed. What waits for the token may do anything, so it is not called from here.
void Session::request_stop() noexcept {
  if (!stop_.stop_possible() || stop_.stop_requested()) return;
  asio::post(context_.io, [source = stop_]() mutable { source.request_stop(); });
}

// For the sweep, with the shard's lock.
void Session::look_after_client() noexcept {
  const Handling handling = handling_.load(std::memory_order_acquire);
  if (handling == Handling::streaming || handling == Handling::transfer) {
    const bool worker_ends =
        context_.drain.load(std::memory_order_relaxed) != Drain::none || context_.stopping.load(std::memory_order_relaxed);
    // Whether a client that has ended its side still reads shows itself when something is sent.
    if ((watched_stream_ && worker_ends) || transport_.peer() == Peer::gone) request_stop();
  } else if (handling == Handling::running) {
    switch (transport_.peer()) {
      case Peer::connected: break;
      case Peer::has_ended_its_side: ask_client(); break;
      case Peer::gone: request_stop(); break;
    }
  }
}

// See `SessionBodyReader::client_gone`: the same, from outside of the handler.
void Session::ask_client() noexcept {
  Handling found = Handling::running;
  if (!handling_.compare_exchange_strong(found, Handling::asking, std::memory_order_acq_rel)) return;
  if (!std::exchange(exchange_->client_asked, true)) {
    codec_.send_still_here();
    if (transport_.send(codec_.output()) == Transfer::failed) request_stop();
  }
  handling_.store(Handling::running, std::memory_order_release);
}

// Goes from `from` to `to`, past a moment in which the client is asked. Where it is in another state, `from` is that, and nothing changes.
bool Session::take_handling(Handling& from, Handling to) noexcept {
  const Handling expected = from;
  while (!handling_.compare_exchange_strong(from, to, std::memory_order_acq_rel)) {
    if (from != Handling::asking) return false;
    from = expected;
    std::this_thread::yield();
  }
  return true;
}

std::optional<std::chrono::steady_clock::time_point> Session::handler_deadline() const noexcept {
  if (phase_.load(std::memory_order_relaxed) != Phase::handler) return std::nullopt;
  return std::chrono::steady_clock::time_point(std::chrono::milliseconds(deadline_.load(std::memory_order_relaxed)));
}

}  // namespace ropeway::server
