#include "core/src/protocol/http1/parser.hpp"

#include <doctest/doctest.h>

#include <string>

namespace {

using namespace ropeway;
using protocol::Limits;
using protocol::http1::Parser;

constexpr std::string_view head_text =
    "GET /a?b HTTP/1.1\r\nHost: example.org:81\r\nX-Empty:\r\nX-Blank: \t a b\t \r\nConnection: close, Keep-Alive\r\n\r\n";

// Both the message that fails and the byte at which it does: the outcome with all but the last byte, and with it.
struct Failure {
  Status status = Status::ok;
  std::string reason;
  std::size_t at = 0;  // how many bytes were needed to see it
};

Failure first_failure(std::string_view bytes, const Limits& limits = {}) {
  http::RequestHead head;
  Parser parser(limits);
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const auto outcome = parser.parse(bytes.substr(0, size), head);
    if (outcome == Parser::Outcome::failed) return {parser.error().status_hint, std::string(parser.error().reason), size};
    if (outcome == Parser::Outcome::complete) break;
  }
  return {};
}

}  // namespace

TEST_CASE("a head is read in place, and its size ends behind the empty line") {
  const Limits limits;
  Parser parser(limits);
  http::RequestHead head;
  const std::string bytes = std::string(head_text) + "the next bytes";
  REQUIRE(parser.parse(bytes, head) == Parser::Outcome::complete);
  CHECK(parser.size() == head_text.size());
  CHECK(head.method == Method::get);
  CHECK(head.target == "/a?b");
  CHECK(head.version == Version::http_1_1);
  REQUIRE(head.fields.size() == 4);
  CHECK(head.fields[0].name == "Host");
  CHECK(head.fields[1].value.empty());
  CHECK(head.fields[2].value == "a b");  // RFC 9112 §5.1: without the blanks around it
  CHECK(head.fields[2].value.data() > bytes.data());
  CHECK(head.fields[2].value.data() < bytes.data() + bytes.size());
  CHECK(parser.facts().host == "example.org:81");
  CHECK(parser.facts().close);
  CHECK(parser.facts().keep_alive);
}

TEST_CASE("a head that comes byte by byte is read on from where it ended, and begun() tells it from silence") {
  const Limits limits;
  Parser parser(limits);
  http::RequestHead head;
  const std::string bytes = "\r\n" + std::string(head_text);  // RFC 9112 §2.2: an empty line before it
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CAPTURE(size);
    REQUIRE(parser.parse(std::string_view(bytes).substr(0, size), head) == Parser::Outcome::incomplete);
    CHECK(parser.begun() == (size > 2));
  }
  REQUIRE(parser.parse(bytes, head) == Parser::Outcome::complete);
  CHECK(parser.size() == bytes.size());
  CHECK(head.fields.size() == 4);
  parser.reset();
  head.clear();
  CHECK_FALSE(parser.begun());
  REQUIRE(parser.parse(head_text, head) == Parser::Outcome::complete);
  CHECK(head.fields.size() == 4);
  CHECK(parser.facts().host_count == 1);
}

TEST_CASE("the facts count what must not be there twice") {
  const Limits limits;
  Parser parser(limits);
  http::RequestHead head;
  REQUIRE(
      parser.parse("POST / HTTP/1.0\r\nhOST: a\r\nHOST: b\r\nContent-Length: 1\r\nTransfer-Encoding: x\r\nTRANSFER-encoding: chunked\r\n"
                   "Expect: 100-Continue\r\nExpect: more\r\nMost: c\r\n\r\n",
                   head) == Parser::Outcome::complete);
  CHECK(head.version == Version::http_1_0);
  CHECK(parser.facts().host_count == 2);
  CHECK(parser.facts().host == "b");
  CHECK(parser.facts().content_length == "1");
  CHECK(parser.facts().content_length_count == 1);
  CHECK(parser.facts().transfer_encoding == "chunked");
  CHECK(parser.facts().transfer_encoding_count == 2);
  CHECK(parser.facts().expects_continue);
  CHECK(parser.facts().unknown_expectation);
}

TEST_CASE("a fault is seen at its byte, and not before") {
  struct Case {
    const char* bytes;
    Status status;
    std::size_t at;
  };
  for (const Case& row : {
           Case{" GET", Status::bad_request, 1},                            // RFC 9112 §3: the method comes first
           Case{"G\rT", Status::bad_request, 2},                            // RFC 9110 §5.6.2
           Case{"GET  /", Status::bad_request, 5},                          // RFC 9112 §3: one space
           Case{"GET /\x01", Status::bad_request, 6},                       // RFC 3986 §2
           Case{"GET /#f", Status::bad_request, 6},                         // RFC 9112 §3.2: no fragment
           Case{"GET /\xc3", Status::bad_request, 6},                       // RFC 3986 §2: ASCII
           Case{"GET /\r\n", Status::bad_request, 6},                       // HTTP/0.9
           Case{"GET / HTTP/1.1 ", Status::bad_request, 15},                // RFC 9112 §3
           Case{"GET / HTTQ", Status::bad_request, 10},                     // RFC 9112 §2.3
           Case{"GET / HTTP/2.0", Status::http_version_not_supported, 14},  // RFC 9110 §15.6.6
           Case{"GET / HTTP/1.1\n", Status::bad_request, 15},               // RFC 9112 §2.2, §11.2
           Case{"GET / HTTP/1.1\r\r", Status::bad_request, 16},             // RFC 9112 §2.2
           Case{"GET / HTTP/1.1\r\n Host", Status::bad_request, 17},        // RFC 9112 §2.2: blank before the first field
           Case{"GET / HTTP/1.1\r\nA: b\r\n\tc", Status::bad_request, 23},  // RFC 9112 §5.2
           Case{"GET / HTTP/1.1\r\nA : b", Status::bad_request, 18},        // RFC 9112 §5.1
           Case{"GET / HTTP/1.1\r\n: b", Status::bad_request, 17},          // RFC 9112 §5
           Case{"GET / HTTP/1.1\r\nA: \x7f", Status::bad_request, 20},      // RFC 9110 §5.5
           Case{"GET / HTTP/1.1\r\nA: b\n", Status::bad_request, 21},       // RFC 9112 §11.2
           Case{"GET / HTTP/1.1\r\nA: b\rc", Status::bad_request, 22},      // RFC 9112 §2.2
           Case{"GET / HTTP/1.1\r\nA: b\r\n\rc", Status::bad_request, 24},  // RFC 9112 §2.2
           Case{"\rGET / HTTP/1.1", Status::bad_request, 2},                // RFC 9112 §2.2
           Case{"\r\n\r\nGET / HTTP/1.1", Status::bad_request, 3},          // one empty line, not many
       }) {
    CAPTURE(row.bytes);
    const Failure failure = first_failure(row.bytes);
    CHECK(failure.status == row.status);
    CHECK(failure.at == row.at);
    CHECK_FALSE(failure.reason.empty());
  }
}

TEST_CASE("past a limit the head is refused, at the limit it is not") {
  const std::string bytes(head_text);
  Limits limits;
  limits.header_bytes = bytes.size();
  limits.header_count = 4;
  limits.target_bytes = 4;
  CHECK(first_failure(bytes, limits).status == Status::ok);
  limits.header_bytes = bytes.size() - 1;
  CHECK(first_failure(bytes, limits).status == Status::request_header_fields_too_large);
  limits.header_bytes = bytes.size();
  limits.header_count = 3;
  CHECK(first_failure(bytes, limits).status == Status::request_header_fields_too_large);
  limits.header_count = 4;
  limits.target_bytes = 3;
  CHECK(first_failure(bytes, limits).status == Status::uri_too_long);
}
