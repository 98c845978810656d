#include "core/src/server/hand_over.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace ropeway::server {
namespace {

// One message: the numbers as its content, the socket beside it. A program of another version may say less, or more.
struct Message {
  std::array<std::uint64_t, 3> numbers{};
  iovec content{numbers.data(), sizeof numbers};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))]{};
  msghdr header{};

  Message() noexcept {
    header.msg_iov = &content;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
  }
};

}  // namespace

bool give_connection(int channel, const HandedConnection& connection) noexcept {
  Message message;
  message.numbers = {connection.requests, connection.slot, connection.keeper};
  cmsghdr* rights = CMSG_FIRSTHDR(&message.header);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(rights), &connection.descriptor, sizeof(int));
  for (;;) {
    if (::sendmsg(channel, &message.header, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return true;
    if (errno != EINTR) return false;
  }
}

std::optional<HandedConnection> take_connection(int channel) noexcept {
  for (;;) {
    Message message;
    const ssize_t size = ::recvmsg(channel, &message.header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return std::nullopt;
    const cmsghdr* rights = CMSG_FIRSTHDR(&message.header);
    if (rights == nullptr || rights->cmsg_type != SCM_RIGHTS || rights->cmsg_len != CMSG_LEN(sizeof(int))) {
      continue;  // this process had no descriptor left for it: the connection has ended
    }
    HandedConnection connection;
    std::memcpy(&connection.descriptor, CMSG_DATA(rights), sizeof(int));
    connection.requests = message.numbers[0];
    connection.slot = message.numbers[1];
    connection.keeper = message.numbers[2];
    return connection;
  }
}

}  // namespace ropeway::server
