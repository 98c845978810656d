#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "core/src/observability/access_log.hpp"

namespace ropeway::observability {

/// Writes records as lines, and remembers the text of the second that it wrote last. One for each thread; not thread-safe.
class AccessFormatter {
 public:
  AccessFormatter(AccessLog::Format format, bool coloured) noexcept : format_(format), coloured_(coloured) {}
  /// Appends the line of `record` with its "\n".
  void append(std::string& out, const AccessRecord& record);

 private:
  void append_combined(std::string& out, const AccessRecord& record);
  void append_json(std::string& out, const AccessRecord& record);
  void append_terminal(std::string& out, const AccessRecord& record);
  /// The text of the record's second: "23/Nov/2026:14:03:05 +0000", "2026-11-23T14:03:05", or the local "14:03:05".
  [[nodiscard]] const std::string& second_text(std::chrono::sys_seconds second);

  AccessLog::Format format_;
  bool coloured_;
  std::chrono::sys_seconds second_ = std::chrono::sys_seconds::min();
  std::string second_text_;
};

}  // namespace ropeway::observability
