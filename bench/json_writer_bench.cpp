// JsonWriter beside nlohmann/json: the same list of records as text, made from the program's own values.

#include <cstdint>
#include <string>

#include <benchmark/benchmark.h>
#include <ropeway/json_document.hpp>

#include <ropeway/json_writer.hpp>

namespace {

struct Record {
  std::uint64_t id;
  std::string name;
  double price;
  bool available;
};

const std::vector<Record>& records() {
  static const std::vector<Record> all = [] {
    std::vector<Record> made;
    for (std::uint64_t i = 0; i < 100; ++i) {
      made.push_back(
          {i * 7919, "a product with a name of some \"length\", number " + std::to_string(i), 0.37 * static_cast<double>(i), i % 3 == 0});
    }
    return made;
  }();
  return all;
}

void report(benchmark::State& state, std::size_t bytes) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(bytes));
}

void json_writer(benchmark::State& state) {
  std::size_t bytes = 0;
  for (auto _ : state) {
    ropeway::JsonWriter json;
    json.begin_array();
    for (const Record& record : records()) {
      json.begin_object()
          .member("id", record.id)
          .member("name", record.name)
          .member("price", record.price)
          .member("available", record.available)
          .end_object();
    }
    const std::string text = json.end_array().take();
    bytes = text.size();
    benchmark::DoNotOptimize(text.data());
  }
  report(state, bytes);
}
BENCHMARK(json_writer);

nlohmann::json tree() {
  nlohmann::json all = nlohmann::json::array();
  for (const Record& record : records()) {
    all.push_back({{"id", record.id}, {"name", record.name}, {"price", record.price}, {"available", record.available}});
  }
  return all;
}

void nlohmann_build_and_dump(benchmark::State& state) {
  std::size_t bytes = 0;
  for (auto _ : state) {
    const std::string text = tree().dump();
    bytes = text.size();
    benchmark::DoNotOptimize(text.data());
  }
  report(state, bytes);
}
BENCHMARK(nlohmann_build_and_dump);

void nlohmann_dump_alone(benchmark::State& state) {
  const nlohmann::json all = tree();
  std::size_t bytes = 0;
  for (auto _ : state) {
    const std::string text = all.dump();
    bytes = text.size();
    benchmark::DoNotOptimize(text.data());
  }
  report(state, bytes);
}
BENCHMARK(nlohmann_dump_alone);

}  // namespace
