#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <ropeway/json_document.hpp>
#include <set>
#include <stdexcept>

#include "tests/support/json.hpp"
#include "tests/support/server_process.hpp"
#include "tests/support/websocket_client.hpp"

namespace ropeway::testing::examples_test {
namespace {

// An example's own configuration, on a free port and in another model.
std::unique_ptr<ServerProcess> start(const std::string& executable, const std::string& example, const Model& model,
                                     const TemporaryFolder& folder, std::vector<std::string> arguments = {}) {
  auto configuration = parsed_json(read_file(source_folder() + "/examples/" + example + "/ropeway.json"));
  configuration["processes"] = model.processes;
  configuration["threads"] = model.threads;
  configuration["listen"] = {"127.0.0.1:0"};
  arguments.insert(arguments.end(), {"--config", folder.write("ropeway.json", configuration.dump(2))});
  return std::make_unique<ServerProcess>(arguments, folder.path().string(), executable);
}

TEST_CASE("the hello example greets by name, in every model") {
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const TemporaryFolder folder;
    const auto server = start(example_program("hello"), "hello", model, folder);
    RawClient client = server->connect();
    CHECK(client.get("/hello/world").body == "Hello, world!\n");
    CHECK(client.get("/hello/J%C3%BCrgen%20%2F").body == "Hello, J\xC3\xBCrgen /!\n");
    CHECK(client.get("/hello/").status == 404);
    CHECK(client.exchange("POST /hello/world HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\r\n").field("Allow") == "GET, HEAD, OPTIONS");
    server->signal(SIGTERM);
    CHECK(server->wait() == 0);
  }
}

TEST_CASE("the module example greets in the program itself, in every model") {
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const TemporaryFolder folder;
    std::filesystem::create_directory(folder / "build");
    std::filesystem::copy_file(example_module("module", "hello.so"), folder / "build/hello.so");
    const auto server = start(program(), "module", model, folder, {"run"});
    CHECK(server->connect().get("/hello/world").body == "Good day, world!\n");
  }
}

TEST_CASE("the functions example answers from functions, in every model") {
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const TemporaryFolder folder;
    const auto server = start(example_program("functions"), "functions", model, folder);
    RawClient client = server->connect();
    const RawResponse greeting = client.get("/greet/world");
    CHECK(greeting.body == "Hello, world!\n");
    CHECK(greeting.field("X-Powered-By") == "gravity");
    CHECK(client.exchange("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\n\r\nback").body == "back");
  }
}

TEST_CASE("the files example compresses its page on the fly, and sends a style sheet that lies ready, in every model") {
  const TemporaryFolder folder;
  std::filesystem::copy(source_folder() + "/examples/files/site", folder / "site", std::filesystem::copy_options::recursive);
  std::filesystem::resize_file(folder / "site/index.html", 5000);  // long enough to be worth it
  folder.write("site/assets/style.css.br", "as it lies ready");
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const auto server = start(program(), "files", model, folder, {"run"});
    RawClient client = server->connect();
    for (const char* coding : {"zstd", "br", "gzip"}) {
      const RawResponse page = client.get("/", std::string("Accept-Encoding: ") + coding + "\r\n");
      CHECK(page.status == 200);
      CHECK(page.field("Content-Encoding") == coding);
      CHECK(page.field("Vary") == "Accept-Encoding");
      CHECK(page.body.size() < 1000);
    }
    CHECK(client.get("/").body == read_file(folder / "site/index.html"));
    const RawResponse ready = client.get("/assets/style.css", "Accept-Encoding: gzip, br\r\n");
    CHECK(ready.body == "as it lies ready");
    CHECK(ready.field("Content-Encoding") == "br");
    CHECK(ready.field("Content-Type").starts_with("text/css"));
    CHECK(ready.field("Cache-Control") == "max-age=86400");
    const RawResponse plain = client.get("/assets/style.css");
    CHECK_FALSE(plain.has("Content-Encoding"));
    CHECK(plain.body == read_file(folder / "site/assets/style.css"));
    server->signal(SIGTERM);
    CHECK(server->wait() == 0);
  }
}

TEST_CASE("the downloads example gives files to those who have the token, to be saved") {
  const TemporaryFolder folder;
  std::filesystem::copy(source_folder() + "/examples/downloads/files", folder / "files", std::filesystem::copy_options::recursive);
  const auto server = start(example_program("downloads"), "downloads", {1, 1}, folder);
  RawClient client = server->connect();
  CHECK(client.get("/report.txt").status == 403);
  const RawResponse report = client.get("/report.txt?token=7f3a");
  CHECK(report.body == read_file(folder / "files/report.txt"));
  CHECK(report.field("Content-Disposition") == "attachment; filename*=UTF-8''report.txt");
  CHECK(client.get("/report.txt?token=7f3a", "Range: bytes=0-9\r\n").status == 206);
}

TEST_CASE("the cgi example runs its scripts, in every model") {
  const TemporaryFolder folder;
  std::filesystem::copy(source_folder() + "/examples/cgi/bin", folder / "bin", std::filesystem::copy_options::recursive);
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const auto server = start(program(), "cgi", model, folder, {"run"});
    RawClient client = server->connect();
    CHECK(client.get("/cgi/hello.sh/you").body == "Hello, you! This is GET /cgi/hello.sh\n");
    const std::string form = "name=A+%26+B&times=2";
    const RawResponse filled = client.exchange("POST /cgi/form.py HTTP/1.1\r\nHost: t\r\nContent-Length: " + std::to_string(form.size()) +
                                               "\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n" + form);
    CHECK(filled.status == 200);
    CHECK(filled.body == "<p>Hello, A &amp; B!</p>\n<p>Hello, A &amp; B!</p>\n");
    CHECK(client.get("/cgi/form.py").status == 400);
    server->signal(SIGTERM);
    CHECK(server->wait() == 0);
  }
}

TEST_CASE("the example of a proxy serves its files, and tells that nothing is behind it here") {
  const TemporaryFolder folder;
  std::filesystem::copy(source_folder() + "/examples/proxy/static", folder / "static", std::filesystem::copy_options::recursive);
  const auto server = start(program(), "proxy", {1, 1}, folder, {"run"});
  RawClient client = server->connect();
  CHECK(client.get("/static/style.css").body == read_file(source_folder() + "/examples/proxy/static/style.css"));
  CHECK(client.get("/api/a").status == 502);
}

TEST_CASE("the coroutine, the blocking handler, the isolated handler and the middleware of the handlers example work in every model") {
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const TemporaryFolder folder;
    const auto server = start(example_program("handlers"), "handlers", model, folder);
    RawClient client = server->connect();
    const RawResponse waited = client.get("/wait/20");
    CHECK(waited.body == "waited 20 ms\n");
    CHECK(waited.field("Server-Timing").starts_with("handler;dur="));
    CHECK(client.get("/wait/2001").status == 400);
    CHECK(client.get("/wait/soon").status == 400);
    const RawResponse load = client.get("/load");
    CHECK(load.status == 200);
    CHECK(load.body.find('/') != std::string::npos);
    CHECK(load.has("Server-Timing"));
    CHECK(client.get("/take/1").body == "took 1048576 bytes\n");
    CHECK(client.get("/take/1000").status == 502);
    CHECK(client.get("/take/x").status == 500);
    CHECK_FALSE(client.get("/elsewhere").has("Server-Timing"));
    server->signal(SIGTERM);
    CHECK(server->wait() == 0);
  }
}

TEST_CASE("an example refuses options that its handlers do not declare") {
  const TemporaryFolder folder;
  const std::string file = folder.write("ropeway.json", R"({"routes": [{"match": "/", "handler": "wait", "options": {"longer": "2s"}}]})");
  const Finished finished = run_to_end({example_program("handlers"), "check", "--config", file}, folder.path().string());
  CHECK(finished.exit_code == 2);
  CHECK(finished.error.find("did you mean \"longest\"") != std::string::npos);
}

TEST_CASE("the tutorial's server starts, answers every path, and stops with its scope") {
  const TemporaryFolder folder;
  ChildProcess tutorial({example_program("tutorial"), "0"}, folder.path().string());
  const std::string announcement = "http://localhost:";
  const auto port_text = [&] {
    const std::string said = tutorial.standard_output();
    const std::size_t at = said.find(announcement);
    return at == std::string::npos || said.find('\n', at) == std::string::npos ? std::string() : said.substr(at + announcement.size());
  };
  REQUIRE(eventually([&] { return !port_text().empty(); }));
  RawClient client(SocketAddress::tcp("127.0.0.1", static_cast<std::uint16_t>(std::stoi(port_text()))));
  CHECK(client.get("/any/path").body == "Request: /any/path\n");
  tutorial.signal(SIGTERM);
  CHECK(tutorial.wait() == 0);
  CHECK(tutorial.standard_output().find("Server stopped.") != std::string::npos);
}

TEST_CASE("in the chat example all in a room hear what is said, whichever worker they are connected to") {
  const TemporaryFolder folder;
  std::filesystem::copy(source_folder() + "/examples/websocket_chat/site", folder / "site", std::filesystem::copy_options::recursive);
  const auto server = start(example_program("websocket_chat"), "websocket_chat", {3, 2}, folder);
  CHECK(server->connect().get("/").body == read_file(folder / "site/index.html"));
  std::vector<std::unique_ptr<WebSocketClient>> guests;
  std::set<std::string> processes;
  CHECK(eventually([&] {  // a worker that the machine holds up gets no connections meanwhile
    auto guest = std::make_unique<WebSocketClient>(server->connect(), "/rooms/one");
    if (processes.insert(guest->read_text()).second || guests.size() < 6) guests.push_back(std::move(guest));
    return guests.size() >= 6 && processes.size() == 3;
  }));
  WebSocketClient other(server->connect(), "/rooms/two");
  CHECK(other.read_text().starts_with("You are connected"));
  for (const auto& speaker : {0, 1, 2}) {
    const std::string words = "words of " + std::to_string(speaker);
    guests[static_cast<std::size_t>(speaker)]->send(words);
    for (const auto& guest : guests) CHECK(guest->read_text() == words);
  }
  other.raw.send(close_frame(1000));
  CHECK(other.read_close() == 1000);  // and nothing before it
}

TEST_CASE("the websocket example echoes, and its chat reaches those in the room, in every model of one process") {
  for (const Model& model : {Model{0, 2}, Model{1, 1}, Model{1, 2}}) {
    CAPTURE(model.name());
    const TemporaryFolder folder;
    const auto server = start(example_program("websocket"), "websocket", model, folder);
    CHECK(WebSocketClient(server->connect(), "/echo").echo("hello") == "hello");
    const char* const protocol = "Sec-WebSocket-Protocol: chat\r\n";
    WebSocketClient ann(server->connect(), "/chat/one", protocol);
    WebSocketClient bob(RawClient(server->address(), std::chrono::seconds(1)), "/chat/one", protocol);
    WebSocketClient eve(server->connect(), "/chat/two", protocol);
    CHECK(bob.answer.field("Sec-WebSocket-Protocol") == "chat");
    CHECK(eventually([&] {  // his handler may not have begun
      ann.send("hi Bob");
      try {
        return bob.read_text() == "hi Bob";
      } catch (const std::runtime_error&) { return false; }
    }));
    eve.raw.send(close_frame(1000));
    CHECK(eve.read_close() == 1000);  // and nothing before it
    server->signal(SIGTERM);
    CHECK(server->wait() == 0);
  }
}

}  // namespace
}  // namespace ropeway::testing::examples_test
