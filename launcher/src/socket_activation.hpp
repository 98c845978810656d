#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/src/config/server_config.hpp"
#include "launcher/src/descriptor.hpp"

namespace ropeway::launcher {

/// A listening socket that somebody else has opened, as systemd does for a socket unit. It is his: it is never shut down, its file is never
/// removed, and it goes on to listen when this server is gone, so that whoever connects then waits for the next one.
struct ActivatedSocket {
  Descriptor descriptor;
  std::string name;               // FileDescriptorName= of its unit
  config::ListenAddress address;  // that it has: numeric, or a path ("@name" where it is no file)
  bool takes_ipv4 = false;        // an IPv6 socket for IPv4, too (no IPV6_V6ONLY)

  /// Whether it is what that entry of `listen` asks for: its address, its name, or any.
  [[nodiscard]] bool is_for(const config::ListenAddress& asked) const noexcept;
};

/// What the environment says of such sockets: LISTEN_FDS of them from descriptor 3 on, meant for the process LISTEN_PID, and
/// LISTEN_FDNAMES (the protocol of sd_listen_fds(3)).
struct SocketActivation {
  std::vector<ActivatedSocket> sockets;
  std::string warning;  // where they are another process's; otherwise ""

  /// Takes them up, once: the variables are gone then, and the descriptors are closed on exec. Throws `ListenError` where one of them is no
  /// socket that can be served.
  [[nodiscard]] static SocketActivation take_up();
};

/// The same from one descriptor, which it closes where it throws.
[[nodiscard]] ActivatedSocket activated_socket(int descriptor, std::string name);

}  // namespace ropeway::launcher
