#include "core/src/http/crypto.hpp"

#include <memory>
#include <stdexcept>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

namespace ropeway::http {
namespace {

using Context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

const unsigned char* bytes_of(std::string_view text) noexcept { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes_of(std::string& text) noexcept { return reinterpret_cast<unsigned char*>(text.data()); }

void require(bool good, const char* what) {
  if (!good) throw std::runtime_error(std::string("libcrypto: ") + what + " failed");
}

int size_of(std::string_view text) {
  require(text.size() < 1U << 30U, "a text of that size");
  return static_cast<int>(text.size());
}

constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

}  // namespace

Digest hmac_sha256(std::span<const unsigned char> key, std::string_view message) {
  Digest digest;
  unsigned size = 0;
  require(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(message), message.size(), digest.data(), &size) != nullptr,
          "HMAC-SHA-256");
  return digest;
}

bool same_in_constant_time(std::string_view left, std::string_view right) noexcept {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  require(RAND_bytes(bytes_of(bytes), size_of(bytes)) == 1, "the source of random bytes");
  return bytes;
}

std::string encrypt(const Digest& key, std::string_view nonce, std::string_view associated, std::string_view plain) {
  const Context context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  std::string sealed(plain.size() + tag_bytes, '\0');
  int written = 0;
  int last = 0;
  require(context && nonce.size() == nonce_bytes &&
              EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.data(), bytes_of(nonce)) == 1 &&
              EVP_EncryptUpdate(context.get(), nullptr, &written, bytes_of(associated), size_of(associated)) == 1 &&
              EVP_EncryptUpdate(context.get(), bytes_of(sealed), &written, bytes_of(plain), size_of(plain)) == 1 &&
              EVP_EncryptFinal_ex(context.get(), bytes_of(sealed) + written, &last) == 1 &&
              EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(tag_bytes), bytes_of(sealed) + plain.size()) == 1,
          "AES-256-GCM");
  return sealed;
}

std::optional<std::string> decrypt(const Digest& key, std::string_view nonce, std::string_view associated, std::string_view sealed) {
  if (nonce.size() != nonce_bytes || sealed.size() < tag_bytes) return std::nullopt;
  const Context context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  const std::string_view encrypted = sealed.substr(0, sealed.size() - tag_bytes);
  std::string tag(sealed.substr(encrypted.size()));
  std::string plain(encrypted.size(), '\0');
  int written = 0;
  int last = 0;
  require(context && EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.data(), bytes_of(nonce)) == 1 &&
              EVP_DecryptUpdate(context.get(), nullptr, &written, bytes_of(associated), size_of(associated)) == 1 &&
              EVP_DecryptUpdate(context.get(), bytes_of(plain), &written, bytes_of(encrypted), size_of(encrypted)) == 1 &&
              EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(tag_bytes), bytes_of(tag)) == 1,
          "AES-256-GCM");
  if (EVP_DecryptFinal_ex(context.get(), bytes_of(plain) + written, &last) != 1) return std::nullopt;
  return plain;
}

void cleanse(std::span<unsigned char> secret) noexcept { OPENSSL_cleanse(secret.data(), secret.size()); }

std::string base64url(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() * 4 + 2) / 3);
  std::uint32_t buffer = 0;
  unsigned bits = 0;
  for (const char byte : bytes) {
    buffer = buffer << 8U | static_cast<unsigned char>(byte);
    for (bits += 8; bits >= 6; bits -= 6) text += digits[buffer >> (bits - 6) & 63U];
  }
  if (bits > 0) text += digits[buffer << (6 - bits) & 63U];
  return text;
}

std::optional<std::string> base64url_decoded(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  std::uint32_t buffer = 0;
  unsigned bits = 0;
  for (const char digit : text) {
    const std::size_t value = digits.find(digit);
    if (value == std::string_view::npos) return std::nullopt;
    buffer = buffer << 6U | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(buffer >> bits & 0xFFU);
  }
  if (bits >= 6 || (buffer & ((1U << bits) - 1)) != 0) return std::nullopt;
  return bytes;
}

}  // namespace ropeway::http
