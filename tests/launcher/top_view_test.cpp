#include "launcher/src/top_view.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>
#include <vector>

#include <ropeway/json_document.hpp>

namespace top_view_test {
using namespace ropeway::launcher;
using nlohmann::json;

namespace {

json worker(unsigned slot, int pid, unsigned requests, const json& latencies) {
  return {{"worker", slot},
          {"pid", pid},
          {"generation", 3},
          {"state", "ready"},
          {"age_seconds", 4000.0},
          {"connections", 12},
          {"in_flight", 2},
          {"requests", requests},
          {"server_errors", requests / 100},
          {"queue", 1},
          {"memory", 23U << 20U},
          {"latencies", latencies},
          {"busy", json::array()}};
}

json server(std::vector<json> workers, unsigned requests_of_route) {
  return {{"version", "1.2.3"},
          {"pid", 4711},
          {"generation", 3},
          {"processes", workers.size()},
          {"threads", 2},
          {"listen", {"http://127.0.0.1:8000"}},
          {"queue", 2},
          {"closed_routes", json::array()},
          {"reload", nullptr},
          {"routes",
           {{{"route", "GET /slow"}, {"handler", "report"}, {"requests", requests_of_route / 10}, {"latencies", json::array()}},
            {{"route", "/"}, {"handler", "static_files"}, {"requests", requests_of_route}, {"latencies", json::array()}}}},
          {"workers", std::move(workers)}};
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

const json fast{{1000.0, 980}, {50'000.0, 20}};

}  // namespace

TEST_CASE("rates and durations are those between two moments") {
  const json before = server({worker(0, 100, 1000, json::array()), worker(1, 101, 500, json::array())}, 1000);
  const json now = server({worker(0, 100, 3000, fast), worker(1, 101, 500, json::array())}, 3000);
  const auto lines = lines_of(top_view(before, now, 2, {200, 50, false}));
  REQUIRE(lines.size() >= 9);
  CHECK(lines[0] == "ropeway 1.2.3  pid 4711  generation 3  2 processes x 2 threads  http://127.0.0.1:8000");
  CHECK(lines[1] == "1000 requests/s  10 errors/s  p50 1.0ms  p99 48ms  24 connections  4 in flight  2 in the queue");
  CHECK(lines[4] == "     0      100 ready        12     1000    10  1.0ms   48ms     1  ..                2    23M   67m    3");
  CHECK(lines[5] == "     1      101 ready        12        0     0      -      -     1  ..                2    23M   67m    3");
  CHECK(lines[8] == "    1000      -      -  /  static_files");  // the busiest first
  CHECK(lines[9] == "     100      -      -  GET /slow  report");
}

TEST_CASE("a worker that was replaced counts from nothing") {
  const json before = server({worker(0, 100, 1000, fast)}, 0);
  const json now = server({worker(0, 200, 400, json{{2000.0, 400}})}, 0);
  const auto lines = lines_of(top_view(before, now, 1, {200, 50, false}));
  CHECK(lines[1].find("400 requests/s") == 0);
  CHECK(lines[1].find("p50 2.0ms  p99 2.0ms") != std::string::npos);
}

TEST_CASE("what threads are inside of is shown, the longest first, and a state that is not ready in red") {
  json now = server({worker(0, 100, 1000, fast)}, 0);
  now["workers"][0]["state"] = "stalled";
  now["workers"][0]["busy"] = {{{"thread", 1}, {"pool", false}, {"request", "GET /a"}, {"handler", "one"}, {"for_ms", 20}},
                               {{"thread", 3}, {"pool", true}, {"request", "GET /b\n\033[2J"}, {"handler", "two"}, {"for_ms", 12'000}}};
  const std::string text = top_view(now, now, 1, {200, 50, true});
  CHECK(text.find("#.+1") != std::string::npos);
  CHECK(text.find("\033[31m     0      100 stalled") != std::string::npos);
  CHECK(text.find("0      3    12s  GET /b") != std::string::npos);
  CHECK(text.find("12s  GET /b") < text.find("20ms  GET /a"));
  CHECK(text.find("\033[2J") == std::string::npos);
}

TEST_CASE("a page fits its screen") {
  std::vector<json> workers;
  for (unsigned slot = 0; slot < 60; ++slot) workers.push_back(worker(slot, 100, 1000, fast));
  json now = server(std::move(workers), 1000);
  now["listen"] = {std::string(300, 'x') + "\xC3\xA9"};
  for (const Screen screen : {Screen{80, 24, false}, Screen{1, 1, false}, Screen{301, 2, false}}) {
    const auto lines = lines_of(top_view(now, now, 1, screen));
    CHECK(lines.size() <= static_cast<std::size_t>(screen.height));
    for (const std::string& line : lines) CHECK(line.size() <= static_cast<std::size_t>(screen.width));
  }
}

}  // namespace top_view_test
