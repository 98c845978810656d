#include "core/src/server/hand_over.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace ropeway::server {
namespace {

// One message: `requests` as its content, the socket beside it.
struct Message {
  std::uint64_t requests = 0;
  iovec content{&requests, sizeof requests};
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
  message.requests = connection.requests;
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
    connection.requests = message.requests;
    return connection;
  }
}

}  // namespace ropeway::server
