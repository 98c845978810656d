#pragma once

#include <memory>
#include <string>

#include <ropeway/logger.hpp>

namespace ropeway::observability {

/// Where log lines go and how they look.
struct LogOptions {
  LogLevel level = LogLevel::info;
  std::string file = "-";  ///< "-": standard error
  enum class Format : std::uint8_t { text, json } format = Format::text;
  std::string process = "launcher";  ///< "launcher" or "worker 2": stands in each line, with the process id
  bool background = false;           ///< a writer thread; false writes at once (the supervisor, which has no threads)
};

/// A `Logger` that can also be reopened and flushed.
class LogSink : public Logger {
 public:
  virtual void flush() noexcept = 0;
  /// Opens the file by its name again. Gives the error where that fails; the old file stays in use.
  [[nodiscard]] virtual std::string reopen() noexcept = 0;
  /// Starts the writer thread now, where `background` was not set because there was still something to fork. To be called once; throws
  /// `std::system_error` where there is no thread to be had. Thread-safe.
  virtual void write_in_background() = 0;
};

/// Throws `std::system_error` where the file cannot be opened. With `background`, make it after the fork.
[[nodiscard]] std::unique_ptr<LogSink> make_log_sink(const LogOptions& options);

}  // namespace ropeway::observability
