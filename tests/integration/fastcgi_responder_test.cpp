// FastCGI: a responder whose every byte the test says.

#include <doctest/doctest.h>

#include <signal.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/fastcgi_records.hpp"
#include "tests/support/scripted_upstream.hpp"
#include "tests/support/server_process.hpp"

namespace fastcgi_responder_test {

using namespace ropeway::testing;

namespace {

constexpr Model one_worker{1, 2};
const std::string get = "GET /x.php HTTP/1.1\r\nHost: h\r\n\r\n";

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

FastCgiRequest request_from(ScriptedUpstream::Connection& behind) {
  return read_fastcgi_request([&](std::size_t count) { return behind.read_bytes(count); });
}

// A responder on a unix socket, and a server in front of it.
class Front {
 public:
  explicit Front(const std::string& more = "", const std::string& members = "") {
    (void)folder_.write("site/x.php", "no PHP reads it");
    server_ = ServerProcess::run(one_worker, folder_,
                                 members + R"("routes": [{"match": "/ok", "handler": "fixed_response", "options": {"body": "answer"}},
      {"match": "/", "handler": "fastcgi", "options": {"root": "site", "server": "unix:)" +
                                     (folder_ / "behind.sock") + '"' + more + "}}]");
  }
  [[nodiscard]] RawClient connect() const { return server_->connect(); }
  [[nodiscard]] ScriptedUpstream& upstream() noexcept { return *upstream_; }
  void end_upstream() { upstream_.reset(); }
  [[nodiscard]] bool logs(const std::string& part) const {
    return eventually([&] { return has(server_->standard_error(), part); }, std::chrono::seconds(10));
  }

 private:
  TemporaryFolder folder_;
  std::unique_ptr<ScriptedUpstream> upstream_ = std::make_unique<ScriptedUpstream>(folder_ / "behind.sock");
  std::unique_ptr<ServerProcess> server_;
};

const std::string ok = fastcgi_answer("Content-Type: text/plain\r\n\r\nok");

}  // namespace

TEST_CASE("an answer in many small records is one answer, and the connection is closed where it is not to be kept") {
  Front front;
  RawClient client = front.connect();
  client.send("GET /x.php HTTP/1.1\r\nHost: h\r\nProxy: http://evil\r\nX-A: b\r\n\r\n");
  auto behind = front.upstream().accept();
  const FastCgiRequest request = request_from(behind);
  CHECK(request.params.at("HTTP_X_A") == "b");
  CHECK(request.params.count("HTTP_PROXY") == 0);
  CHECK(request.role == 1);
  CHECK_FALSE(request.keep);
  CHECK(request.params.at("SCRIPT_NAME") == "/x.php");
  CHECK(request.params.count("CONTENT_LENGTH") == 0);
  std::string records = fastcgi_record(11, "\x63unknown", 0, 0);
  for (const char byte : std::string("Status: 201 Made\nContent-Type: text/plain\nContent-Length: 7\n\ncontent")) {
    records += fastcgi_record(6, std::string(1, byte), static_cast<unsigned char>(byte) % 9);
  }
  behind.send(records + fastcgi_record(6, "") + fastcgi_end(0, 1));
  const RawResponse response = client.read_response();
  CHECK(response.status == 201);
  CHECK(response.body == "content");
  CHECK(behind.ends());
}

TEST_CASE("answers that are none, and refusals, are errors that the log explains") {
  struct Row {
    std::string bytes;
    int status;
    std::string log;
  };
  const std::vector<Row> rows{
      {"", 502, "the connection was closed before there was an answer"},
      {"\x01", 502, "the connection was closed inside the answer"},
      {fastcgi_record(6, "Content-Type: a/b\n"), 502, "the connection was closed inside the answer"},
      {fastcgi_end(0), 502, "the script ended without an answer"},
      {fastcgi_answer("<html>\n\n"), 502, "what the script wrote is no answer: a line of its header is no field"},
      {fastcgi_answer("X: y\n\n"), 502, "it has no Content-Type, Location or Status"},
      {fastcgi_answer("Content-Type: a/b\nX: " + std::string(40'000, 'x')), 502, "its header is larger than it may be"},
      {"HTTP/1.1 200 OK\r\n\r\n", 502, "what it sent is no FastCGI: a record has another version than 1"},
      {fastcgi_record(6, "Content-Type: a/b\n\n", 0, 2), 502, "a record belongs to a request that was not made"},
      {fastcgi_record(9, "x"), 502, "a record is of a type that a responder does not send"},
      {fastcgi_end(1), 502, "FCGI_CANT_MPX_CONN"},
      {fastcgi_end(2), 503, "FCGI_OVERLOADED"},
      {fastcgi_end(3), 502, "FCGI_UNKNOWN_ROLE"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.log);
    Front front;
    RawClient client = front.connect();
    client.send(get);
    auto behind = front.upstream().accept();
    (void)request_from(behind);
    behind.send(row.bytes);
    behind.close();
    const RawResponse response = client.read_response();
    CHECK(response.status == row.status);
    CHECK(response.field("Retry-After") == (row.status == 503 ? "1" : ""));
    CHECK_FALSE(has(response.body, "FCGI"));
    CHECK(front.logs(row.log));
    CHECK(client.get("/ok").body == "answer");
  }
}

TEST_CASE("an answer that breaks off behind its header is cut off for the client, too") {
  Front front;
  RawClient client = front.connect();
  client.send(get);
  auto behind = front.upstream().accept();
  (void)request_from(behind);
  behind.send(fastcgi_record(6, "Content-Type: a/b\n\npart"));
  std::string text;
  while (!has(text, "part\r\n")) text += client.read_bytes(1);
  behind.close();
  CHECK_FALSE(has(client.read_until_close(), "0\r\n\r\n"));
  CHECK(front.logs("the connection was closed inside the answer"));
}

TEST_CASE("content streams to the responder as it comes, with its length, and of unknown length is read before") {
  Front front;
  RawClient client = front.connect();
  client.send("POST /x.php HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n" + std::string(60'000, 'a'));
  auto behind = front.upstream().accept();
  std::string seen;
  while (!seen.ends_with(std::string(1000, 'a'))) seen += behind.read_bytes(1000);  // while the rest has not been sent
  CHECK(has(seen, "CONTENT_LENGTH100000"));
  client.send(std::string(40'000, 'b'));
  const std::string end = fastcgi_record(5, "");
  while (!seen.ends_with(end)) seen += behind.read_bytes(1);
  behind.send(ok);
  CHECK(client.read_response().body == "ok");

  client.send("POST /x.php HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
  CHECK_FALSE(front.upstream().has_visitor());
  client.send("4\r\nnext\r\n0\r\n\r\n");
  auto other = front.upstream().accept();
  const FastCgiRequest request = request_from(other);
  CHECK(request.params.at("CONTENT_LENGTH") == "9");
  CHECK(request.content == "firstnext");
  other.send(ok);
  CHECK(client.read_response().body == "ok");
}

TEST_CASE("an answer may come before the content has been taken") {
  Front front;
  {
    RawClient client = front.connect();
    client.send("POST /x.php HTTP/1.1\r\nHost: h\r\nContent-Length: 5000000\r\n\r\n");
    auto behind = front.upstream().accept();
    // The whole answer, and nothing of the content is ever read.
    behind.send(fastcgi_answer("Status: 413\nContent-Type: a/b\n\nlarge"));
    client.send_what_fits(std::string(5'000'000, 'x'));
    const RawResponse response = client.read_response();
    CHECK(response.status == 413);
    CHECK(response.body == "large");
  }
  // More of each than the sockets hold, before the responder reads any content: neither side waits for the other for ever.
  RawClient client = front.connect();
  client.send("POST /x.php HTTP/1.1\r\nHost: h\r\nContent-Length: 600000\r\n\r\n" + std::string(600'000, 'x'));
  auto behind = front.upstream().accept();
  behind.send(fastcgi_record(6, "Content-Type: a/b\n\n"));
  for (int i = 0; i < 10; ++i) behind.send(fastcgi_record(6, std::string(60'000, 'y')));
  CHECK(request_from(behind).content == std::string(600'000, 'x'));
  behind.send(fastcgi_end(0));
  CHECK(client.read_response().body == std::string(600'000, 'y'));
}

TEST_CASE("a kept connection that was closed meanwhile is replaced, where nothing can happen twice") {
  Front front(R"(, "keep": "30s")");
  RawClient client = front.connect();
  client.send(get);
  auto behind = front.upstream().accept();
  CHECK(request_from(behind).keep);
  behind.send(ok);
  CHECK(client.read_response().body == "ok");
  for (const char* request : {"GET /x.php HTTP/1.1\r\nHost: h\r\n\r\n", "HEAD /x.php HTTP/1.1\r\nHost: h\r\n\r\n"}) {
    client.send(request);
    (void)request_from(behind);
    behind.close();  // just then
    behind = front.upstream().accept();
    (void)request_from(behind);
    behind.send(ok);
    CHECK(client.read_response(std::string(request).starts_with("HEAD")).status == 200);
  }
  for (const char* request :
       {"POST /x.php HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", "PUT /x.php HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx"}) {
    CAPTURE(std::string(request));
    client.send(request);
    (void)request_from(behind);
    behind.close();
    CHECK(client.read_response().status == 502);
    CHECK_FALSE(front.upstream().has_visitor());
    client.send(get);
    behind = front.upstream().accept();
    (void)request_from(behind);
    behind.send(ok);
    CHECK(client.read_response().body == "ok");
  }
}

TEST_CASE("what comes behind the end of an answer is nobody's answer") {
  Front front(R"(, "keep": "30s")");
  RawClient client = front.connect();
  client.send(get);
  auto behind = front.upstream().accept();
  (void)request_from(behind);
  behind.send(ok + fastcgi_answer("Content-Type: a/b\n\npoison"));
  CHECK(client.read_response().body == "ok");
  client.send(get);
  auto other = front.upstream().accept();
  (void)request_from(other);
  other.send(ok);
  CHECK(client.read_response().body == "ok");
}

TEST_CASE("a client that goes away takes the connection to the responder with it") {
  Front front;
  auto client = std::make_unique<RawClient>(front.connect());
  client->send(get);
  auto waiting = front.upstream().accept();
  (void)request_from(waiting);
  client.reset();
  CHECK(waiting.ends());

  client = std::make_unique<RawClient>(front.connect());
  client->send(get);
  auto streaming = front.upstream().accept();
  (void)request_from(streaming);
  streaming.send(fastcgi_record(6, "Content-Type: a/b\n\npart"));
  std::string text;
  while (!has(text, "part")) text += client->read_bytes(1);
  client->reset();  // one that has only ended its side may still read
  CHECK(streaming.ends());
}

TEST_CASE("a responder that takes too long is 504, one that is not there 502, and past the bounds it is 503") {
  {
    Front front(R"(, "response_timeout": "300ms", "idle_timeout": "300ms")");
    RawClient client = front.connect();
    client.send(get);
    auto behind = front.upstream().accept();
    (void)request_from(behind);
    behind.send(fastcgi_record(7, "still there") + fastcgi_record(6, "Content-Type: a/b\n"));
    CHECK(client.read_response().status == 504);
    CHECK(front.logs("response_timeout"));
    CHECK(front.logs("still there"));
    client.send(get);
    auto other = front.upstream().accept();
    (void)request_from(other);
    other.send(fastcgi_record(6, "Content-Type: a/b\n\npart"));
    CHECK_FALSE(has(client.read_until_close(), "0\r\n\r\n"));
    CHECK(front.logs("idle_timeout"));
    front.end_upstream();
    RawClient last = front.connect();
    CHECK(last.exchange(get).status == 502);
    CHECK(front.logs("no connection"));
  }
  Front front(R"(, "connections": 1, "queue": 0)");
  RawClient first = front.connect();
  first.send(get);
  auto behind = front.upstream().accept();
  (void)request_from(behind);
  RawClient second = front.connect();
  const RawResponse busy = second.exchange(get);
  CHECK(busy.status == 503);
  CHECK(busy.field("Retry-After") == "1");
  behind.send(ok);
  CHECK(first.read_response().body == "ok");
}

TEST_CASE("a redirect within the server is answered by the server") {
  Front front(R"(, "keep": "30s")");
  RawClient client = front.connect();
  client.send(get);
  auto behind = front.upstream().accept();
  (void)request_from(behind);
  behind.send(fastcgi_record(6, "Location: /ok\n\n") + fastcgi_record(6, "dropped") + fastcgi_end(0));
  CHECK(client.read_response().body == "answer");
}

TEST_CASE("messages of a script are bounded in the log") {
  Front front;
  RawClient client = front.connect();
  client.send(get);
  auto behind = front.upstream().accept();
  (void)request_from(behind);
  for (int i = 0; i < 1000; ++i) behind.send(fastcgi_record(7, "message\n"));
  behind.send(ok);
  CHECK(client.read_response().body == "ok");
  CHECK(front.logs("a script wrote more to its standard error than is logged"));
}

TEST_CASE("of several responders, over TCP, one that is not there is passed over") {
  const auto address = [](const ScriptedUpstream& upstream) { return '"' + upstream.url().substr(std::string("http://").size()) + '"'; };
  std::string gone;
  {
    const ScriptedUpstream closed;
    gone = address(closed);
  }
  const ScriptedUpstream upstream;
  const TemporaryFolder folder;
  (void)folder.write("site/x.php", "no PHP reads it");
  const auto server =
      ServerProcess::run(one_worker, folder,
                         R"("routes": [{"match": "/", "handler": "fastcgi", "options": {"root": "site", "keep": "30s", "server": [)" +
                             gone + ", " + address(upstream) + "]}}]");
  RawClient client = server->connect();
  client.send("POST /x.php HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello");
  auto behind = upstream.accept();
  CHECK(request_from(behind).content == "hello");
  behind.send(ok);
  CHECK(client.read_response().body == "ok");
  client.send(get);
  CHECK(request_from(behind).params.at("REQUEST_METHOD") == "GET");
  behind.send(ok);
  CHECK(client.read_response().body == "ok");
}

}  // namespace fastcgi_responder_test
