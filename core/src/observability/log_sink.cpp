#include "core/src/observability/log_sink.hpp"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <mutex>

#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/sink.h>

#include "core/src/observability/log_file.hpp"
#include "core/src/observability/log_line.hpp"

// The caller's thread makes the whole line; spdlog carries it to its writer thread (or calls through, without `background`); the sink
// below writes it with one system call. The queue is bounded and drops its oldest lines when it is full: logging never waits for a disk.

namespace ropeway::observability {
namespace {

constexpr std::size_t queue_lines = 2048;
constexpr std::chrono::milliseconds reader_patience(200);  // for a pipe or terminal that does not take the line
constexpr std::chrono::seconds flush_patience(2);

// spdlog's end of the line: writes payloads as they are.
class LineWriter final : public spdlog::sinks::sink {
 public:
  explicit LineWriter(const LogOptions& options) : options_(options), file_(options.file, STDERR_FILENO, reader_patience) {}

  void log(const spdlog::details::log_msg& line) override {
    const std::lock_guard lock(writing_);
    const std::string_view payload(line.payload.data(), line.payload.size());
    const std::uint64_t lost = unwritten_ + (pool_ == nullptr ? 0 : pool_->overrun_counter());
    if (lost == reported_) {
      if (file_.write(payload) < payload.size()) ++unwritten_;
      return;
    }
    // Both or neither: a short notice that fits where lines do not would look as if the reader had begun to read again.
    std::string text = make_line(LogLevel::warning, "log lines were lost", {{"lines", static_cast<std::int64_t>(lost - reported_)}});
    const std::size_t notice_size = text.size();
    text += payload;
    const std::size_t written = file_.write(text);
    if (written >= notice_size) reported_ = lost;
    if (written < text.size()) ++unwritten_;
  }
  void flush() override {
    const std::lock_guard lock(flushing_);
    ++flushes_;
    flushed_.notify_all();
  }
  void set_pattern(const std::string& /*pattern*/) override {}
  void set_formatter(std::unique_ptr<spdlog::formatter> /*formatter*/) override {}

  /// The pool whose overruns are to be reported; it ends before this sink.
  void count_overruns_of(spdlog::details::thread_pool& pool) noexcept {
    const std::lock_guard lock(writing_);
    pool_ = &pool;
  }
  [[nodiscard]] LogFile& file() noexcept { return file_; }
  [[nodiscard]] std::uint64_t flushes() const {
    const std::lock_guard lock(flushing_);
    return flushes_;
  }
  void wait_for_flush_after(std::uint64_t seen) const {
    std::unique_lock lock(flushing_);
    flushed_.wait_for(lock, flush_patience, [&] { return flushes_ > seen; });
  }
  [[nodiscard]] std::string make_line(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) const {
    std::string text;
    text.reserve(256);
    const LogLine line{std::chrono::system_clock::now(), level, options_.process, static_cast<int>(::getpid()), message, fields};
    if (options_.format == LogOptions::Format::json) {
      append_json(text, line);
    } else {
      append_text(text, line, file_.is_terminal());
    }
    return text;
  }

 private:
  const LogOptions options_;
  LogFile file_;
  std::mutex writing_;
  spdlog::details::thread_pool* pool_ = nullptr;
  std::uint64_t unwritten_ = 0;  // lines that the file did not take; guarded by `writing_`
  std::uint64_t reported_ = 0;   // lost lines that a notice has told of; guarded by `writing_`
  mutable std::mutex flushing_;
  mutable std::condition_variable flushed_;
  std::uint64_t flushes_ = 0;  // guarded by `flushing_`
};

// The writer thread must not be the one that the kernel picks for a signal.
std::shared_ptr<spdlog::details::thread_pool> make_pool() {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  struct Restore {
    const sigset_t& mask;
    ~Restore() { ::pthread_sigmask(SIG_SETMASK, &mask, nullptr); }
  } restore{before};
  return std::make_shared<spdlog::details::thread_pool>(queue_lines, 1);
}

class SpdlogSink final : public LogSink {
 public:
  explicit SpdlogSink(const LogOptions& options) : level_(options.level), writer_(std::make_shared<LineWriter>(options)) {
    use(direct_, std::make_shared<spdlog::logger>("ropeway", writer_));
    if (options.background) SpdlogSink::write_in_background();
  }
  ~SpdlogSink() override { pool_.reset(); }  // writes what is queued and ends the thread; the writer and the loggers follow

  void write_in_background() override {
    pool_ = make_pool();
    writer_->count_overruns_of(*pool_);
    use(background_, std::make_shared<spdlog::async_logger>("ropeway", writer_, pool_, spdlog::async_overflow_policy::overrun_oldest));
  }

  bool enabled(LogLevel level) const noexcept override { return level >= level_ && level_ != LogLevel::off; }

  void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) noexcept override {
    try {
      const std::string line = writer_->make_line(level, message, fields);
      logger_.load(std::memory_order_acquire)->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
    } catch (...) {  // no memory: the line is lost, the program goes on
    }
  }

  void flush() noexcept override {
    try {
      const std::uint64_t seen = writer_->flushes();
      logger_.load(std::memory_order_acquire)->flush();
      writer_->wait_for_flush_after(seen);
    } catch (...) {  // nothing is lost: the lines stay queued
    }
  }

  std::string reopen() noexcept override { return writer_->file().reopen(); }

 private:
  void use(std::shared_ptr<spdlog::logger>& place, std::shared_ptr<spdlog::logger> logger) {
    place = std::move(logger);
    place->set_level(spdlog::level::trace);                        // `enabled` decides
    place->set_error_handler([](const std::string& /*text*/) {});  // a lost line is counted, not printed
    logger_.store(place.get(), std::memory_order_release);
  }

  const LogLevel level_;
  std::shared_ptr<LineWriter> writer_;  // spdlog shares it
  std::shared_ptr<spdlog::details::thread_pool> pool_;
  std::shared_ptr<spdlog::logger> direct_;
  std::shared_ptr<spdlog::logger> background_;
  std::atomic<spdlog::logger*> logger_{nullptr};  // one of the two, which both stay: another thread may be at work with the first
};

}  // namespace

std::unique_ptr<LogSink> make_log_sink(const LogOptions& options) { return std::make_unique<SpdlogSink>(options); }

}  // namespace ropeway::observability
