#pragma once

#include <chrono>
#include <initializer_list>
#include <string>
#include <string_view>

#include "core/src/observability/log_sink.hpp"

namespace ropeway::observability {

/// One line of the application log, before it has a form.
struct LogLine {
  std::chrono::system_clock::time_point time;
  LogLevel level = LogLevel::info;
  std::string_view process;
  int pid = 0;
  std::string_view message;
  std::initializer_list<LogField> fields;
};

/// Appends `2026-11-23T14:03:05.123Z info  worker 2 [4711] message key=value key2="with spaces"` and "\n".
void append_text(std::string& out, const LogLine& line, bool coloured);
/// Appends a JSON object with time, level, process, pid, message and, where there are any, fields; and "\n".
void append_json(std::string& out, const LogLine& line);

}  // namespace ropeway::observability
