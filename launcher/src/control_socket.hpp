#pragma once

#include <poll.h>
#include <sys/types.h>
#include <unistd.h>

#include <cstdint>
#include <list>
#include <string>
#include <vector>

#include "launcher/src/descriptor.hpp"

namespace ropeway::launcher {

/// The supervisor's end of the control socket: a unix socket for its own user (mode 0600). A client sends requests, each a line of JSON,
/// and gets a line for each. Nothing of it waits; at most `most_clients` at a time, of at most `most_bytes` a line. One thread.
class ControlSocket {
 public:
  using Client = std::uint64_t;
  struct Request {
    Client client = 0;
    std::string line;
  };
  static constexpr std::size_t most_clients = 16;
  static constexpr std::size_t most_bytes = 64U << 10U;

  /// Listens at `path`; throws `ListenError` where that cannot be, also because another server does.
  explicit ControlSocket(std::string path);
  /// Is to go on with the listener of another process, which owns the file and answers clients until `own`.
  ControlSocket(std::string path, Descriptor listener, dev_t device, ino_t inode);
  /// Removes the socket's file, in the process that owns it.
  ~ControlSocket();
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] int listener() const noexcept { return listener_.get(); }
  [[nodiscard]] dev_t device() const noexcept { return device_; }
  [[nodiscard]] ino_t inode() const noexcept { return inode_; }
  /// Whether clients still find it: its file is there.
  [[nodiscard]] bool is_reachable() const noexcept;
  /// From now on this process owns the file.
  void own() noexcept { owner_ = ::getpid(); }
  /// Another process goes on with the listener and owns the file; clients that are here stay.
  void leave() noexcept;
  /// Adds what is to be waited for.
  void add_to(std::vector<pollfd>& watched) const;
  /// Accepts, sends and receives what can be, and gives the requests that are complete.
  [[nodiscard]] std::vector<Request> take();
  /// Sends a line, without its end, to a client; one that has gone is none the wiser.
  void answer(Client client, const std::string& line);
  /// Sends what is left, for as long as `patience_ms` at most.
  void finish(int patience_ms) noexcept;

 private:
  struct Connection {
    Client number = 0;
    Descriptor socket;
    std::string received;
    std::string to_send;
    int unanswered = 0;  // requests
    bool ended = false;  // nothing more comes
    bool broken = false;
  };
  void accept();
  static void receive(Connection& connection);
  static void send(Connection& connection) noexcept;

  std::string path_;
  Descriptor listener_;
  pid_t owner_ = 0;  // of the file; 0: another process, which also answers
  dev_t device_ = 0;
  ino_t inode_ = 0;
  Client last_ = 0;
  std::list<Connection> connections_;
};

}  // namespace ropeway::launcher
