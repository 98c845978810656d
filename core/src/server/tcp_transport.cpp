#include "core/src/server/tcp_transport.hpp"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "core/src/server/peer_address.hpp"

namespace ropeway::server {
namespace {

constexpr std::size_t max_pieces = 32;
constexpr std::uint64_t sendfile_piece = 4U << 20U;
constexpr std::uint64_t first_piece = 128U << 10U;  // of a file, before it is asked how the peer takes it
constexpr std::uint64_t share = 16U << 20U;         // bytes of one send before other connections get their turn

Transfer outcome_of_error() noexcept { return errno == EAGAIN || errno == EWOULDBLOCK ? Transfer::would_block : Transfer::failed; }

// One call's worth of memory.
ssize_t send_memory(int descriptor, const protocol::SendQueue& queue) noexcept {
  std::array<std::string_view, max_pieces> pieces;
  const std::size_t count = queue.gather(pieces);
  const int flags = MSG_NOSIGNAL | (queue.file_follows() ? MSG_MORE : 0);
  if (count == 1) return ::send(descriptor, pieces[0].data(), pieces[0].size(), flags);
  std::array<iovec, max_pieces> vector;
  for (std::size_t i = 0; i < count; ++i) vector[i] = {const_cast<char*>(pieces[i].data()), pieces[i].size()};
  msghdr message{};
  message.msg_iov = vector.data();
  message.msg_iovlen = count;
  return ::sendmsg(descriptor, &message, flags);
}

}  // namespace

Transfer TcpTransport::receive(std::span<char> room, std::size_t& count) noexcept {
  for (;;) {
    const ssize_t received = ::recv(descriptor_, room.data(), room.size(), 0);
    if (received > 0) {
      count = static_cast<std::size_t>(received);
      return Transfer::done;
    }
    if (received == 0) return Transfer::ended;
    if (errno != EINTR) return outcome_of_error();
  }
}

Transfer TcpTransport::send(protocol::SendQueue& queue) noexcept {
  std::uint64_t total = 0;
  while (!queue.empty()) {
    if (total >= share) return Transfer::unfinished;
    ssize_t sent = 0;
    if (const FileSlice* slice = queue.front_file()) {
      auto offset = static_cast<off_t>(slice->offset);
      // Behind its head, which is sent in the same call.
      const bool is_first = total > 0 && total < first_piece && slice->length > first_piece;
      const std::uint64_t most = is_first ? first_piece : sendfile_piece;
      sent = ::sendfile(descriptor_, slice->file->descriptor(), &offset, std::min(slice->length, most));
      if (sent == 0) return Transfer::truncated;
      if (is_first && sent > 0) bound_backlog();
    } else {
      sent = send_memory(descriptor_, queue);
    }
    if (sent < 0) {
      if (errno == EINTR) continue;
      return outcome_of_error();
    }
    queue.consume(static_cast<std::uint64_t>(sent));
    total += static_cast<std::uint64_t>(sent);
  }
  return Transfer::done;
}

// The kernel would take megabytes for a peer that takes nothing, and filling that takes its time; for one that takes all at once, a bound would cost
// more calls. A peer tells which it is by what is left of the first piece. Where sockets do not know (unix), nothing is done.
void TcpTransport::bound_backlog() noexcept {
  int unsent = 0;
  if (::ioctl(descriptor_, SIOCOUTQNSD, &unsent) != 0) return;
  const bool is_slow = unsent > static_cast<int>(first_piece / 2);
  if (is_slow == bounded_) return;
  const unsigned most = is_slow ? first_piece : 0;  // 0: what the system says
  if (::setsockopt(descriptor_, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &most, sizeof most) == 0) bounded_ = is_slow;
}

Transfer TcpTransport::send(std::string_view& bytes) noexcept {
  for (;;) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
      return Transfer::done;
    }
    if (errno != EINTR) return outcome_of_error();
  }
}

void TcpTransport::shutdown_send() noexcept { ::shutdown(descriptor_, SHUT_WR); }

void TcpTransport::shutdown() noexcept { ::shutdown(descriptor_, SHUT_RDWR); }

bool TcpTransport::has_input() const noexcept {
  char byte = 0;
  return ::recv(descriptor_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
}

bool TcpTransport::peer_has_ended() const noexcept {
  char byte = 0;
  return ::recv(descriptor_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

Peer TcpTransport::peer() const noexcept {
  pollfd socket{descriptor_, POLLRDHUP, 0};
  if (::poll(&socket, 1, 0) <= 0) return Peer::connected;
  if ((socket.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0) return Peer::gone;
  return (socket.revents & POLLRDHUP) != 0 ? Peer::has_ended_its_side : Peer::connected;
}

std::uint16_t TcpTransport::local_port() const noexcept {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  if (address.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  return address.ss_family == AF_INET ? ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port) : std::uint16_t{0};
}

std::string TcpTransport::local_address() const {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  std::array<char, 46> text{};
  return {text.data(), format_peer_address(peer_of(&address, size), text)};
}

void TcpTransport::close() noexcept {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

}  // namespace ropeway::server
