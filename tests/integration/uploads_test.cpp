#include <doctest/doctest.h>

#include <filesystem>

#include "tests/support/server_process.hpp"

namespace uploads_test {

using namespace ropeway::testing;

namespace {

constexpr const char* configuration = R"("limits": {"body_bytes": "100M"}, "routes": [
  {"match": "GET /{path...}", "handler": "static_files", "options": {"root": "site"}},
  {"match": "/{path...}", "handler": "uploads", "options": {"root": "site"}}])";

std::size_t names_in(const std::filesystem::path& folder) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++count;
  return count;
}

}  // namespace

TEST_CASE("a file is stored, served, replaced and removed, in every model") {
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const TemporaryFolder folder;
    std::filesystem::create_directory(folder / "site");
    const auto server = ServerProcess::run(model, folder, configuration);
    RawClient client = server->connect();
    const std::string large(5'000'000, 'u');
    CHECK(client.exchange("PUT /a/b.bin HTTP/1.1\r\nHost: t\r\nContent-Length: 5000000\r\n\r\n" + large).status == 201);
    const RawResponse served = client.get("/a/b.bin");
    CHECK(served.body == large);
    const std::string chunked = "Host: t\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nnew\r\n0\r\n\r\n";
    CHECK(client.exchange("PUT /a/b.bin HTTP/1.1\r\nIf-Match: \"other\"\r\n" + chunked).status == 412);
    RawClient second = server->connect();
    CHECK(second.exchange("PUT /a/b.bin HTTP/1.1\r\nIf-Match: " + served.field("ETag") + "\r\n" + chunked).status == 204);
    CHECK(second.get("/a/b.bin").body == "new");
    CHECK(second.exchange("DELETE /a/b.bin HTTP/1.1\r\nHost: t\r\n\r\n").status == 204);
    CHECK(second.get("/a/b.bin").status == 404);
  }
}

TEST_CASE("a client that waits for 100 Continue is told beforehand that its file is not wanted") {
  const TemporaryFolder folder;
  folder.write("site/file", "old");
  const auto server = ServerProcess::run({1, 2}, folder, configuration);
  RawClient client = server->connect();
  const std::string head = "PUT /file HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\nExpect: 100-continue\r\n";
  client.send(head + "If-None-Match: *\r\n\r\n");
  CHECK(client.read_response().status == 412);
  RawClient welcome = server->connect();
  welcome.send(head + "\r\n");
  CHECK(welcome.read_response().status == 100);
  CHECK(welcome.exchange("new").status == 204);
  CHECK(read_file(folder / "site/file") == "new");
}

TEST_CASE("an upload that breaks off leaves the old file, and nothing beside it") {
  const TemporaryFolder folder;
  folder.write("site/file", "old");
  const auto server = ServerProcess::run({1, 2}, folder, configuration);
  {
    RawClient client = server->connect();
    client.send("PUT /file HTTP/1.1\r\nHost: t\r\nContent-Length: 2000000\r\n\r\n" + std::string(1'000'000, 'n'));
    CHECK(eventually([&] { return names_in(folder / "site") == 2; }));  // it is being written
    CHECK(read_file(folder / "site/file") == "old");
    client.reset();
  }
  CHECK(eventually([&] { return names_in(folder / "site") == 1; }));
  CHECK(read_file(folder / "site/file") == "old");
  CHECK(server->connect().get("/file").body == "old");
}

TEST_CASE("two routes of one path say together what it allows") {
  const TemporaryFolder folder;
  folder.write("site/file", "old");
  const auto server = ServerProcess::run({1, 1}, folder, configuration);
  for (const std::string method : {"OPTIONS", "PATCH"}) {
    RawClient client = server->connect();
    const std::string allow = client.exchange(method + " /file HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\r\n").field("Allow");
    for (const std::string allowed : {"GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"}) CHECK(allow.find(allowed) != std::string::npos);
  }
}

TEST_CASE("a form whose client stops behind the last boundary is given up, and the worker goes on") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "site");
  for (const Model& model : {Model{1, 1}, Model{1, 2}}) {
    CAPTURE(model.name());
    const auto server = ServerProcess::run(model, folder, std::string(R"("timeouts": {"body_grace": "300ms"},)") + configuration);
    const auto workers = server->workers(model);
    const std::string form = "--b\r\nContent-Disposition: form-data; name=f; filename=x\r\n\r\ncontent\r\n--b--\r\n";
    RawClient slow = server->connect();
    slow.send("POST / HTTP/1.1\r\nHost: t\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 1000\r\n\r\n" + form);
    CHECK(slow.read_response().status == 408);
    RawClient gone = server->connect();
    gone.send("POST / HTTP/1.1\r\nHost: t\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 1000\r\n\r\n" + form);
    gone.reset();
    CHECK(server->connect().get("/x").status == 404);
    CHECK(server->workers(model) == workers);
    CHECK(eventually([&] { return names_in(folder / "site") == 0; }));
  }
}

}  // namespace uploads_test
