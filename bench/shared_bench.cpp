#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "core/src/server/system_clock.hpp"
#include "core/src/shared/segment.hpp"

// What a request pays for state that all workers share, where nobody else is at it.

using ropeway::server::SystemClock;
using ropeway::shared::key_of;
using ropeway::shared::Segment;

namespace {

constexpr std::int64_t for_ever = INT64_MAX;

void counter_add(benchmark::State& state) {
  Segment segment({});
  auto* value = segment.counters().find_or_add("visits");
  for (auto _ : state) benchmark::DoNotOptimize(value->fetch_add(1, std::memory_order_relaxed));
}
BENCHMARK(counter_add)->ThreadRange(1, 2);

// Keys of so many clients, in turn.
void limit_check(benchmark::State& state) {
  Segment segment({});
  const SystemClock clock;
  const auto rule = key_of(segment.secret(), "rule", "bench");
  std::vector<std::string> clients;
  for (std::int64_t i = 0; i < state.range(0); ++i) clients.push_back("10.0." + std::to_string(i / 256) + "." + std::to_string(i % 256));
  std::size_t next = 0;
  for (auto _ : state) {
    const auto key = key_of(segment.secret(), "limit", clients[next]);
    benchmark::DoNotOptimize(segment.limits().take(key, rule, {std::chrono::seconds(1), 100}, 1, clock));
    next = next + 1 == clients.size() ? 0 : next + 1;
  }
}
BENCHMARK(limit_check)->Arg(1)->Arg(10'000);

void cache_get(benchmark::State& state) {
  Segment segment({});
  const std::string name = "a key of some length";
  segment.cache().set(key_of(segment.secret(), "cache", name), name, std::string(static_cast<std::size_t>(state.range(0)), 'x'), for_ever,
                      0);
  std::string value;
  for (auto _ : state) {
    const bool found = segment.cache().get(key_of(segment.secret(), "cache", name), name, 1, value);
    if (!found) state.SkipWithError("not found");
    benchmark::DoNotOptimize(value);
  }
}
BENCHMARK(cache_get)->Arg(100)->Arg(10'000);

void cache_set(benchmark::State& state) {
  Segment segment({});
  const std::string value(static_cast<std::size_t>(state.range(0)), 'x');
  std::int64_t number = 0;
  for (auto _ : state) {
    const std::string name = std::to_string(++number);
    benchmark::DoNotOptimize(segment.cache().set(key_of(segment.secret(), "cache", name), name, value, for_ever, 0));
  }
}
BENCHMARK(cache_set)->Arg(100)->Arg(10'000);

void message_published_and_read(benchmark::State& state) {
  Segment segment({});
  auto cursor = segment.messages().at_end();
  const std::string payload(static_cast<std::size_t>(state.range(0)), 'x');
  for (auto _ : state) {
    segment.messages().publish("topic", payload, [] {});
    benchmark::DoNotOptimize(segment.messages().read(cursor));
  }
}
BENCHMARK(message_published_and_read)->Arg(100)->Arg(10'000);

}  // namespace
