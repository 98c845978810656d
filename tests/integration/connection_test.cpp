#include <doctest/doctest.h>

#include "tests/support/server_process.hpp"

namespace connection_test {

using namespace ropeway::testing;

namespace {

constexpr const char* two_routes = R"("routes": [
  {"match": "/a", "handler": "fixed_response", "options": {"body": "answer a"}},
  {"match": "/b", "handler": "fixed_response", "options": {"body": "answer b, which is longer"}},
  {"match": "GET /files/{path...}", "handler": "static_files", "options": {"root": "site"}}])";

std::string get(const std::string& target) { return "GET " + target + " HTTP/1.1\r\nHost: test\r\n\r\n"; }

}  // namespace

TEST_CASE("one connection carries many requests, until one of the two sides ends it") {
  const TemporaryFolder folder;
  folder.write("site/file.txt", "file");
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const auto server = ServerProcess::run(model, folder, two_routes);
    RawClient client = server->connect();
    for (int i = 0; i < 20; ++i) {
      const RawResponse response = client.get(i % 2 == 0 ? "/a" : "/b");
      REQUIRE(response.status == 200);
      REQUIRE(response.body == (i % 2 == 0 ? "answer a" : "answer b, which is longer"));
    }
    const RawResponse last = client.get("/a", "Connection: close\r\n");
    CHECK(last.body == "answer a");
    CHECK(last.field("Connection") == "close");
    CHECK(client.ends_without_more());

    RawClient old = server->connect();
    const RawResponse old_response = old.exchange("GET /a HTTP/1.0\r\n\r\n");
    CHECK(old_response.body == "answer a");
    CHECK(old.ends_without_more());
    RawClient old_persistent = server->connect();
    for (int i = 0; i < 2; ++i) CHECK(old_persistent.exchange("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").body == "answer a");
  }
}

TEST_CASE("pipelined requests are answered in their order, also many at once and also byte by byte") {
  const TemporaryFolder folder;
  const std::string file(200'000, 'f');
  folder.write("site/file.bin", file);
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const auto server = ServerProcess::run(model, folder, two_routes);
    RawClient client = server->connect();
    std::string requests;
    for (int i = 0; i < 500; ++i) requests += get(i % 3 == 0 ? "/b" : "/a");
    client.send(requests);
    for (int i = 0; i < 500; ++i) REQUIRE(client.read_response().body == (i % 3 == 0 ? "answer b, which is longer" : "answer a"));

    client.send(get("/files/file.bin") + get("/a") + get("/files/file.bin") + get("/missing") + get("/b"));
    CHECK((client.read_response().body == file));
    CHECK(client.read_response().body == "answer a");
    CHECK((client.read_response().body == file));
    CHECK(client.read_response().status == 404);
    CHECK(client.read_response().body == "answer b, which is longer");

    for (const char byte : get("/a") + get("/b")) client.send(std::string_view(&byte, 1));
    CHECK(client.read_response().body == "answer a");
    CHECK(client.read_response().body == "answer b, which is longer");
  }
}

TEST_CASE("a large file arrives whole at a client that reads late") {
  const TemporaryFolder folder;
  std::string file;
  while (file.size() < 20'000'000) file += "line " + std::to_string(file.size()) + "\n";
  folder.write("site/large.bin", file);
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const auto server = ServerProcess::run(model, folder, two_routes);
    std::vector<RawClient> clients;
    for (int i = 0; i < 3; ++i) {
      clients.push_back(server->connect());
      clients.back().send(get("/files/large.bin") + get("/a"));
    }
    RawClient other = server->connect();
    CHECK(other.get("/b").body == "answer b, which is longer");  // nobody waits for the slow ones
    for (RawClient& client : clients) {
      CHECK((client.read_response().body == file));
      CHECK(client.read_response().body == "answer a");
    }
  }
}

TEST_CASE("content in chunks or by length is taken, and the next request stands where it ends") {
  const TemporaryFolder folder;
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const auto server = ServerProcess::run(model, folder, two_routes);
    RawClient client = server->connect();
    std::string chunked = "POST /a HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (int i = 0; i < 50; ++i) chunked += "64;ext=1\r\n" + std::string(100, 'c') + "\r\n";
    chunked += "0\r\nTrailer: yes\r\n\r\n";
    const std::string sized = "POST /b HTTP/1.1\r\nHost: test\r\nContent-Length: 70000\r\n\r\n" + std::string(70'000, 'G');
    client.send(chunked + sized + get("/a"));
    CHECK(client.read_response().body == "answer a");
    CHECK(client.read_response().body == "answer b, which is longer");
    CHECK(client.read_response().body == "answer a");
  }
}

TEST_CASE("a client that expects 100 is told to go on, and then answered") {
  const TemporaryFolder folder;
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const auto server = ServerProcess::run(model, folder, two_routes);
    RawClient client = server->connect();
    client.send("POST /a HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    CHECK(client.read_response().status == 100);
    client.send("12345");
    CHECK(client.read_response().body == "answer a");
    CHECK(client.get("/b").status == 200);
  }
}

TEST_CASE("a client that has ended its sending is still answered") {
  const TemporaryFolder folder;
  const std::string file(3'000'000, 'h');
  folder.write("site/file.bin", file);
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const auto server = ServerProcess::run(model, folder, two_routes);
    RawClient client = server->connect();
    client.send(get("/a") + get("/files/file.bin") + get("/b"));
    client.half_close();
    CHECK(client.read_response().body == "answer a");
    CHECK((client.read_response().body == file));
    CHECK(client.read_response().body == "answer b, which is longer");
    CHECK(client.ends_without_more());
  }
}

TEST_CASE("clients that vanish in the middle do no harm to the others") {
  const TemporaryFolder folder;
  folder.write("site/large.bin", std::string(10'000'000, 'l'));
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const auto server = ServerProcess::run(model, folder, two_routes);
    RawClient witness = server->connect();
    CHECK(witness.get("/a").status == 200);
    const std::vector<std::string> beginnings = {"",
                                                 "G",
                                                 "GET /a HTTP/1.1\r\nHo",
                                                 "POST /a HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\n123",
                                                 "POST /a HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
                                                 get("/files/large.bin"),
                                                 get("/a") + get("/files/large.bin") + "GET"};
    for (int round = 0; round < 5; ++round) {
      for (const std::string& beginning : beginnings) {
        RawClient resetting = server->connect();
        resetting.send(beginning);
        resetting.reset();
        RawClient closing = server->connect();
        closing.send(beginning);
      }
    }
    CHECK(witness.get("/b").body == "answer b, which is longer");
    CHECK(server->connect().get("/a").body == "answer a");
    CHECK(server->workers(model).size() == model.workers());
    CHECK(server->standard_error().find("killed by") == std::string::npos);
  }
}

TEST_CASE("what is no HTTP gets 400 and the end of its connection") {
  const TemporaryFolder folder;
  const std::vector<std::string> requests = {
      "\x16\x03\x01\x02\x01 not plain text\r\n\r\n",
      "GET /a\r\n\r\n",
      "GET  /a HTTP/1.1\r\nHost: test\r\n\r\n",
      "GET /a HTTP/1.1\r\n\r\n",
      "GET /a HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
      "GET /a HTTP/1.1\r\nHost : test\r\n\r\n",
      "GET /a HTTP/1.1\r\nHost: test\r\n folded: x\r\n\r\n",
      "POST /a HTTP/1.1\r\nHost: test\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n12",
      "POST /a HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST /a HTTP/1.1\r\nHost: test\r\nContent-Length: +3\r\n\r\n123",
      "POST /a HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"};
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const auto server = ServerProcess::run(model, folder, two_routes);
    for (const std::string& request : requests) {
      CAPTURE(request);
      RawClient client = server->connect();
      client.send(request + get("/b"));  // must not be taken for a request of its own
      CHECK(client.read_response().status == 400);
      client.half_close();
      CHECK(client.ends_without_more());
    }
    RawClient client = server->connect();
    CHECK(client.exchange("GET /a HTTP/3.7\r\nHost: test\r\n\r\n").status == 505);
  }
}

TEST_CASE("slashes side by side mean what the configuration says, to routes and to handlers alike") {
  const TemporaryFolder folder;
  folder.write("site/a/b.txt", "b");
  for (const auto& [rule, status] : {std::pair("keep", 404), std::pair("merge", 200), std::pair("refuse", 400)}) {
    CAPTURE(rule);
    const auto server =
        ServerProcess::run({1, 1}, folder,
                           "\"repeated_slashes\": \"" + std::string(rule) +
                               R"(", "routes": [{"match": "/files/{path...}", "handler": "static_files", "options": {"root": "site"}},
           {"match": "GET /exact/x", "handler": "fixed_response"}])");
    CHECK(server->connect().get("/files/a/b.txt").status == 200);
    CHECK(server->connect().get("/files//a//b.txt").status == status);
    CHECK(server->connect().get("//exact//x").status == status);
  }
}

TEST_CASE("OPTIONS with a target that has no path is about the server as a whole (RFC 9112 §3.2.4)") {
  const TemporaryFolder folder;
  const auto server = ServerProcess::run({1, 1}, folder, R"("routes": [{"match": "GET /a", "handler": "fixed_response"}])");
  RawClient client = server->connect();
  for (const std::string target : {"*", "http://t", "http://t:80"}) {
    CAPTURE(target);
    const RawResponse response = client.exchange("OPTIONS " + target + " HTTP/1.1\r\nHost: t\r\n\r\n");
    CHECK(response.status == 204);
    CHECK(response.field("Allow") == "GET, HEAD, OPTIONS");
  }
  CHECK(client.exchange("OPTIONS http://t/ HTTP/1.1\r\nHost: t\r\n\r\n").status == 404);
}

}  // namespace connection_test
