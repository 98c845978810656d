#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <string_view>

namespace ropeway::observability {

/// A file that lines are appended to by many threads and processes: opened by name (0640), or a standard stream. It can be reopened
/// by its name while others write to it: the descriptor's number stays the same.
///
/// A reader that does not read (a full pipe, a stopped terminal) never holds the writer for longer than `patience`; a full disk does not
/// hold it at all. What could not be written is told by `write`. The process is expected to ignore SIGPIPE.
class LogFile {
 public:
  /// `name` "-" is the stream `standard_descriptor`. Throws `std::system_error` with the name and the reason where it cannot be opened.
  LogFile(std::string name, int standard_descriptor, std::chrono::milliseconds patience);
  ~LogFile();
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  /// Appends whole lines: to a file in one call, to a pipe in pieces that the kernel keeps together. Gives how many bytes were written.
  /// Where a line was cut, the next call begins a new line first. Thread-safe.
  [[nodiscard]] std::size_t write(std::string_view lines) noexcept;
  /// Why bytes were not written lately, an errno: EAGAIN where a reader does not keep up, ENOSPC for a full disk; 0 where all were.
  [[nodiscard]] int last_error() const noexcept { return last_error_.load(std::memory_order_relaxed); }
  /// Opens the file by its name again; nothing for a standard stream. Where that fails the old file stays in use and the error is
  /// returned; otherwise "". Thread-safe.
  [[nodiscard]] std::string reopen() noexcept;
  [[nodiscard]] bool is_terminal() const noexcept { return kind_.load(std::memory_order_relaxed) == Kind::terminal; }

 private:
  enum class Kind : std::uint8_t { regular, stream, terminal, socket };
  [[nodiscard]] static Kind kind_of(int descriptor) noexcept;
  [[nodiscard]] std::size_t write_piece(std::string_view piece) noexcept;
  [[nodiscard]] bool wait_until_writable() noexcept;

  std::string name_;
  std::chrono::milliseconds patience_;
  int descriptor_ = -1;
  bool owned_ = false;
  std::atomic<Kind> kind_{Kind::regular};
  std::atomic<bool> line_is_cut_{false};
  std::atomic<int> last_error_{0};
  std::atomic<bool> is_stuck_{false};  // the patience has run out once: no more waiting until a write succeeds
};

}  // namespace ropeway::observability
