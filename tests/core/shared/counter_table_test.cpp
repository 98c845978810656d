#include "core/src/shared/counter_table.hpp"

#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <set>
#include <string>
#include <vector>

#include "core/src/shared/segment.hpp"
#include "tests/core/shared/single_steps.hpp"

namespace ropeway::shared {
namespace {

TEST_CASE("a name is one number for all processes, also where they find it at the same time") {
  Segment segment({.counters = 64, .rate_limits = 1024});
  std::vector<pid_t> children;
  for (int child = 0; child < 4; ++child) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      for (int i = 0; i < 20'000; ++i) segment.counters().find_or_add("name " + std::to_string(i % 50))->fetch_add(1);
      ::_exit(0);
    }
    children.push_back(pid);
  }
  for (const pid_t child : children) ::waitpid(child, nullptr, 0);
  std::set<std::string_view> names;
  for (const auto& slot : segment.counters().slots()) {
    const std::string_view name = CounterTable::name_of(slot);
    if (name.empty()) continue;
    CHECK(names.insert(name).second);
    CHECK(slot.value.load() == 1600);
  }
  CHECK(names.size() == 50);
}

TEST_CASE("where there is no room, or a name is none, there is no counter") {
  Segment segment({.counters = 3, .rate_limits = 1024});
  CounterTable& table = segment.counters();
  for (const char* name : {"a", "b", "c"}) CHECK(table.find_or_add(name) != nullptr);
  CHECK(table.find_or_add("d") == nullptr);
  CHECK(table.find_or_add("b") != nullptr);
  CHECK(table.find_or_add("") == nullptr);
  CHECK(table.find_or_add(std::string(61, 'x')) == nullptr);
}

TEST_CASE("a process that is killed between any two instructions leaves a name whole, or none") {
  Segment segment({.counters = 4096, .rate_limits = 1024});
  for (int steps = 0;; steps = testing::later(steps, 13)) {
    const std::string name = "a counter with a rather long name " + std::to_string(steps);
    const bool ended = testing::killed_after(steps, [&] { segment.counters().find_or_add(name)->fetch_add(1); });
    auto* value = segment.counters().find_or_add(name);
    REQUIRE(value != nullptr);
    REQUIRE((value->load() == 0 || value->load() == 1));
    if (ended) break;
  }
  std::set<std::string_view> names;
  for (const auto& slot : segment.counters().slots()) {
    const std::string_view name = CounterTable::name_of(slot);
    if (name.empty()) continue;
    CHECK(name.starts_with("a counter with a rather long name "));
    CHECK(names.insert(name).second);
  }
}

}  // namespace
}  // namespace ropeway::shared
