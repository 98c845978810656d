#pragma once

#include <ropeway/logger.hpp>

namespace ropeway::server {

/// The log that handlers get. In the worker it is the application log. In a child that runs a handler there is no thread that would write: lines
/// go to standard error, which the worker reads and logs.
class HandlerLog final : public Logger {
 public:
  /// `log` outlives this.
  explicit HandlerLog(Logger& log) noexcept : log_(log) {}
  [[nodiscard]] bool enabled(LogLevel level) const noexcept override { return log_.enabled(level); }
  void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) noexcept override;

 private:
  Logger& log_;
};

}  // namespace ropeway::server
