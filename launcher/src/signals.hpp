#pragma once

#include <cstdint>
#include <vector>

#include "launcher/src/descriptor.hpp"

namespace ropeway::launcher {

/// What a process does when a signal reaches it.
enum class SignalAction : std::uint8_t {
  none,     ///< the supervisor decides; a worker ignores it (Ctrl+C reaches the whole process group)
  drain,    ///< finish what runs, then end
  stop,     ///< end at once
  reload,   ///< read the configuration again
  more,     ///< one worker more
  fewer,    ///< one worker fewer
  upgrade,  ///< execute the program anew, and end when that is ready
  reopen,   ///< open log files again
  reap,     ///< a child has ended
};

/// Which kind of process asks.
enum class Role : std::uint8_t {
  supervisor,        ///< of a configuration that stands in a file
  fixed_supervisor,  ///< of one that does not, and so cannot be read again
  worker,
  alone,
};

/// What `signal` means to a process of that role. The table stands in signals.cpp.
[[nodiscard]] SignalAction action_of(int signal, Role role) noexcept;

/// Turns the role's signals into reads from a descriptor. They stay blocked when this ends: a second Ctrl+C while the process ends
/// must not change its exit code, and a worker that was forked takes over with a table of its own.
/// To be made before the process starts threads, which inherit the mask.
class SignalDescriptor {
 public:
  /// Throws `std::system_error` where there are no descriptors left.
  explicit SignalDescriptor(Role role);
  [[nodiscard]] int get() const noexcept { return descriptor_.get(); }
  /// What has arrived since the last call; never blocks.
  [[nodiscard]] std::vector<SignalAction> take();

 private:
  Role role_;
  Descriptor descriptor_;
};

/// A peer that has gone, and a file that would become larger than it may, are errors of a write, not signals.
void ignore_write_signals() noexcept;

}  // namespace ropeway::launcher
