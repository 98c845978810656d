#include "core/src/observability/log_sink.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <system_error>
#include <thread>
#include <vector>

#include <ropeway/json_document.hpp>

#include "core/src/observability/log_line.hpp"
#include "tests/support/json.hpp"
#include "tests/support/temporary_folder.hpp"

namespace log_sink_test {
using namespace ropeway;
using namespace ropeway::observability;
using ropeway::testing::read_file;
using ropeway::testing::TemporaryFolder;

namespace {

constexpr std::chrono::sys_seconds moment{std::chrono::seconds{1795442585}};  // 2026-11-23T14:03:05Z

LogLine line_with(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  return {moment + std::chrono::milliseconds(123), level, "worker 2", 4711, message, fields};
}

LogOptions options_for(const std::string& file, bool background) {
  LogOptions options;
  options.file = file;
  options.background = background;
  options.process = "worker 2";
  return options;
}

}  // namespace

TEST_CASE("a log line as text") {
  std::string text;
  append_text(text, line_with(LogLevel::info, "message", {{"key", "value"}, {"key2", "with spaces"}}), false);
  CHECK(text == "2026-11-23T14:03:05.123Z info  worker 2 [4711] message key=value key2=\"with spaces\"\n");
  text.clear();
  append_text(text,
              line_with(LogLevel::warning, "two\nlines",
                        {{"a", std::int64_t{-5}}, {"b", true}, {"c", 1.5}, {"d", ""}, {"e", "x=1"}, {"f", "a\"b\\\n\x1b"}}),
              false);
  CHECK(text == "2026-11-23T14:03:05.123Z warn  worker 2 [4711] two\\nlines a=-5 b=true c=1.5 d=\"\" e=\"x=1\" f=\"a\\\"b\\\\\\n\\x1B\"\n");
}

TEST_CASE("a coloured line says the same when its colours are taken away") {
  std::string coloured, plain;
  append_text(coloured, line_with(LogLevel::error, "message", {{"key", "value"}}), true);
  append_text(plain, line_with(LogLevel::error, "message", {{"key", "value"}}), false);
  CHECK(coloured.find("\033[31m") != std::string::npos);
  CHECK(std::regex_replace(coloured, std::regex("\033\\[[0-9]*m"), "") == plain);
}

TEST_CASE("a log line as JSON") {
  std::string text;
  append_json(text, line_with(LogLevel::warning, "a \"b\"\n",
                              {{"s", "x\xFF"}, {"i", std::int64_t{7}}, {"b", false}, {"d", 0.25}, {"nan", std::nan("")}}));
  CHECK(std::count(text.begin(), text.end(), '\n') == 1);
  const auto json = testing::parsed_json(text);
  CHECK(json ==
        testing::parsed_json(R"({"time":"2026-11-23T14:03:05.123Z","level":"warning","process":"worker 2","pid":4711,"message":"a \"b\"\n",
    "fields":{"s":"x\uFFFD","i":7,"b":false,"d":0.25,"nan":null}})"));
  text.clear();
  append_json(text, line_with(LogLevel::info, "m", {}));
  CHECK_FALSE(testing::parsed_json(text).contains("fields"));
}

TEST_CASE("lines below the level are not written, in both ways of writing") {
  for (const bool background : {false, true}) {
    CAPTURE(background);
    const TemporaryFolder folder;
    LogOptions options = options_for(folder / "log", background);
    options.level = LogLevel::warning;
    const auto sink = make_log_sink(options);
    CHECK_FALSE(sink->enabled(LogLevel::info));
    CHECK(sink->enabled(LogLevel::error));
    sink->info("no");
    sink->warning("yes", {{"n", std::int64_t{1}}});
    sink->flush();
    const std::string text = read_file(folder / "log");
    const std::string tail = " warn  worker 2 [" + std::to_string(::getpid()) + "] yes n=1\n";
    REQUIRE(text.size() == 24 + tail.size());
    CHECK(text.substr(24) == tail);
    CHECK(std::regex_match(text.substr(0, 24), std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)")));
  }
}

TEST_CASE("the level off writes nothing") {
  const TemporaryFolder folder;
  LogOptions options = options_for(folder / "log", false);
  options.level = LogLevel::off;
  const auto sink = make_log_sink(options);
  sink->error("no");
  CHECK_FALSE(sink->enabled(LogLevel::error));
  CHECK(read_file(folder / "log").empty());
}

TEST_CASE("the end of a sink writes what is queued, from many threads, each line whole") {
  const TemporaryFolder folder;
  constexpr int threads = 4, lines = 200;
  {
    LogOptions options = options_for(folder / "log", true);
    options.format = LogOptions::Format::json;
    const auto sink = make_log_sink(options);
    std::vector<std::thread> writers;
    for (int t = 0; t < threads; ++t) {
      writers.emplace_back([&sink, t] {
        for (std::int64_t i = 0; i < lines; ++i) sink->info("line", {{"thread", std::int64_t{t}}, {"i", i}});
      });
    }
    for (auto& writer : writers) writer.join();
  }
  std::istringstream text(read_file(folder / "log"));
  std::vector<std::int64_t> next(threads, 0);
  for (std::string line; std::getline(text, line);) {
    const auto fields = testing::parsed_json(line).at("fields");
    CHECK(fields.at("i") == next.at(fields.at("thread"))++);
  }
  CHECK(next == std::vector<std::int64_t>(threads, lines));
}

TEST_CASE("reopening moves to the new file without losing a line, while another thread writes") {
  const TemporaryFolder folder;
  {
    const auto sink = make_log_sink(options_for(folder / "log", true));
    std::thread writer([&] {
      for (std::int64_t i = 0; i < 500; ++i) sink->info("line", {{"i", i}});
    });
    for (int i = 0; i < 20; ++i) {
      std::filesystem::rename(folder / "log", folder / ("log." + std::to_string(i)));
      CHECK(sink->reopen().empty());
    }
    writer.join();
  }
  std::ptrdiff_t lines = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    const std::string text = read_file(entry.path().string());
    lines += std::count(text.begin(), text.end(), '\n');
  }
  CHECK(lines == 500);
}

TEST_CASE("a reader that does not read loses lines and holds nobody; the loss is told when it reads again") {
  const TemporaryFolder folder;
  const std::string fifo = folder / "fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  const int reader = ::open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  REQUIRE(reader >= 0);
  REQUIRE(::fcntl(reader, F_SETPIPE_SZ, 4096) == 4096);
  const auto sink = make_log_sink(options_for(fifo, true));
  const std::string long_text(1000, 'x');
  for (int i = 0; i < 5000; ++i) sink->info(long_text);
  sink->flush();
  std::string seen(65536, '\0');
  CHECK(::read(reader, seen.data(), seen.size()) > 0);
  sink->info("reading again");
  sink->flush();
  seen.assign(65536, '\0');
  const ssize_t count = ::read(reader, seen.data(), seen.size());
  REQUIRE(count > 0);
  seen.resize(static_cast<std::size_t>(count));
  CHECK(std::regex_search(seen, std::regex("warn  worker 2 \\[\\d+\\] log lines were lost lines=\\d{4}\n")));
  CHECK(seen.find("reading again\n") != std::string::npos);
  ::close(reader);
}

TEST_CASE("a sink whose file cannot be opened says which and why") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH_AS((void)make_log_sink(options_for(folder / "no/log", false)), doctest::Contains("No such file or directory"),
                       std::system_error);
}

}  // namespace log_sink_test
