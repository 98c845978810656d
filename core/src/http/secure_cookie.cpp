// A signed value is "VALUE.EXPIRY.MAC", a sealed one the base64url of "1", a salt, a nonce, and what is encrypted: the expiry and the value.
// Signing and sealing have keys of their own, derived from the secret, and each sealed cookie has one derived with its salt: so there are not too many
// random nonces for one key, however many cookies are made.

#include <ropeway/secure_cookie.hpp>

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "core/src/http/crypto.hpp"

namespace ropeway {
namespace {

constexpr std::size_t salt_bytes = 16;
constexpr char sealed_version = '1';
constexpr std::chrono::seconds longest_validity{100LL * 366 * 24 * 3600};  // so that "for ever" has an end that can be computed with

std::string signed_message(std::string_view name, std::string_view expiry, std::string_view value) {
  // Neither a name nor an expiry has a NUL, so no two triples make the same message.
  std::string message(name);
  message += '\0';
  message.append(expiry) += '\0';
  return message.append(value);
}

std::string_view text_of(const http::Digest& digest) noexcept { return {reinterpret_cast<const char*>(digest.data()), digest.size()}; }

std::optional<std::int64_t> seconds_from(std::string_view text) noexcept {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const bool good = !text.empty() && error == std::errc() && end == text.data() + text.size();
  return good ? std::optional(seconds) : std::nullopt;
}

// What stands behind the last "." of `rest`, and that off its end.
std::optional<std::string_view> take_last(std::string_view& rest) noexcept {
  const std::size_t dot = rest.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const std::string_view last = rest.substr(dot + 1);
  rest = rest.substr(0, dot);
  return last;
}

}  // namespace

CookieKeys::CookieKeys(const std::vector<std::string>& secrets, const Clock& clock) : clock_(&clock) {
  if (secrets.empty() || secrets.size() > most_keys) throw std::invalid_argument("there must be 1 to 8 keys for cookies");
  for (const std::string& secret : secrets) {
    if (secret.size() < least_key_bytes) throw std::invalid_argument("a key for cookies must have 32 bytes at least");
    const std::span<const unsigned char> bytes(reinterpret_cast<const unsigned char*>(secret.data()), secret.size());
    pairs_.push_back({http::hmac_sha256(bytes, "ropeway: signed cookies"), http::hmac_sha256(bytes, "ropeway: sealed cookies")});
  }
}

CookieKeys::~CookieKeys() {
  for (Pair& pair : pairs_) {
    http::cleanse(pair.signing);
    http::cleanse(pair.sealing);
  }
}

std::int64_t CookieKeys::now() const noexcept {
  return std::chrono::duration_cast<std::chrono::seconds>(clock_->now().time_since_epoch()).count();
}

Cookie CookieKeys::sign(Cookie cookie, std::chrono::seconds lifetime) const {
  const std::string expiry = std::to_string(now() + std::min(lifetime, longest_validity).count());
  const http::Digest mac = http::hmac_sha256(pairs_.front().signing, signed_message(cookie.name, expiry, cookie.value));
  cookie.value = http::base64url(cookie.value) + "." + expiry + "." + http::base64url(text_of(mac));
  return cookie;
}

std::optional<std::string> CookieKeys::verify(const Request& request, std::string_view name) const {
  const auto sent = request.cookie(name);
  if (!sent) return std::nullopt;
  std::string_view rest = *sent;
  const auto mac_text = take_last(rest);
  const auto expiry = mac_text ? take_last(rest) : std::nullopt;
  if (!expiry) return std::nullopt;
  auto value = http::base64url_decoded(rest);
  const auto mac = http::base64url_decoded(*mac_text);
  const auto end = seconds_from(*expiry);
  if (!value || !mac || !end) return std::nullopt;
  const std::string message = signed_message(name, *expiry, *value);
  bool good = false;
  for (const Pair& pair : pairs_) good |= http::same_in_constant_time(text_of(http::hmac_sha256(pair.signing, message)), *mac);
  if (!good || *end <= now()) return std::nullopt;
  return value;
}

Cookie CookieKeys::seal(Cookie cookie, std::chrono::seconds lifetime) const {
  const std::string random = http::random_bytes(salt_bytes + http::nonce_bytes);
  const std::string_view salt = std::string_view(random).substr(0, salt_bytes);
  http::Digest key = http::hmac_sha256(pairs_.front().sealing, salt);
  const std::string plain = std::to_string(now() + std::min(lifetime, longest_validity).count()) + "." + cookie.value;
  const std::string sealed = http::encrypt(key, std::string_view(random).substr(salt_bytes), cookie.name, plain);
  http::cleanse(key);
  cookie.value = http::base64url(sealed_version + random + sealed);
  return cookie;
}

std::optional<std::string> CookieKeys::open(const Request& request, std::string_view name) const {
  const auto sent = request.cookie(name);
  const auto bytes = sent ? http::base64url_decoded(*sent) : std::nullopt;
  if (!bytes || bytes->size() < 1 + salt_bytes + http::nonce_bytes || bytes->front() != sealed_version) return std::nullopt;
  const std::string_view rest = std::string_view(*bytes).substr(1);
  for (const Pair& pair : pairs_) {
    http::Digest key = http::hmac_sha256(pair.sealing, rest.substr(0, salt_bytes));
    const auto plain = http::decrypt(key, rest.substr(salt_bytes, http::nonce_bytes), name, rest.substr(salt_bytes + http::nonce_bytes));
    http::cleanse(key);
    if (!plain) continue;
    const std::size_t dot = std::min(plain->find('.'), plain->size());
    const auto end = seconds_from(std::string_view(*plain).substr(0, dot));
    if (!end || *end <= now() || dot == plain->size()) return std::nullopt;
    return plain->substr(dot + 1);
  }
  return std::nullopt;
}

}  // namespace ropeway
