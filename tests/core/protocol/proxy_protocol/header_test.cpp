#include "core/src/protocol/proxy_protocol/header.hpp"

#include <doctest/doctest.h>

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/feed.hpp"
#include "tests/support/proxy_headers.hpp"

namespace {

using namespace ropeway::testing;
using ropeway::protocol::proxy_protocol::Header;

// "FFFFCB007107 4711": the address in hexadecimal, without the zero bytes at its front.
std::string text_of(const Header::Source& source) {
  std::string text;
  for (const std::uint8_t byte : source.address) {
    if (text.empty() && byte == 0) continue;
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02X", byte);
    text += digits;
  }
  return text + " " + std::to_string(source.port);
}

// What a header says, whether it is whole, and how many bytes it takes.
std::string said(const Pieces& pieces) {
  Header header;
  std::size_t taken = 0;
  for (const std::string_view piece : pieces) {
    const std::size_t count = header.read(piece);
    taken += count;
    CHECK(count <= piece.size());
    if (count < piece.size()) {
      CHECK(header.state() != Header::State::incomplete);
      break;
    }
  }
  switch (header.state()) {
    case Header::State::incomplete: return "incomplete";
    case Header::State::invalid: CHECK_FALSE(header.source()); return std::string(header.reason());
    case Header::State::complete: break;
  }
  return (header.source() ? text_of(*header.source()) : "nobody") + ", " + std::to_string(taken) + " bytes";
}

void check_said(const std::string& bytes, const std::string& expected) {
  INFO(bytes);
  feed_in_every_way(bytes, [&](const Pieces& pieces) { CHECK(said(pieces) == expected); });
}

const std::string no_header = "the connection does not begin with a PROXY header";
const std::string no_line_end = "the line of a PROXY header does not end with CR LF";
const std::string no_protocol = "a PROXY header names no protocol: TCP4, TCP6 or UNKNOWN";
const std::string no_four = "a PROXY header has not two addresses and two ports";
const std::string bad_address = "a PROXY header has a malformed address";
const std::string bad_port = "a PROXY header has a malformed port";

// A header that is taken ends where it ends, whatever follows, and not before.
void check_whole(const std::string& bytes, const std::string& expected) {
  check_said(bytes, expected);
  check_said(bytes + "GET / HTTP/1.1\r\n", expected);
  check_said(bytes + bytes, expected);
  for (std::size_t size = 0; size < bytes.size(); ++size) CHECK(said({std::string_view(bytes).substr(0, size)}) == "incomplete");
}

}  // namespace

TEST_CASE("a header of version 1 tells of a client, however it is cut") {
  const std::pair<std::string, std::string> cases[] = {
      {"PROXY TCP4 203.0.113.7 192.0.2.1 4711 80\r\n", "FFFFCB007107 4711, 42 bytes"},
      {"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "FFFFFFFFFFFF 65535, 56 bytes"},
      {"PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n", "FFFF00000000 0, 32 bytes"},
      {"PROXY TCP6 2001:db8::7 2001:DB8::1 4711 80\r\n", "20010DB8000000000000000000000007 4711, 44 bytes"},
      {"PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
       "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF 65535, 104 bytes"},
      {"PROXY TCP6 ::1 1:: 1 2\r\n", "01 1, 24 bytes"},
      {"PROXY TCP6 1:: ::1 1 2\r\n", "010000000000000000000000000000 1, 24 bytes"},
      {"PROXY TCP6 :: :: 1 2\r\n", " 1, 22 bytes"},
      {"PROXY TCP6 1:2:3:4:5:6:7:: ::2:3:4:5:6:7:8 1 2\r\n", "010002000300040005000600070000 1, 48 bytes"},
      {"PROXY TCP6 ::ffff:203.0.113.7 ::1 1 2\r\n", "FFFFCB007107 1, 39 bytes"},
      {"PROXY TCP6 1:2:3:4:5:6:203.0.113.7 ::1 1 2\r\n", "0100020003000400050006CB007107 1, 44 bytes"},
      {"PROXY UNKNOWN\r\n", "nobody, 15 bytes"},
      {"PROXY UNKNOWN \r\n", "nobody, 16 bytes"},
      {"PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
       "nobody, 107 bytes"},
      {"PROXY UNKNOWN and  whatever\t\x01\r\n", "nobody, 31 bytes"},
  };
  for (const auto& [bytes, expected] : cases) check_whole(bytes, expected);
}

TEST_CASE("a header of version 1 that breaks a rule is refused, however it is cut") {
  const std::pair<std::string, std::string> cases[] = {
      {"GET / HTTP/1.1\r\n", no_header},
      {"PROXYTCP4", no_header},
      {"proxy TCP4", no_header},
      {" PROXY", no_header},
      {"\n", no_header},
      {std::string(1, '\0'), no_header},
      {"PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n", no_line_end},
      {"PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\r\n", no_line_end},
      {"PROXY UNKNOWN\rx", no_line_end},
      {"PROXY UNKNOWN\n", no_line_end},
      {"PROXY \r\n", no_protocol},
      {"PROXY  TCP4 1.2.3.4 1.2.3.4 1 2\r\n", no_protocol},
      {"PROXY tcp4 1.2.3.4 1.2.3.4 1 2\r\n", no_protocol},
      {"PROXY UNKNOWNS\r\n", no_protocol},
      {"PROXY UDP4 1.2.3.4 1.2.3.4 1 2\r\n", no_protocol},
      {"PROXY TCP4\r\n", no_four},
      {"PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n", no_four},
      {"PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n", no_four},
      {"PROXY TCP4 1.2.3.4 1.2.3.4 1 2 \r\n", no_four},
      {"PROXY TCP4 1.2.3.4  1.2.3.4 1 2\r\n", no_four},
      {"PROXY TCP4 1.2.3 1.2.3.4 1 2\r\n", bad_address},
      {"PROXY TCP4 1.2.3.4.5 1.2.3.4 1 2\r\n", bad_address},
      {"PROXY TCP4 1.2.3.256 1.2.3.4 1 2\r\n", bad_address},
      {"PROXY TCP4 1.2.3.04 1.2.3.4 1 2\r\n", bad_address},
      {"PROXY TCP4 1.2.3.4 1.2.03.4 1 2\r\n", bad_address},
      {"PROXY TCP4 1..3.4 1.2.3.4 1 2\r\n", bad_address},
      {"PROXY TCP4 +1.2.3.4 1.2.3.4 1 2\r\n", bad_address},
      {"PROXY TCP4 ::1 ::1 1 2\r\n", bad_address},
      {"PROXY TCP4 1.2.3.4\t1.2.3.4 1 2\r\n", no_four},
      {"PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n", bad_address},
      {"PROXY TCP6 1:2:3:4:5:6:7 ::1 1 2\r\n", bad_address},
      {"PROXY TCP6 1:2:3:4:5:6:7:8:9 ::1 1 2\r\n", bad_address},
      {"PROXY TCP6 1:2:3:4::5:6:7:8 ::1 1 2\r\n", bad_address},
      {"PROXY TCP6 1::2::3 ::1 1 2\r\n", bad_address},
      {"PROXY TCP6 :::1 ::1 1 2\r\n", bad_address},
      {"PROXY TCP6 1::: ::1 1 2\r\n", bad_address},
      {"PROXY TCP6 :1 ::1 1 2\r\n", bad_address},
      {"PROXY TCP6 1: ::1 1 2\r\n", bad_address},
      {"PROXY TCP6 : ::1 1 2\r\n", bad_address},
      {"PROXY TCP6 12345:: ::1 1 2\r\n", bad_address},
      {"PROXY TCP6 g:: ::1 1 2\r\n", bad_address},
      {"PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n", bad_address},
      {"PROXY TCP6 [::1] ::1 1 2\r\n", bad_address},
      {"PROXY TCP6 1:2:3:4:5:6:7:1.2.3.4 ::1 1 2\r\n", bad_address},
      {"PROXY TCP6 ::1.2.3.4:1 ::1 1 2\r\n", bad_address},
      {"PROXY TCP6 ::1.2.3.04 ::1 1 2\r\n", bad_address},
      {"PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n", bad_port},
      {"PROXY TCP4 1.2.3.4 1.2.3.4 1 02\r\n", bad_port},
      {"PROXY TCP4 1.2.3.4 1.2.3.4 65536 2\r\n", bad_port},
      {"PROXY TCP4 1.2.3.4 1.2.3.4 4294967297 2\r\n", bad_port},
      {"PROXY TCP4 1.2.3.4 1.2.3.4  1\r\n", bad_port},
      {"PROXY TCP4 1.2.3.4 1.2.3.4 -1 2\r\n", bad_port},
      {"PROXY UNKNOWN " + std::string(93, 'x'), "the line of a PROXY header is longer than 107 bytes"},
      {"PROXY TCP4 " + std::string(500, '1'), "the line of a PROXY header is longer than 107 bytes"},
  };
  for (const auto& [bytes, expected] : cases) check_said(bytes, expected);
}

TEST_CASE("a header of version 2 tells of a client, however it is cut") {
  const std::string more(300, '\x04');
  const struct {
    std::string bytes;
    std::string expected;
  } cases[] = {
      {binary_proxy_header(0x21, 0x11, binary_ipv4()), "FFFFCB007107 4711, 28 bytes"},
      {binary_proxy_header(0x21, 0x11, binary_ipv4() + more), "FFFFCB007107 4711, 328 bytes"},
      {binary_proxy_header(0x21, 0x21, binary_ipv6()), "20010DB8000000000000000000000007 4711, 52 bytes"},
      {binary_proxy_header(0x21, 0x21, binary_ipv6() + "\x04"), "20010DB8000000000000000000000007 4711, 53 bytes"},
      {binary_proxy_header(0x20, 0x00, ""), "nobody, 16 bytes"},
      {binary_proxy_header(0x20, 0x11, binary_ipv4()), "nobody, 28 bytes"},
      {binary_proxy_header(0x20, 0xFF, more), "nobody, 316 bytes"},  // of a local one, the family is ignored (§2.2)
      {binary_proxy_header(0x21, 0x00, ""), "nobody, 16 bytes"},
      {binary_proxy_header(0x21, 0x00, more), "nobody, 316 bytes"},
      {binary_proxy_header(0x21, 0x01, more), "nobody, 316 bytes"},
      {binary_proxy_header(0x21, 0x10, more), "nobody, 316 bytes"},
      {binary_proxy_header(0x21, 0x12, binary_ipv4()), "nobody, 28 bytes"},
      {binary_proxy_header(0x21, 0x22, binary_ipv6()), "nobody, 52 bytes"},
      {binary_proxy_header(0x21, 0x31, std::string(216, '/')), "nobody, 232 bytes"},
      {binary_proxy_header(0x21, 0x32, std::string(216, '/')), "nobody, 232 bytes"},
  };
  for (const auto& [bytes, expected] : cases) check_whole(bytes, expected);
}

TEST_CASE("a header of version 2 that breaks a rule is refused, however it is cut") {
  const std::string good = binary_proxy_header(0x21, 0x11, binary_ipv4());
  const std::string unknown = "a PROXY header has an unknown family or protocol";
  const std::string too_short = "a PROXY header is too short for its addresses";
  for (std::size_t i = 0; i < 12; ++i) {
    std::string other = good;
    other[i] = 'x';
    check_said(other, no_header);
  }
  check_said(binary_proxy_header(0x11, 0x11, binary_ipv4()), "a PROXY header has another version than 1 and 2");
  check_said(binary_proxy_header(0x31, 0x11, binary_ipv4()), "a PROXY header has another version than 1 and 2");
  check_said(binary_proxy_header(0x22, 0x11, binary_ipv4()), "a PROXY header has an unknown command");
  check_said(binary_proxy_header(0x2F, 0x11, binary_ipv4()), "a PROXY header has an unknown command");
  check_said(binary_proxy_header(0x21, 0x41, std::string(300, 'x')), unknown);
  check_said(binary_proxy_header(0x21, 0xF1, std::string(300, 'x')), unknown);
  check_said(binary_proxy_header(0x21, 0x13, binary_ipv4()), unknown);
  check_said(binary_proxy_header(0x21, 0x11, binary_ipv4().substr(1)), too_short);
  check_said(binary_proxy_header(0x21, 0x12, binary_ipv4().substr(1)), too_short);
  check_said(binary_proxy_header(0x21, 0x21, binary_ipv6().substr(1)), too_short);
  check_said(binary_proxy_header(0x21, 0x31, std::string(215, 'x')), too_short);
}

TEST_CASE("a header of version 2 is bounded by what it announces, before that has come") {
  const std::string longest = binary_proxy_header(0x21, 0x11, binary_ipv4() + std::string(Header::longest - 28, 'x'));
  CHECK(longest.size() == Header::longest);
  CHECK(said({longest}) == "FFFFCB007107 4711, 4096 bytes");
  CHECK(said({std::string_view(longest).substr(0, 16), std::string_view(longest).substr(16)}) == "FFFFCB007107 4711, 4096 bytes");
  for (const std::uint8_t command : {std::uint8_t{0x20}, std::uint8_t{0x21}}) {
    const std::string longer = binary_proxy_header(command, 0x11, std::string(Header::longest - 15, 'x'));
    check_said(longer.substr(0, 16), "a PROXY header is longer than 4096 bytes");
  }
}
