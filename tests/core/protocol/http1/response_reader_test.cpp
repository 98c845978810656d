#include "core/src/protocol/http1/response_reader.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "tests/support/feed.hpp"

namespace response_reader_test {
namespace {

using namespace ropeway;
using protocol::Limits;
using protocol::http1::ResponseReader;
using Kind = protocol::http1::ResponseEvent::Kind;

// What the reader makes of the bytes, in one line: "103 200[A: b] hello end reusable".
std::string transcript(const testing::Pieces& pieces, bool to_head, bool ends, const Limits& limits) {
  ResponseReader reader(limits, to_head);
  std::string text;
  const auto take_events = [&] {
    for (;;) {
      const auto event = reader.next();
      switch (event.kind) {
        case Kind::need_input: return true;
        case Kind::interim: text += std::to_string(code(reader.status())) + " "; break;
        case Kind::head:
          text += std::to_string(code(reader.status())) + "[";
          for (const HeaderField& field : reader.fields()) text.append(field.name).append(": ").append(field.value).append(";");
          text += "]";
          break;
        case Kind::data: text += event.data; break;
        case Kind::end: text += " end"; return false;
        case Kind::error: text.append(" error: ").append(event.reason); return false;
      }
    }
  };
  bool goes_on = take_events();
  std::string_view behind;
  for (std::string_view piece : pieces) {
    while (!piece.empty() && goes_on) {
      const std::span<char> room = reader.prepare();
      REQUIRE(!room.empty());
      const std::size_t size = std::min(room.size(), piece.size());
      std::memcpy(room.data(), piece.data(), size);
      reader.commit(size);
      piece.remove_prefix(size);
      goes_on = take_events();
    }
    behind = piece;
  }
  if (goes_on && ends) {
    reader.commit_end();
    goes_on = take_events();
  }
  if (goes_on) return text + " ...";
  if (!text.ends_with(" end")) return text;
  std::string trailers(reader.trailers());
  if (trailers.size() > 2) text += " trailers " + trailers.substr(0, trailers.size() - 4);
  return text + (reader.is_reusable() && behind.empty() ? " reusable" : "");
}

std::string read(std::string_view bytes, bool to_head = false, bool ends = true, const Limits& limits = {}) {
  std::string first;
  bool is_first = true;
  testing::feed_in_every_way(bytes, [&](const testing::Pieces& pieces) {
    const std::string text = transcript(pieces, to_head, ends, limits);
    if (is_first) first = text;
    // Whether anything comes behind a response is known when it comes.
    const auto without = [](std::string line) { return line.substr(0, line.rfind(" reusable")); };
    CHECK(without(text) == without(first));
    is_first = false;
  });
  return first;
}

std::string read_open(std::string_view bytes, bool to_head = false) { return read(bytes, to_head, false); }

}  // namespace

TEST_CASE("an answer is delimited as RFC 9112 §6.3 says") {
  CHECK(read_open("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello") == "200[Content-Length: 5;]hello end reusable");
  CHECK(read_open("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") == "200[Content-Length: 0;] end reusable");
  CHECK(read_open("HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n") ==
        "200[Transfer-Encoding: chunked;]abcde end reusable");
  CHECK(read_open("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Sum: 1\r\n\r\n") ==
        "200[Transfer-Encoding: chunked;] end trailers X-Sum: 1 reusable");
  CHECK(read("HTTP/1.1 200 OK\r\n\r\nall of it") == "200[]all of it end");
  CHECK(read_open("HTTP/1.1 200 OK\r\n\r\nall of it") == "200[]all of it ...");
  CHECK(read_open("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n") == "204[Content-Length: 5;] end reusable");
  CHECK(read_open("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n") == "304[Content-Length: 5;] end reusable");
  CHECK(read_open("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true) == "200[Content-Length: 5;] end reusable");
  CHECK(read_open("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", true) == "200[Transfer-Encoding: chunked;] end reusable");
}

TEST_CASE("an interim response is followed by another; a change of protocol is the end") {
  CHECK(read_open(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na") ==
        "100 103 200[Content-Length: 1;]a end reusable");
  CHECK(read_open("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n") == "101  end");
}

TEST_CASE("a connection serves another request only where both sides say so and nothing came behind the answer") {
  CHECK(read_open("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\na") ==
        "200[Content-Length: 1;Connection: close;]a end");
  CHECK(read_open("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na") == "200[Content-Length: 1;]a end");
  CHECK(read_open("HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\na") ==
        "200[Content-Length: 1;Connection: keep-alive;]a end reusable");
  CHECK(read_open("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nabc") == "200[Content-Length: 1;]a end");
  CHECK(read_open("HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\n") == "204[] end");
}

TEST_CASE("what two readers could understand differently is refused") {
  struct Case {
    std::string_view bytes;
    std::string_view reason;
  };
  for (const Case& one : {
           Case{"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "both Transfer-Encoding and Content-Length"},
           Case{"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "several Content-Length"},
           Case{"HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\n", "Content-Length is not a number"},
           Case{"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "Content-Length is not a number"},
           Case{"HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n", "Content-Length is not a number"},
           Case{"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "other than chunked"},
           Case{"HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n", "other than chunked"},
           Case{"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.0 has no Transfer-Encoding"},
           Case{"HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", "folded"},
           Case{"HTTP/1.1 200 OK\nA: b\n\n", "CR LF"},
           Case{"HTTP/1.1 200 OK\r\nA: b\n\r\n", "CR LF"},
           Case{"HTTP/1.1 200 OK\r\nA : b\r\n\r\n", "name is malformed"},
           Case{std::string_view("HTTP/1.1 200 OK\r\nA: b\0c\r\n\r\n", 27), "control character"},
           Case{"HTTP/1.1 200 O\x01K\r\n\r\n", "control character"},
           Case{"HTTP/1.1 20 OK\r\n\r\n", "status line"},
           Case{"HTTP/1.1 2000 OK\r\n\r\n", "status line"},
           Case{"HTTP/1.1 099 OK\r\n\r\n", "status line"},
           Case{"HTTP/1.1  200 OK\r\n\r\n", "status line"},
           Case{"HTTP/1.2 200 OK\r\n\r\n", "status line"},
           Case{"HTTP/2 200 OK\r\n\r\n", "status line"},
           Case{"hello", "status line"},
           Case{"\r\nHTTP/1.1 200 OK\r\n\r\n", "status line"},
           Case{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", "hexadecimal"},
           Case{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", "longer than its size"},
           Case{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n", "ended inside"},
           Case{"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", "ended inside"},
           Case{"HTTP/1.1 200 OK\r\nA: b", "ended inside"},
           Case{"", "ended before"},
       }) {
    CAPTURE(one.bytes);
    CHECK(read(one.bytes).find(one.reason) != std::string::npos);
  }
}

TEST_CASE("the head of an answer is bounded, in one line or in many, and interim ones are, too") {
  Limits limits;
  limits.header_bytes = 1000;
  const std::string large = "HTTP/1.1 200 OK\r\nA: " + std::string(1000, 'a') + "\r\n\r\n";
  CHECK(transcript({large}, false, true, limits).find("larger than it may be") != std::string::npos);
  const std::string reason = "HTTP/1.1 200 " + std::string(1000, 'a');
  CHECK(transcript({reason}, false, true, limits).find("larger than it may be") != std::string::npos);
  const std::string fits = "HTTP/1.1 200 OK\r\nA: " + std::string(900, 'a') + "\r\nContent-Length: 0\r\n\r\n";
  CHECK(transcript({fits}, false, true, limits).ends_with("end reusable"));
  limits.header_bytes = 64 * 1024;
  const std::string moved = "HTTP/1.1 200 OK\r\nA: " + std::string(50'000, 'a') + "\r\nContent-Length: 2\r\n\r\nhi";
  CHECK(read(moved.substr(0, 100) + moved.substr(moved.size() - 60), false, false, limits).ends_with("hi end reusable"));
  CHECK(transcript({std::string_view(moved).substr(0, 30'000), std::string_view(moved).substr(30'000)}, false, false, limits)
            .ends_with("]hi end reusable"));  // the buffer grows meanwhile, and what was read stands elsewhere
}

}  // namespace response_reader_test
