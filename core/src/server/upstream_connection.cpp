#include "core/src/server/upstream_connection.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include <asio/async_result.hpp>
#include <asio/use_awaitable.hpp>

#include <ropeway/http_error.hpp>

namespace ropeway::server {

UpstreamConnection::UpstreamConnection(Readiness::Context& context, std::mutex& registration, int descriptor)
    : transport_(descriptor), readiness_(context, descriptor, registration, &UpstreamConnection::on_ready, this) {}

void UpstreamConnection::on_ready(void* connection) noexcept {
  auto& self = *static_cast<UpstreamConnection*>(connection);
  if (const auto waiter = std::move(self.waiter_)) return waiter->resume();
  self.callback_(self.owner_);
}

awaitable<void> UpstreamConnection::wait(bool writable, Time until) {
  if (ended_.load(std::memory_order_relaxed)) throw ConnectionLost("the server stops");
  co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(
      [this, writable, until](auto handler) {
        waiter_ = SocketWaiter::of(std::move(handler));
        deadline_.store(until.count(), std::memory_order_relaxed);
        writable ? readiness_.wait_writable() : readiness_.wait_readable();
      },
      asio::use_awaitable);
  deadline_.store(0, std::memory_order_relaxed);
  if (ended_.load(std::memory_order_relaxed)) throw ConnectionLost("the server stops");
  if (readiness_.failed()) throw HttpError(Status::bad_gateway, "a connection to a server behind cannot be watched");
}

bool UpstreamConnection::is_silent() const noexcept {
  char byte = 0;
  const ssize_t size = ::recv(transport_.descriptor(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

// Where it is about to wait and does not yet, this comes to nothing, and the next sweep comes.
void UpstreamConnection::check_deadline(Time now) noexcept {
  const std::int64_t deadline = deadline_.load(std::memory_order_relaxed);
  if (deadline != 0 && now.count() >= deadline) readiness_.cancel();
}

void UpstreamConnection::end() noexcept {
  ended_.store(true, std::memory_order_relaxed);
  readiness_.cancel();
}

void UpstreamConnection::detach() noexcept {
  readiness_.close();
  transport_.close();
  readiness_.forget();
}

}  // namespace ropeway::server
