#include "core/src/server/handler_log.hpp"

#include <unistd.h>

#include <string>
#include <variant>

#include "core/src/server/child_errors.hpp"
#include "core/src/server/child_start.hpp"

namespace ropeway::server {
namespace {

// A line of text has no place for line breaks.
void append_value(std::string& line, std::string_view text) {
  for (const char byte : text) line += byte == '\n' || byte == '\r' ? ' ' : byte;
}

void append_field(std::string& line, const LogField& field) {
  line.append(" ").append(field.name).append("=");
  if (const auto* text = std::get_if<std::string_view>(&field.value)) return append_value(line, *text);
  if (const auto* flag = std::get_if<bool>(&field.value)) {
    line += *flag ? "true" : "false";
  } else if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
    line += std::to_string(*number);
  } else {
    line += std::to_string(std::get<double>(field.value));
  }
}

}  // namespace

void HandlerLog::log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) noexcept {
  if (!is_task_child()) return log_.log(level, message, fields);
  try {
    std::string line;
    append_value(line, message);
    for (const LogField& field : fields) append_field(line, field);
    line = child_log_line(level, line);
    (void)!::write(STDERR_FILENO, line.data(), line.size());
  } catch (...) {  // no memory: the line is lost
  }
}

}  // namespace ropeway::server
