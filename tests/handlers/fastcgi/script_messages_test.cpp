#include "handlers/fastcgi/script_messages.hpp"

#include <doctest/doctest.h>

#include <string>

#include "tests/support/feed.hpp"
#include "tests/support/recording_services.hpp"

namespace ropeway::handlers {

TEST_CASE("what a script writes to its standard error is logged line by line, however it is cut") {
  testing::feed_in_every_way("first\r\n\nsecond\nlast", [](const testing::Pieces& pieces) {
    testing::RecordingLogger log;
    {
      ScriptMessages messages(log, "/routes/0", "/x.php", "");
      for (const std::string_view piece : pieces) messages.add(piece);
    }
    CHECK(log.lines() == std::vector<std::string>{"warning: first route=/routes/0 script=/x.php",
                                                  "warning: second route=/routes/0 script=/x.php",
                                                  "warning: last route=/routes/0 script=/x.php"});
  });
}

TEST_CASE("messages of a script are bounded in lines and bytes") {
  testing::RecordingLogger log;
  ScriptMessages messages(log, "r", "s", "id");
  messages.add(std::string(100'000, 'x') + "\n");
  for (int i = 0; i < 1000; ++i) messages.add("y\n");
  messages.finish();
  messages.finish();
  const auto lines = log.lines();
  REQUIRE(lines.size() == ScriptMessages::most_lines + 1);
  CHECK(lines.front() == "warning: " + std::string(ScriptMessages::most_bytes, 'x') + " route=r script=s request_id=id");
  CHECK(lines.back() == "warning: a script wrote more to its standard error than is logged route=r script=s lines=1001");
}

}  // namespace ropeway::handlers
