#include "core/src/protocol/http1/codec.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/http1_transcript.hpp"

namespace {

using namespace ropeway;
using protocol::Event;
using protocol::Limits;
using protocol::http1::Codec;
using Kind = Event::Kind;

const Limits usual_limits;

void receive(Codec& codec, std::string_view bytes) {
  const auto room = codec.prepare();
  REQUIRE(room.size() >= bytes.size());
  std::memcpy(room.data(), bytes.data(), bytes.size());
  codec.commit(bytes.size());
}

// What is owed in memory, sent.
std::string sent(Codec& codec) {
  std::string text;
  std::array<std::string_view, 8> pieces;
  while (const std::size_t count = codec.output().gather(pieces)) {
    std::size_t size = 0;
    for (std::size_t i = 0; i < count; ++i) {
      text += pieces[i];
      size += pieces[i].size();
    }
    codec.output().consume(size);
  }
  return text;
}

void respond(Codec& codec, bool close = false) {
  Response response = Response::text("ok");
  codec.respond(response, {.common_fields = "", .close = close});
}

constexpr std::string_view get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view ok = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 2\r\n\r\nok";

TEST_CASE("a request and its response pass, and the next request follows") {
  Codec codec(usual_limits);
  CHECK(codec.between_requests());
  CHECK_EQ(codec.next().kind, Kind::need_input);
  for (int i = 0; i < 3; ++i) {
    receive(codec, get);
    CHECK_FALSE(codec.between_requests());
    CHECK_EQ(codec.next().kind, Kind::request_head);
    CHECK_FALSE(codec.responded());
    CHECK_EQ(codec.next().kind, Kind::request_end);
    CHECK_EQ(codec.next().kind, Kind::need_input);
    respond(codec);
    CHECK(codec.responded());
    CHECK(codec.between_requests());
    CHECK_EQ(sent(codec), ok);
    CHECK_FALSE(codec.closing());
  }
}

TEST_CASE("a pipelined request is given when the response before it has ended") {
  Codec codec(usual_limits);
  receive(codec, std::string(get) + "GET /second HTTP/1.1\r\nHost: b\r\n\r\n");
  CHECK_EQ(codec.next().kind, Kind::request_head);
  CHECK_EQ(codec.next().kind, Kind::request_end);
  CHECK_EQ(codec.next().kind, Kind::need_input);
  CHECK_EQ(codec.head().host, "a");
  respond(codec);
  CHECK_FALSE(codec.between_requests());
  CHECK_EQ(codec.next().kind, Kind::request_head);
  CHECK_EQ(codec.head().raw_path, "/second");
}

TEST_CASE("the head stays where it is while content is received") {
  Codec codec(usual_limits);
  receive(codec, "POST /upload HTTP/1.1\r\nHost: a\r\nX-Note: kept\r\nContent-Length: 100000\r\n\r\n");
  REQUIRE_EQ(codec.next().kind, Kind::request_head);
  const std::string_view note = codec.head().fields[1].value;
  std::size_t received = 0;
  while (received < 100000) {
    REQUIRE_EQ(codec.next().kind, Kind::need_input);
    const auto room = codec.prepare();
    const std::size_t size = std::min<std::size_t>(room.size(), 100000 - received);
    std::memset(room.data(), 'x', size);
    codec.commit(size);
    const Event event = codec.next();
    REQUIRE_EQ(event.kind, Kind::body_data);
    CHECK_EQ(event.data.size(), size);
    received += size;
    CHECK_EQ(codec.body_received(), received);
  }
  CHECK_EQ(codec.next().kind, Kind::request_end);
  CHECK_EQ(note, "kept");
  CHECK_EQ(codec.head().raw_path, "/upload");
}

TEST_CASE("heads are refused past their limits and not before, however they are cut") {
  const Limits limits{.header_bytes = 64, .header_count = 3, .target_bytes = 20, .body_bytes = 10};
  struct Case {
    std::string bytes;
    const char* events;
  };
  const Case cases[] = {
      {"GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(64 - 32, 'x') + "\r\n\r\n", "GET / a 1.1; end; eof"},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(65 - 32, 'x') + "\r\n\r\n", "error 431"},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(500, 'x'), "error 431"},
      {std::string(65, 'G'), "error 431"},
      {"GET /" + std::string(19, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n", "GET /xxxxxxxxxxxxxxxxxxx a 1.1; end; eof"},
      {"GET /" + std::string(20, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n", "error 414"},
      {"GET /" + std::string(20, 'x') + "\n", "error 414"},
      {"GET /" + std::string(300, 'x'), "error 414"},
      {"GET / HTTP/1.1\r\nHost: a\r\nA: b\r\nC: d\r\n\r\n", "GET / a 1.1; end; eof"},
      {"GET / HTTP/1.1\r\nHost: a\r\nA: b\r\nC: d\r\nE: f\r\n\r\n", "error 431"},
      {"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n0123456789", "PUT / a 1.1 length=10; body '0123456789'; end; eof"},
      {"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n0123456789a", "error 413"},
  };
  for (const Case& expected : cases) {
    testing::feed_in_every_way(expected.bytes, [&](const testing::Pieces& pieces) {
      REQUIRE_EQ(testing::http1_transcript(pieces, limits).events, expected.events);
    });
  }
}

TEST_CASE("chunked content is refused past its limits and not before, however it is cut") {
  const Limits limits{.body_bytes = 10, .chunk_line_bytes = 8, .trailer_bytes = 16};
  const std::string head = "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  struct Case {
    const char* content;
    const char* events;
  };
  constexpr Case cases[] = {
      {"5\r\nabcde\r\n5\r\nfghij\r\n0\r\n\r\n", "body 'abcdefghij'; end; eof"},
      {"5\r\nabcde\r\n6\r\nfghijk\r\n0\r\n\r\n", "body 'abcde'; error 413"},
      {"b\r\n", "error 413"},
      {"1;abcde\r\na\r\n0\r\n\r\n", "body 'a'; end; eof"},
      {"1;abcdef\r\na\r\n0\r\n\r\n", "error 400"},
      {"00000000000001\r\n", "error 400"},
      {"0\r\nX: 901234567\r\n\r\n", "end; eof"},  // 14 and 2 bytes
      {"0\r\nX: 9012345678\r\n\r\n", "error 431"},
      {"0\r\nA: b\r\nC: d\r\nE: f\r\n\r\n", "error 431"},
  };
  for (const Case& expected : cases) {
    testing::feed_in_every_way(head + expected.content, [&](const testing::Pieces& pieces) {
      REQUIRE_EQ(testing::http1_transcript(pieces, limits).events, std::string("PUT / a 1.1 chunked; ") + expected.events);
    });
  }
}

TEST_CASE("a head larger than the buffer's block is read where the limit allows it") {
  const Limits limits{.header_bytes = 100 * 1024};
  const std::string bytes = "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(90 * 1024, 'x') + "\r\n\r\n" + std::string(get);
  for (const std::size_t piece_size : {std::size_t{1000}, std::size_t{16 * 1024}, bytes.size()}) {
    testing::Pieces pieces;
    for (std::size_t at = 0; at < bytes.size(); at += piece_size) pieces.push_back(std::string_view(bytes).substr(at, piece_size));
    const auto transcript = testing::http1_transcript(pieces, limits);
    CHECK_EQ(transcript.events, "GET / a 1.1; end; GET / a 1.1; end; eof");
    CHECK_EQ(transcript.fields.size(), std::string_view("Host: a\nX: \nHost: a\n").size() + 90 * 1024);
  }
}

TEST_CASE("a head as large as the limit leaves room for content behind it") {
  const std::string front = "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nX: ";
  const std::string bytes = front + std::string(usual_limits.header_bytes - front.size() - 4, 'x') + "\r\n\r\nabc";
  CHECK_EQ(testing::http1_transcript({bytes}, usual_limits).events, "PUT / a 1.1 length=3; body 'abc'; end; eof");
}

TEST_CASE("pipelined bytes fill the buffer and no more while a response is due") {
  Codec codec(usual_limits);
  receive(codec, get);
  REQUIRE_EQ(codec.next().kind, Kind::request_head);
  REQUIRE_EQ(codec.next().kind, Kind::request_end);
  std::size_t total = 0;
  for (auto room = codec.prepare(); !room.empty(); room = codec.prepare()) {
    for (std::size_t i = 0; i < room.size(); ++i) room[i] = get[total++ % get.size()];
    codec.commit(room.size());
  }
  CHECK(total <= 17 * 1024);
  std::size_t answered = 0;
  respond(codec);
  for (Event event = codec.next(); event.kind != Kind::need_input; event = codec.next()) {
    if (event.kind != Kind::request_end) continue;
    ++answered;
    respond(codec);
  }
  CHECK_EQ(answered, total / get.size());
  CHECK_FALSE(codec.prepare().empty());
}

TEST_CASE("the end of the input is told between requests, and is an error inside one") {
  Codec quiet(usual_limits);
  quiet.commit_end();
  CHECK_EQ(quiet.next().kind, Kind::end_of_input);
  CHECK_EQ(quiet.next().kind, Kind::end_of_input);

  Codec half_closed(usual_limits);
  receive(half_closed, get);
  half_closed.commit_end();
  CHECK_EQ(half_closed.next().kind, Kind::request_head);
  CHECK_EQ(half_closed.next().kind, Kind::request_end);
  CHECK_EQ(half_closed.next().kind, Kind::need_input);
  respond(half_closed);
  CHECK_EQ(sent(half_closed), ok);
  CHECK_EQ(half_closed.next().kind, Kind::end_of_input);

  Codec cut_off(usual_limits);
  receive(cut_off, get.substr(0, 20));
  cut_off.commit_end();
  const Event event = cut_off.next();
  CHECK_EQ(event.kind, Kind::error);
  CHECK_EQ(event.error.status_hint, Status::bad_request);
  CHECK_EQ(event.error.reason, "connection ended inside a request");
}

TEST_CASE("after an error nothing more is read, the answer is queued once, and closing lingers") {
  Codec codec(usual_limits);
  receive(codec, "nonsense\r\n\r\n");
  CHECK_EQ(codec.next().kind, Kind::error);
  CHECK(codec.closing());
  CHECK(codec.must_linger());
  Response response = Response::text("no");
  codec.respond_error(response, {});
  codec.respond_error(response, {});
  CHECK_EQ(sent(codec), "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
  receive(codec, get);
  CHECK_EQ(codec.next().kind, Kind::need_input);
}

TEST_CASE("an error that a deadline brings is answered in the middle of a head and of content, but not of a response") {
  for (const std::string_view bytes : {"GET / HT", "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"}) {
    Codec codec(usual_limits);
    receive(codec, bytes);
    while (codec.next().kind != Kind::need_input) {}
    Response late(Status::request_timeout);
    codec.respond_error(late, {});
    CHECK_EQ(sent(codec), "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    CHECK(codec.closing());
    CHECK(codec.must_linger());
  }
  Codec streaming(usual_limits);
  receive(streaming, get);
  while (streaming.next().kind != Kind::need_input) {}
  Response stream = Response::stream("text/plain", BodyStream());
  REQUIRE(streaming.respond(stream, {}));
  static_cast<void>(sent(streaming));
  Response late(Status::request_timeout);
  streaming.respond_error(late, {});
  CHECK_FALSE(streaming.has_output());
  CHECK(streaming.closing());
}

TEST_CASE("a HEAD that is refused gets no content, wherever its fault is (RFC 9110 §9.3.2)") {
  for (const std::string_view rest : {"/ HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n", "/ HTTP/1.1\r\n\r\n", "/ HTTP/1.1\r\nX : y\r\n",
                                      "* HTTP/1.1\r\nHost: a\r\n\r\n", "/ HTTP/2.0\r\n", " / HTTP/1.1\r\n", "/#x HTTP/1.1\r\n",
                                      "/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: x\r\n\r\n", "/ HTTP/1.1\r\nHo"}) {
    CAPTURE(rest);
    for (const std::string method : {"HEAD ", "GET "}) {
      Codec codec(usual_limits);
      receive(codec, method + std::string(rest));
      while (codec.next().kind == Kind::body_data) {}
      Response refusal = Response::error(Status::bad_request, "an explanation");
      codec.respond_error(refusal, {});
      const std::string answer = sent(codec);
      CHECK(answer.find("Content-Length: 31\r\n") != std::string::npos);
      CHECK(answer.ends_with("\r\n\r\n") == (method == "HEAD "));
    }
  }
}

TEST_CASE("content that follows an early answer is dropped where it is small, otherwise the connection closes") {
  const Limits limits{.discard_bytes = 10};
  struct Case {
    const char* fields;
    bool closing;
  };
  constexpr Case cases[] = {{"Content-Length: 10\r\n", false},
                            {"Content-Length: 11\r\n", true},
                            {"Transfer-Encoding: chunked\r\n", true},
                            {"Content-Length: 5\r\nExpect: 100-continue\r\n", true}};
  for (const Case& expected : cases) {
    CAPTURE(expected.fields);
    Codec codec(limits);
    receive(codec, std::string("PUT / HTTP/1.1\r\nHost: a\r\n") + expected.fields + "\r\n");
    REQUIRE_EQ(codec.next().kind, Kind::request_head);
    respond(codec);
    CHECK_EQ(codec.closing(), expected.closing);
    CHECK_EQ(codec.must_linger(), expected.closing);
    CHECK_EQ(sent(codec).find("Connection: close") != std::string::npos, expected.closing);
    CHECK_EQ(codec.next().kind, Kind::need_input);
    if (expected.closing) continue;
    CHECK_FALSE(codec.between_requests());
    receive(codec, "01234");
    CHECK_EQ(codec.next().kind, Kind::need_input);
    receive(codec, "56789" + std::string(get));
    CHECK_EQ(codec.next().kind, Kind::request_head);
    CHECK_EQ(codec.head().method, Method::get);
  }
}

TEST_CASE("a peer that asked for the close, and still sends content, gets to read an early answer") {
  for (const char* head :
       {"PUT / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 10\r\n\r\n", "PUT / HTTP/1.0\r\nContent-Length: 10\r\n\r\n"}) {
    CAPTURE(head);
    Codec codec(usual_limits);
    receive(codec, head);
    REQUIRE_EQ(codec.next().kind, Kind::request_head);
    respond(codec);
    CHECK(codec.closing());
    CHECK(codec.must_linger());
  }
  Codec codec(usual_limits);
  receive(codec, "GET / HTTP/1.0\r\n\r\n");
  REQUIRE_EQ(codec.next().kind, Kind::request_head);
  respond(codec);
  CHECK(codec.closing());
  CHECK_FALSE(codec.must_linger());
}

TEST_CASE("100 Continue is sent once, where it is expected and still of use") {
  constexpr std::string_view head = "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
  Codec codec(usual_limits);
  receive(codec, head);
  REQUIRE_EQ(codec.next().kind, Kind::request_head);
  codec.send_continue();
  codec.send_continue();
  CHECK_EQ(sent(codec), "HTTP/1.1 100 Continue\r\n\r\n");
  receive(codec, "ab");
  CHECK_EQ(codec.next().kind, Kind::body_data);
  CHECK_EQ(codec.next().kind, Kind::request_end);
  respond(codec);
  CHECK_EQ(sent(codec), ok);
  CHECK_FALSE(codec.closing());

  Codec impatient(usual_limits);
  receive(impatient, std::string(head) + "ab");
  REQUIRE_EQ(impatient.next().kind, Kind::request_head);
  REQUIRE_EQ(impatient.next().kind, Kind::body_data);
  impatient.send_continue();
  CHECK_FALSE(impatient.has_output());

  Codec plain(usual_limits);
  receive(plain, get);
  REQUIRE_EQ(plain.next().kind, Kind::request_head);
  plain.send_continue();
  CHECK_FALSE(plain.has_output());
}

TEST_CASE("the connection closes when the client, the version or the server asks for it, and lingers where the client may go on sending") {
  struct Case {
    const char* bytes;
    bool server_closes;
    bool closing;
    bool lingers;
  };
  constexpr Case cases[] = {
      {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", false, false, false},
      {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", true, true, true},
      {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false, true, false},
      {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET / HT", false, true, true},
      {"GET / HTTP/1.0\r\n\r\n", false, true, false},
      {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", false, false, false},
      {"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", false, true, false},
  };
  for (const Case& expected : cases) {
    CAPTURE(expected.bytes);
    Codec codec(usual_limits);
    receive(codec, expected.bytes);
    REQUIRE_EQ(codec.next().kind, Kind::request_head);
    REQUIRE_EQ(codec.next().kind, Kind::request_end);
    CHECK_FALSE(codec.closing());
    respond(codec, expected.server_closes);
    CHECK_EQ(codec.closing(), expected.closing);
    CHECK_EQ(codec.must_linger(), expected.lingers);
    CHECK_EQ(sent(codec).find("Connection: close\r\n") != std::string::npos, expected.closing);
  }
}

TEST_CASE("a stream is chunked in HTTP/1.1 and ends with the connection in HTTP/1.0") {
  struct Case {
    const char* bytes;
    const char* output;
    bool closing;
  };
  constexpr Case cases[] = {
      {"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
       "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n",
       false},
      {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
       "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nhello0123456789abcdef", true},
  };
  for (const Case& expected : cases) {
    Codec codec(usual_limits);
    receive(codec, expected.bytes);
    while (codec.next().kind != Kind::need_input) {}
    Response response = Response::stream("text/plain", BodyStream());
    REQUIRE(codec.respond(response, {}));
    codec.write("hello");
    codec.write("");
    codec.write("0123456789abcdef");
    CHECK_FALSE(codec.closing());
    codec.finish();
    CHECK_EQ(sent(codec), expected.output);
    CHECK_EQ(codec.closing(), expected.closing);
  }
}

TEST_CASE("content may still be read while its response is streamed") {
  Codec codec(usual_limits);
  receive(codec, "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab");
  REQUIRE_EQ(codec.next().kind, Kind::request_head);
  Response response = Response::stream("text/plain", BodyStream());
  REQUIRE(codec.respond(response, {}));
  CHECK_EQ(codec.next().data, "ab");
  codec.write("ab");
  CHECK_EQ(codec.next().kind, Kind::need_input);
  receive(codec, "cd");
  CHECK_EQ(codec.next().data, "cd");
  CHECK_EQ(codec.next().kind, Kind::request_end);
  codec.finish();
  receive(codec, get);
  CHECK_EQ(codec.next().kind, Kind::request_head);
}

TEST_CASE("release leaves what is in use and gives back the rest") {
  Codec codec(usual_limits);
  codec.release();
  receive(codec, get.substr(0, 9));
  REQUIRE_EQ(codec.next().kind, Kind::need_input);
  codec.release();
  receive(codec, get.substr(9));
  REQUIRE_EQ(codec.next().kind, Kind::request_head);
  codec.release();
  CHECK_EQ(codec.head().host, "a");
  REQUIRE_EQ(codec.next().kind, Kind::request_end);
  respond(codec);
  codec.release();
  CHECK(codec.has_output());
  CHECK_EQ(sent(codec), ok);
  codec.release();
  CHECK_FALSE(codec.has_output());
  CHECK(codec.between_requests());
  receive(codec, get);
  CHECK_EQ(codec.next().kind, Kind::request_head);
}

TEST_CASE("memory that one thread took may be given back on another, and by a thread that ends") {
  std::vector<std::unique_ptr<Codec>> codecs;
  std::thread([&] {
    for (int i = 0; i < 100; ++i) {
      codecs.push_back(std::make_unique<Codec>(usual_limits));
      receive(*codecs.back(), get);
    }
  }).join();
  std::thread([&] {
    static thread_local std::unique_ptr<Codec> last = std::move(codecs.back());  // outlives the thread's free list, or not
    codecs.pop_back();
    for (const auto& codec : codecs) CHECK_EQ(codec->next().kind, Kind::request_head);
    codecs.clear();
    CHECK_EQ(last->next().kind, Kind::request_head);
  }).join();
}

}  // namespace
