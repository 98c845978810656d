#include "core/src/protocol/http1/chunked.hpp"

#include <doctest/doctest.h>

#include <string>

namespace {

using namespace ropeway;
using protocol::Limits;
using protocol::http1::ChunkedDecoder;
using Outcome = ChunkedDecoder::Outcome;

// What the decoder makes of `bytes` when they come in pieces of `step`: "content|rest", "content|...", or "status reason".
std::string decoded(std::string_view bytes, std::size_t step, const Limits& limits = {}) {
  ChunkedDecoder decoder;
  std::string content;
  std::string_view rest;
  for (std::size_t arrived = 0; arrived < bytes.size();) {
    const std::size_t more = std::min(step, bytes.size() - arrived);
    rest = {bytes.data() + arrived - rest.size(), rest.size() + more};
    arrived += more;
    for (bool go_on = true; go_on;) {
      switch (decoder.decode(rest, limits)) {
        case Outcome::need_input: go_on = false; break;
        case Outcome::data: content += decoder.data(); break;
        case Outcome::end: return content + "|" + std::string(rest) + std::string(bytes.substr(arrived));
        case Outcome::failed: return std::to_string(code(decoder.error().status_hint));
      }
    }
    CHECK(rest.empty());  // it holds no bytes, and leaves none
  }
  return content + "|...";
}

std::string decoded_in_every_way(std::string_view bytes, const Limits& limits = {}) {
  std::string whole = decoded(bytes, bytes.size(), limits);
  for (std::size_t step = 1; step < bytes.size(); ++step) CHECK(decoded(bytes, step, limits) == whole);
  return whole;
}

}  // namespace

TEST_CASE("chunk extensions are read by their grammar (RFC 9112 §7.1.1)") {
  const auto outcome = [](std::string_view extension) {
    return decoded_in_every_way("1" + std::string(extension) + "\r\nx\r\n0" + std::string(extension) + "\r\n\r\n");
  };
  for (const std::string_view good : {";a", ";a=b", ";a=\"b\"", ";a=\"\"", ";a;b;c", " ; a = b ; c", "\t;\ta\t=\t\"b\"", ";a=\"x;y=z\"",
                                      ";a=\"\\\"\"", ";a=\"\\\\\"", ";a=\"\xE9\";b", ";a!#$%&'*+-.^_`|~=1", ";a;a=b \t; c"}) {
    CAPTURE(good);
    CHECK(outcome(good) == "x|");
  }
  for (const std::string_view bad : {";",       "; ",          ";;",        ";a;",           ";=b", ";a=",   ";a= ",      ";a b",
                                     ";a=b c",  ";a=\"b",      ";a=\"b\"c", ";a=b\"c\"",     ";a ", ";a=b ", ";a=\"b\" ", ";\xE9",
                                     ";a=\xE9", ";a=\"\x01\"", ";a\x01",    ";a=\"\\\x01\"", " ",   " a",    ";a=b=c",    ";a,b"}) {
    CAPTURE(bad);
    CHECK(outcome(bad) == "400");
  }
}

TEST_CASE("the chunked coding comes off, and what follows it stays") {  // RFC 9112 §7.1
  struct Case {
    std::string_view bytes;
    std::string_view outcome;
  };
  for (const Case& row : {
           Case{"0\r\n\r\n", "|"},
           Case{"5\r\nhello\r\n0\r\n\r\nGET", "hello|GET"},
           Case{"1\r\na\r\n2\r\nbc\r\n00000\r\n\r\n", "abc|"},
           Case{"A\r\n0123456789\r\n0\r\n\r\n", "0123456789|"},
           Case{"a\r\n0123456789\r\n0\r\n\r\n", "0123456789|"},
           Case{"2\r\n\r\n\r\n0\r\n\r\n", "\r\n|"},
           Case{"1;a=b;c=\"d\"\r\nx\r\n0;e\r\n\r\n", "x|"},
           Case{"1 \t;a\r\nx\r\n0\r\n\r\n", "x|"},
           Case{"0\r\nA: b\r\nC:\r\n\r\nrest", "|rest"},
           Case{"5\r\nhel", "hel|..."},
           Case{"5\r\nhello\r\n", "hello|..."},
           Case{"0\r\n\r", "|..."},
           Case{"\r\n", "400"},
           Case{"g\r\n", "400"},
           Case{"-1\r\n", "400"},
           Case{"+1\r\n", "400"},
           Case{"0x1\r\n", "400"},
           Case{" 1\r\n", "400"},
           Case{"1 \r\n", "400"},
           Case{"1\nx\r\n", "400"},
           Case{"1\r\r", "400"},
           Case{"1;a\nb\r\n", "400"},
           Case{"1;\x01\r\n", "400"},
           Case{"1\r\nxy\r\n", "400"},
           Case{"1\r\nx\n0\r\n\r\n", "400"},
           Case{"1\r\nx\ry", "400"},
           Case{"10000000000000000\r\n", "400"},
           Case{"ffffffffffffffff\r\n", "413"},
           Case{"0\r\n\n", "400"},
           Case{"0\r\n: b\r\n", "400"},
           Case{"0\r\nA b\r\n", "400"},
           Case{"0\r\n A: b\r\n", "400"},
           Case{"0\r\nA: \x7f\r\n", "400"},
           Case{"0\r\nA: b\n", "400"},
           Case{"0\r\n\rx", "400"},
       }) {
    CAPTURE(row.bytes);
    CHECK(decoded_in_every_way(row.bytes) == row.outcome);
  }
}

TEST_CASE("content, a chunk's line and the trailer section are bounded, over all chunks together") {
  Limits limits;
  limits.body_bytes = 4;
  CHECK(decoded_in_every_way("2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n", limits) == "abcd|");
  CHECK(decoded_in_every_way("2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n", limits) == "413");
  limits.chunk_line_bytes = 4;
  CHECK(decoded_in_every_way("1;a\r\nx\r\n0\r\n\r\n", limits) == "x|");
  CHECK(decoded_in_every_way("1;ab\r\nx\r\n0\r\n\r\n", limits) == "400");
  CHECK(decoded_in_every_way("0000\r\n\r\n", limits) == "400");  // the carriage return is the fifth
  limits.chunk_extension_bytes = 3;
  CHECK(decoded_in_every_way("1;a\r\nx\r\n1;\r\n", limits) == "400");
  CHECK(decoded_in_every_way("1;a\r\nx\r\n1\r\ny\r\n0\r\n\r\n", limits) == "xy|");
  CHECK(decoded_in_every_way("1;a\r\nx\r\n1;b\r\ny\r\n0\r\n\r\n", limits) == "400");
  limits.trailer_bytes = 8;
  CHECK(decoded_in_every_way("0\r\nA: b\r\n\r\n", limits) == "|");
  CHECK(decoded_in_every_way("0\r\nA: bc\r\n\r\n", limits) == "431");
  CHECK(decoded_in_every_way("0\r\nA:b\r\nC:d\r\n", limits) == "431");
}

TEST_CASE("a decoder that is reset begins a new body") {
  ChunkedDecoder decoder;
  std::string_view bytes = "0\r\n\r\n";
  CHECK(decoder.decode(bytes, {}) == Outcome::end);
  decoder.reset();
  bytes = "1\r\nx";
  CHECK(decoder.decode(bytes, {}) == Outcome::data);
  CHECK(decoder.data() == "x");
}
