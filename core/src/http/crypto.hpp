#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ropeway::http {

/// The one place that knows the library of cryptography (OpenSSL's libcrypto). All of it throws `std::runtime_error` where the library fails.
using Digest = std::array<unsigned char, 32>;

/// HMAC-SHA-256 (RFC 2104).
[[nodiscard]] Digest hmac_sha256(std::span<const unsigned char> key, std::string_view message);
/// Whether two texts are the same, in a time that tells nothing of where they differ.
[[nodiscard]] bool same_in_constant_time(std::string_view left, std::string_view right) noexcept;
/// Random bytes that nobody can guess.
[[nodiscard]] std::string random_bytes(std::size_t count);

constexpr std::size_t nonce_bytes = 12;
constexpr std::size_t tag_bytes = 16;
/// AES-256-GCM (NIST SP 800-38D): the encrypted text and behind it the tag, which also covers `associated`.
[[nodiscard]] std::string encrypt(const Digest& key, std::string_view nonce, std::string_view associated, std::string_view plain);
/// The plain text again; nothing where anything was changed.
[[nodiscard]] std::optional<std::string> decrypt(const Digest& key, std::string_view nonce, std::string_view associated,
                                                 std::string_view sealed);

/// Forgets a secret, so that it is not left in memory.
void cleanse(std::span<unsigned char> secret) noexcept;

/// base64url without padding (RFC 4648 §5).
[[nodiscard]] std::string base64url(std::string_view bytes);
/// The bytes again; nothing where a character, the length or a bit that must be 0 is wrong.
[[nodiscard]] std::optional<std::string> base64url_decoded(std::string_view text);

}  // namespace ropeway::http
