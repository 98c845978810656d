#include "core/src/protocol/http1/framing.hpp"

#include <algorithm>
#include <charconv>

#include "core/src/http/field_value.hpp"

namespace ropeway::protocol::http1 {
namespace {

ProtocolError bad_framing(std::string_view reason) noexcept { return {Status::bad_request, reason}; }

// RFC 9112 §6.1, §6.3. "chunked" and nothing else: this server knows no other coding for requests.
std::optional<ProtocolError> check_transfer_encoding(const HeadFacts& facts, Version version) noexcept {
  if (version == Version::http_1_0) return bad_framing("HTTP/1.0 has no Transfer-Encoding");
  if (facts.content_length_count > 0) return bad_framing("there are both Transfer-Encoding and Content-Length");
  if (facts.transfer_encoding_count > 1) return bad_framing("there are several Transfer-Encoding fields");
  if (http::equals_ignoring_case(facts.transfer_encoding, "chunked")) return std::nullopt;
  http::ListReader codings(facts.transfer_encoding);
  std::size_t count = 0;
  bool last_is_chunked = false;
  bool chunked_before = false;
  for (auto coding = codings.next(); coding; coding = codings.next(), ++count) {
    chunked_before |= last_is_chunked;
    last_is_chunked = http::equals_ignoring_case(*coding, "chunked");
  }
  // "chunked" twice or not at the end delimits nothing; alone but with commas around it, readers differ.
  if (count == 0 || chunked_before || (count == 1 && last_is_chunked)) return bad_framing("Transfer-Encoding is malformed");
  return ProtocolError{Status::not_implemented, "a transfer coding other than chunked is not supported"};
}

}  // namespace

std::optional<ProtocolError> decide_framing(const HeadFacts& facts, Version version, const Limits& limits, Framing& framing) noexcept {
  framing = Framing();
  if (facts.transfer_encoding_count > 0) {
    framing.chunked = true;
    return check_transfer_encoding(facts, version);
  }
  if (facts.content_length_count == 0) return std::nullopt;
  if (facts.content_length_count > 1) return bad_framing("there are several Content-Length fields");
  const std::string_view text = facts.content_length;
  if (text.empty() || !std::all_of(text.begin(), text.end(), [](char byte) { return byte >= '0' && byte <= '9'; })) {
    return bad_framing("Content-Length is not a number");  // also a list, a sign, or white space (RFC 9110 §8.6)
  }
  const auto result = std::from_chars(text.data(), text.data() + text.size(), framing.length);
  if (result.ec != std::errc() || framing.length > limits.body_bytes) {
    return ProtocolError{Status::content_too_large, "the content is longer than limits.body_bytes"};
  }
  return std::nullopt;
}

}  // namespace ropeway::protocol::http1
