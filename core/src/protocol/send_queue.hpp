#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <ropeway/body.hpp>

namespace ropeway::protocol {

/// What is owed to the peer, in order: text (copied together, so that heads and small bodies of pipelined responses leave in one
/// write), owned strings, shared bytes and parts of files. It does no I/O: a transport gathers, sends, and consumes.
class SendQueue {
 public:
  /// Bodies up to this size are copied behind their head; larger ones are gathered from where they are.
  static constexpr std::size_t copy_threshold = 4096;

  /// Room for `size` bytes at the end of the text; write all of them. Ends with the next call.
  [[nodiscard]] char* append_space(std::size_t size) {
    if (text_capacity_ - text_end_ < size) make_room(size);
    char* const space = text_.get() + text_end_;
    text_end_ += size;
    total_ += size;
    memory_ += size;
    if (!segments_.empty()) add_text_run(size);
    return space;
  }
  void append(std::string_view text);
  void append(std::string&& text);
  void append(SharedBytes bytes);
  void append(FileSlice slice);

  [[nodiscard]] bool empty() const noexcept { return total_ == 0; }
  /// Bytes owed, and how many of them are held in memory.
  [[nodiscard]] std::uint64_t size() const noexcept { return total_; }
  [[nodiscard]] std::uint64_t memory() const noexcept { return memory_; }

  /// The bytes at the front that are in memory, up to the first file; gives how many of `pieces` were filled. 0 with `front_file`.
  [[nodiscard]] std::size_t gather(std::span<std::string_view> pieces) const noexcept;
  /// Whether a part of a file follows the bytes that `gather` would give (so the transport may cork).
  [[nodiscard]] bool file_follows() const noexcept;
  /// The part of a file at the very front (what is left of it), or nullptr.
  [[nodiscard]] const FileSlice* front_file() const noexcept;
  /// `count` bytes from the front were sent; at most `size()`.
  void consume(std::uint64_t count) noexcept;
  /// Forgets everything; memory is kept for reuse unless it is large.
  void clear() noexcept;
  /// Bytes of memory held, used or not.
  [[nodiscard]] std::size_t capacity() const noexcept;

 private:
  struct TextRun {
    std::size_t size;  // bytes of text_, in order
  };
  using Segment = std::variant<TextRun, std::string, SharedBytes, FileSlice>;
  void make_room(std::size_t size);
  void add_text_run(std::size_t size);
  void add_segment(Segment segment);
  void drop_segments() noexcept;
  /// The bytes of `segment`, whose text begins at `text`; empty for a file.
  [[nodiscard]] static std::string_view memory_of(const Segment& segment, const char* text) noexcept;

  std::unique_ptr<char[]> text_;
  std::size_t text_capacity_ = 0;
  std::size_t text_begin_ = 0;  // what was consumed of text_
  std::size_t text_end_ = 0;
  std::vector<Segment> segments_;   // empty while there is only text: the usual case costs no segment
  std::size_t first_ = 0;           // segments consumed
  std::size_t front_consumed_ = 0;  // of an owned or shared segment at the front (text and files are cut themselves)
  std::uint64_t total_ = 0;
  std::uint64_t memory_ = 0;
};

}  // namespace ropeway::protocol
