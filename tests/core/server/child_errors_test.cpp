#include "core/src/server/child_errors.hpp"

#include <doctest/doctest.h>

#include "tests/support/recording_services.hpp"

namespace ropeway::server {

TEST_CASE("what a child writes to its standard error is logged line by line, however it is cut") {
  const std::string text = "one\r\n\ntwo\nthree";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    testing::RecordingLogger log;
    ChildErrors errors(log, "script");
    errors.add(text.substr(0, cut));
    errors.add(text.substr(cut));
    errors.finish();
    CHECK(log.lines() == std::vector<std::string>{"warning: one child=script", "warning: two child=script", "warning: three child=script"});
    CHECK(errors.last_lines() == "one | two | three");
  }
}

TEST_CASE("long lines are cut, many are counted, and the last are kept") {
  testing::RecordingLogger log;
  ChildErrors errors(log, "script");
  errors.add(std::string(5000, 'x') + "\n");
  for (int i = 0; i < 200; ++i) errors.add("line " + std::to_string(i) + "\n");
  errors.finish();
  const auto lines = log.lines();
  REQUIRE(lines.size() == ChildErrors::most_lines + 1);
  CHECK(lines.front() == "warning: " + std::string(ChildErrors::most_bytes, 'x') + " child=script");
  CHECK(lines.back().find("lines=201") != std::string::npos);
  CHECK(errors.last_lines() == "line 195 | line 196 | line 197 | line 198 | line 199");
}

TEST_CASE("a line of a child's own log has its level again") {
  testing::RecordingLogger log;
  ChildErrors errors(log, "task");
  errors.add(child_log_line(LogLevel::error, "bad"));
  errors.add(child_log_line(LogLevel::info, "good"));
  errors.add("\x01z strange\n");
  CHECK(log.lines() == std::vector<std::string>{"error: bad child=task", "info: good child=task", "error:  strange child=task"});
}

}  // namespace ropeway::server
