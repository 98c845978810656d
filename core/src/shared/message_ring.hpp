#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/src/shared/robust_mutex.hpp"

namespace ropeway::shared {

/// Messages for whoever reads them, in memory that processes share. One writer at a time, behind a mutex; any number of readers, without any.
///
/// The bytes are a ring: what is new goes over what is oldest, whoever has read it or not, so nobody waits for a slow reader. A reader has a
/// place of its own, copies what stands there, and then looks whether the oldest message that is left was already beyond: then the copy is void,
/// and the reader has lost some. A message is there from the store of `end` on; a writer that dies before leaves none.
class MessageRing {
 public:
  struct alignas(64) Head {
    std::atomic<std::uint64_t> end;       // bytes that were ever written
    std::atomic<std::uint64_t> oldest;    // where the oldest message that is whole begins, in the same count
    std::atomic<std::uint64_t> sequence;  // messages that were ever written
    std::atomic<std::uint32_t> sleepers;  // Whether anybody is to be woken by the next message.
  };
  /// A reader's place.
  struct Cursor {
    std::uint64_t at = 0;
    std::uint64_t sequence = 0;  // of the message that is next
    std::uint64_t lost = 0;
  };
  struct Message {
    std::string topic;
    std::string payload;
  };

  [[nodiscard]] static std::size_t bytes(std::size_t capacity) noexcept { return sizeof(Head) + capacity; }
  /// `place`: zeros at first, aligned to 64 bytes. `capacity`: a multiple of 8.
  MessageRing(std::byte* place, std::size_t capacity, RobustMutex& mutex) noexcept;

  /// False where it is larger than `largest`, or the memory cannot be used just now. `wake` is called, with the mutex held, where somebody sleeps.
  template <class Wake>
  bool publish(std::string_view topic, std::string_view payload, const Wake& wake) noexcept {
    if (topic.size() + payload.size() > largest()) return false;
    const RobustLock lock(mutex_);
    if (!lock) return false;
    append(topic, payload);
    // One that has died may have been about to.
    if (head_.sleepers.exchange(0, std::memory_order_seq_cst) != 0 || lock.owner_died()) wake();
    return true;
  }
  /// Of topic and payload together.
  [[nodiscard]] std::size_t largest() const noexcept { return capacity_ / 4; }

  /// The place behind everything that there is.
  [[nodiscard]] Cursor at_end() const noexcept;
  /// The next message, if there is one.
  [[nodiscard]] std::optional<Message> read(Cursor& cursor) const;
  /// To be called by a reader that wants to be woken by the next message. It has to look once more before it sleeps.
  void sleep() noexcept { head_.sleepers.store(1, std::memory_order_seq_cst); }
  [[nodiscard]] std::uint64_t published() const noexcept { return head_.sequence.load(std::memory_order_relaxed); }

 private:
  struct Frame;
  void append(std::string_view topic, std::string_view payload) noexcept;
  void write(std::uint64_t at, const void* data, std::size_t size) noexcept;
  void read(std::uint64_t at, void* data, std::size_t size) const noexcept;

  Head& head_;
  std::uint64_t* words_;
  std::size_t capacity_;
  RobustMutex& mutex_;
};

}  // namespace ropeway::shared
