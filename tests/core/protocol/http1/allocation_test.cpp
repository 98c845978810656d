#include <doctest/doctest.h>

#include <cstring>
#include <string>

#include <ropeway/response.hpp>

#include "core/src/protocol/http1/codec.hpp"
#include "tests/support/allocation_counter.hpp"

namespace {

using namespace ropeway;
using protocol::Event;
using protocol::http1::Codec;

// Receives `bytes`, answers every request in them, sends, and lets the connection become idle.
std::size_t serve(Codec& codec, std::string_view bytes) {
  std::size_t answered = 0;
  std::memcpy(codec.prepare().data(), bytes.data(), bytes.size());
  codec.commit(bytes.size());
  for (Event event = codec.next(); event.kind != Event::Kind::need_input; event = codec.next()) {
    if (event.kind != Event::Kind::request_end) continue;
    Response response = Response::text("Hello, World! This text is too long for a small string.");
    codec.respond(response, {.common_fields = "Date: Mon, 23 Nov 2026 14:00:00 GMT\r\nServer: ropeway\r\n"});
    ++answered;
  }
  codec.output().consume(codec.output().size());
  codec.release();
  return answered;
}

TEST_CASE("in steady state a request and its response allocate nothing, alone or pipelined, with content or without") {
  const protocol::Limits limits;
  const std::string get = "GET /a?b=c HTTP/1.1\r\nHost: example.com\r\nAccept: */*\r\nX: y\r\nConnection: keep-alive\r\n\r\n";
  const std::string put = "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  std::string pipelined;
  for (int i = 0; i < 16; ++i) pipelined += i % 2 == 0 ? get : put;
  Codec codec(limits);
  serve(codec, pipelined);  // brings the memory to its size
  std::size_t answered = 0;
  const testing::AllocationCounter counter;
  for (int i = 0; i < 100; ++i) {
    answered += serve(codec, get);
    answered += serve(codec, put);
    answered += serve(codec, pipelined);
  }
  const std::size_t allocations = counter.count();
  CHECK_EQ(answered, 1800);
  CHECK_EQ(allocations, 0);
}

TEST_CASE("an idle connection holds no memory: a released codec frees all it took") {
  const protocol::Limits limits;
  Codec first(limits);
  serve(first, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const testing::AllocationCounter counter;
  Codec second(limits);
  serve(second, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");  // with what the first gave back
  const std::size_t allocations = counter.count();
  CHECK_EQ(allocations, 0);
  CHECK(sizeof(Codec) <= 64);
}

}  // namespace
