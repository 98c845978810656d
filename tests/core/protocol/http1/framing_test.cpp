#include "core/src/protocol/http1/framing.hpp"

#include <doctest/doctest.h>

namespace {

using namespace ropeway;
using protocol::Limits;
using protocol::http1::decide_framing;
using protocol::http1::Framing;
using protocol::http1::HeadFacts;

HeadFacts facts(std::string_view content_length, std::uint32_t lengths, std::string_view transfer_encoding, std::uint32_t codings) {
  HeadFacts result;
  result.content_length = content_length;
  result.content_length_count = lengths;
  result.transfer_encoding = transfer_encoding;
  result.transfer_encoding_count = codings;
  return result;
}

// 200 stands for "accepted".
int verdict(const HeadFacts& facts, Version version, Framing& framing, const Limits& limits = {}) {
  const auto error = decide_framing(facts, version, limits, framing);
  return error ? code(error->status_hint) : 200;
}

}  // namespace

TEST_CASE("a request without both fields has no content") {
  Framing framing{true, 7};
  CHECK(verdict(HeadFacts(), Version::http_1_1, framing) == 200);
  CHECK_FALSE(framing.chunked);
  CHECK(framing.length == 0);
}

TEST_CASE("Content-Length is one run of digits, in one field") {  // RFC 9110 §8.6, RFC 9112 §6.3
  struct Case {
    std::string_view text;
    std::uint32_t count;
    int verdict;
    std::uint64_t length;
  };
  for (const Case& row : {Case{"0", 1, 200, 0}, Case{"0012", 1, 200, 12}, Case{"16777216", 1, 200, 16777216}, Case{"16777217", 1, 413, 0},
                          Case{"18446744073709551616", 1, 413, 0}, Case{"99999999999999999999999999", 1, 413, 0}, Case{"", 1, 400, 0},
                          Case{"+1", 1, 400, 0}, Case{"-1", 1, 400, 0}, Case{"1 2", 1, 400, 0}, Case{"1, 1", 1, 400, 0},
                          Case{"0x10", 1, 400, 0}, Case{"1e3", 1, 400, 0}, Case{"1.0", 1, 400, 0}, Case{"5", 2, 400, 0}}) {
    CAPTURE(row.text);
    Framing framing;
    CHECK(verdict(facts(row.text, row.count, "", 0), Version::http_1_1, framing) == row.verdict);
    CHECK_FALSE(framing.chunked);
    if (row.verdict == 200) CHECK(framing.length == row.length);
  }
}

TEST_CASE("Transfer-Encoding is chunked, in one field, in HTTP/1.1, without Content-Length") {  // RFC 9112 §6.1, §6.3
  struct Case {
    std::string_view text;
    int verdict;
  };
  for (const Case& row : {Case{"chunked", 200}, Case{"CHUNKED", 200}, Case{"gzip, chunked", 501}, Case{"gzip", 501}, Case{"identity", 501},
                          Case{"xchunked", 501}, Case{"chunked;q=1", 501}, Case{"chunked, gzip", 400}, Case{"chunked, chunked", 400},
                          Case{"chunked,", 400}, Case{",chunked", 400}, Case{"", 400}, Case{",", 400}}) {
    CAPTURE(row.text);
    Framing framing;
    CHECK(verdict(facts("", 0, row.text, 1), Version::http_1_1, framing) == row.verdict);
    if (row.verdict == 200) CHECK(framing.chunked);
    CHECK(verdict(facts("", 0, row.text, 1), Version::http_1_0, framing) == 400);
    CHECK(verdict(facts("", 0, row.text, 2), Version::http_1_1, framing) == 400);
    CHECK(verdict(facts("3", 1, row.text, 1), Version::http_1_1, framing) == 400);
  }
}
