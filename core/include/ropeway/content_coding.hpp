#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include <ropeway/headers.hpp>

namespace ropeway {

/// A content coding (RFC 9110 §8.4.1): gzip (RFC 1952), Brotli (RFC 7932), Zstandard (RFC 8878), or none.
enum class ContentCoding : std::uint8_t { identity, gzip, br, zstd };

/// Its registered name: "gzip".
[[nodiscard]] std::string_view to_string(ContentCoding coding) noexcept;
/// The coding of that name, letters in any case; "x-gzip" is gzip (RFC 9110 §8.4.1.3).
[[nodiscard]] std::optional<ContentCoding> content_coding_from(std::string_view name) noexcept;

/// What `Accept-Encoding` says (RFC 9110 §12.5.3), in all fields of that name together. Elements that are malformed do not count.
class AcceptedCodings {
 public:
  explicit AcceptedCodings(HeaderView fields) noexcept;

  /// How much the client wants a coding, in thousandths; 0 is "not at all". Where the field says nothing of `identity`, that is acceptable
  /// and wanted less than any other (1). Without the field nothing but `identity` is sent, though all would be allowed: a client that can
  /// decode says so.
  [[nodiscard]] std::uint16_t quality(ContentCoding coding) const noexcept { return quality_[static_cast<std::size_t>(coding)]; }

  /// The most wanted of `offered`, which stand in the server's own order of preference, and `identity`, the last of all. Gives `identity`
  /// also where none is acceptable, not even that: an answer in no coding is then better than none (RFC 9110 §12.5.3 allows it).
  [[nodiscard]] ContentCoding best_of(std::span<const ContentCoding> offered) const noexcept;

 private:
  std::array<std::uint16_t, 4> quality_{1000, 0, 0, 0};
};

/// Encodes content piece by piece. Not safe for use from several threads at once; what one thread began another may go on with.
/// Every function appends to `output` what is ready, and throws `std::bad_alloc` where there is no memory.
class ContentEncoder {
 public:
  virtual ~ContentEncoder() = default;
  /// Takes all of `input`; what is not ready yet stays inside.
  virtual void encode(std::string_view input, std::string& output) = 0;
  /// Gives what is inside, so that a receiver can decode everything up to here. Costs some compression.
  virtual void flush(std::string& output) = 0;
  /// Ends the content; nothing may follow.
  virtual void finish(std::string& output) = 0;
};

/// The levels from fast to small that a coding has: gzip 1 to 9, br 0 to 11, zstd 1 to 19.
struct EncoderLevels {
  int lowest;
  int highest;
};
[[nodiscard]] EncoderLevels encoder_levels(ContentCoding coding) noexcept;

/// An encoder for any coding but `identity`, at a level within `encoder_levels`. Its memory is bounded whatever the content's size: a window
/// of at most 512 KiB, in all some 0.3 MB (gzip) to 3 MB (zstd and br at the levels that suit answers; more at the highest).
[[nodiscard]] std::unique_ptr<ContentEncoder> make_encoder(ContentCoding coding, int level);

/// Content that is not what its coding says it is. `what()` names the fault.
class MalformedContent : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Decodes content piece by piece. Not safe for use from several threads at once; what one thread began another may go on with.
class ContentDecoder {
 public:
  virtual ~ContentDecoder() = default;
  /// Decodes from the front of `input`, which is shortened by what was taken, into `room`, and gives how many bytes were written. Where that is
  /// less than the whole of `room`, `input` is empty, and more of it is needed. Throws `MalformedContent`, after which the decoder is of no
  /// more use, and `std::bad_alloc` where there is no memory.
  [[nodiscard]] virtual std::size_t decode(std::string_view& input, std::span<char> room) = 0;
  /// Whether the content may end here.
  [[nodiscard]] virtual bool complete() const noexcept = 0;
};

/// A decoder for any coding but `identity`. Several gzip members or zstd frames behind one another are one content (RFC 1952 §2.2, RFC 8878 §3.1).
/// Its memory is bounded whatever the content is: 40 KB for gzip, and a window of up to 8 MB (zstd, RFC 9659 §3; a larger one is malformed) or
/// 16 MB (br) where the content has one so large.
[[nodiscard]] std::unique_ptr<ContentDecoder> make_decoder(ContentCoding coding);

}  // namespace ropeway
