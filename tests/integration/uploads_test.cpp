#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <string_view>

#include <ropeway/json_document.hpp>

#include "tests/support/json.hpp"
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

namespace {

/// The example's, with its folder `files` in `folder`.
std::string resumable(const TemporaryFolder& folder) {
  std::filesystem::create_directory(folder / "files");
  const auto example = parsed_json(read_file(source_folder() + "/examples/uploads/ropeway.json"));
  return "\"limits\": " + example["limits"].dump() + ", \"routes\": " + example["routes"].dump();
}

std::string numbered(std::size_t size) {
  std::string text;
  for (int i = 0; text.size() < size; ++i) text += std::to_string(i) + "\n";
  text.resize(size);
  return text;
}

/// Begins an upload of `content` and sends `count` bytes of it; gives the place where it goes on.
std::string begin_upload(RawClient& client, const std::string& target, std::string_view content, std::size_t count) {
  client.send("PUT " + target + " HTTP/1.1\r\nHost: t\r\nUpload-Complete: ?1\r\nContent-Length: " + std::to_string(content.size()) +
              "\r\n\r\n");
  const RawResponse supported = client.read_response();
  CHECK(supported.status == 104);
  CHECK(supported.field("Upload-Limit") == "max-size=1099511627776, max-age=86400");
  client.send(content.substr(0, count));
  return supported.field("Location");
}

/// Asks how much has come, and sends the rest.
RawResponse go_on(RawClient& client, const std::string& place, std::string_view content) {
  const RawResponse seen = client.exchange("HEAD " + place + " HTTP/1.1\r\nHost: t\r\n\r\n");
  CHECK(seen.status == 204);
  CHECK(seen.field("Upload-Complete") == "?0");
  CHECK(seen.field("Upload-Length") == std::to_string(content.size()));
  const std::string rest(content.substr(std::stoul(seen.field("Upload-Offset"))));
  return client.exchange("PATCH " + place +
                         " HTTP/1.1\r\nHost: t\r\nContent-Type: application/partial-upload\r\nUpload-Complete: ?1\r\nUpload-Offset: " +
                         seen.field("Upload-Offset") + "\r\nContent-Length: " + std::to_string(rest.size()) + "\r\n\r\n" + rest);
}

std::uintmax_t size_of_parts(const std::filesystem::path& files) {
  std::uintmax_t size = 0;
  for (const auto& entry : std::filesystem::directory_iterator(files / ".ropeway-upload-parts")) {
    if (entry.path().extension() == ".part") size += entry.file_size();
  }
  return size;
}

}  // namespace

TEST_CASE("an upload that breaks off goes on where it was, in every model") {
  const std::string content = numbered(3'000'000);
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const TemporaryFolder folder;
    const auto server = ServerProcess::run(model, folder, resumable(folder));
    std::string place;
    {
      RawClient client = server->connect();
      place = begin_upload(client, "/deep/a%20b.bin", content, 1'000'000);
      CHECK(eventually([&] { return size_of_parts(folder / "files") >= 768 * 1024; }));
    }
    RawClient client = server->connect();
    CHECK(client.get("/deep/a%20b.bin").status == 404);
    const RawResponse stored = go_on(client, place, content);
    CHECK(stored.status == 201);
    CHECK(stored.field("Upload-Complete") == "?1");
    const RawResponse served = client.get("/deep/a%20b.bin");
    CHECK(served.body == content);
    CHECK(served.field("ETag") == stored.field("ETag"));
    CHECK(client.get("/.ropeway-upload-parts/").status == 404);
    CHECK(size_of_parts(folder / "files") == 0);
  }
}

TEST_CASE("an upload outlives the workers that it came to, and shuts out a connection that hangs") {
  const std::string content = numbered(3'000'000);
  const TemporaryFolder folder;
  const Model model{2, 2};
  const auto server = ServerProcess::run(model, folder, resumable(folder));
  RawClient first = server->connect();
  const std::string place = begin_upload(first, "/file", content, 1'000'000);
  CHECK(eventually([&] { return size_of_parts(folder / "files") >= 768 * 1024; }));
  for (const pid_t worker : server->workers(model)) ::kill(worker, SIGKILL);
  RawClient second = server->connect();
  const RawResponse seen = second.exchange("HEAD " + place + " HTTP/1.1\r\nHost: t\r\n\r\n");
  CHECK(seen.status == 204);
  const std::size_t offset = std::stoul(seen.field("Upload-Offset"));
  CHECK(offset >= 768 * 1024);
  const std::string head =
      "PATCH " + place + " HTTP/1.1\r\nHost: t\r\nContent-Type: application/partial-upload\r\nUpload-Complete: ?1\r\nUpload-Offset: ";
  second.send(head + std::to_string(offset) + "\r\nContent-Length: " + std::to_string(content.size() - offset) + "\r\n\r\n" +
              content.substr(offset, 300'000));  // and no more
  CHECK(eventually([&] { return size_of_parts(folder / "files") > offset; }));
  RawClient third = server->connect();
  CHECK(go_on(third, place, content).status == 201);
  CHECK(third.get("/file").body == content);
  second.send(content.substr(offset + 300'000));
  CHECK(second.read_response().status == 409);
  CHECK(third.get("/file").body == content);
}

}  // namespace uploads_test
