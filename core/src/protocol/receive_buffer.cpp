#include "core/src/protocol/receive_buffer.hpp"

#include <algorithm>
#include <cstring>

namespace ropeway::protocol {
namespace {

// Below this much room it is worth moving the unread bytes, so that a receive does not get a scrap.
constexpr std::size_t low_room = 4096;

}  // namespace

ReceiveBuffer::ReceiveBuffer() : data_(std::make_unique_for_overwrite<char[]>(block_size)) {}

std::span<char> ReceiveBuffer::prepare(std::size_t head_limit) {
  if (begin_ == end_) drop_unread();
  const bool keeping = kept_end_ > 0;
  std::size_t usable = keeping ? capacity_ : capacity_ - content_reserve;
  if (begin_ > kept_end_ && usable < end_ + low_room) move_unread_to_front();
  if (!keeping && usable <= end_ + content_reserve && usable < head_limit) {
    grow(std::min(2 * usable, head_limit) + content_reserve);
    usable = capacity_ - content_reserve;
  }
  if (end_ >= usable) return {};
  return {data_.get() + end_, usable - end_};
}

void ReceiveBuffer::move_unread_to_front() noexcept {
  const std::size_t size = end_ - begin_;
  std::memmove(data_.get() + kept_end_, data_.get() + begin_, size);
  begin_ = kept_end_;
  end_ = kept_end_ + size;
}

void ReceiveBuffer::grow(std::size_t capacity) {
  auto larger = std::make_unique_for_overwrite<char[]>(capacity);
  std::memcpy(larger.get(), data_.get() + begin_, end_ - begin_);
  data_ = std::move(larger);
  capacity_ = capacity;
  end_ -= begin_;
  begin_ = 0;
}

}  // namespace ropeway::protocol
