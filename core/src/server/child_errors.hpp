#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include <ropeway/logger.hpp>

namespace ropeway::server {

/// What a child writes to its standard error: logged line by line, at most `most_lines` of it and `most_bytes` of each. The last ones are kept
/// for what is said of its end.
class ChildErrors {
 public:
  static constexpr std::size_t most_lines = 100;
  static constexpr std::size_t most_bytes = 1024;
  static constexpr std::size_t lines_kept = 5;

  ChildErrors(Logger& log, std::string child) : log_(&log), child_(std::move(child)) {}
  ChildErrors(ChildErrors&&) noexcept = default;
  ChildErrors(const ChildErrors&) = delete;
  ChildErrors& operator=(const ChildErrors&) = delete;
  ChildErrors& operator=(ChildErrors&&) = delete;
  ~ChildErrors() = default;

  void add(std::string_view bytes);
  /// There is no more: an unfinished line is one, too, and lines that were left out are counted.
  void finish();
  /// The last lines in one; empty where there are none.
  [[nodiscard]] std::string last_lines() const;
  [[nodiscard]] const std::string& child() const noexcept { return child_; }

 private:
  void add_line(std::string_view line);
  Logger* log_;
  std::string child_;
  std::string line_;  // unfinished
  std::size_t lines_ = 0;
  std::deque<std::string> last_;
};

/// A line of a task's own log, for its standard error; `ChildErrors` gives it back its level.
[[nodiscard]] std::string child_log_line(LogLevel level, std::string_view text);

}  // namespace ropeway::server
