#pragma once

#include <cstdint>
#include <cstring>

namespace ropeway::http {

/// Eight bytes looked at together. A mask has the high bit set of each byte that it tells of, and no other bit.
using Word = std::uint64_t;

inline constexpr Word ones = 0x0101010101010101;
inline constexpr Word high_bits = 0x8080808080808080;
inline constexpr Word low_bits = 0x7f7f7f7f7f7f7f7f;

[[nodiscard]] inline Word load_word(const char* from) noexcept {
  Word word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

/// The bytes of `word` that are `byte`. Exact: the sum stays inside each byte, so that no carry reaches the next one.
[[nodiscard]] constexpr Word bytes_equal(Word word, char byte) noexcept {
  const Word difference = word ^ (ones * static_cast<unsigned char>(byte));
  return ~(((difference & low_bits) + low_bits) | difference) & high_bits;
}

/// The bytes of `word` that are less than `bound`, which is at most 0x80.
[[nodiscard]] constexpr Word bytes_below(Word word, unsigned bound) noexcept {
  return ~((word & low_bits) + ones * (0x80 - bound)) & ~word & high_bits;
}

/// The bytes of `word` that are ASCII letters.
[[nodiscard]] constexpr Word bytes_letters(Word word) noexcept {
  const Word lower = (word | ones * 0x20) & low_bits;
  const Word from_a = lower + ones * (0x80 - 'a');
  const Word beyond_z = lower + ones * (0x80 - ('z' + 1));
  return from_a & ~beyond_z & ~word & high_bits;
}

/// Whether two words hold the same bytes where ASCII letters are compared without case. Bytes may differ in 0x20 alone, and only
/// where they are letters ('@' and '`' differ by the same bit and are not the same).
[[nodiscard]] constexpr bool same_folded(Word left, Word right) noexcept {
  const Word difference = left ^ right;
  if (difference == 0) return true;
  return (difference & ~(ones * 0x20)) == 0 && ((difference << 2) & ~bytes_letters(left)) == 0;
}

}  // namespace ropeway::http
