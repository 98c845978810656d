#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "core/src/routing/router.hpp"

// Finding one of N routes. The targets are spread over the table, so that no branch or cache line is the lucky one.

using ropeway::Method;
using ropeway::routing::PatternSource;
using ropeway::routing::Router;

namespace {

std::vector<PatternSource> literal_routes(std::int64_t count) {
  std::vector<PatternSource> sources;
  for (std::int64_t i = 0; i < count; ++i) sources.push_back({"GET /api/v1/resource" + std::to_string(i), ""});
  return sources;
}

std::vector<PatternSource> parameter_routes(std::int64_t count) {
  std::vector<PatternSource> sources;
  for (std::int64_t i = 0; i < count; ++i) sources.push_back({"GET /api/v1/resource" + std::to_string(i) + "/{id}/items/{item}", ""});
  return sources;
}

void match_all(benchmark::State& state, const std::vector<PatternSource>& sources, const std::vector<std::string>& paths) {
  const Router router(sources);
  std::size_t next = 0;
  for (auto _ : state) {
    const Router::Found found = router.match(Method::get, "GET", "www.example.org", paths[next]);
    if (found.route == Router::no_route) state.SkipWithError("not found");
    benchmark::DoNotOptimize(found);
    next = next + 1 == paths.size() ? 0 : next + 1;
  }
}

void literal(benchmark::State& state) {
  std::vector<std::string> paths;
  for (std::int64_t i = 0; i < state.range(0); ++i) paths.push_back("/api/v1/resource" + std::to_string(i * 7 % state.range(0)));
  match_all(state, literal_routes(state.range(0)), paths);
}

void two_parameters(benchmark::State& state) {
  std::vector<std::string> paths;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    paths.push_back("/api/v1/resource" + std::to_string(i * 7 % state.range(0)) + "/12345/items/67");
  }
  match_all(state, parameter_routes(state.range(0)), paths);
}

void not_found(benchmark::State& state) {
  const Router router(literal_routes(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(router.match(Method::get, "GET", "www.example.org", "/api/v2/nothing/here"));
}

void build(benchmark::State& state) {
  const std::vector<PatternSource> sources = parameter_routes(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(Router(sources));
}

}  // namespace

BENCHMARK(literal)->Arg(10)->Arg(100)->Arg(1000)->Arg(10000);
BENCHMARK(two_parameters)->Arg(10)->Arg(100)->Arg(1000)->Arg(10000);
BENCHMARK(not_found)->Arg(1000);
BENCHMARK(build)->Arg(1000)->Arg(10000)->Unit(benchmark::kMillisecond);
