#include "handlers/static_files/file_server.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include <ropeway/json_document.hpp>

#include "tests/handlers/static_files/fixture.hpp"
#include "tests/support/json.hpp"

namespace ropeway::handlers {
namespace {

std::string content_type(const Response& response) { return std::string(response.headers().find("Content-Type").value_or("")); }

}  // namespace

TEST_CASE("several roots lie over each other") {
  const TemporaryFolder folder;
  folder.write("theme/style.css", "theme");
  folder.write("theme/shared/a", "theme a");
  folder.write("base/style.css", "base");
  folder.write("base/base.css", "base alone");
  folder.write("base/shared/a", "base a");
  folder.write("base/shared/b", "base b");
  folder.write("base/docs/index.html", "docs");
  std::filesystem::create_directory(folder / "theme/docs");
  std::filesystem::create_symlink(folder / "base/base.css", folder / "theme/out");
  TestServices services;
  const std::string options =
      R"({"root": [")" + (folder / "theme").string() + R"(", ")" + (folder / "base").string() + R"("], "listing": true})";
  const StaticFiles handler(ConfigNode::from_json(options, StaticFiles::settings()), services);
  const auto get = [&](const char* target) { return testing::call(handler, testing::RequestBuilder("GET", target)); };
  CHECK(testing::body_of(get("/style.css")) == "theme");
  CHECK(testing::body_of(get("/base.css")) == "base alone");
  CHECK(testing::body_of(get("/shared/a")) == "theme a");
  CHECK(testing::body_of(get("/shared/b")) == "base b");
  CHECK(testing::body_of(get("/docs/")) == "docs");
  CHECK(get("/docs").status() == Status::moved_permanently);
  CHECK(get("/nothing").status() == Status::not_found);
  CHECK(get("/out").status() == Status::not_found);
  const auto json = testing::parsed_json(
      testing::body_of(testing::call(handler, testing::RequestBuilder("GET", "/shared/").header("Accept", "application/json"))));
  std::vector<std::string> names;
  for (const auto& entry : json["entries"]) names.push_back(entry["name"]);
  CHECK(names == std::vector<std::string>{"a", "b"});
}

TEST_CASE("a root that is missing is named, whichever it is") {
  const TemporaryFolder folder;
  TestServices services;
  const std::string options = R"({"root": [")" + folder.path().string() + R"(", ")" + (folder / "missing").string() + R"("]})";
  CHECK_THROWS_WITH_AS(StaticFiles(ConfigNode::from_json(options, StaticFiles::settings()), services), doctest::Contains("missing"),
                       ConfigError);
}

TEST_CASE("the fallback answers for pages that an application makes up, and for nothing else") {
  const TemporaryFolder folder;
  folder.write("index.html", "app");
  folder.write("real.txt", "real");
  folder.write("folder/x", "x");
  const ServedFolder served(folder.path(), R"("fallback": "index.html")");
  CHECK(served.answer("/users/7") == "200 app");
  CHECK(served.answer("/users/7/") == "200 app");
  CHECK(served.answer("/folder/") == "200 app");
  CHECK(served.answer("/real.txt") == "200 real");
  CHECK(served.answer("/users.v1/7") == "200 app");
  CHECK(served.answer("/app.js") == "404");
  CHECK(served.answer("/.hidden") == "404");
  CHECK(content_type(served.get("/users")) == "text/html; charset=utf-8");
  const Response first = served.get("/users");
  const auto again = served.call(testing::RequestBuilder("GET", "/users").header("If-None-Match", *first.headers().find("ETag")));
  CHECK(again.status() == Status::not_modified);
  CHECK(served.call(testing::RequestBuilder("POST", "/users")).status() == Status::method_not_allowed);
}

TEST_CASE("what is excluded is not found by any way that leads to it") {
  const TemporaryFolder folder;
  for (const char* name : {"a.php", "B.PHP", "sub/index.php", "sub/a.txt", "a.php.txt", "wp-config.txt"}) folder.write(name, "source");
  const ServedFolder served(folder.path(), R"("listing": true, "index": ["index.php"], "exclude": ["*.php", "WP-*"])");
  for (const char* target : {"/a.php", "/B.PHP", "/sub/index.php", "/wp-config.txt", "/a.php/x"}) {
    CAPTURE(target);
    CHECK(served.get(target).status() == Status::not_found);
  }
  CHECK(served.get("/a.php.txt").status() == Status::ok);
  const std::string listing(served.get("/sub/").body().text());
  CHECK(listing.find("a.txt") != std::string::npos);
  CHECK(listing.find("index.php") == std::string::npos);
  const ServedFolder with_fallback(folder.path(), R"("fallback": "a.php", "exclude": ["*.php"])");
  CHECK(with_fallback.get("/pretty").status() == Status::not_found);
}

TEST_CASE("error pages are the content of errors, whose status and fields stay") {
  const TemporaryFolder folder;
  folder.write("errors/404.html", "<h1>lost</h1>");
  folder.write("errors/large.html", std::string(100'000, 'l'));
  folder.write("file", "0123456789");
  const ServedFolder served(folder.path(),
                            R"("error_pages": {"404": "errors/404.html", "416": "errors/large.html", "412": "errors/missing.html"})");
  Response lost = served.get("/nowhere");
  CHECK(lost.status() == Status::not_found);
  CHECK(content_type(lost) == "text/html; charset=utf-8");
  CHECK_FALSE(lost.headers().contains("ETag"));
  CHECK_FALSE(lost.headers().contains("Last-Modified"));
  CHECK(testing::body_of(std::move(lost)) == "<h1>lost</h1>");
  CHECK(served.get("/.hidden").body().size() == 13);

  Response range = served.call(testing::RequestBuilder("GET", "/file").header("Range", "bytes=50-"));
  CHECK(range.status() == Status::range_not_satisfiable);
  CHECK(range.headers().find("Content-Range") == "bytes */10");
  CHECK(range.body().size() == 100'000);
  Response failed = served.call(testing::RequestBuilder("GET", "/file").header("If-Match", "\"x\""));
  CHECK(failed.status() == Status::precondition_failed);
  CHECK(failed.body().size() < 1000);  // the page is not there: the error's own content
}

}  // namespace ropeway::handlers
