#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
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

}  // namespace ropeway
