#include <doctest/doctest.h>

#include <filesystem>

#include "tests/support/encoded.hpp"
#include "tests/support/server_process.hpp"

namespace request_decompression_test {

using namespace ropeway::testing;

namespace {

constexpr const char* configuration = R"("limits": {"body_bytes": "1M"}, "routes": [
  {"match": "GET /{path...}", "handler": "static_files", "options": {"root": "site"}},
  {"match": "PUT /{path...}", "handler": "uploads", "options": {"root": "site"},
   "middlewares": [{"name": "request_decompression", "options": {"body_bytes": "20M"}}]},
  {"match": "POST /", "handler": "fixed_response", "options": {"body": "received"}, "middlewares": ["request_decompression"]}])";

std::string request(std::string_view line, std::string_view coding, std::string_view content) {
  return std::string(line) + " HTTP/1.1\r\nHost: t\r\nContent-Encoding: " + std::string(coding) +
         "\r\nContent-Length: " + std::to_string(content.size()) + "\r\n\r\n" + std::string(content);
}

}  // namespace

TEST_CASE("compressed uploads are stored decoded, in every model") {
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const TemporaryFolder folder;
    std::filesystem::create_directory(folder / "site");
    const auto server = ServerProcess::run(model, folder, configuration);
    std::string text;
    for (int i = 0; text.size() < 5'000'000; ++i) text += "line " + std::to_string(i) + "\n";
    RawClient client = server->connect();
    for (const auto coding : {ropeway::ContentCoding::gzip, ropeway::ContentCoding::br, ropeway::ContentCoding::zstd}) {
      const std::string name(to_string(coding));
      const std::string bytes = encoded(coding, text);
      if (bytes.size() > 1'000'000) continue;
      CHECK(client.exchange(request("PUT /" + name, name, bytes)).status == 201);
      CHECK(client.get("/" + name).body == text);
    }
    CHECK(client.exchange(request("POST /", "gzip", encoded(ropeway::ContentCoding::gzip, "a"))).body == "received");
  }
}

TEST_CASE("a bomb is refused when it has become too long, leaves nothing, and holds up nobody") {
  const TemporaryFolder folder;
  folder.write("site/page", "content");
  const Model model{1, 1};
  const auto server = ServerProcess::run(model, folder, configuration);
  for (const auto coding : {ropeway::ContentCoding::gzip, ropeway::ContentCoding::br, ropeway::ContentCoding::zstd}) {
    CAPTURE(to_string(coding));
    const std::string bomb = encoded(coding, std::string(100'000'000, '\0'));
    for (const std::string line : {"PUT /bomb", "POST /"}) {
      RawClient client = server->connect();
      client.send(request(line, to_string(coding), bomb));
      CHECK(server->connect().get("/page").body == "content");
      const RawResponse response = client.read_response();
      CHECK(response.status == 413);
      CHECK(response.body.find("decoded") != std::string::npos);
    }
  }
  RawClient client = server->connect();
  CHECK(client.exchange(request("PUT /x", "deflate", "abc")).status == 415);
  CHECK(server->connect().exchange(request("PUT /x", "gzip", "abc")).status == 400);
  std::size_t names = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder / "site")) ++names;
  CHECK(names == 1);
}

}  // namespace request_decompression_test
