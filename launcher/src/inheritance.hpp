#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/src/config/server_config.hpp"
#include "launcher/src/descriptor.hpp"

namespace ropeway::launcher {

/// What a launcher passes on to the program that is to take its place: descriptors by number, and what they are. It travels as JSON in a
/// memory file whose number stands in the environment variable ROPEWAY_INHERIT.
struct Inheritance {
  struct Listeners {
    config::ListenAddress address;  // as it was asked for
    std::uint16_t port = 0;         // that it has
    std::vector<int> descriptors;   // for each slot, or a single one
  };
  struct Activated {
    int descriptor = -1;
    std::string name;
  };
  pid_t launcher = 0;       // the one that passes it on
  unsigned generation = 0;  // its
  unsigned processes = 0;   // that it has come to have; 0: it does not say
  std::vector<Listeners> listeners;
  std::vector<Activated> activated;  // sockets that systemd has opened
  int give = -1, take = -1;          // the hand-over channel
  int shared = -1, bell = -1;        // the memory of all workers; -1: it does not say
  int control = -1;                  // the control socket's listener; -1: none
  std::string control_path;
  std::uint64_t control_device = 0, control_inode = 0;  // of its file
  int pid_file = -1;                                    // locked; -1: none
  std::string pid_file_path;
  int news = -1;  // a stream to the one that passes it on: "ready" from here, "accepts no more" from there; its end: the other has gone

  [[nodiscard]] std::vector<int> descriptors() const;
  [[nodiscard]] std::string to_json() const;
  /// Nothing where the text is of another version, or no such thing.
  [[nodiscard]] static std::optional<Inheritance> from_json(const std::string& text);

  /// Prepares this process, which is about to execute the heir: puts it into the environment and lets the descriptors stay open. Says
  /// whether that went well.
  [[nodiscard]] bool pass_on() const noexcept;
  /// What was passed on to this process, once; its descriptors are closed on exec from now on.
  [[nodiscard]] static std::optional<Inheritance> take_up();
};

}  // namespace ropeway::launcher
