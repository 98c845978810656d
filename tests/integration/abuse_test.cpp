// What a hostile client may do, each in its own server with many connections at once: it is told so or cut off by the limit that is meant for
// it, the log says which, the memory stays bounded, and another client is served all the while.

#include <doctest/doctest.h>

#include <charconv>
#include <filesystem>

#include "tests/support/encoded.hpp"
#include "tests/support/sanitizers.hpp"
#include "tests/support/server_process.hpp"

namespace abuse_test {

using namespace ropeway::testing;

namespace {

constexpr std::size_t connections = 100;  // of the hostile client
constexpr std::size_t large_file = 8'000'000;
constexpr std::size_t medium_file = 30'000;
// Beyond what the server had: 400 KB for each connection. Sanitizers keep freed memory for a while.
constexpr std::size_t most_memory = ropeway::testing::under_sanitizer ? 1'500'000'000 : 40'000'000;

constexpr const char* configuration = R"(
  "timeouts": {"header": "500ms", "body_grace": "500ms", "send": "500ms"},
  "limits": {"body_bytes": "1M", "send_buffer_bytes": "64k"},
  "log": {"access": {"file": "access.log"}},
  "routes": [
    {"match": "GET /{path...}", "handler": "static_files", "options": {"root": "site"}},
    {"match": "POST /plain", "handler": "fixed_response", "options": {"body": "received"}},
    {"match": "POST /", "handler": "fixed_response", "options": {"body": "received"}, "middlewares": [{"name": "request_decompression", "options": {"streams": 200, "body_bytes": "100k"}}]}])";

// The most memory that a process has had, in bytes.
std::size_t peak_memory(pid_t process) {
  const std::string status = read_file("/proc/" + std::to_string(process) + "/status");
  const std::string_view line = std::string_view(status).substr(status.find("VmHWM:") + 6);
  const std::string_view digits = line.substr(line.find_first_of("0123456789"));
  std::size_t kilobytes = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), kilobytes);
  return kilobytes * 1024;
}

std::string post(std::string_view framing, std::string_view content) {
  return "POST / HTTP/1.1\r\nHost: t\r\n" + std::string(framing) + "\r\n\r\n" + std::string(content);
}

std::string with_length(std::string_view content) { return post("Content-Length: " + std::to_string(content.size()), content); }

std::string bomb() { return encoded(ropeway::ContentCoding::gzip, std::string(50'000'000, '\0')); }

std::string repeated(std::string_view text, std::size_t count) {
  std::string all;
  all.reserve(text.size() * count);
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

std::string thousand_ranges() {
  std::string field = "Range: bytes=0-";
  for (int i = 1; i < 1000; ++i) field += "," + std::to_string(i) + "-";
  return "GET /medium HTTP/1.1\r\nHost: t\r\n" + field + "\r\n\r\n";
}

struct Attack {
  std::string name;
  std::string bytes;
  int status;           // that each connection gets; 0: it is cut off
  std::string in_log;   // what the log says of it
  bool reads = true;    // whether the client takes part until it is answered; otherwise it sends what fits, and leaves it at that
  bool single = false;  // byte by byte
};

const std::vector<Attack>& attacks() {
  static const std::vector<Attack> all = {
      {"a head that never ends", "GET / HTTP/1.1\r\nHost: t\r\nX-Slow: ", 408, "reason=timeouts.header"},
      {"content that never comes", post("Content-Length: 1000000", "some"), 408, "reason=timeouts.body_rate"},
      {"much content that nobody uses", "POST /plain HTTP/1.1\r\nHost: t\r\nContent-Length: 1000000\r\n\r\n" + std::string(999'999, 'x'),
       408, "reason=timeouts.body_rate"},
      {"the same behind a middleware", post("Content-Length: 1000000", std::string(999'999, 'x')), 408, "reason=timeouts.body_rate"},
      {"a chunk that never comes", post("Transfer-Encoding: chunked", "5\r\nab"), 408, "reason=timeouts.body_rate"},
      {"nothing is read", repeated("GET /large HTTP/1.1\r\nHost: t\r\n\r\n", 20), 0, "reason=timeouts.send", false},
      {"an endless pipeline of which nothing is read", repeated("GET /medium HTTP/1.1\r\nHost: t\r\n\r\n", 100'000), 0,
       "reason=timeouts.send", false},
      {"tiny segments", "GET /page HTTP/1.1\r\nHost: t\r\n\r\n", 200, "", true, true},
      {"a field without end", "GET / HTTP/1.1\r\nHost: t\r\nX: " + std::string(100'000, 'x'), 431, "status=431"},
      {"thousands of fields", "GET / HTTP/1.1\r\nHost: t\r\n" + repeated("a: b\r\n", 3000), 431, "status=431"},
      {"a huge chunk extension", post("Transfer-Encoding: chunked", "5;x=" + std::string(1'000'000, 'x')), 400,
       "a chunk's line is too long"},
      {"trailers without end", post("Transfer-Encoding: chunked", "0\r\n" + repeated("a: b\r\n", 30'000)), 431, "trailer section"},
      {"a chunk of many gigabytes", post("Transfer-Encoding: chunked", "FFFFFFFFF\r\n"), 413, "limits.body_bytes"},
      {"content past the limit", with_length(std::string(1'100'000, 'x')), 413, "status=413"},
      {"a thousand ranges", thousand_ranges(), 200, ""},
      {"a compression bomb", post("Content-Encoding: gzip\r\nContent-Length: " + std::to_string(bomb().size()), bomb()), 413, ""},
      {"garbage", repeated("\x16\x03\x01\x02 garbage \xff", 10'000), 400, "status=400"},
  };
  return all;
}

std::size_t open_files(pid_t process) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/fd")) ++count;
  return count;
}

void check_answer(const Attack& attack, RawClient& client) {
  const RawResponse response = client.read_response();
  CHECK(response.status == attack.status);
  if (attack.name == "a thousand ranges") CHECK(response.body.size() == medium_file);
}

}  // namespace

TEST_CASE("every abuse meets its limit, costs bounded memory, and holds up nobody else") {
  const TemporaryFolder folder;
  folder.write("site/page", "content");
  folder.write("site/large", std::string(large_file, 'l'));
  folder.write("site/medium", std::string(medium_file, 'm'));
  for (const Attack& attack : attacks()) {
    CAPTURE(attack.name);
    const Model model{1, 2};
    const auto server = ServerProcess::run(model, folder, configuration);
    const pid_t worker = server->workers(model).at(0);
    CHECK(server->connect().get("/page").body == "content");
    const std::size_t before = peak_memory(worker);
    const std::size_t files = open_files(worker);
    std::vector<RawClient> clients;
    for (std::size_t i = 0; i < connections; ++i) {
      RawClient& client = clients.emplace_back(server->address());
      if (attack.single) {
        for (const char byte : attack.bytes) client.send({&byte, 1});
      } else if (attack.reads) {
        (void)client.send_until_refused(attack.bytes);
      } else {
        client.send_what_fits(attack.bytes);
      }
      if (i % 10 == 0) CHECK(server->connect().get("/page").body == "content");
    }
    if (attack.status == 0) {  // all of them are cut off
      CHECK(eventually([&] { return server->connect().get("/page").body == "content" && open_files(worker) < files + 10; }));
    } else {
      for (RawClient& client : clients) {
        check_answer(attack, client);
        CHECK(server->connect().get("/page").body == "content");
      }
    }
    CHECK(peak_memory(worker) < before + most_memory);
    CHECK(server->workers(model).at(0) == worker);
    if (!attack.in_log.empty()) CHECK(eventually([&] { return server->standard_error().find(attack.in_log) != std::string::npos; }));
    if (attack.status != 0) {
      const std::string line = "\" " + std::to_string(attack.status) + " ";
      CHECK(eventually([&] { return read_file(folder / "access.log").find(line) != std::string::npos; }));
    }
  }
}

TEST_CASE("the last request that a connection may have is answered with Connection: close, and what follows is never read") {
  const TemporaryFolder folder;
  folder.write("site/page", "content");
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const auto server = ServerProcess::run(model, folder, R"("limits": {"requests_per_connection": 3},
      "routes": [{"match": "/{path...}", "handler": "static_files", "options": {"root": "site"}}])");
    RawClient flood = server->connect();
    flood.send(repeated("GET /page HTTP/1.1\r\nHost: t\r\n\r\n", 50));
    for (int i = 1; i <= 3; ++i) {
      const RawResponse response = flood.read_response();
      CHECK(response.body == "content");
      CHECK(response.field("Connection") == (i == 3 ? "close" : ""));
    }
    flood.half_close();
    CHECK(flood.ends_without_more());
    RawClient polite = server->connect();
    for (int i = 1; i <= 3; ++i) CHECK(polite.get("/page").field("Connection") == (i == 3 ? "close" : ""));
    CHECK(polite.ends_without_more());
  }
}

}  // namespace abuse_test
