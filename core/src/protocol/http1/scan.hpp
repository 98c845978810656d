#pragma once

#include <array>
#include <bit>
#include <cstdint>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace ropeway::protocol::http1 {

constexpr bool is_digit(char byte) noexcept { return byte >= '0' && byte <= '9'; }
constexpr bool is_blank(char byte) noexcept { return byte == ' ' || byte == '\t'; }

/// How far a run of allowed bytes reaches. Each function gives the first byte that is not allowed, or `end`.
namespace scan {

using ByteSet = std::array<bool, 256>;

/// The bytes of a token (RFC 9110 §5.6.2).
inline constexpr ByteSet token_bytes = [] {
  ByteSet set{};
  for (int byte = '0'; byte <= '9'; ++byte) set[static_cast<unsigned char>(byte)] = true;
  for (int byte = 'A'; byte <= 'Z'; ++byte) set[static_cast<unsigned char>(byte)] = true;
  for (int byte = 'a'; byte <= 'z'; ++byte) set[static_cast<unsigned char>(byte)] = true;
  for (const char byte : {'!', '#', '$', '%', '&', '\'', '*', '+', '-', '.', '^', '_', '`', '|', '~'})
    set[static_cast<unsigned char>(byte)] = true;
  return set;
}();

/// The bytes of a request target: visible ASCII but "#", which begins a fragment and is never sent (RFC 9112 §3.2, RFC 3986 §3.5).
inline constexpr ByteSet target_bytes = [] {
  ByteSet set{};
  for (int byte = 0x21; byte <= 0x7e; ++byte) set[static_cast<unsigned char>(byte)] = byte != '#';
  return set;
}();

/// The bytes of a field's value: visible ASCII, space, tab, and bytes above 0x7f (RFC 9110 §5.5).
inline constexpr ByteSet value_bytes = [] {
  ByteSet set{};
  for (int byte = 0x20; byte <= 0xff; ++byte) set[static_cast<unsigned char>(byte)] = byte != 0x7f;
  set['\t'] = true;
  return set;
}();

[[nodiscard]] inline const char* run_of(const ByteSet& set, const char* at, const char* end) noexcept {
  while (at != end && set[static_cast<unsigned char>(*at)]) ++at;
  return at;
}

[[nodiscard]] inline const char* token(const char* at, const char* end) noexcept { return run_of(token_bytes, at, end); }

#if defined(__SSE2__)

[[nodiscard]] inline const char* target(const char* at, const char* end) noexcept {
  for (; end - at >= 16; at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    // As signed numbers the bytes above 0x7f are negative, so "at most a space" finds them together with the controls.
    __m128i refused = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x21));
    refused = _mm_or_si128(refused, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f)));
    refused = _mm_or_si128(refused, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('#')));
    if (const auto mask = static_cast<std::uint32_t>(_mm_movemask_epi8(refused)); mask != 0) return at + std::countr_zero(mask);
  }
  return run_of(target_bytes, at, end);
}

[[nodiscard]] inline const char* value(const char* at, const char* end) noexcept {
  for (; end - at >= 16; at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i last_control = _mm_set1_epi8(0x1f);
    const __m128i control = _mm_cmpeq_epi8(_mm_max_epu8(bytes, last_control), last_control);
    const __m128i tab = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\t'));
    const __m128i refused = _mm_or_si128(_mm_andnot_si128(tab, control), _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f)));
    if (const auto mask = static_cast<std::uint32_t>(_mm_movemask_epi8(refused)); mask != 0) return at + std::countr_zero(mask);
  }
  return run_of(value_bytes, at, end);
}

#else

[[nodiscard]] inline const char* target(const char* at, const char* end) noexcept { return run_of(target_bytes, at, end); }
[[nodiscard]] inline const char* value(const char* at, const char* end) noexcept { return run_of(value_bytes, at, end); }

#endif

}  // namespace scan
}  // namespace ropeway::protocol::http1
