#include "core/src/server/listener.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include <asio/post.hpp>

namespace ropeway::server {
namespace {

constexpr std::size_t batch_size = 32;

struct Accepted {
  int descriptor;
  bool refused;
  socklen_t address_size;
  sockaddr_storage address;
};

}  // namespace

Listener::Listener(SessionContext& context, int descriptor, std::size_t connections)
    : context_(context),
      descriptor_(descriptor),
      connections_(connections),
      readiness_(context.readiness, descriptor, registration_, &Listener::on_ready, this) {}

Listener::~Listener() {
  readiness_.close();
  readiness_.forget();
}

void Listener::stop() noexcept {
  stopped_.store(true, std::memory_order_relaxed);
  const std::lock_guard lock(registration_);
  readiness_.cancel();
}

void Listener::resume() noexcept {
  if (paused_.exchange(false, std::memory_order_relaxed)) asio::post(context_.io, [this] { accept_batch(); });
}

void Listener::accept_batch() noexcept {
  if (stopped_.load(std::memory_order_relaxed)) return;
  std::array<Accepted, batch_size> batch;
  std::size_t count = 0;
  bool drained = false;
  bool paused = false;
  const std::size_t open = context_.sessions.size();
  while (count < batch_size && !drained && !paused) {
    if (open + count >= connections_ + connections_ / 8 + 16) {
      paused = true;
      break;
    }
    Accepted& accepted = batch[count];
    accepted.address_size = sizeof accepted.address;
    accepted.descriptor =
        ::accept4(descriptor_, reinterpret_cast<sockaddr*>(&accepted.address), &accepted.address_size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (accepted.descriptor >= 0) {
      accepted.refused = open + count >= connections_;
      ++count;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      drained = true;
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      if (context_.throttle.allow()) {
        context_.log.error("connections cannot be accepted; raise the limit of open files (ulimit -n)",
                           {{"error", std::string_view(std::strerror(errno))}});
      }
      paused = true;
    } else if (errno != EINTR && errno != ECONNABORTED && errno != EPROTO && errno != EPERM) {
      if (context_.throttle.allow())
        context_.log.error("a connection could not be accepted", {{"error", std::string_view(std::strerror(errno))}});
      paused = true;
    }
  }
  context_.row.accepted.fetch_add(count, std::memory_order_relaxed);
  // The sessions are made before the wait is renewed: another thread must see how many there are.
  std::array<Session*, batch_size> sessions;
  for (std::size_t i = 0; i < count; ++i) {
    sessions[i] = &context_.sessions.add(context_, batch[i].descriptor, &batch[i].address, batch[i].address_size, batch[i].refused);
  }
  if (paused) paused_.store(true, std::memory_order_seq_cst);
  if (count > 0 || paused) context_.on_busy();
  if (drained) {
    readiness_.wait_readable();
  } else if (!paused) {  // otherwise the tick goes on
    asio::post(context_.io, [this] { accept_batch(); });
  }
  for (std::size_t i = 0; i < count; ++i) sessions[i]->start();
}

}  // namespace ropeway::server
