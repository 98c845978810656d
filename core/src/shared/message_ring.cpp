#include "core/src/shared/message_ring.hpp"

#include <algorithm>
#include <cstring>

namespace ropeway::shared {
namespace {

constexpr std::uint64_t unknown = UINT64_MAX;  // of a reader that has yet to read its first message

constexpr std::size_t word = sizeof(std::uint64_t);

constexpr std::size_t whole_words(std::size_t bytes) noexcept { return (bytes + word - 1) / word * word; }

}  // namespace

struct MessageRing::Frame {
  std::uint64_t bytes;  // of all of it, whole words
  std::uint64_t sequence;
  std::uint32_t topic_size;
  std::uint32_t payload_size;
};

MessageRing::MessageRing(std::byte* place, std::size_t capacity, RobustMutex& mutex) noexcept
    : head_(*reinterpret_cast<Head*>(place)),
      words_(reinterpret_cast<std::uint64_t*>(place + sizeof(Head))),
      capacity_(capacity),
      mutex_(mutex) {}

// Word by word, since a reader may look at the same time; what it sees is void then.
void MessageRing::write(std::uint64_t at, const void* data, std::size_t size) noexcept {
  const auto* bytes = static_cast<const std::byte*>(data);
  std::size_t place = at % capacity_ / word;
  for (std::size_t done = 0; done < size; done += word) {
    std::uint64_t value = 0;
    std::memcpy(&value, bytes + done, size - done < word ? size - done : word);
    std::atomic_ref(words_[place]).store(value, std::memory_order_relaxed);
    if (++place == capacity_ / word) place = 0;
  }
}

void MessageRing::read(std::uint64_t at, void* data, std::size_t size) const noexcept {
  auto* bytes = static_cast<std::byte*>(data);
  std::size_t place = at % capacity_ / word;
  for (std::size_t done = 0; done < size; done += word) {
    const std::uint64_t value = std::atomic_ref(words_[place]).load(std::memory_order_relaxed);
    std::memcpy(bytes + done, &value, size - done < word ? size - done : word);
    if (++place == capacity_ / word) place = 0;
  }
}

void MessageRing::append(std::string_view topic, std::string_view payload) noexcept {
  const std::uint64_t end = head_.end.load(std::memory_order_relaxed);
  std::uint64_t oldest = head_.oldest.load(std::memory_order_relaxed);
  // A number that a writer took before it died is a message that was lost.
  const std::uint64_t sequence = head_.sequence.load(std::memory_order_relaxed);
  const std::size_t bytes = sizeof(Frame) + whole_words(topic.size()) + whole_words(payload.size());
  while (end + bytes - oldest > capacity_) {
    std::uint64_t first = 0;
    read(oldest, &first, sizeof first);
    oldest += first;
  }
  head_.oldest.store(oldest, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);  // whoever sees what is written now sees that, too
  const Frame frame{bytes, sequence, static_cast<std::uint32_t>(topic.size()), static_cast<std::uint32_t>(payload.size())};
  write(end, &frame, sizeof frame);
  write(end + sizeof frame, topic.data(), topic.size());
  write(end + sizeof frame + whole_words(topic.size()), payload.data(), payload.size());
  head_.sequence.store(sequence + 1, std::memory_order_relaxed);
  head_.end.store(end + bytes, std::memory_order_seq_cst);
}

MessageRing::Cursor MessageRing::at_end() const noexcept {
  Cursor cursor;
  cursor.at = head_.end.load(std::memory_order_seq_cst);
  cursor.sequence = unknown;
  return cursor;
}

std::optional<MessageRing::Message> MessageRing::read(Cursor& cursor) const {
  for (;;) {
    if (cursor.at == head_.end.load(std::memory_order_seq_cst)) return std::nullopt;
    cursor.at = std::max(cursor.at, head_.oldest.load(std::memory_order_acquire));
    const auto is_void = [&] {
      std::atomic_thread_fence(std::memory_order_acquire);
      return head_.oldest.load(std::memory_order_relaxed) > cursor.at;
    };
    Frame frame{};
    read(cursor.at, &frame, sizeof frame);
    if (is_void()) continue;
    Message message;
    message.topic.resize(frame.topic_size);
    message.payload.resize(frame.payload_size);
    read(cursor.at + sizeof frame, message.topic.data(), message.topic.size());
    read(cursor.at + sizeof frame + whole_words(message.topic.size()), message.payload.data(), message.payload.size());
    if (is_void()) continue;
    if (cursor.sequence != unknown) cursor.lost += frame.sequence - cursor.sequence;
    cursor.sequence = frame.sequence + 1;
    cursor.at += frame.bytes;
    return message;
  }
}

}  // namespace ropeway::shared
