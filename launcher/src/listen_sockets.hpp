#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/src/config/server_config.hpp"
#include "core/src/server/worker.hpp"
#include "launcher/src/descriptor.hpp"
#include "launcher/src/inheritance.hpp"
#include "launcher/src/socket_activation.hpp"

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
  bool is_stream = false;  // it has a protocol of its own
  /// "http://127.0.0.1:8000", "http://[::1]:8000", "tcp://127.0.0.1:7000" of a stream, "unix:/run/ropeway.sock"
  [[nodiscard]] std::string url() const;
};

/// A unix socket that listens at `path`; the file of a server that is gone is replaced. Throws `ListenError`.
[[nodiscard]] Descriptor listen_on_unix(const std::string& path);

/// The listeners of a generation, opened by the launcher before any worker and kept until the end, so that the connections which wait in a
/// listener's queue outlive every worker. For each TCP address there is one SO_REUSEPORT listener a worker slot, among which the kernel
/// spreads connections; a unix socket is one listener that all slots share. What a listener is set to, the sockets that it accepts inherit.
///
/// A socket that systemd has opened is one listener, too, that all slots share, and is not ours to close.
///
/// A later generation keeps the listeners of every address that it shares with the one before, and adds slots behind theirs where it
/// needs more: the order within a group, which steering goes by, never changes.
class ListenSockets {
 public:
  /// Opens everything or throws `ListenError`, and leaves those of `earlier` as they were. A port 0 becomes a free one: the one that an earlier
  /// port 0 got, where it is free. Slots that were added to shared addresses are closed again at the end of this object, unless `keep`
  /// was called before. Sockets that systemd has opened, which `earlier` has, are used for the addresses that they are for; one that no
  /// address asks for is an error, because its clients would wait for ever.
  ListenSockets(const std::vector<config::ListenAddress>& addresses, unsigned slots, const ListenSockets* earlier = nullptr);
  ~ListenSockets();
  ListenSockets(const ListenSockets&) = delete;
  ListenSockets& operator=(const ListenSockets&) = delete;

  void keep() noexcept { grown_.clear(); }

  /// Those of another process, which has passed them on and still has them, too, and sockets that systemd has opened, of which nothing is
  /// served yet. Nothing is opened.
  explicit ListenSockets(const std::vector<Inheritance::Listeners>& inherited, std::vector<ActivatedSocket> activated = {});
  /// Closes the listeners at addresses that `kept` does not have, for every process that has them; what waits in their queues is given to
  /// workers over `channel` (see `HandOverChannel`).
  void close_but(const ListenSockets& kept, int channel) noexcept;
  /// Closes all of them, for every process that has them.
  void close() noexcept;
  /// As they are to be passed on.
  [[nodiscard]] std::vector<Inheritance::Listeners> to_pass_on() const;
  [[nodiscard]] std::vector<Inheritance::Activated> activated_to_pass_on() const;
  /// Whether the files of unix sockets are removed by this process in the end.
  void own_files(bool ours) noexcept;

  /// How many there are: what was asked for, or as many as an earlier generation had.
  [[nodiscard]] unsigned slots() const noexcept { return slots_; }
  [[nodiscard]] std::vector<BoundAddress> addresses() const;
  /// What the worker of that slot accepts from.
  [[nodiscard]] std::vector<server::ListenDescriptor> of_slot(unsigned slot) const;
  /// What nobody accepts from while the worker of that slot does not: its listeners that are not shared.
  [[nodiscard]] std::vector<server::ListenDescriptor> of_slot_alone(unsigned slot) const;
  /// The listeners that all slots share.
  [[nodiscard]] std::vector<int> shared() const;
  /// One listener of each group among which the kernel spreads connections.
  [[nodiscard]] std::vector<int> spread_groups() const;

 private:
  // What one address comes to. The file of a unix socket goes with it, in the process that made it.
  struct Group {
    Group() = default;
    Group(const Group&) = delete;
    Group& operator=(const Group&) = delete;
    ~Group();
    [[nodiscard]] bool is_unix() const noexcept { return asked.family == config::ListenAddress::Family::unix_socket; }
    [[nodiscard]] bool is_shared() const noexcept { return is_unix() || activated; }

    config::ListenAddress asked;  // its port may be 0
    std::uint16_t port = 0;
    std::vector<Descriptor> listeners;         // one for each slot, or a single one
    std::optional<ActivatedSocket> activated;  // what the listener is, or was made of: its descriptor is in `listeners`
    pid_t owner = 0;                           // of the file; 0: there is none
    dev_t device = 0;
    ino_t inode = 0;
  };
  /// What a group's connections speak.
  struct Purpose {
    bool proxy_protocol = false;
    std::optional<std::uint32_t> stream;
  };
  struct Assigned {
    const Group* group;
    Purpose purpose;
  };
  struct Grown {
    Group* group;
    std::size_t before;
  };
  [[nodiscard]] std::shared_ptr<Group> find(const config::ListenAddress& address, const ListenSockets& earlier) const;
  using Groups = std::vector<std::shared_ptr<Group>>;
  [[nodiscard]] std::vector<Groups> activated_for(const std::vector<config::ListenAddress>& addresses) const;
  [[noreturn]] void fail_to_find(const std::string& name) const;
  void open_tcp(const config::ListenAddress& address, const ListenSockets* earlier);
  void open_unix(const config::ListenAddress& address);
  void fill(Group& group) const;
  void assign(std::size_t first, const config::ListenAddress& address);
  [[nodiscard]] Purpose purpose_of(const Group& group) const noexcept;
  void shrink() noexcept;

  unsigned slots_;
  std::uint16_t chosen_port_ = 0;  // of the last port 0
  std::vector<std::shared_ptr<Group>> groups_;
  std::vector<Assigned> assigned_;                 // in this configuration; groups stay where that changes
  std::vector<std::shared_ptr<Group>> activated_;  // all of them
  std::vector<Grown> grown_;                       // of those that `earlier` has, too
};

}  // namespace ropeway::launcher
