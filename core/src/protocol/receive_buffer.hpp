#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace ropeway::protocol {

/// One contiguous block of received bytes: first what is kept (the head of the request in progress, which others have views of),
/// then what was consumed, then what is unread, then room. Kept bytes never move; unread bytes may move in `prepare`.
class ReceiveBuffer {
 public:
  /// Size of the block; it is larger only while one head needs that.
  static constexpr std::size_t block_size = 17 * 1024;
  /// Room behind a head of any size, so that content can be received while the head stays: not used while nothing is kept.
  static constexpr std::size_t content_reserve = 1024;

  ReceiveBuffer();

  /// Where to receive. While nothing is kept the block grows, up to `head_limit` bytes and the reserve, so that there is room as long as
  /// less than `head_limit` bytes are unread. While something is kept it does not grow: the room is empty where unread bytes fill it.
  [[nodiscard]] std::span<char> prepare(std::size_t head_limit);
  void commit(std::size_t count) noexcept { end_ += count; }

  [[nodiscard]] std::string_view unread() const noexcept { return {data_.get() + begin_, end_ - begin_}; }
  [[nodiscard]] bool empty() const noexcept { return begin_ == end_; }
  void consume(std::size_t count) noexcept { begin_ += count; }
  /// Consumes `count` bytes and keeps them where they are until `let_go`.
  void keep(std::size_t count) noexcept { kept_end_ = begin_ += count; }
  void let_go() noexcept { kept_end_ = 0; }
  /// Forgets what is unread; kept bytes stay.
  void drop_unread() noexcept { begin_ = end_ = kept_end_; }
  void clear() noexcept { begin_ = end_ = kept_end_ = 0; }

  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

 private:
  void move_unread_to_front() noexcept;
  void grow(std::size_t capacity);

  std::unique_ptr<char[]> data_;
  std::size_t capacity_ = block_size;
  std::size_t kept_end_ = 0;  // 0 <= kept_end_ <= begin_ <= end_ <= capacity_
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace ropeway::protocol
