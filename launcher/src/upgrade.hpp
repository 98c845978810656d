#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "launcher/src/descriptor.hpp"
#include "launcher/src/inheritance.hpp"

namespace ropeway::launcher {

/// How the program was started, to be started so again.
struct Invocation {
  std::vector<std::string> arguments;  // with the program's name, as it was given; without what is of one run alone
  std::string directory;               // where names begin, by name
};

/// The program, executed anew beside this one, with the listeners and connections that wait passed on. It is a child until this one ends.
class Upgrade {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// Executes it; throws `std::system_error` where there is no process to be had. `deadline`: when it must be ready.
  Upgrade(const Invocation& invocation, Inheritance inheritance, Time deadline);

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  [[nodiscard]] bool is(pid_t process) const noexcept { return !ended_ && process == pid_; }
  [[nodiscard]] Time deadline() const noexcept { return deadline_; }
  void extend(Time deadline) noexcept { deadline_ = deadline; }
  /// Can be read when there is news.
  [[nodiscard]] int descriptor() const noexcept { return news_.get(); }
  /// Whether the new one has said that it is ready.
  [[nodiscard]] bool is_ready() noexcept;
  /// Tells the new one that this one accepts no more.
  void tell_left() noexcept;
  /// Sends it a signal, while it is there.
  void signal(int number) const noexcept;
  /// To be told when it has ended: its process number may be another's from now on.
  void has_ended() noexcept { ended_ = true; }
  /// Ends the new one: first in good order, so that what it has taken comes back; asked again, by force.
  void end() noexcept;

 private:
  pid_t pid_ = 0;
  Descriptor news_;  // open until this one ends, which tells the new one
  Time deadline_;
  bool told_to_end_ = false;
  bool ended_ = false;
};

}  // namespace ropeway::launcher
