// What the protocol costs for one request, with no socket: the parser alone, the serializer alone, and the whole codec.

#include <cstring>
#include <string>
#include <string_view>

#include <benchmark/benchmark.h>

#include <ropeway/response.hpp>

#include "core/src/http/request_head.hpp"
#include "core/src/protocol/http1/codec.hpp"
#include "core/src/protocol/http1/parser.hpp"
#include "core/src/protocol/http1/serializer.hpp"

namespace {

using namespace ropeway;
using protocol::Event;
using protocol::Limits;
using protocol::SendQueue;
using protocol::http1::Codec;
using protocol::http1::Parser;

constexpr std::string_view wrk_request = "GET / HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n\r\n";

constexpr std::string_view browser_request =
    "GET /library/chapter-12/index.html?highlight=rope&page=2 HTTP/1.1\r\n"
    "Host: ropeway.example.org:8000\r\n"
    "Connection: keep-alive\r\n"
    "Cache-Control: max-age=0\r\n"
    "Upgrade-Insecure-Requests: 1\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8\r\n"
    "Sec-Fetch-Site: same-origin\r\n"
    "Sec-Fetch-Mode: navigate\r\n"
    "Referer: http://ropeway.example.org:8000/library/\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Accept-Language: en-GB,en;q=0.9,de;q=0.8\r\n"
    "Cookie: session=0123456789abcdef0123456789abcdef; theme=dark\r\n"
    "\r\n";

constexpr std::string_view common_fields = "Date: Mon, 23 Nov 2026 14:00:00 GMT\r\nServer: ropeway\r\n";

const Limits limits;

void parser(benchmark::State& state, std::string_view request) {
  Parser parser(limits);
  http::RequestHead head;
  for (auto _ : state) {
    parser.reset();
    head.clear();
    if (parser.parse(request, head) != Parser::Outcome::complete) state.SkipWithError("the request was refused");
    benchmark::DoNotOptimize(head);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(request.size()));
}

void serializer(benchmark::State& state) {
  SendQueue output;
  Response response = Response::text("Hello, World!");
  for (auto _ : state) {
    benchmark::DoNotOptimize(protocol::http1::serialize(response, {.common_fields = common_fields}, output));
    output.consume(output.size());
  }
}

// One receive brings `count` requests; each is answered with a new response; one send takes all answers. The memory is given back behind
// each batch, as a session does when the connection is idle. The time is for one request.
void codec(benchmark::State& state, std::string_view request, std::size_t count) {
  std::string bytes;
  for (std::size_t i = 0; i < count; ++i) bytes += request;
  Codec codec(limits);
  std::size_t answered = 0;
  for (auto _ : state) {
    std::memcpy(codec.prepare().data(), bytes.data(), bytes.size());
    codec.commit(bytes.size());
    for (Event event = codec.next(); event.kind != Event::Kind::need_input; event = codec.next()) {
      if (event.kind != Event::Kind::request_end) continue;
      Response response = Response::text("Hello, World!");
      codec.respond(response, {.common_fields = common_fields});
      ++answered;
    }
    std::string_view piece;
    benchmark::DoNotOptimize(codec.output().gather({&piece, 1}));
    codec.output().consume(codec.output().size());
    codec.release();
  }
  if (answered != static_cast<std::size_t>(state.iterations()) * count) state.SkipWithError("requests were not answered");
  state.SetItemsProcessed(static_cast<std::int64_t>(answered));
}

// The part of the above that is not the codec's: the response itself.
void response_alone(benchmark::State& state) {
  for (auto _ : state) {
    Response response = Response::text("Hello, World!");
    benchmark::DoNotOptimize(response);
  }
}

BENCHMARK_CAPTURE(parser, wrk, wrk_request);
BENCHMARK_CAPTURE(parser, browser, browser_request);
BENCHMARK(serializer);
BENCHMARK_CAPTURE(codec, wrk, wrk_request, 1);
BENCHMARK_CAPTURE(codec, wrk_pipelined_16, wrk_request, 16);
BENCHMARK_CAPTURE(codec, browser, browser_request, 1);
BENCHMARK_CAPTURE(codec, browser_pipelined_16, browser_request, 16);
BENCHMARK(response_alone);

}  // namespace
