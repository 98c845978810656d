#include "core/src/observability/access_log.hpp"

#include <doctest/doctest.h>

#include <stdlib.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <latch>
#include <memory>
#include <sstream>
#include <thread>
#include <vector>

#include <ropeway/json_document.hpp>

#include "core/src/observability/access_format.hpp"
#include "tests/support/json.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace ropeway;
using namespace ropeway::observability;
using ropeway::testing::read_file;
using ropeway::testing::TemporaryFolder;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::sys_seconds moment{std::chrono::seconds{1795442585}};  // 2026-11-23T14:03:05Z

AccessRecord sample() {
  AccessRecord record;
  record.time = moment + 123ms;
  record.duration = 1234us;
  record.peer_address = "192.0.2.7";
  record.method = "GET";
  record.target = "/a/b?c=d";
  record.version = "HTTP/1.1";
  record.host = "example.org";
  record.referer = "https://example.org/";
  record.user_agent = "curl/8.0";
  record.handler = "static_files";
  record.body_bytes = 5120;
  record.id = static_cast<RequestId>(32);
  return record;
}

std::string format(AccessLog::Format form, const AccessRecord& record, bool coloured = false) {
  std::string line;
  AccessFormatter(form, coloured).append(line, record);
  return line;
}

std::ptrdiff_t lines_in(const std::string& file) {
  const std::string text = read_file(file);
  return std::count(text.begin(), text.end(), '\n');
}

}  // namespace

TEST_CASE("the combined format is Apache's") {
  AccessRecord record = sample();
  CHECK(format(AccessLog::Format::combined, record) ==
        "192.0.2.7 - - [23/Nov/2026:14:03:05 +0000] \"GET /a/b?c=d HTTP/1.1\" 200 5120 \"https://example.org/\" \"curl/8.0\"\n");
  record.user_agent = "a\"b\\c\r\nforged \x1b\xFF";
  record.referer = "";
  record.body_bytes = 0;
  record.status = Status::not_modified;
  CHECK(format(AccessLog::Format::combined, record) ==
        "192.0.2.7 - - [23/Nov/2026:14:03:05 +0000] \"GET /a/b?c=d HTTP/1.1\" 304 - \"-\" \"a\\x22b\\x5Cc\\x0D\\x0Aforged \\x1B\\xFF\"\n");
  AccessRecord unreadable;
  unreadable.time = moment;
  unreadable.status = Status::bad_request;
  CHECK(format(AccessLog::Format::combined, unreadable) == "- - - [23/Nov/2026:14:03:05 +0000] \"-\" 400 - \"-\" \"-\"\n");
}

TEST_CASE("times are right on the days where calendars go wrong") {
  struct Case {
    std::int64_t second;
    std::string text;
  };
  const std::vector<Case> cases = {{0, "01/Jan/1970:00:00:00"},          {951782400, "29/Feb/2000:00:00:00"},
                                   {1709164799, "28/Feb/2024:23:59:59"}, {1709251199, "29/Feb/2024:23:59:59"},
                                   {1735689599, "31/Dec/2024:23:59:59"}, {4107542400, "01/Mar/2100:00:00:00"}};
  AccessFormatter formatter(AccessLog::Format::combined, false);
  for (const Case& c : cases) {
    AccessRecord record = sample();
    record.time = std::chrono::sys_seconds{std::chrono::seconds{c.second}};
    std::string line;
    formatter.append(line, record);
    CHECK(line.find("[" + c.text + " +0000]") != std::string::npos);
  }
}

TEST_CASE("the JSON format is one object a line, whatever the peer sent") {
  AccessRecord record = sample();
  record.user_agent = "a\"b\\\n\xFF";
  const std::string line = format(AccessLog::Format::json, record);
  CHECK(std::count(line.begin(), line.end(), '\n') == 1);
  CHECK(
      testing::parsed_json(line) ==
      testing::parsed_json(R"({"time":"2026-11-23T14:03:05.123Z","duration_us":1234,"peer":"192.0.2.7","client":"192.0.2.7","method":"GET",
    "target":"/a/b?c=d","version":"HTTP/1.1","host":"example.org","status":200,"bytes":5120,"referer":"https://example.org/",
    "user_agent":"a\"b\\\n\uFFFD","handler":"static_files","request_id":"0000000000010"})"));
}

TEST_CASE("a client behind a proxy stands where clients stand; the proxy is the peer") {
  AccessRecord record = sample();
  record.client_address = "2001:db8::7";
  CHECK(format(AccessLog::Format::combined, record).starts_with("2001:db8::7 - - ["));
  const auto json = testing::parsed_json(format(AccessLog::Format::json, record));
  CHECK(json.at("client") == "2001:db8::7");
  CHECK(json.at("peer") == "192.0.2.7");
}

TEST_CASE("the terminal format is one line with sizes and durations for people") {
  struct Case {
    std::uint64_t bytes;
    std::chrono::nanoseconds duration;
    std::string text;
  };
  const std::vector<Case> cases = {{0, 0ns, "0 B  0 us"},
                                   {1023, 999us, "1023 B  999 us"},
                                   {1024, 1ms, "1.0 KiB  1.0 ms"},
                                   {1536, 1250us, "1.5 KiB  1.2 ms"},
                                   {10 * 1024 * 1024, 1s, "10.0 MiB  1.0 s"},
                                   {5ULL << 30, 250ms, "5.0 GiB  250 ms"},
                                   {UINT64_MAX, 100s, "16383 PiB  100 s"}};
  for (const Case& c : cases) {
    AccessRecord record = sample();
    record.body_bytes = c.bytes;
    record.duration = c.duration;
    const std::string line = format(AccessLog::Format::terminal, record);
    CHECK(line.substr(8) == "  200  GET  /a/b?c=d  " + c.text + "\n");
  }
}

TEST_CASE("a terminal shows each class of status in its colour, and nothing of what a peer sends as an escape") {
  const std::vector<std::pair<Status, std::string>> cases = {{Status::ok, "\033[32m200"},
                                                             {Status::found, "\033[36m302"},
                                                             {Status::not_found, "\033[33m404"},
                                                             {Status::internal_server_error, "\033[31m500"}};
  for (const auto& [status, text] : cases) {
    AccessRecord record = sample();
    record.status = status;
    record.target = "/\033[2J\xC2\x9B";
    const std::string line = format(AccessLog::Format::terminal, record, true);
    CHECK(line.find(text) != std::string::npos);
    CHECK(line.find("/\\x1B[2J\\xC2\\x9B") != std::string::npos);
  }
  CHECK(format(AccessLog::Format::terminal, sample(), false).find('\033') == std::string::npos);
}

TEST_CASE("lines wait in memory until a flush, and each buffer that is full is written by itself") {
  const TemporaryFolder folder;
  AccessLog log(folder / "access", AccessLog::Format::combined);
  log.write(sample());
  CHECK(lines_in(folder / "access") == 0);
  log.flush();
  CHECK(lines_in(folder / "access") == 1);
  for (int i = 0; i < 1000; ++i) log.write(sample());
  const auto seen = lines_in(folder / "access");
  CHECK(seen > 500);
  CHECK(seen < 1001);
  CHECK(read_file(folder / "access").back() == '\n');
  log.flush();
  CHECK(lines_in(folder / "access") == 1001);
  CHECK(log.dropped() == 0);
}

TEST_CASE("the end of a log writes what is left, of threads that run and of threads that have ended") {
  const TemporaryFolder folder;
  constexpr int threads = 4, lines = 700;
  {
    AccessLog log(folder / "access", AccessLog::Format::json);
    std::vector<std::thread> writers;
    for (int t = 0; t < threads; ++t) {
      writers.emplace_back([&log] {
        for (int i = 0; i < lines; ++i) {
          log.write(sample());
          if (i % 100 == 0) log.flush();
        }
      });
    }
    for (auto& writer : writers) writer.join();
    log.write(sample());
  }
  std::istringstream text(read_file(folder / "access"));
  int count = 0;
  for (std::string line; std::getline(text, line); ++count) {
    if (!nlohmann::json::accept(line)) FAIL(line);
  }
  CHECK(count == threads * lines + 1);
}

TEST_CASE("several logs, made and ended in any order, keep the lines of one thread apart") {
  const TemporaryFolder folder;
  auto first = std::make_unique<AccessLog>(folder / "first", AccessLog::Format::combined);
  auto second = std::make_unique<AccessLog>(folder / "second", AccessLog::Format::combined);
  std::latch wrote(1), ended(1);
  std::thread other([&] {
    first->write(sample());
    second->write(sample());
    wrote.count_down();
    ended.wait();
    AccessLog third(folder / "third", AccessLog::Format::combined);
    third.write(sample());
    second->write(sample());
  });
  wrote.wait();
  first->write(sample());
  first.reset();
  ended.count_down();
  other.join();
  second->write(sample());
  second.reset();
  CHECK(lines_in(folder / "first") == 2);
  CHECK(lines_in(folder / "second") == 3);
  CHECK(lines_in(folder / "third") == 1);
}

TEST_CASE("two logs of one file, as two processes have them, mix whole lines only") {
  const TemporaryFolder folder;
  {
    AccessLog one(folder / "access", AccessLog::Format::json);
    AccessLog two(folder / "access", AccessLog::Format::json);
    std::thread other([&] {
      for (int i = 0; i < 2000; ++i) two.write(sample());
    });
    for (int i = 0; i < 2000; ++i) one.write(sample());
    other.join();
  }
  std::istringstream text(read_file(folder / "access"));
  int count = 0;
  for (std::string line; std::getline(text, line); ++count) {
    if (!nlohmann::json::accept(line)) FAIL(line);
  }
  CHECK(count == 4000);
}

TEST_CASE("a full disk costs lines, which are counted, and nothing else") {
  AccessLog log("/dev/full", AccessLog::Format::combined);
  for (int i = 0; i < 1000; ++i) log.write(sample());
  log.flush();
  CHECK(log.dropped() == 1000);
  CHECK(log.reason() == "No space left on device");
}

TEST_CASE("reopening after a rename goes on in a new file") {
  const TemporaryFolder folder;
  AccessLog log(folder / "access", AccessLog::Format::combined);
  log.write(sample());
  std::filesystem::rename(folder / "access", folder / "access.1");
  CHECK(log.reopen().empty());
  log.write(sample());
  log.write(sample());
  log.flush();
  CHECK(lines_in(folder / "access.1") == 1);
  CHECK(lines_in(folder / "access") == 2);
  std::filesystem::remove(folder / "access");
  std::filesystem::create_directory(folder / "access");
  CHECK(log.reopen().find(folder / "access") != std::string::npos);
}

TEST_CASE("a line of any length is written whole, and its memory is given back") {
  const TemporaryFolder folder;
  AccessLog log(folder / "access", AccessLog::Format::json);
  const std::string huge(300'000, '\x01');
  AccessRecord record = sample();
  record.target = huge;
  log.write(record);
  log.write(sample());
  log.flush();
  CHECK(lines_in(folder / "access") == 2);
}

TEST_CASE("GoAccess reads every line of the combined format") {
  if (std::system("command -v goaccess >/dev/null 2>&1") != 0) {
    MESSAGE("goaccess is not installed: not checked here");
    return;
  }
  const TemporaryFolder folder;
  constexpr int lines = 400;
  {
    AccessLog log(folder / "access", AccessLog::Format::combined);
    const std::vector<std::string> odd = {"plain", "with \"quotes\"", "back\\slash", "tab\tand\nnewline", "\xFF\xFE bytes", ""};
    for (int i = 0; i < lines; ++i) {
      AccessRecord record = sample();
      record.time += std::chrono::seconds(i);
      const std::string peer = i % 3 == 0 ? "2001:db8::" + std::to_string(i) : "192.0.2." + std::to_string(i % 255);
      const std::string target = "/" + std::to_string(i) + "?q=" + odd[static_cast<std::size_t>(i) % odd.size()];
      record.peer_address = peer;
      record.target = target;
      record.user_agent = odd[static_cast<std::size_t>(i) % odd.size()];
      record.referer = odd[static_cast<std::size_t>(i + 1) % odd.size()];
      record.body_bytes = static_cast<std::uint64_t>(i);
      record.status = static_cast<Status>(i % 2 == 0 ? 200 : 404);
      log.write(record);
    }
  }
  const std::string command = "cd " + folder.path().string() +
                              " && HOME=$PWD goaccess --no-global-config --log-format=COMBINED --no-progress"
                              " -o report.json access >out.txt 2>&1 </dev/null";
  REQUIRE(std::system(command.c_str()) == 0);
  const auto general = testing::parsed_json(read_file(folder / "report.json")).at("general");
  CHECK(general.at("total_requests") == lines);
  CHECK(general.at("valid_requests") == lines);
  CHECK(general.at("failed_requests") == 0);
}
