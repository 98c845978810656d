#include "core/src/config/environment.hpp"

#include <doctest/doctest.h>

#include <map>
#include <set>

#include "core/src/config/settings.hpp"
#include "tests/core/config/sample_catalogue.hpp"

namespace ropeway::config {
namespace {

Environment variables(std::map<std::string, std::string> values) {
  return [values = std::move(values)](const char* name) {
    const auto found = values.find(name);
    return found == values.end() ? nullptr : found->second.c_str();
  };
}

}  // namespace

TEST_CASE("every single setting has a variable of its own, and so have lists of paths, but no others") {
  std::set<std::string> names;
  for (const Overridable& overridable : overridable_settings(server_settings())) {
    CHECK(names.insert(variable_name(overridable.pointer)).second);
  }
  CHECK(names.contains("ROPEWAY_PROCESSES"));
  CHECK(names.contains("ROPEWAY_LIMITS_BODY_BYTES"));
  CHECK(names.contains("ROPEWAY_LOG_ACCESS_FORMAT"));
  CHECK(names.contains("ROPEWAY_MODULES"));
  CHECK_FALSE(names.contains("ROPEWAY_LISTEN"));
  CHECK_FALSE(names.contains("ROPEWAY_TRUSTED_PROXIES"));
  CHECK_FALSE(names.contains("ROPEWAY_$SCHEMA"));
}

TEST_CASE("a variable overrides the file and the default") {
  const Loaded loaded = load_sample(R"({"processes": 4, "limits": {"body_bytes": 1}})", variables({{"ROPEWAY_PROCESSES", "auto"},
                                                                                                   {"ROPEWAY_THREADS", "3"},
                                                                                                   {"ROPEWAY_LIMITS_BODY_BYTES", "2M"},
                                                                                                   {"ROPEWAY_TIMEOUTS_IDLE", "5"},
                                                                                                   {"ROPEWAY_LOG_LEVEL", "error"},
                                                                                                   {"ROPEWAY_LOG_FILE", "e.log"},
                                                                                                   {"ROPEWAY_SERVER_NAME", ""}}));
  REQUIRE(loaded.config != nullptr);
  CHECK_FALSE(loaded.config->processes.has_value());
  CHECK(loaded.config->threads == 3);
  CHECK(loaded.config->limits.body_bytes == 2 * 1024 * 1024);
  CHECK(loaded.config->timeouts.idle == std::chrono::seconds(5));
  CHECK(loaded.config->log.level == LogLevel::error);
  CHECK(loaded.config->log.file == "/etc/ropeway/e.log");
  CHECK(loaded.config->server_name.empty());
}

TEST_CASE("a variable that cannot be used is named") {
  struct Case {
    const char* name;
    const char* value;
    const char* message;
  };
  for (const Case& c :
       {Case{"ROPEWAY_THREADS", "0", "ROPEWAY_THREADS: found 0, expected \"auto\" or a whole number from 1 to 1024"},
        {"ROPEWAY_THREADS", "", "ROPEWAY_THREADS: found \"\", expected \"auto\" or a whole number from 1 to 1024"},
        {"ROPEWAY_THREADS", "4x", "ROPEWAY_THREADS: found \"4x\", expected \"auto\" or a whole number from 1 to 1024"},
        {"ROPEWAY_LOG_FORMAT", "jsn", "ROPEWAY_LOG_FORMAT: found \"jsn\", expected one of \"text\", \"json\", did you mean \"json\"?"},
        {"ROPEWAY_SERVER_NAME", "a\nb",
         "ROPEWAY_SERVER_NAME: found \"a\xEF\xBF\xBD"
         "b\", expected printable ASCII with no space at its ends"},
        {"ROPEWAY_MODULES", "a.so::b.so", "ROPEWAY_MODULES: found \"\", expected a path that is not empty"},
        {"ROPEWAY_SERVER_NAME", "\xFF", "ROPEWAY_SERVER_NAME: found \"\xEF\xBF\xBD\", which is not UTF-8"}}) {
    CAPTURE(c.name);
    CAPTURE(c.value);
    const Loaded loaded = load_sample("{}", variables({{c.name, c.value}}));
    CHECK(loaded.config == nullptr);
    REQUIRE(loaded.diagnostics.size() == 1);
    CHECK(loaded.diagnostics[0].file == "environment");
    CHECK(loaded.diagnostics[0].message == c.message);
  }
}

}  // namespace ropeway::config
