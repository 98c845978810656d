#pragma once

#include <sys/types.h>

#include <array>
#include <optional>
#include <string>

#include <ropeway/launch.hpp>

#include "launcher/src/descriptor.hpp"
#include "launcher/src/plan.hpp"

namespace ropeway::launcher {

/// What a configuration came to: a plan, or the exit code for it (everything has been said on standard error).
struct Checked {
  std::optional<Plan> plan;
  int exit_code = 0;
};

/// Reads the file. Where that fails, says so on standard error with the remedy and gives nothing.
[[nodiscard]] std::optional<ConfigSource> read_source(const std::string& file);

/// Loads the configuration and constructs its handlers in a child process that is thrown away: nothing is opened or bound, no code of
/// a handler runs here, and one that crashes takes only the child with it.
[[nodiscard]] Checked check_in_child(const ConfigSource& source, const Register& register_handlers);

/// The same while the caller does something else.
class CheckProcess {
 public:
  /// Begins. `running` is what serves now: a change that needs a restart is a mistake, too. Throws `std::system_error` where there is no process
  /// to be had.
  CheckProcess(ConfigSource source, const Register& register_handlers, const ConfigSource& running);

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  [[nodiscard]] const ConfigSource& source() const noexcept { return source_; }
  /// One of them can be read when `read` has something to do.
  [[nodiscard]] std::array<int, 2> descriptors() const noexcept { return {plan_pipe_.get(), report_.get()}; }
  /// Takes what the process has said so far; does not wait.
  void read() noexcept;
  /// To be told when it has ended, with its wait status.
  void ended(int status);
  [[nodiscard]] bool has_ended() const noexcept { return ended_; }
  /// What it came to; without a plan, `report` says why. To be asked once it has ended.
  [[nodiscard]] const std::optional<Plan>& plan() const noexcept { return plan_; }
  [[nodiscard]] const std::string& report() const noexcept { return text_; }
  /// Ends it.
  void kill() noexcept;

 private:
  ConfigSource source_;
  pid_t pid_ = 0;
  Descriptor plan_pipe_;
  Descriptor report_;
  std::string bytes_;  // of the plan
  std::string text_;   // what it wrote to standard error, at most `most_text` of it
  bool ended_ = false;
  std::optional<Plan> plan_;
};

}  // namespace ropeway::launcher
