#include "core/src/protocol/proxy_protocol/header.hpp"

#include <algorithm>

namespace ropeway::protocol::proxy_protocol {
namespace {

constexpr std::string_view text_start = "PROXY ";
constexpr std::string_view signature{"\r\n\r\n\0\r\nQUIT\n", 12};
constexpr std::size_t preamble = 16;  // §2.2: the signature, version and command, family and protocol, length

// Of version 2 (§2.2).
enum class Family : std::uint8_t { unspecified, ipv4, ipv6, unix_socket };
constexpr std::array<std::size_t, 4> address_sizes{0, 12, 36, 216};
constexpr std::uint8_t unspecified_protocol = 0, stream = 1, datagram = 2;

// The next word of a line, which a single space ends, or the line does.
bool take_word(std::string_view& line, std::string_view& word) noexcept {
  const std::size_t end = std::min(line.find(' '), line.size());
  word = line.substr(0, end);
  const bool more = end < line.size();
  line.remove_prefix(end + (more ? 1 : 0));
  return more;
}

}  // namespace

std::size_t Header::read(std::string_view bytes) noexcept {
  std::size_t count = 0;
  while (state_ == State::incomplete && count < bytes.size()) {
    if (wanted_ != 0 && size_ == wanted_) {
      const std::size_t skipped = std::min<std::size_t>(left_, bytes.size() - count);
      left_ = static_cast<std::uint16_t>(left_ - skipped);
      count += skipped;
      if (left_ == 0) state_ = State::complete;
    } else {
      add(bytes[count++]);
    }
  }
  return count;
}

void Header::fail(std::string_view reason) noexcept {
  state_ = State::invalid;
  reason_ = reason;
}

void Header::add(char byte) noexcept {
  bytes_[size_++] = byte;
  is_binary() ? add_to_binary() : add_to_text(byte);
}

// ---- version 1 --------------------------------------------------------------------------------------------------------------------

void Header::add_to_text(char byte) noexcept {
  if (size_ <= text_start.size()) {
    if (byte != text_start[size_ - 1U]) fail("the connection does not begin with a PROXY header");
    return;
  }
  const bool after_return = bytes_[size_ - 2U] == '\r';
  if (after_return && byte == '\n') return read_text();
  if (after_return || byte == '\n') return fail("the line of a PROXY header does not end with CR LF");
  if (size_ == longest_text) fail("the line of a PROXY header is longer than 107 bytes");
}

// "PROXY TCP4 192.0.2.1 192.0.2.2 4711 80", "PROXY UNKNOWN" and whatever may follow it (§2.1)
void Header::read_text() noexcept {
  std::string_view line(bytes_.data() + text_start.size(), size_ - text_start.size() - 2);
  std::string_view protocol;
  const bool more = take_word(line, protocol);
  if (protocol == "UNKNOWN") {
    state_ = State::complete;
    return;
  }
  if (protocol != "TCP4" && protocol != "TCP6") return fail("a PROXY header names no protocol: TCP4, TCP6 or UNKNOWN");
  std::array<std::string_view, 4> words;
  bool whole = more;
  for (std::size_t i = 0; i < words.size() && whole; ++i) whole = take_word(line, words[i]) == (i + 1 < words.size());
  if (!whole) return fail("a PROXY header has not two addresses and two ports");
  const auto parse = protocol == "TCP4" ? parse_ipv4 : parse_ipv6;
  Source source;
  Source destination;
  if (!parse(words[0], source.address) || !parse(words[1], destination.address)) return fail("a PROXY header has a malformed address");
  if (!parse_port(words[2], source.port) || !parse_port(words[3], destination.port)) return fail("a PROXY header has a malformed port");
  source_ = source;
  state_ = State::complete;
}

// ---- version 2 --------------------------------------------------------------------------------------------------------------------

void Header::add_to_binary() noexcept {
  if (size_ <= signature.size()) {
    if (bytes_[size_ - 1U] != signature[size_ - 1U]) fail("the connection does not begin with a PROXY header");
  } else if (size_ == preamble) {
    read_preamble();
  } else if (size_ == wanted_) {
    read_addresses();
  }
}

void Header::read_preamble() noexcept {
  const auto version = static_cast<std::uint8_t>(byte_at(12) >> 4U);
  const auto command = static_cast<std::uint8_t>(byte_at(12) & 0xFU);
  const auto family = static_cast<std::uint8_t>(byte_at(13) >> 4U);
  const auto protocol = static_cast<std::uint8_t>(byte_at(13) & 0xFU);
  const std::size_t length = std::size_t{byte_at(14)} << 8U | byte_at(15);
  if (version != 2) return fail("a PROXY header has another version than 1 and 2");
  if (command > 1) return fail("a PROXY header has an unknown command");
  if (preamble + length > longest) return fail("a PROXY header is longer than 4096 bytes");
  const bool is_local = command == 0;  // its family is ignored
  if (!is_local && (family >= address_sizes.size() || protocol > datagram)) return fail("a PROXY header has an unknown family or protocol");
  const bool has_addresses = !is_local && protocol != unspecified_protocol;
  if (has_addresses && length < address_sizes[family]) return fail("a PROXY header is too short for its addresses");
  const bool is_read = has_addresses && protocol == stream &&
                       (family == static_cast<std::uint8_t>(Family::ipv4) || family == static_cast<std::uint8_t>(Family::ipv6));
  const std::size_t read = is_read ? address_sizes[family] : 0;
  wanted_ = static_cast<std::uint16_t>(preamble + read);
  left_ = static_cast<std::uint16_t>(length - read);
  if (length == 0) state_ = State::complete;
}

// The source's address, the destination's, the source's port, the destination's.
void Header::read_addresses() noexcept {
  Source source;
  const bool is_ipv4 = wanted_ == preamble + address_sizes[static_cast<std::size_t>(Family::ipv4)];
  const auto* first = reinterpret_cast<const std::uint8_t*>(bytes_.data()) + preamble;
  if (is_ipv4) {
    source.address = mapped(first);
  } else {
    std::copy_n(first, source.address.size(), source.address.begin());
  }
  const std::size_t port = preamble + (is_ipv4 ? 8 : 32);
  source.port = static_cast<std::uint16_t>(byte_at(port) << 8U | byte_at(port + 1));
  source_ = source;
  if (left_ == 0) state_ = State::complete;
}

}  // namespace ropeway::protocol::proxy_protocol
