#include <ropeway/static_files.hpp>

#include <doctest/doctest.h>

#include <array>
#include <ctime>

#include <string>

#include <sys/stat.h>
#include <unistd.h>

#include "tests/handlers/static_files/fixture.hpp"

namespace ropeway::handlers::static_files_test {
namespace {

using testing::RequestBuilder;

std::string field(const Response& response, std::string_view name) { return std::string(response.headers().find(name).value_or("none")); }

}  // namespace

TEST_CASE("a file is answered with its bytes, type and validators, from memory and from disk, cached or not") {
  const TemporaryFolder folder;
  const std::string small = "a page";
  const std::string edge(16 * 1024, 'e');
  const std::string large(100'000, 'l');
  folder.write("small.html", small);
  folder.write("edge.css", edge);
  folder.write("large.bin", large);
  folder.write("empty.txt", "");
  for (const char* cache : {"\"cache\": {}", "\"cache\": {\"entries\": 0}", "\"cache\": {\"descriptors\": 0, \"file_bytes\": 0}"}) {
    const ServedFolder served(folder.path(), cache);
    for (int round = 0; round < 3; ++round) {
      CHECK(served.answer("/small.html") == "200 " + small);
      CHECK(served.answer("/edge.css") == "200 " + edge);
      CHECK(served.answer("/large.bin") == "200 " + large);
      CHECK(served.answer("/empty.txt") == "200 ");
      const Response response = served.get("/small.html");
      CHECK(field(response, "Content-Type").starts_with("text/html"));
      CHECK(field(response, "X-Content-Type-Options") == "nosniff");
      CHECK(field(response, "Accept-Ranges") == "bytes");
      CHECK(field(response, "ETag").starts_with("\""));
      CHECK(field(response, "Last-Modified").ends_with(" GMT"));
      CHECK(field(response, "Cache-Control") == "none");
    }
  }
}

TEST_CASE("GET and HEAD are answered, other methods are told so") {
  const TemporaryFolder folder;
  folder.write("a.txt", "12345");
  const ServedFolder served(folder.path());
  const Response head = served.call(RequestBuilder("HEAD", "/a.txt"));
  CHECK(head.status() == Status::ok);
  CHECK(head.body().size() == 5);
  CHECK(served.call(RequestBuilder("PROPFIND", "/a.txt")).status() == Status::not_implemented);
  const Response options = served.call(RequestBuilder("OPTIONS", "/a.txt"));
  CHECK(options.status() == Status::no_content);
  CHECK(field(options, "Allow") == "GET, HEAD, OPTIONS");
  for (const char* method : {"POST", "PUT", "DELETE"}) {
    const Response response = served.call(RequestBuilder(method, "/a.txt"));
    CHECK(response.status() == Status::method_not_allowed);
    CHECK(field(response, "Allow") == "GET, HEAD, OPTIONS");
  }
}

TEST_CASE("ranges and conditions work on small and on large files") {
  const TemporaryFolder folder;
  folder.write("small", "0123456789");
  folder.write("large", "0123456789" + std::string(50'000, 'x'));
  const ServedFolder served(folder.path());
  for (const char* target : {"/small", "/large"}) {
    for (int round = 0; round < 2; ++round) {
      Response part = served.call(RequestBuilder("GET", target).header("Range", "bytes=2-4"));
      CHECK(part.status() == Status::partial_content);
      CHECK(field(part, "X-Content-Type-Options") == "nosniff");
      CHECK(testing::body_of(std::move(part)) == "234");
      const std::string parts = testing::body_of(served.call(RequestBuilder("GET", target).header("Range", "bytes=0-1,3-3")));
      CHECK(parts.find("\r\n\r\n01\r\n") != std::string::npos);
      CHECK(parts.find("\r\n\r\n3\r\n") != std::string::npos);
      CHECK(served.call(RequestBuilder("GET", target).header("Range", "bytes=900000-")).status() == Status::range_not_satisfiable);
      const Response whole = served.get(target);
      CHECK(served.call(RequestBuilder("GET", target).header("If-None-Match", field(whole, "ETag"))).status() == Status::not_modified);
      CHECK(served.call(RequestBuilder("GET", target).header("If-Modified-Since", field(whole, "Last-Modified"))).status() ==
            Status::not_modified);
      CHECK(served.call(RequestBuilder("GET", target).header("If-Match", "\"other\"")).status() == Status::precondition_failed);
    }
  }
}

TEST_CASE("a change of a file is seen by the next request") {
  const TemporaryFolder folder;
  const ServedFolder served(folder.path(), "\"cache\": {\"file_bytes\": \"1k\"}");
  for (const std::size_t size : {10U, 5000U}) {
    folder.write("a", std::string(size, '1'));
    CHECK(served.answer("/a") == "200 " + std::string(size, '1'));
    const std::string etag = field(served.get("/a"), "ETag");
    SUBCASE("written again, with another size") {
      folder.write("a", std::string(size + 1, '2'));
      CHECK(served.answer("/a") == "200 " + std::string(size + 1, '2'));
    }
    SUBCASE("replaced by another file of the same size and time") {
      folder.write("b", std::string(size, '3'));
      std::filesystem::last_write_time(folder / "b", std::filesystem::last_write_time(folder / "a"));
      std::filesystem::rename(folder / "b", folder / "a");
      CHECK(served.answer("/a") == "200 " + std::string(size, '3'));
      CHECK(field(served.get("/a"), "ETag") != etag);
    }
    SUBCASE("removed, and made again") {
      std::filesystem::remove(folder / "a");
      CHECK(served.answer("/a") == "404");
      folder.write("a", std::string(size, '4'));
      CHECK(served.answer("/a") == "200 " + std::string(size, '4'));
    }
    SUBCASE("turned into a folder") {
      std::filesystem::remove(folder / "a");
      folder.write("a/index.html", "index");
      CHECK(served.answer("/a") == "301");
      CHECK(served.answer("/a/") == "200 index");
      std::filesystem::remove_all(folder / "a");
    }
  }
}

TEST_CASE("a file written again with the same size at once is seen, since what has just changed is not kept") {
  const TemporaryFolder folder;
  ServedFolder served(folder.path());
  served.services().clock().advance(std::chrono::hours(-1));
  for (int i = 0; i < 200; ++i) {
    const std::string content(10, static_cast<char>('a' + i % 26));
    folder.write("a", content);
    CHECK(served.answer("/a") == "200 " + content);
  }
}

TEST_CASE("a folder is answered with its first index file, its listing, or not at all") {
  const TemporaryFolder folder;
  folder.write("both/index.html", "html");
  folder.write("both/index.txt", "text");
  folder.write("text/index.txt", "text");
  folder.write("none/file", "");
  folder.write("odd/index.html/file", "");
  const ServedFolder plain(folder.path());
  CHECK(plain.answer("/both/") == "200 html");
  CHECK(plain.answer("/text/") == "404");
  CHECK(plain.answer("/none/") == "404");
  CHECK(plain.answer("/") == "404");
  CHECK(plain.answer("/none/file/") == "404");
  const ServedFolder two(folder.path(), R"("index": ["index.html", "index.txt"], "listing": true)");
  CHECK(two.answer("/both/") == "200 html");
  CHECK(two.answer("/text/") == "200 text");
  CHECK(two.answer("/none/").starts_with("200 <!DOCTYPE html>"));
  CHECK(two.answer("/odd/").starts_with("200 <!DOCTYPE html>"));
  CHECK(two.answer("/nothing/") == "404");
  CHECK(two.answer("/none/file/") == "404");
  const ServedFolder listing(folder.path(), R"("index": [], "listing": true)");
  CHECK(listing.answer("/both/").starts_with("200 <!DOCTYPE html>"));
}

TEST_CASE("a folder without its slash is sent to the path with it, on this host, with the query") {
  const TemporaryFolder folder;
  folder.write("sub/index.html", "");
  folder.write("a b/c%/x", "");
  folder.write("evil.example/x", "");
  folder.write("\\evil.example/x", "");
  const ServedFolder served(folder.path());
  const struct {
    const char* target;
    const char* location;
  } cases[] = {
      {"/sub", "/sub/"},
      {"/sub?a=b&c=%20", "/sub/?a=b&c=%20"},
      {"/x/../sub", "/sub/"},
      {"/a%20b/c%25", "/a%20b/c%25/"},
      {"/%5Cevil.example", "/%5Cevil.example/"},
  };
  for (const auto& [target, location] : cases) {
    CAPTURE(target);
    const Response response = served.get(target);
    CHECK(response.status() == Status::moved_permanently);
    CHECK(field(response, "Location") == location);
  }
  for (const char* target : {"//evil.example", "///evil.example?x", "/%2Fevil.example"}) {  // no other spelling of "/evil.example"
    CAPTURE(target);
    CHECK(served.get(target).status() == Status::not_found);
  }
}

TEST_CASE("the route's parameter, or the path behind the prefix, names the file") {
  const TemporaryFolder folder;
  folder.write("a/b.txt", "b");
  folder.write("index.html", "index");
  const ServedFolder plain(folder.path());
  CHECK(testing::body_of(plain.call(RequestBuilder("GET", "/static/a/b.txt").param("path", "a/b.txt"))) == "b");
  CHECK(testing::body_of(plain.call(RequestBuilder("GET", "/static/").param("path", ""))) == "index");
  CHECK(plain.call(RequestBuilder("GET", "/static/x").param("path", "a/../../x")).status() == Status::not_found);
  for (const char* prefix : {R"("prefix": "/static")", R"("prefix": "/static/")"}) {
    const ServedFolder served(folder.path(), prefix);
    CHECK(served.answer("/static/a/b.txt") == "200 b");
    CHECK(served.answer("/static/") == "200 index");
    CHECK(field(served.get("/static"), "Location") == "/static/");
    CHECK(served.answer("/staticindex.html") == "404");
    CHECK(served.answer("/index.html") == "404");
  }
}

TEST_CASE("files have the Cache-Control that is configured, also where they are not modified") {
  const TemporaryFolder folder;
  folder.write("a", "a");
  const ServedFolder served(folder.path(), R"("cache_control": "max-age=60")");
  const Response response = served.get("/a");
  CHECK(field(response, "Cache-Control") == "max-age=60");
  const Response unchanged = served.call(RequestBuilder("GET", "/a").header("If-None-Match", field(response, "ETag")));
  CHECK(unchanged.status() == Status::not_modified);
  CHECK(field(unchanged, "Cache-Control") == "max-age=60");
}

TEST_CASE("a file that may not be read is forbidden" * doctest::skip(::geteuid() == 0)) {
  const TemporaryFolder folder;
  folder.write("a", "a");
  REQUIRE(::chmod((folder / "a").c_str(), 0) == 0);
  CHECK(ServedFolder(folder.path()).answer("/a") == "403");
}

TEST_CASE("options that cannot work are refused with their place and a remedy") {
  const TemporaryFolder folder;
  folder.write("file", "");
  const struct {
    std::string json;
    const char* pointer;
    const char* remedy;
  } cases[] = {
      {R"({"root": ")" + (folder / "nothing").string() + "\"}", "/root", "create it"},
      {R"({"root": ")" + (folder / "file").string() + "\"}", "/root", "name the folder"},
      {R"({"root": ".", "index": ["a/b"]})", "/index", "plain name"},
      {R"({"root": ".", "index": [""]})", "/index", "plain name"},
      {R"({"root": ".", "index": [".."]})", "/index", "plain name"},
      {R"({"root": ".", "prefix": "static"})", "/prefix", "begin with"},
      {R"({"root": ".", "cache_control": "a\r\nb"})", "/cache_control", "remove"},
  };
  TestServices services;
  for (const auto& [json, pointer, remedy] : cases) {
    CAPTURE(json);
    try {
      const StaticFiles handler(ConfigNode::from_json(json, StaticFiles::settings()), services);
      FAIL_CHECK("accepted");
    } catch (const ConfigError& error) {
      CHECK(error.pointer() == pointer);
      CHECK(std::string(error.what()).find(remedy) != std::string::npos);
    }
  }
}

TEST_CASE("a folder that is put in the place of the root is served within a second") {
  const TemporaryFolder folder;
  folder.write("site/a.txt", "old");
  folder.write("next/a.txt", "newer");
  ServedFolder served(folder / "site", "\"listing\": true");
  CHECK(served.answer("/a.txt") == "200 old");
  std::filesystem::rename(folder / "site", folder / "before");
  std::filesystem::rename(folder / "next", folder / "site");
  served.services().clock().advance(std::chrono::seconds(1));
  CHECK(served.answer("/a.txt") == "200 newer");
  std::filesystem::remove_all(folder / "site");
  CHECK(served.answer("/") == "404");
  folder.write("site/b.txt", "again");
  served.services().clock().advance(std::chrono::seconds(1));
  CHECK(served.answer("/b.txt") == "200 again");
  ServedFolder bare(folder / "site", "\"listing\": true, \"index\": []");  // a listing alone follows, too
  std::filesystem::rename(folder / "site", folder / "gone");
  folder.write("site/c.txt", "");
  bare.services().clock().advance(std::chrono::seconds(1));
  CHECK(bare.answer("/").find("c.txt") != std::string::npos);
}

TEST_CASE("a time in the future is the time of the answer (RFC 9110 §8.8.2.1)") {
  const TemporaryFolder folder;
  folder.write("a.txt", "content");
  std::filesystem::last_write_time(folder / "a.txt", std::filesystem::file_time_type::clock::now() + std::chrono::hours(24 * 365));
  const ServedFolder served(folder.path());
  const Response response = served.get("/a.txt");
  const Response future =
      served.call(testing::RequestBuilder("GET", "/a.txt").header("If-Modified-Since", field(response, "Last-Modified")));
  CHECK(future.status() == Status::not_modified);
  const auto tomorrow = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() + std::chrono::hours(24));
  std::array<char, 64> text{};
  REQUIRE(std::strftime(text.data(), text.size(), "%Y", std::gmtime(&tomorrow)) == 4);
  CHECK(field(response, "Last-Modified").find(std::string(text.data())) != std::string::npos);
}

TEST_CASE("only a folder that would be listed blocks, so that reading it holds up no other client") {
  const TemporaryFolder folder;
  folder.write("with/index.html", "x");
  folder.write("without/file", "x");
  const auto blocks = [&folder](std::string_view options, const char* target) {
    const ServedFolder served(folder.path(), options);
    struct Probe final : Handler {
      const StaticFiles& files;
      explicit Probe(const StaticFiles& given) : files(given) {}
      Response handle(const Request& request) const override { return Response::text(files.blocks(request) ? "yes" : "no"); }
    };
    return testing::body_of(testing::call(Probe(served.handler()), testing::RequestBuilder("GET", target))) == "yes";
  };
  CHECK(blocks("\"listing\": true", "/without/"));
  CHECK(blocks("\"listing\": true", "/"));
  CHECK_FALSE(blocks("\"listing\": true", "/with/"));
  CHECK_FALSE(blocks("\"listing\": true", "/without/file"));
  CHECK_FALSE(blocks("\"listing\": true", "/.hidden/"));
  CHECK_FALSE(blocks("\"listing\": false", "/without/"));
}

}  // namespace ropeway::handlers::static_files_test
