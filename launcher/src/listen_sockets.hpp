#pragma once

#include <sys/types.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/src/config/server_config.hpp"
#include "core/src/server/worker.hpp"
#include "launcher/src/descriptor.hpp"

namespace ropeway::launcher {

/// An address that cannot be listened on; `what()` names it and the remedy.
class ListenError : public std::runtime_error {
 public:
  explicit ListenError(const std::string& text, int error = 0) : std::runtime_error(text), error_(error) {}
  /// The system's reason, an errno; 0 where it was not the system that refused.
  [[nodiscard]] int error() const noexcept { return error_; }

 private:
  int error_;
};

/// An address that is listened on, its port known.
struct BoundAddress {
  config::ListenAddress::Family family = config::ListenAddress::Family::ipv4;
  std::string host;  // or the path of a unix socket
  std::uint16_t port = 0;
  /// "http://127.0.0.1:8000", "http://[::1]:8000", "unix:/run/ropeway.sock"
  [[nodiscard]] std::string url() const;
};

/// The listeners of a launcher, opened before any worker and kept until the end, so that the connections which wait in a listener's
/// queue outlive every worker. For each TCP address there is one SO_REUSEPORT listener a worker slot, among which the kernel spreads
/// connections; a unix socket is one listener that all slots share. What a listener is set to, the sockets that it accepts inherit.
class ListenSockets {
 public:
  /// Opens everything or throws `ListenError`. A port 0 becomes a free one: the one that an earlier port 0 got, where it is free.
  ListenSockets(const std::vector<config::ListenAddress>& addresses, unsigned slots);
  /// Removes the files of unix sockets, in the process that made them.
  ~ListenSockets();
  ListenSockets(const ListenSockets&) = delete;
  ListenSockets& operator=(const ListenSockets&) = delete;

  [[nodiscard]] const std::vector<BoundAddress>& addresses() const noexcept { return addresses_; }
  /// What the worker of that slot accepts from.
  [[nodiscard]] std::vector<server::ListenDescriptor> of_slot(unsigned slot) const;
  /// What nobody accepts from while the worker of that slot does not: its listeners that are not shared.
  [[nodiscard]] std::vector<server::ListenDescriptor> of_slot_alone(unsigned slot) const;
  /// One listener of each group among which the kernel spreads connections.
  [[nodiscard]] std::vector<int> spread_groups() const;

 private:
  struct Group {
    std::vector<Descriptor> listeners;  // one for each slot, or a single one
    bool is_unix = false;
  };
  struct SocketFile {
    std::string path;
    dev_t device;
    ino_t inode;
  };
  void open_tcp(const config::ListenAddress& address, unsigned slots);
  void open_unix(const config::ListenAddress& address);
  void remove_files() noexcept;

  pid_t owner_;
  std::uint16_t chosen_port_ = 0;  // of the last port 0
  std::vector<Group> groups_;
  std::vector<BoundAddress> addresses_;
  std::vector<SocketFile> files_;
};

}  // namespace ropeway::launcher
