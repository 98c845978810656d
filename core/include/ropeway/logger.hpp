#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <variant>

namespace ropeway {

/// How much a log line matters; a line below `log.level` costs one comparison.
enum class LogLevel : std::uint8_t { debug, info, warning, error, off };

/// A named value of a log line. Views need to live only during the call.
struct LogField {
  std::string_view name;
  std::variant<std::string_view, std::int64_t, double, bool> value;
};

/// The application log. All functions may be called from any thread; a line is handed to a writer thread and never blocks for a disk.
class Logger {
 public:
  virtual ~Logger() = default;
  [[nodiscard]] virtual bool enabled(LogLevel level) const noexcept = 0;
  virtual void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) noexcept = 0;

  void debug(std::string_view message, std::initializer_list<LogField> fields = {}) noexcept { forward(LogLevel::debug, message, fields); }
  void info(std::string_view message, std::initializer_list<LogField> fields = {}) noexcept { forward(LogLevel::info, message, fields); }
  void warning(std::string_view message, std::initializer_list<LogField> fields = {}) noexcept {
    forward(LogLevel::warning, message, fields);
  }
  void error(std::string_view message, std::initializer_list<LogField> fields = {}) noexcept { forward(LogLevel::error, message, fields); }

 private:
  void forward(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) noexcept {
    if (enabled(level)) log(level, message, fields);
  }
};

}  // namespace ropeway
