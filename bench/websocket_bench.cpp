// Frames: what a message costs to take apart, to check, to compress and to put into a frame.

#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

#include "core/src/http/message_deflate.hpp"
#include "core/src/protocol/websocket/decoder.hpp"
#include "core/src/protocol/websocket/frame.hpp"
#include "core/src/protocol/websocket/utf8_validator.hpp"
#include "tests/support/websocket_frames.hpp"

namespace ropeway::protocol::websocket {
namespace {

std::string json(std::size_t size) {
  std::string text;
  for (int i = 0; text.size() < size; ++i)
    text += R"({"number": )" + std::to_string(i) + R"(, "name": "item )" + std::to_string(i * 7919 % 1000) + "\"}, ";
  text.resize(size);
  return text;
}

void decode(benchmark::State& state) {
  const std::string frame = testing::text_frame(json(static_cast<std::size_t>(state.range(0))));
  Decoder decoder(1U << 24U, false);
  for (auto _ : state) {
    std::string_view bytes = frame;
    benchmark::DoNotOptimize(decoder.next(bytes).kind);
    benchmark::DoNotOptimize(decoder.take_message());
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(decode)->Arg(16)->Arg(1024)->Arg(64 * 1024);

void decode_compressed(benchmark::State& state) {
  const std::string frame = testing::client_frame(0xC1, http::deflate_message(json(static_cast<std::size_t>(state.range(0))), 15));
  Decoder decoder(1U << 24U, true);
  for (auto _ : state) {
    std::string_view bytes = frame;
    benchmark::DoNotOptimize(decoder.next(bytes).kind);
    benchmark::DoNotOptimize(decoder.take_message());
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(decode_compressed)->Arg(1024)->Arg(64 * 1024);

void encode(benchmark::State& state) {
  const std::string text = json(static_cast<std::size_t>(state.range(0)));
  SendQueue queue;
  for (auto _ : state) {
    append_frame(queue, Opcode::text, text);
    queue.consume(queue.size());
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(encode)->Arg(16)->Arg(1024)->Arg(64 * 1024);

void compress(benchmark::State& state) {
  const std::string text = json(static_cast<std::size_t>(state.range(0)));
  std::size_t size = 0;
  for (auto _ : state) size = http::deflate_message(text, 15).size();
  state.SetBytesProcessed(state.iterations() * state.range(0));
  state.counters["ratio"] = static_cast<double>(text.size()) / static_cast<double>(size);
}
BENCHMARK(compress)->Arg(256)->Arg(1024)->Arg(64 * 1024);

void check_text(benchmark::State& state) {
  std::string text = json(64 * 1024);
  if (state.range(0) != 0) {
    for (std::size_t i = 0; i + 2 < text.size(); i += 3) text.replace(i, 3, "\xe2\x82\xac");
    text.resize(text.size() / 3 * 3);
  }
  for (auto _ : state) benchmark::DoNotOptimize(is_utf8(text));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(check_text)->ArgName("not_ascii")->Arg(0)->Arg(1);

}  // namespace
}  // namespace ropeway::protocol::websocket
