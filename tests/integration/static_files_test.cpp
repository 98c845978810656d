#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include <ropeway/json_document.hpp>

#include "tests/support/json.hpp"
#include "tests/support/server_process.hpp"

namespace static_files_test {

using namespace ropeway::testing;

namespace {

constexpr const char* static_route =
    R"("routes": [{"match": "/{path...}", "handler": "static_files", "options": {"root": "site", "listing": true}}])";

// Bytes of every value, in no order that repeats soon.
std::string noise(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint32_t state = 12345;
  for (char& byte : bytes) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<char>(state >> 24);
  }
  return bytes;
}

struct Site {
  TemporaryFolder folder;
  std::string small = "hello, small file\n";
  std::string large = noise(300'000);
  Site() {
    folder.write("secret.txt", "SECRET");
    folder.write("site/index.html", "<!doctype html><title>front</title>\n");
    folder.write("site/small.txt", small);
    folder.write("site/large.bin", large);
    folder.write("site/empty.txt", "");
    folder.write("site/page/index.html", "<!doctype html><title>page</title>\n");
    folder.write("site/files/one.txt", "1");
    folder.write("site/files/two & <b>.txt", "22");
    folder.write("site/files/caf\xC3\xA9.txt", "333");
    folder.write("site/files/.dot", "SECRET");
    folder.write("site/.hidden", "SECRET");
    folder.write("site/.git/config", "SECRET");
    std::filesystem::create_symlink("small.txt", folder.path() / "site/inside");
    std::filesystem::create_symlink("../secret.txt", folder.path() / "site/outside");
    std::filesystem::create_symlink("..", folder.path() / "site/above");
    std::filesystem::create_symlink(folder.path() / "secret.txt", folder.path() / "site/files/absolute");
    if (::mkfifo((folder / "site/fifo").c_str(), 0600) != 0) throw std::runtime_error("mkfifo");
  }
};

}  // namespace

TEST_CASE("every byte of a file is served, with the right type and length, and HEAD is GET without its body") {
  const Site site;
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const auto server = ServerProcess::run(model, site.folder, static_route);
    RawClient client = server->connect();
    struct Case {
      std::string target, body, type;
    };
    const std::vector<Case> cases = {{"/small.txt", site.small, "text/plain"},
                                     {"/large.bin", site.large, "application/octet-stream"},
                                     {"/empty.txt", "", "text/plain"},
                                     {"/", "<!doctype html><title>front</title>\n", "text/html"},
                                     {"/page/", "<!doctype html><title>page</title>\n", "text/html"},
                                     {"/files/two%20%26%20%3Cb%3E.txt", "22", "text/plain"},
                                     {"/files/caf%C3%A9.txt", "333", "text/plain"},
                                     {"/inside", site.small, ""},
                                     {"/files/../small.txt?query", site.small, "text/plain"}};
    for (const Case& c : cases) {
      CAPTURE(c.target);
      const RawResponse response = client.get(c.target);
      CHECK(response.status == 200);
      CHECK((response.body == c.body));
      CHECK(response.field("Content-Type").starts_with(c.type));
      CHECK(response.field("Content-Length") == std::to_string(c.body.size()));
      CHECK(response.has("Date"));
      const RawResponse head = client.exchange("HEAD " + c.target + " HTTP/1.1\r\nHost: test\r\n\r\n");
      CHECK(head.status == 200);
      CHECK(head.body.empty());
      CHECK(head.field("Content-Length") == response.field("Content-Length"));
      CHECK(head.field("Content-Type") == response.field("Content-Type"));
      CHECK(head.field("ETag") == response.field("ETag"));
    }
    // The same small file again comes out of the cache, a changed one does not.
    const std::string changed = "changed, and longer than it was\n";
    site.folder.write("site/empty.txt", changed);
    CHECK(client.get("/empty.txt").body == changed);
    site.folder.write("site/empty.txt", "");
    CHECK(client.get("/empty.txt").body.empty());
  }
}

TEST_CASE("ranges and conditions of files are answered") {
  const Site site;
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const auto server = ServerProcess::run(model, site.folder, static_route);
    RawClient client = server->connect();
    const std::string size = std::to_string(site.large.size());

    struct Range {
      std::string range, content_range;
      std::size_t first, count;
    };
    const std::vector<Range> ranges = {{"bytes=0-0", "bytes 0-0/" + size, 0, 1},
                                       {"bytes=1000-1999", "bytes 1000-1999/" + size, 1000, 1000},
                                       {"bytes=299990-", "bytes 299990-299999/" + size, 299990, 10},
                                       {"bytes=-5", "bytes 299995-299999/" + size, 299995, 5},
                                       {"bytes=0-999999999", "bytes 0-299999/" + size, 0, 300000}};
    for (const Range& r : ranges) {
      CAPTURE(r.range);
      const RawResponse response = client.get("/large.bin", "Range: " + r.range + "\r\n");
      CHECK(response.status == 206);
      CHECK(response.field("Content-Range") == r.content_range);
      CHECK((response.body == site.large.substr(r.first, r.count)));
    }
    const RawResponse outside = client.get("/large.bin", "Range: bytes=300000-\r\n");
    CHECK(outside.status == 416);
    CHECK(outside.field("Content-Range") == "bytes */" + size);
    const RawResponse several = client.get("/large.bin", "Range: bytes=0-1,10-11\r\n");
    CHECK(several.status == 206);
    CHECK(several.field("Content-Type").starts_with("multipart/byteranges"));
    CHECK(several.body.find(site.large.substr(10, 2)) != std::string::npos);
    CHECK(client.get("/large.bin", "Range: lines=1-2\r\n").status == 200);

    const RawResponse plain = client.get("/small.txt");
    const std::string etag = plain.field("ETag");
    const std::string modified = plain.field("Last-Modified");
    REQUIRE_FALSE(etag.empty());
    REQUIRE_FALSE(modified.empty());
    struct Condition {
      std::string field;
      int status;
    };
    const std::vector<Condition> conditions = {{"If-None-Match: " + etag, 304},
                                               {"If-None-Match: W/" + etag + ", \"other\"", 304},
                                               {"If-None-Match: *", 304},
                                               {"If-None-Match: \"other\"", 200},
                                               {"If-Modified-Since: " + modified, 304},
                                               {"If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT", 200},
                                               {"If-None-Match: \"other\"\r\nIf-Modified-Since: " + modified, 200},
                                               {"If-Match: \"other\"", 412},
                                               {"If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT", 412},
                                               {"If-Range: " + etag + "\r\nRange: bytes=0-0", etag.starts_with("W/") ? 200 : 206},
                                               {"If-Range: \"other\"\r\nRange: bytes=0-0", 200}};
    for (const Condition& c : conditions) {
      CAPTURE(c.field);
      CHECK(client.get("/small.txt", c.field + "\r\n").status == c.status);
    }
  }
}

TEST_CASE("a folder has a listing in HTML and in JSON, and is redirected to its slash") {
  const Site site;
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const auto server = ServerProcess::run(model, site.folder, static_route);
    RawClient client = server->connect();

    const RawResponse html = client.get("/files/", "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n");
    CHECK(html.status == 200);
    CHECK(html.field("Content-Type").starts_with("text/html"));
    CHECK(html.body.find("one.txt") != std::string::npos);
    CHECK(html.body.find("two%20%26%20%3Cb%3E.txt") != std::string::npos);
    CHECK(html.body.find("<b>.txt") == std::string::npos);
    CHECK(html.body.find(".dot") == std::string::npos);

    const RawResponse json = client.get("/files/", "Accept: application/json\r\n");
    CHECK(json.status == 200);
    CHECK(json.field("Content-Type").starts_with("application/json"));
    std::vector<std::string> names;
    const auto listing = parsed_json(json.body);
    for (const auto& entry : listing.at("entries")) names.push_back(entry.at("name"));
    std::sort(names.begin(), names.end());
    CHECK(names == std::vector<std::string>{"caf\xC3\xA9.txt", "one.txt", "two & <b>.txt"});

    const RawResponse redirect = client.get("/files?sort=size");
    CHECK(redirect.status == 301);
    CHECK(redirect.field("Location") == "/files/?sort=size");
    CHECK(client.get("//files").field("Location").find("//files") == std::string::npos);
  }
}

TEST_CASE("a folder without a listing does not show its names") {
  const Site site;
  const Model model{1, 1};
  const auto server = ServerProcess::run(
      model, site.folder,
      R"("routes": [{"match": "/{path...}", "handler": "static_files", "options": {"root": "site", "listing": false}}])");
  RawClient client = server->connect();
  const RawResponse response = client.get("/files/");
  CHECK((response.status == 403 || response.status == 404));
  CHECK(response.body.find("one.txt") == std::string::npos);
  CHECK(client.get("/files/one.txt").body == "1");
}

TEST_CASE("nothing outside of the root, no dotfile and no special file is served") {
  const Site site;
  const std::vector<std::string> targets = {"/../secret.txt",
                                            "/%2e%2e/secret.txt",
                                            "/%2E%2E/secret.txt",
                                            "/.%2e/secret.txt",
                                            "/..%2fsecret.txt",
                                            "/%2e%2e%2fsecret.txt",
                                            "/files/../../secret.txt",
                                            "/files/%2e%2e/%2e%2e/secret.txt",
                                            "/..%5csecret.txt",
                                            "/..\\secret.txt",
                                            "/%252e%252e/secret.txt",
                                            "/%252e%252e%252fsecret.txt",
                                            "/%c0%ae%c0%ae/secret.txt",
                                            "/%c0%ae%c0%ae%c0%afsecret.txt",
                                            "/%e0%80%ae%e0%80%ae/secret.txt",
                                            "//../secret.txt",
                                            "/./../secret.txt",
                                            "/files/..;/../secret.txt",
                                            "/..;/secret.txt",
                                            "/small.txt/../../secret.txt",
                                            "/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
                                            "//etc/passwd",
                                            "/%2fetc/passwd",
                                            "/outside",
                                            "/above/secret.txt",
                                            "/above/",
                                            "/above",
                                            "/files/absolute",
                                            "/.hidden",
                                            "/.git/config",
                                            "/%2ehidden",
                                            "/.git/",
                                            "/files/.dot",
                                            "/files/%2edot",
                                            "/fifo",
                                            "/small.txt/",
                                            "/small.txt%00.html",
                                            "/%00",
                                            "/files%2f..%2f..%2fsecret.txt",
                                            "http://test/../secret.txt"};
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const auto server = ServerProcess::run(model, site.folder, static_route);
    for (const std::string& target : targets) {
      CAPTURE(target);
      RawClient client = server->connect();
      const RawResponse response = client.get(target);
      // A dot segment may be removed first, and then name something that is served, or nothing.
      CHECK((response.status == 400 || response.status == 403 || response.status == 404));
      CHECK(response.body.find("SECRET") == std::string::npos);
      CHECK(response.body.find("root:") == std::string::npos);
      CHECK(response.body.find("secret.txt</a>") == std::string::npos);
    }
  }
}

TEST_CASE("only GET and HEAD are for files") {
  const Site site;
  const Model model{1, 1};
  const auto server = ServerProcess::run(model, site.folder, static_route);
  RawClient client = server->connect();
  for (const std::string method : {"POST", "PUT", "DELETE", "PATCH"}) {
    CAPTURE(method);
    const RawResponse response = client.exchange(method + " /small.txt HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n\r\nhi");
    CHECK(response.status == 405);
    CHECK(response.field("Allow").find("GET") != std::string::npos);
  }
  CHECK(read_file(site.folder / "site/small.txt") == site.small);
}

}  // namespace static_files_test
