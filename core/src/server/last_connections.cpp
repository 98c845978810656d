#include "core/src/server/last_connections.hpp"

#include <linux/filter.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>

namespace ropeway::server {

void stop_newcomers(int listener) noexcept {
  int domain = 0;
  socklen_t size = sizeof domain;
  if (::getsockopt(listener, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0) return;
  if (domain == AF_UNIX) {
    ::shutdown(listener, SHUT_RDWR);
    return;
  }
  // RFC 9293, section 3.1: the flags are the 14th byte of a segment, of which 0x02 is SYN and 0x10 is ACK.
  constexpr std::uint32_t flags = 13;
  constexpr std::uint32_t syn = 0x02;
  constexpr std::uint32_t ack = 0x10;
  std::array<sock_filter, 5> program{{
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, flags),
      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, syn | ack),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, syn, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0),
      BPF_STMT(BPF_RET | BPF_K, 0xffff'ffff),
  }};
  const sock_fprog filter{program.size(), program.data()};
  (void)::setsockopt(listener, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter);
}

}  // namespace ropeway::server
