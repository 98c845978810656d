#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <unordered_map>
#include <vector>

#include "core/src/server/hand_over.hpp"
#include "core/src/server/keep_table.hpp"
#include "launcher/src/descriptor.hpp"
#include "launcher/src/privileges.hpp"

namespace ropeway::launcher {

/// What the keeper and its supervisor share. Made before the keeper, and outlives it: a later one goes on with it.
struct KeeperSetup {
  /// `connections`: how many can be kept.
  KeeperSetup(std::size_t connections, server::HandOverChannel to_workers);
  server::KeepTable table;
  Pipe connections;                 // messages: a connection of a worker
  Pipe deaths;                      // messages: a pid of a worker that has ended
  server::HandOverChannel workers;  // for connections that are to go on
};

/// The keeper's main function: holds a duplicate of every connection that workers give it, so that a connection outlives its worker. When one
/// has died, those of its connections that were between two requests go to its siblings, and the others are closed. A process of its own with
/// one thread, which runs no code of a handler and reads no byte of a client; it ends with its supervisor.
/// `identity`: that it assumes.
[[noreturn]] void run_keeper(KeeperSetup& setup, pid_t supervisor, const std::optional<Identity>& identity);

/// The part of it that can be tested in a process.
class Keeper {
 public:
  explicit Keeper(KeeperSetup& setup);
  /// Waits for something to do, at most so long, and does it. False where the supervisor has gone.
  bool step(std::chrono::milliseconds at_most);
  [[nodiscard]] std::size_t size() const noexcept { return held_.size(); }

 private:
  struct Held {
    Descriptor descriptor;
    std::uint32_t index = 0;
    std::uint32_t serial = 0;
    server::ProxyHeader proxy_header;
  };
  void take();
  void unwatch(const Held& held) noexcept;
  void drop(std::uint64_t number) noexcept;
  void bury(pid_t worker);
  void give();
  void end_lost();

  KeeperSetup& setup_;
  Descriptor poll_;
  std::unordered_map<std::uint64_t, Held> held_;  // by a number that is used once
  std::uint64_t last_;
  struct Lent {
    std::uint64_t number = 0;
    std::chrono::steady_clock::time_point since;
  };
  std::vector<std::uint64_t> to_give_;  // numbers; the channel was full
  std::vector<Lent> lent_;              // given, and not yet seen to be somebody's
};

}  // namespace ropeway::launcher
