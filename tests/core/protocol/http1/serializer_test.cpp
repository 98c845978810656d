#include "core/src/protocol/http1/serializer.hpp"

#include <doctest/doctest.h>

#include <array>
#include <memory>
#include <string>

namespace {

using namespace ropeway;
using protocol::SendQueue;
using protocol::http1::ResponseContext;
using protocol::http1::serialize;
using protocol::http1::StreamCoding;

std::string text_of(Response& response, const ResponseContext& context) {
  SendQueue queue;
  CHECK_EQ(serialize(response, context, queue), StreamCoding::none);
  std::string text;
  std::string_view piece;
  while (queue.gather({&piece, 1}) == 1) {
    text += piece;
    queue.consume(piece.size());
  }
  return text;
}

TEST_CASE("a head has the status, the common fields, the handler's fields, the length, and what happens to the connection") {
  const ResponseContext context{.common_fields = "Date: now\r\n"};
  Response plain = Response::text("hi").header("X-A", "b");
  CHECK_EQ(text_of(plain, context),
           "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Type: text/plain; charset=utf-8\r\nX-A: b\r\nContent-Length: 2\r\n\r\nhi");
  Response closing(Status::not_found);
  CHECK_EQ(text_of(closing, {.close = true}), "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  Response old(Status::ok);
  CHECK_EQ(text_of(old, {.version = Version::http_1_0}), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n");
}

TEST_CASE("a handler that sets Server replaces ours") {
  const ResponseContext context{.common_fields = "Date: now\r\nServer: ropeway\r\n"};
  Response named = Response(Status::no_content).header("server", "mine");
  CHECK_EQ(text_of(named, context), "HTTP/1.1 204 No Content\r\nDate: now\r\nserver: mine\r\n\r\n");
  Response plain(Status::no_content);
  CHECK_EQ(text_of(plain, context), "HTTP/1.1 204 No Content\r\nDate: now\r\nServer: ropeway\r\n\r\n");
}

TEST_CASE("every status has its line") {
  for (unsigned number = 200; number <= 999; ++number) {
    const Status status{static_cast<std::uint16_t>(number)};
    Response response(status);
    const std::string line = "HTTP/1.1 " + std::to_string(number) + " " + std::string(reason_phrase(status)) + "\r\n";
    CHECK(text_of(response, {}).starts_with(line));
  }
}

TEST_CASE("a status that is no final one becomes 500 without content") {
  for (const unsigned number : {0U, 99U, 100U, 101U, 103U, 199U, 1000U, 65535U}) {
    Response response = Response::text("content");
    response.status(Status{static_cast<std::uint16_t>(number)});
    const std::string text = text_of(response, {});
    CHECK(text.starts_with("HTTP/1.1 500 Internal Server Error\r\n"));
    CHECK(text.ends_with("Content-Length: 0\r\n\r\n"));
  }
}

TEST_CASE("fields that frame the message are ours: a handler's are dropped, the others kept in order") {
  Response response;
  response.header("content-length", "7").header("A", "1").header("Transfer-Encoding", "chunked").header("Connection", "close");
  response.header("DATE", "never").header("ETag", "\"x\"").header("Keep-Alive", "timeout=5").header("User-Agent", "kept");
  CHECK_EQ(text_of(response, {}), "HTTP/1.1 200 OK\r\nA: 1\r\nETag: \"x\"\r\nUser-Agent: kept\r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("content is left out where the method or the status forbids it (RFC 9110 §6.4.1, §8.6)") {
  struct Case {
    Status status;
    bool head_request;
    const char* end;
  };
  constexpr Case cases[] = {
      {Status::ok, true, "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"},
      {Status::no_content, false, "HTTP/1.1 204 No Content\r\n\r\n"},
      {Status::not_modified, false, "HTTP/1.1 304 Not Modified\r\n\r\n"},
      {Status::reset_content, false, "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n"},
  };
  for (const Case& expected : cases) {
    Response response(expected.status);
    response.body().assign(std::string_view("content"));
    CHECK_EQ(text_of(response, {.head_request = expected.head_request}), expected.end);
  }
}

TEST_CASE("large text and shared bytes are gathered from where they are, files are referred to, parts keep their order") {
  std::string large(SendQueue::copy_threshold + 1, 'x');
  const char* const place = large.data();
  Response text;
  text.body().assign(std::move(large));
  SendQueue queue;
  CHECK_EQ(serialize(text, {}, queue), StreamCoding::none);
  std::array<std::string_view, 4> pieces;
  REQUIRE_EQ(queue.gather(pieces), 2);
  CHECK_EQ(pieces[0], "HTTP/1.1 200 OK\r\nContent-Length: 4097\r\n\r\n");
  CHECK_EQ(static_cast<const void*>(pieces[1].data()), static_cast<const void*>(place));

  const auto owner = std::make_shared<const std::string>(5000, 's');
  Response shared;
  shared.body().assign(SharedBytes{owner, *owner});
  queue.clear();
  CHECK_EQ(serialize(shared, {}, queue), StreamCoding::none);
  REQUIRE_EQ(queue.gather(pieces), 2);
  CHECK_EQ(static_cast<const void*>(pieces[1].data()), static_cast<const void*>(owner->data()));

  const auto file = std::make_shared<const OpenFile>(-1);
  Response sliced;
  sliced.body().assign(FileSlice{file, 3, 4});
  queue.clear();
  CHECK_EQ(serialize(sliced, {}, queue), StreamCoding::none);
  CHECK_EQ(queue.gather(pieces), 1);
  CHECK_EQ(pieces[0], "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n");
  queue.consume(pieces[0].size());
  CHECK_EQ(queue.front_file()->offset, 3);

  auto parts = std::make_shared<std::vector<Body::Part>>();
  parts->push_back({"--a\r\n", {file, 10, 2}});
  parts->push_back({"--b\r\n", {file, 20, 3}});
  parts->push_back({"--end\r\n", {}});
  Response several(Status::partial_content);
  several.body().assign(Body::Parts(parts));
  queue.clear();
  CHECK_EQ(serialize(several, {}, queue), StreamCoding::none);
  CHECK_EQ(queue.gather(pieces), 1);
  CHECK_EQ(pieces[0], "HTTP/1.1 206 Partial Content\r\nContent-Length: 22\r\n\r\n--a\r\n");
  queue.consume(pieces[0].size());
  CHECK_EQ(queue.front_file()->offset, 10);
  queue.consume(2);
  CHECK_EQ(queue.gather(pieces), 1);
  CHECK_EQ(pieces[0], "--b\r\n");
  queue.consume(5);
  CHECK_EQ(queue.front_file()->offset, 20);
  queue.consume(3);
  CHECK_EQ(queue.gather(pieces), 1);
  CHECK_EQ(pieces[0], "--end\r\n");
}

TEST_CASE("a stream is announced as the version allows, and counts as nothing where it is not allowed") {
  SendQueue queue;
  Response stream = Response::stream("text/plain", BodyStream());
  CHECK_EQ(serialize(stream, {}, queue), StreamCoding::chunked);
  CHECK_EQ(serialize(stream, {.version = Version::http_1_0, .close = true}, queue), StreamCoding::until_close);
  CHECK_EQ(text_of(stream, {.head_request = true}), "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n");
  CHECK_EQ(text_of(stream, {.allow_stream = false}), "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\r\n");
}

}  // namespace
