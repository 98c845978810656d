#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <ropeway/request_id.hpp>
#include <ropeway/status.hpp>

namespace ropeway::observability {

/// One answered request. Views need to live only during the call.
struct AccessRecord {
  std::chrono::system_clock::time_point time;  // when the request's head had arrived
  std::chrono::nanoseconds duration{};         // until its response was handed to the kernel
  std::string_view peer_address;
  std::string_view client_address;  // as a trusted proxy tells it; empty: the peer's
  std::string_view method;
  std::string_view target;
  std::string_view version;  // "HTTP/1.1"
  std::string_view host;
  std::string_view referer;
  std::string_view user_agent;
  std::string_view handler;
  RequestId id = RequestId::none;
  Status status = Status::ok;
  std::uint64_t body_bytes = 0;  // of the response, as sent
};

/// The access log: lines are formatted into a buffer of the calling thread and written whole, many at a time, off the hot path.
/// Several processes may append to the same file. A full disk or a reader that does not read costs lines, never time or memory.
/// Thread-safe.
class AccessLog {
 public:
  enum class Format : std::uint8_t { combined, json, terminal };
  /// "-" is standard output, anything else a file that is opened for appending (and made with the mode 0640).
  /// Throws `std::system_error` where that fails.
  AccessLog(std::string file, Format format);
  ~AccessLog();  // flushes
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  void write(const AccessRecord& record) noexcept;
  /// Writes what all threads have buffered. Called by the worker's tick.
  void flush() noexcept;
  /// Opens the file by its name again (after rotation). Where that fails the old file stays in use and the error is returned.
  [[nodiscard]] std::string reopen() noexcept;
  /// Lines that were lost because the disk was full or a reader did not read.
  [[nodiscard]] std::uint64_t dropped() const noexcept;
  /// Why, in the system's words; "" where none was.
  [[nodiscard]] std::string reason() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ropeway::observability
