#include "core/src/server/listener.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <asio/post.hpp>

namespace ropeway::server {
namespace {

constexpr int served_in_a_row = 31;  // before other connections get their turn

struct Accepted {
  int descriptor;
  Admission admission;
  socklen_t address_size;
  sockaddr_storage address;
};

}  // namespace

Listener::Listener(SessionContext& context, int descriptor, std::size_t connections, bool shared_loop)
    : context_(context),
      descriptor_(descriptor),
      connections_(connections),
      batch_size_(shared_loop ? 2 : 1),
      readiness_(context.readiness, descriptor, registration_, &Listener::on_ready, this) {}

std::size_t Listener::refused_that_linger() const noexcept { return connections_ / 8 + std::clamp<std::size_t>(connections_ / 8, 4, 16); }

Listener::~Listener() {
  readiness_.close();
  readiness_.forget();
}

void Listener::start() {
  {
    const std::lock_guard lock(turn_);
    wanted_ = true;
    if (std::exchange(accepting_, true)) return;
  }
  asio::post(context_.io, [this] { accept_batch(); });
}

// A thread that is about to wait misses the end of the wait, and looks again when a connection comes.
void Listener::release() noexcept {
  {
    const std::lock_guard lock(turn_);
    wanted_ = false;
    if (!accepting_) return;
  }
  const std::lock_guard lock(registration_);
  readiness_.cancel();
}

// Once it is not wanted, the event loop shall not be woken for a listener that others serve.
bool Listener::may_go_on() noexcept {
  const std::lock_guard lock(turn_);
  if (wanted_) return true;
  const std::lock_guard registration(registration_);
  readiness_.close(true);
  readiness_.forget();
  accepting_ = false;
  return false;
}

void Listener::stop() noexcept {
  stopped_.store(true, std::memory_order_relaxed);
  const std::lock_guard lock(registration_);
  readiness_.cancel();
}

void Listener::finish(bool close) noexcept {
  for (Taken taken; !taken.drained && !taken.paused;) {
    Batch sessions;
    taken = take(sessions);
    for (std::size_t i = 0; i < taken.count; ++i) sessions[i]->start();
  }
  stopped_.store(true, std::memory_order_seq_cst);  // another thread may be accepting, and finds the socket closed
  if (close) ::shutdown(descriptor_, SHUT_RDWR);
  stop();
}

void Listener::resume() noexcept {
  if (paused_.exchange(false, std::memory_order_relaxed)) asio::post(context_.io, [this] { accept_batch(); });
}

// Takes connections until the queue is empty, the batch is full, or there is a reason to pause.
Listener::Taken Listener::take(Batch& sessions) noexcept {
  std::array<Accepted, std::tuple_size_v<Batch>> batch;
  Taken taken;
  // Sessions of which another thread ends one meanwhile may be counted too high, never too low.
  std::size_t refused = context_.sessions.refused();
  const std::size_t all = context_.sessions.size();
  std::size_t served = all - std::min(all, refused);
  bool full = false;
  while (taken.count < batch_size_ && !taken.drained && !taken.paused && !full) {
    Accepted& accepted = batch[taken.count];
    accepted.address_size = sizeof accepted.address;
    accepted.descriptor =
        ::accept4(descriptor_, reinterpret_cast<sockaddr*>(&accepted.address), &accepted.address_size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (accepted.descriptor >= 0) {
      using Kind = Admission::Kind;
      const AddressCounts::Entry address = context_.addresses.enter(&accepted.address, accepted.address_size);
      const bool welcome = served < connections_ && !address.too_many;
      const Kind kind = welcome ? Kind::served : refused < refused_that_linger() ? Kind::refused : Kind::refused_at_once;
      accepted.admission = {kind, address.too_many, address.key};
      ++(welcome ? served : refused);
      ++taken.count;
      full = kind == Kind::refused_at_once;  // it goes before the next one comes: one descriptor for all of them
    } else if (errno == EAGAIN || errno == EWOULDBLOCK || stopped_.load(std::memory_order_seq_cst)) {
      taken.drained = true;
    } else if (errno == EINVAL) {  // a sibling has closed the listener for all of us: the whole server drains
      stopped_.store(true, std::memory_order_seq_cst);
      taken.drained = true;
    } else if (errno != EINTR && errno != ECONNABORTED && errno != EPROTO && errno != EPERM) {
      const bool exhausted = errno == EMFILE || errno == ENFILE;
      if (context_.throttle.allow()) {
        context_.log.error(
            exhausted ? "connections cannot be accepted; raise the limit of open files (ulimit -n)" : "a connection could not be accepted",
            {{"error", std::string_view(std::strerror(errno))}});
      }
      taken.paused = true;
    }
  }
  context_.row.accepted.fetch_add(taken.count, std::memory_order_relaxed);
  for (std::size_t i = 0; i < taken.count; ++i) {
    sessions[i] = &context_.sessions.add(context_, batch[i].descriptor, &batch[i].address, batch[i].address_size, batch[i].admission);
  }
  return taken;
}

void Listener::accept_batch() noexcept {
  if (stopped_.load(std::memory_order_relaxed) || !may_go_on()) return;
  // The sessions are made before the wait is renewed, because another thread must see how many there are, and started after it. A
  // thread that is the only one need not renew it for anybody: it serves one after the other, and leaves the rest in the queue.
  Batch sessions;
  Taken taken = take(sessions);
  for (int more = served_in_a_row; batch_size_ == 1 && taken.count > 0 && !taken.paused && more > 0; --more) {
    context_.on_busy();
    sessions[0]->start();
    taken = take(sessions);
  }
  if (taken.paused) paused_.store(true, std::memory_order_seq_cst);
  if (taken.count > 0 || taken.paused) context_.on_busy();
  if (taken.drained) {
    if (!stopped_.load(std::memory_order_relaxed)) readiness_.wait_readable();
  } else if (!taken.paused) {  // otherwise the tick goes on
    asio::post(context_.io, [this] { accept_batch(); });
  }
  for (std::size_t i = 1; i < taken.count; ++i) asio::post(context_.io, [session = sessions[i]] { session->start(); });
  if (taken.count > 0) sessions[0]->start();
}

}  // namespace ropeway::server
