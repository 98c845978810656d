#include "core/src/protocol/send_queue.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace ropeway::protocol {
namespace {

constexpr std::size_t first_text_capacity = 4 * 1024;
// What `clear` keeps for reuse.
constexpr std::size_t kept_text_capacity = 64 * 1024;
constexpr std::size_t kept_segments = 64;

}  // namespace

void SendQueue::append(std::string_view text) {
  if (text.empty()) return;
  std::memcpy(append_space(text.size()), text.data(), text.size());
}

void SendQueue::append(std::string&& text) {
  if (text.size() <= copy_threshold) return append(std::string_view(text));
  total_ += text.size();
  memory_ += text.size();
  add_segment(std::move(text));
}

void SendQueue::append(SharedBytes bytes) {
  if (bytes.view.size() <= copy_threshold) return append(bytes.view);
  total_ += bytes.view.size();
  memory_ += bytes.view.size();
  add_segment(std::move(bytes));
}

void SendQueue::append(FileSlice slice) {
  if (slice.length == 0) return;
  total_ += slice.length;
  add_segment(std::move(slice));
}

std::size_t SendQueue::gather(std::span<std::string_view> pieces) const noexcept {
  if (pieces.empty() || total_ == 0) return 0;
  const char* text = text_.get() + text_begin_;
  if (segments_.empty()) {
    pieces[0] = {text, text_end_ - text_begin_};
    return 1;
  }
  std::size_t count = 0;
  std::size_t skip = front_consumed_;
  for (std::size_t i = first_; i < segments_.size() && count < pieces.size(); ++i) {
    const Segment& segment = segments_[i];
    if (std::holds_alternative<FileSlice>(segment)) break;
    const std::string_view bytes = memory_of(segment, text);
    if (std::holds_alternative<TextRun>(segment)) text += bytes.size();
    pieces[count++] = bytes.substr(skip);
    skip = 0;
  }
  return count;
}

bool SendQueue::file_follows() const noexcept {
  return std::any_of(segments_.begin() + static_cast<std::ptrdiff_t>(first_), segments_.end(),
                     [](const Segment& segment) { return std::holds_alternative<FileSlice>(segment); });
}

const FileSlice* SendQueue::front_file() const noexcept { return segments_.empty() ? nullptr : std::get_if<FileSlice>(&segments_[first_]); }

void SendQueue::consume(std::uint64_t count) noexcept {
  total_ -= count;
  if (segments_.empty()) {
    memory_ -= count;
    text_begin_ += static_cast<std::size_t>(count);
    if (text_begin_ == text_end_) text_begin_ = text_end_ = 0;
    return;
  }
  while (count > 0) {
    Segment& segment = segments_[first_];
    std::uint64_t left = 0;
    std::uint64_t taken = 0;
    if (auto* file = std::get_if<FileSlice>(&segment)) {
      taken = std::min(count, file->length);
      file->offset += taken;
      left = file->length -= taken;
    } else if (auto* run = std::get_if<TextRun>(&segment)) {
      taken = std::min<std::uint64_t>(count, run->size);
      text_begin_ += static_cast<std::size_t>(taken);
      memory_ -= taken;
      left = run->size -= static_cast<std::size_t>(taken);
    } else {
      const std::size_t rest = memory_of(segment, nullptr).size() - front_consumed_;
      taken = std::min<std::uint64_t>(count, rest);
      front_consumed_ += static_cast<std::size_t>(taken);
      memory_ -= taken;
      left = rest - taken;
    }
    count -= taken;
    if (left > 0) break;
    segment = TextRun{0};  // lets go of its owner now, not when the queue is empty
    front_consumed_ = 0;
    ++first_;
  }
  drop_segments();
}

void SendQueue::clear() noexcept {
  segments_.clear();
  if (segments_.capacity() > kept_segments) std::vector<Segment>().swap(segments_);
  if (text_capacity_ > kept_text_capacity) {
    text_.reset();
    text_capacity_ = 0;
  }
  text_begin_ = text_end_ = 0;
  first_ = front_consumed_ = 0;
  total_ = memory_ = 0;
}

std::size_t SendQueue::capacity() const noexcept {
  std::size_t held = text_capacity_ + segments_.capacity() * sizeof(Segment);
  for (const Segment& segment : segments_) {
    if (const auto* owned = std::get_if<std::string>(&segment)) held += owned->capacity();
  }
  return held;
}

// Text that was sent makes room first. Memory grows only where more than half of it is owed, so that it stays below twice the most that was
// owed at once, and moving bytes costs no more than appending them did.
void SendQueue::make_room(std::size_t size) {
  const std::size_t owed = text_end_ - text_begin_;
  if (owed + size <= text_capacity_ && owed <= text_capacity_ / 2) {
    if (owed > 0) std::memmove(text_.get(), text_.get() + text_begin_, owed);
  } else {
    const std::size_t capacity = std::max({first_text_capacity, 2 * owed, owed + size});
    auto larger = std::make_unique_for_overwrite<char[]>(capacity);
    if (owed > 0) std::memcpy(larger.get(), text_.get() + text_begin_, owed);
    text_ = std::move(larger);
    text_capacity_ = capacity;
  }
  text_begin_ = 0;
  text_end_ = owed;
}

void SendQueue::add_text_run(std::size_t size) {
  if (auto* run = std::get_if<TextRun>(&segments_.back())) {
    run->size += size;
  } else {
    segments_.emplace_back(TextRun{size});
  }
}

void SendQueue::add_segment(Segment segment) {
  if (segments_.empty() && text_end_ > text_begin_) segments_.emplace_back(TextRun{text_end_ - text_begin_});
  segments_.push_back(std::move(segment));
}

// Forgets the segments that were consumed, now and then, so that a queue that never becomes empty stays small.
void SendQueue::drop_segments() noexcept {
  if (first_ == segments_.size()) {
    segments_.clear();
    first_ = 0;
    text_begin_ = text_end_ = 0;
  } else if (first_ >= 16 && first_ * 2 >= segments_.size()) {
    segments_.erase(segments_.begin(), segments_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
}

std::string_view SendQueue::memory_of(const Segment& segment, const char* text) noexcept {
  if (const auto* run = std::get_if<TextRun>(&segment)) return {text, run->size};
  if (const auto* owned = std::get_if<std::string>(&segment)) return *owned;
  if (const auto* shared = std::get_if<SharedBytes>(&segment)) return shared->view;
  return {};
}

}  // namespace ropeway::protocol
