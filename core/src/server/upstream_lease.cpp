// How a connection to one of a group's servers comes about, and what becomes of it.

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "core/src/server/descriptor.hpp"
#include "core/src/server/system_clock.hpp"
#include "core/src/server/upstream_group.hpp"

namespace ropeway::server {
namespace {

std::string text_of(int error) { return std::generic_category().message(error); }

}  // namespace

void UpstreamGroup::Lease::keep() noexcept {
  if (group_ != nullptr) std::exchange(group_, nullptr)->give_back(*peer_, std::move(connection_));
}

void UpstreamGroup::Lease::end() noexcept {
  close();
  if (group_ == nullptr) return;
  UpstreamGroup& group = *std::exchange(group_, nullptr);
  is_tunnel_ ? group.end_tunnel(*peer_) : group.give_back(*peer_, nullptr);
}

void UpstreamGroup::Lease::become_tunnel() noexcept {
  is_tunnel_ = true;
  {
    const std::lock_guard lock(group_->mutex_);
    ++peer_->tunnels;
  }
  group_->give_back(*peer_, nullptr);
}

void UpstreamGroup::Lease::close() noexcept {
  if (connection_ != nullptr) group_->close(std::move(connection_));
}

// One address after another, all within one deadline.
awaitable<std::string> UpstreamGroup::Lease::connect(std::chrono::milliseconds patience) {
  const Time deadline = coarse_steady_time() + patience;
  std::string mistake = "it has no address";
  was_kept_ = false;
  for (const SocketName& name : peer_->sockets) {
    const auto* address = reinterpret_cast<const sockaddr*>(&name.address);
    Descriptor socket(::socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket) {
      mistake = "no socket can be opened: " + text_of(errno);
      continue;
    }
    if (address->sa_family != AF_UNIX) {
      const int on = 1;
      ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    connection_ = group_->open(socket.release());
    const int descriptor = connection_->transport().descriptor();
    for (;;) {  // asked again, it tells how it stands
      if (::connect(descriptor, address, name.size) == 0 || errno == EISCONN) co_return std::string();
      if (errno == EINTR) continue;
      if (errno != EINPROGRESS && errno != EALREADY) {
        mistake = text_of(errno);
        break;
      }
      if (coarse_steady_time() >= deadline) {
        mistake = "it could not be connected to in time";
        break;
      }
      co_await connection_->wait_writable(deadline);
    }
    close();
  }
  co_return mistake;
}

}  // namespace ropeway::server
