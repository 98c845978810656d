#include "core/src/server/listener.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <asio/post.hpp>

#include "core/src/server/last_connections.hpp"

namespace ropeway::server {
namespace {

constexpr int served_in_a_row = 31;  // before other connections get their turn

}  // namespace

Listener::Listener(SessionContext& context, const ListenDescriptor& given, std::size_t connections, bool shared_loop)
    : context_(context),
      given_(given),
      connections_(connections),
      shared_loop_(shared_loop),
      readiness_(context.readiness, given.descriptor, registration_, &Listener::on_ready, this) {}

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
  asio::post(context_.io, [this] { accept(); });
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
  if (close && !given_.remains) stop_newcomers(given_.descriptor);
  for (Taken taken = take(); taken.session != nullptr; taken = take()) taken.session->start();
  stopped_.store(true, std::memory_order_seq_cst);  // another thread may be accepting, and finds the socket closed
  if (close && !given_.remains) ::shutdown(given_.descriptor, SHUT_RDWR);
  stop();
}

void Listener::resume() noexcept {
  if (paused_.exchange(false, std::memory_order_relaxed)) asio::post(context_.io, [this] { accept(); });
}

// Takes a connection, or says why there is none.
Listener::Taken Listener::take() noexcept {
  Taken taken;
  sockaddr_storage address;
  while (taken.session == nullptr && !taken.drained && !taken.paused) {
    socklen_t size = sizeof address;
    const int descriptor = ::accept4(given_.descriptor, reinterpret_cast<sockaddr*>(&address), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor >= 0) {
      using Kind = Admission::Kind;
      // Sessions of which another thread ends one meanwhile may be counted too high, never too low.
      const std::size_t refused = context_.sessions.refused();
      const std::size_t all = context_.sessions.size();
      const std::size_t served = all - std::min(all, refused);
      const bool from_proxy = context_.trusted_proxies.covers(&address, size);  // all of its clients come from one address
      const bool is_counted = !from_proxy && !given_.proxy_protocol;            // otherwise a header may tell of another
      const AddressCounts::Entry entry = is_counted ? context_.addresses.enter(&address, size) : AddressCounts::Entry();
      const bool welcome = served < connections_ && !entry.too_many;
      const Kind kind = welcome ? Kind::served : refused < refused_that_linger() ? Kind::refused : Kind::refused_at_once;
      context_.row.accepted.fetch_add(1, std::memory_order_relaxed);
      const ProxyHeader::State header = given_.proxy_protocol ? ProxyHeader::State::expected : ProxyHeader::State::none;
      taken.session =
          &context_.sessions.add(context_, descriptor, &address, size, {kind, entry.too_many, header, entry.key, given_.stream});
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
  return taken;
}

// Whether another connection waits in the queue.
bool Listener::has_more() const noexcept {
  pollfd queue{given_.descriptor, POLLIN, 0};
  return ::poll(&queue, 1, 0) != 0;  // in doubt, `take` finds out
}

void Listener::accept() noexcept {
  if (stopped_.load(std::memory_order_relaxed) || !may_go_on()) return;
  Taken taken = take();
  if (shared_loop_) {
    // The session is made before another thread may go on accepting, because that one must see how many there are, and started after it.
    if (taken.session != nullptr) taken.drained = !has_more();
  } else {
    for (int more = served_in_a_row; taken.session != nullptr && more > 0; --more) {
      context_.on_busy();
      taken.session->start();
      taken = take();
    }
  }
  if (taken.paused) paused_.store(true, std::memory_order_seq_cst);
  if (taken.session != nullptr || taken.paused) context_.on_busy();
  if (taken.drained) {
    if (!stopped_.load(std::memory_order_relaxed)) readiness_.wait_readable(taken.session != nullptr);
  } else if (!taken.paused) {  // otherwise the tick goes on
    asio::post(context_.io, [this] { accept(); });
  }
  if (taken.session != nullptr) taken.session->start();
}

}  // namespace ropeway::server
