#include "core/src/http/sha1.hpp"

#include <array>
#include <stdexcept>

#include <openssl/evp.h>

namespace ropeway::http {

std::string sha1_base64(std::string_view text) {
  std::array<unsigned char, 20> digest{};
  if (EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha1(), nullptr) != 1)
    throw std::runtime_error("libcrypto refuses SHA-1, which RFC 6455 asks for: its configuration has to allow it");
  std::string encoded(28, '\0');  // four characters for each three bytes; libcrypto puts an end behind them
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()), digest.data(), static_cast<int>(digest.size()));
  return encoded;
}

}  // namespace ropeway::http
