#include "core/src/server/child_order.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace ropeway::server {
namespace {

constexpr std::size_t most_descriptors = 5;

// The numbers as content, the descriptors beside them.
struct Message {
  std::array<std::uint64_t, 3> numbers{};
  iovec content{numbers.data(), sizeof numbers};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * most_descriptors)]{};
  msghdr header{};

  Message() noexcept {
    header.msg_iov = &content;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
  }
};

}  // namespace

int send_order(int channel, const ChildOrder& order) noexcept {
  Message message;
  message.numbers = {order.task, order.cpu_seconds, order.memory};
  std::array<int, most_descriptors> descriptors{order.input.get(), order.output.get(), order.error.get(), order.life.get(),
                                                order.program.get()};
  const std::size_t size = sizeof(int) * (most_descriptors - (order.program ? 0 : 1));
  cmsghdr* rights = CMSG_FIRSTHDR(&message.header);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(size);
  message.header.msg_controllen = CMSG_SPACE(size);
  std::memcpy(CMSG_DATA(rights), descriptors.data(), size);
  for (;;) {
    if (::sendmsg(channel, &message.header, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return 0;
    if (errno != EINTR) return errno;
  }
}

Received receive_order(int channel, ChildOrder& order) noexcept {
  for (;;) {
    Message message;
    const ssize_t size = ::recvmsg(channel, &message.header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return errno == EAGAIN ? Received::nothing : Received::end;
    if (size == 0) return Received::end;
    order = ChildOrder();
    std::size_t count = 0;
    for (cmsghdr* part = CMSG_FIRSTHDR(&message.header); part != nullptr; part = CMSG_NXTHDR(&message.header, part)) {
      if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
      std::array<Descriptor*, most_descriptors> places{&order.input, &order.output, &order.error, &order.life, &order.program};
      const std::size_t given = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      for (std::size_t i = 0; i < given && count < most_descriptors; ++i, ++count) {
        int number = -1;
        std::memcpy(&number, CMSG_DATA(part) + i * sizeof(int), sizeof number);
        *places[count] = Descriptor(number);
      }
    }
    order.task = message.numbers[0];
    order.cpu_seconds = message.numbers[1];
    order.memory = message.numbers[2];
    const std::size_t expected = order.task == ChildOrder::no_task ? most_descriptors : most_descriptors - 1;
    if (static_cast<std::size_t>(size) == sizeof message.numbers && count == expected) return Received::order;
  }
}

}  // namespace ropeway::server
