#include "core/src/server/descriptor_message.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace ropeway::server {
namespace {

// What the system calls want, around numbers that live elsewhere.
struct Envelope {
  iovec content;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * DescriptorMessage::most)]{};
  msghdr header{};

  explicit Envelope(DescriptorMessage::Numbers& numbers) noexcept : content{numbers.data(), sizeof numbers} {
    header.msg_iov = &content;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
  }
};

}  // namespace

int DescriptorMessage::send(int channel, const Numbers& numbers, std::span<const int> descriptors) noexcept {
  Numbers content = numbers;
  Envelope envelope(content);
  cmsghdr* rights = CMSG_FIRSTHDR(&envelope.header);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(descriptors.size_bytes());
  envelope.header.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
  std::memcpy(CMSG_DATA(rights), descriptors.data(), descriptors.size_bytes());
  for (;;) {
    if (::sendmsg(channel, &envelope.header, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return 0;
    if (errno != EINTR) return errno;
  }
}

ssize_t DescriptorMessage::receive(int channel) noexcept {
  Envelope envelope(numbers);
  ssize_t size = 0;
  do size = ::recvmsg(channel, &envelope.header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  while (size < 0 && errno == EINTR);
  if (size < 0) return size;
  for (cmsghdr* part = CMSG_FIRSTHDR(&envelope.header); part != nullptr; part = CMSG_NXTHDR(&envelope.header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t given = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < given && count < most; ++i, ++count) {
      int number = -1;
      std::memcpy(&number, CMSG_DATA(part) + i * sizeof(int), sizeof number);
      descriptors[count] = Descriptor(number);
    }
  }
  return size;
}

}  // namespace ropeway::server
