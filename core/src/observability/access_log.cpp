#include "core/src/observability/access_log.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <system_error>
#include <vector>

#include "core/src/observability/access_format.hpp"
#include "core/src/observability/log_file.hpp"

// Each thread appends to a buffer of its own under a mutex that only `flush` ever contends for; the buffer is written when it is full
// and at each flush. The log owns the buffers together with the threads that use them, because either may end first: a thread that ends
// marks its buffers, and the next flush writes and forgets them; a log that ends marks its buffers, and the threads forget them when they
// next meet a new log.

namespace ropeway::observability {
namespace {

constexpr std::size_t buffer_bytes = 32 * 1024;          // written when more is waiting
constexpr std::size_t kept_capacity = 2 * buffer_bytes;  // a buffer that one huge line has grown past this is given back

std::atomic<std::uint64_t> next_log_id{1};

struct Buffer {
  Buffer(AccessLog::Format format, bool coloured) : formatter(format, coloured) { lines.reserve(buffer_bytes + buffer_bytes / 4); }
  std::mutex mutex;
  std::string lines;          // guarded by `mutex`
  AccessFormatter formatter;  // guarded by `mutex`
  std::atomic<bool> log_ended{false};
  std::atomic<bool> thread_ended{false};
};

// The buffers of this thread, by the log they belong to. Ids are never used again, so that a dead
// log's buffer is never taken for a new one's.
class ThreadBuffers {
 public:
  ThreadBuffers() = default;
  ThreadBuffers(const ThreadBuffers&) = delete;
  ThreadBuffers& operator=(const ThreadBuffers&) = delete;
  ~ThreadBuffers() {
    for (auto& entry : entries_) entry.buffer->thread_ended.store(true, std::memory_order_release);
  }
  [[nodiscard]] Buffer* find(std::uint64_t log_id) const noexcept {
    for (const auto& entry : entries_) {
      if (entry.log_id == log_id) return entry.buffer.get();
    }
    return nullptr;
  }
  void add(std::uint64_t log_id, std::shared_ptr<Buffer> buffer) {
    std::erase_if(entries_, [](const Entry& entry) { return entry.buffer->log_ended.load(std::memory_order_acquire); });
    entries_.push_back({log_id, std::move(buffer)});
  }

 private:
  struct Entry {
    std::uint64_t log_id;
    std::shared_ptr<Buffer> buffer;
  };
  std::vector<Entry> entries_;
};

thread_local ThreadBuffers thread_buffers;

}  // namespace

struct AccessLog::State {
  State(std::string name, Format format_wanted)
      : file(std::move(name), STDOUT_FILENO, std::chrono::milliseconds(0)), format(format_wanted) {}

  [[nodiscard]] Buffer& buffer_of_this_thread() {
    if (Buffer* known = thread_buffers.find(id)) return *known;
    auto buffer = std::make_shared<Buffer>(format, file.is_terminal());
    thread_buffers.add(id, buffer);
    const std::lock_guard lock(mutex);
    buffers.push_back(buffer);
    return *buffer;
  }

  // Writes what `buffer` holds and empties it; its mutex is held.
  void write_out(Buffer& buffer) noexcept {
    const std::size_t written = file.write(buffer.lines);
    if (written < buffer.lines.size()) {
      // A line that was cut counts as lost.
      const auto first_lost = buffer.lines.begin() + static_cast<std::ptrdiff_t>(written);
      dropped.fetch_add(static_cast<std::uint64_t>(std::count(first_lost, buffer.lines.end(), '\n')), std::memory_order_relaxed);
    }
    buffer.lines.clear();
    if (buffer.lines.capacity() > kept_capacity) std::string().swap(buffer.lines);
  }

  LogFile file;
  const Format format;
  const std::uint64_t id = next_log_id.fetch_add(1, std::memory_order_relaxed);
  std::atomic<std::uint64_t> dropped{0};
  std::mutex mutex;
  std::vector<std::shared_ptr<Buffer>> buffers;  // guarded by `mutex`
};

AccessLog::AccessLog(std::string file, Format format) : state_(std::make_unique<State>(std::move(file), format)) {}

AccessLog::~AccessLog() {
  flush();
  for (auto& buffer : state_->buffers) buffer->log_ended.store(true, std::memory_order_release);
}

void AccessLog::write(const AccessRecord& record) noexcept {
  try {
    Buffer& buffer = state_->buffer_of_this_thread();
    const std::lock_guard lock(buffer.mutex);
    const std::size_t before = buffer.lines.size();
    try {
      buffer.formatter.append(buffer.lines, record);
    } catch (...) {
      buffer.lines.resize(before);
      throw;
    }
    if (buffer.lines.size() >= buffer_bytes) state_->write_out(buffer);
  } catch (...) {  // no memory
    state_->dropped.fetch_add(1, std::memory_order_relaxed);
  }
}

void AccessLog::flush() noexcept {
  const std::lock_guard lock(state_->mutex);
  std::erase_if(state_->buffers, [&](const std::shared_ptr<Buffer>& buffer) {
    const bool thread_ended = buffer->thread_ended.load(std::memory_order_acquire);
    const std::lock_guard buffer_lock(buffer->mutex);
    state_->write_out(*buffer);
    return thread_ended;
  });
}

std::string AccessLog::reopen() noexcept {
  flush();
  return state_->file.reopen();
}

std::string AccessLog::reason() const {
  const int error = state_->file.last_error();
  if (error == 0) return {};
  return error == EAGAIN || error == EWOULDBLOCK ? "its reader does not keep up" : std::generic_category().message(error);
}

std::uint64_t AccessLog::dropped() const noexcept { return state_->dropped.load(std::memory_order_relaxed); }

}  // namespace ropeway::observability
