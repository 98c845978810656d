#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace ropeway::http {

/// One message of permessage-deflate at a time (RFC 7692 §7.2.2), without context takeover: it has no use for what messages before it were.
class MessageInflater {
 public:
  enum class Outcome : std::uint8_t { done, too_large, malformed };

  struct Recycle {
    void operator()(MessageInflater* inflater) const noexcept;
  };
  using Pointer = std::unique_ptr<MessageInflater, Recycle>;
  /// One for a message, from this thread's free list or new (about 40 KiB). It may end on another thread.
  [[nodiscard]] static Pointer acquire();

  MessageInflater();
  ~MessageInflater();
  MessageInflater(const MessageInflater&) = delete;
  MessageInflater& operator=(const MessageInflater&) = delete;

  /// Appends what `input` inflates to; never more than `limit` bytes in `output` altogether.
  [[nodiscard]] Outcome inflate(std::string_view input, std::string& output, std::uint64_t limit);
  /// The message has come to its end.
  [[nodiscard]] Outcome finish(std::string& output, std::uint64_t limit);

  MessageInflater* next_free = nullptr;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The windows that we compress with. zlib cannot do 8 without a header of its own.
inline constexpr unsigned smallest_deflate_window = 9;
inline constexpr unsigned largest_deflate_window = 15;

/// The payload of a compressed message that has `text` as its content, in at most `window_bits`. Valid until the thread's next call. Each
/// thread has one compressor for each number of bits that it has met.
[[nodiscard]] std::string_view deflate_message(std::string_view text, unsigned window_bits);

}  // namespace ropeway::http
