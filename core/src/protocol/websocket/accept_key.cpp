#include "core/src/protocol/websocket/accept_key.hpp"

#include <algorithm>
#include <cstddef>

#include "core/src/http/sha1.hpp"

namespace ropeway::protocol::websocket {
namespace {

constexpr std::string_view protocol_guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
constexpr std::string_view base64_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::size_t key_size = 24;

}  // namespace

bool is_handshake_key(std::string_view key) noexcept {
  if (key.size() != key_size || !key.ends_with("==")) return false;
  key.remove_suffix(2);
  // The last character stands for two bits of the sixteenth byte, and four that are zero.
  return std::ranges::all_of(key, [](char c) { return base64_alphabet.find(c) != std::string_view::npos; }) &&
         base64_alphabet.find(key.back()) % 16 == 0;
}

std::string accept_key(std::string_view key) { return http::sha1_base64(std::string(key).append(protocol_guid)); }

}  // namespace ropeway::protocol::websocket
