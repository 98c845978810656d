#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/support/temporary_folder.hpp"

namespace ropeway::testing {

/// A program that was started in a folder of its own, with its output in files. It and all its descendants in its process group are
/// killed at the end of the scope, and also when the test program dies.
class ChildProcess {
 public:
  static constexpr std::chrono::milliseconds default_patience = std::chrono::seconds(30);

  /// `arguments[0]` is the program. `inherited` is a descriptor that it gets under the same number (-1: none), `from_three` those that it
  /// gets as 3, 4 and so on; there are fewer of them than `inherited` has room for.
  ChildProcess(std::vector<std::string> arguments, const std::string& folder, int inherited = -1, const std::vector<int>& from_three = {});
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  void signal(int number) const;
  /// Waits for its end: the exit code, or 128 + the number of the signal that killed it.
  /// Throws `std::runtime_error` when the patience ends.
  [[nodiscard]] int wait(std::chrono::milliseconds patience = default_patience);
  [[nodiscard]] std::string standard_output() const { return read_file(output_ / "stdout"); }
  [[nodiscard]] std::string standard_error() const { return read_file(output_ / "stderr"); }

 private:
  TemporaryFolder output_;
  pid_t pid_ = -1;
  int exit_code_ = -1;
  bool ended_ = false;
};

/// The outcome of a program that ends by itself.
struct Finished {
  int exit_code = 0;
  std::string output;
  std::string error;
};
[[nodiscard]] Finished run_to_end(std::vector<std::string> arguments, const std::string& folder, const std::vector<int>& from_three = {});

/// The processes whose parent is `parent`, zombies left out.
[[nodiscard]] std::vector<pid_t> children_of(pid_t parent);

/// Waits until a process that need not be a child has ended (a zombie counts as ended); false when the patience ends.
[[nodiscard]] bool wait_for_end_of(pid_t process, std::chrono::milliseconds patience = ChildProcess::default_patience);

}  // namespace ropeway::testing
