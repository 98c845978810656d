#include "handlers/static_files/listing.hpp"

#include <doctest/doctest.h>

#include <map>

#include <ropeway/json_document.hpp>

#include "tests/handlers/static_files/fixture.hpp"
#include "tests/support/json.hpp"

namespace ropeway::handlers {
namespace {

/// Names that break pages, links and JSON which are put together carelessly.
const std::string nasty_names[] = {
    "a:b",
    "javascript:alert(1)",
    "?query",
    "#fragment",
    "100%",
    "%41",
    "%2e%2e",
    "a%2Fb",
    "new\nline",
    "\"quotes\"",
    "it's",
    "<script>x<",
    "&amp;",
    " leading",
    "trailing ",
    "+plus+",
    "back\\slash",
    "semi;colon",
    "tab\there",
    "\x01\x7f",
    "invalid\xff\xfe",
    "\xc3",
    "größe €",
    "🚡",
    "\xe2\x80\xae"
    "gpj.exe",
    "~tilde",
    "-dash",
    "=equals",
    "a  b",
    "[x]{y}|^`",
    std::string(255, 'n'),
};

/// The links of the rows of a page, without those of the headings and of the folders above.
std::vector<std::string> links_of(std::string_view html) {
  std::vector<std::string> links;
  constexpr std::string_view mark = "<tr><td class=\"name\"><a href=\"";
  for (std::size_t at = html.find(mark); at != std::string_view::npos; at = html.find(mark, at)) {
    at += mark.size();
    links.emplace_back(html.substr(at, html.find('"', at) - at));
  }
  return links;
}

}  // namespace

TEST_CASE("every file is reached by its link, whatever its name is") {
  const TemporaryFolder folder;
  std::map<std::string, bool> expected;
  for (const std::string& name : nasty_names) {
    folder.write(name, "content of " + name);
    expected["content of " + name] = false;
  }
  folder.write("sub folder?/file", "content of a folder's file");
  const ServedFolder served(folder.path(), "\"listing\": true");
  for (const bool has_parameter : {false, true}) {
    for (auto& [content, found] : expected) found = false;
    const std::string html = testing::body_of(served.get("/"));
    std::size_t folders = 0;
    for (const std::string& link : links_of(html)) {
      CAPTURE(link);
      testing::RequestBuilder request("GET", "/" + link);
      if (has_parameter) request.param("path", testing::RequestBuilder("GET", "/" + link).build().path().substr(1));
      Response response = served.call(request);
      REQUIRE(response.status() == Status::ok);
      if (link.ends_with('/')) {
        ++folders;
        continue;
      }
      const auto found = expected.find(testing::body_of(std::move(response)));
      REQUIRE(found != expected.end());
      CHECK_FALSE(found->second);
      found->second = true;
    }
    CHECK(folders == 1);
    for (const auto& [content, found] : expected) CHECK_MESSAGE(found, content);
  }
}

TEST_CASE("no name gets out of its place in the page") {
  const TemporaryFolder folder;
  for (const std::string& name : nasty_names) folder.write(name, "");
  folder.write("<b>&'\"/file", "");
  const ServedFolder served(folder.path(), "\"listing\": true");
  for (const char* target : {"/", "/%3Cb%3E%26'%22/"}) {
    const std::string html = testing::body_of(served.get(target));
    for (const std::string forbidden : {"<script", "<b>", "href=\"javascript:", "&'", "\xff"}) {
      CAPTURE(forbidden);
      CHECK(html.find(forbidden) == std::string::npos);
    }
  }
}

TEST_CASE("the JSON listing tells name, type, size and time, and is valid UTF-8 whatever the names are") {
  const TemporaryFolder folder;
  for (const std::string& name : nasty_names) folder.write(name, "12345");
  folder.write("sub/x", "");
  const ServedFolder served(folder.path(), "\"listing\": true");
  Response response = served.call(testing::RequestBuilder("GET", "/").header("Accept", "application/json"));
  CHECK(response.headers().find("Content-Type") == "application/json");
  CHECK(response.headers().find("Vary") == "Accept");
  CHECK(response.headers().find("X-Content-Type-Options") == "nosniff");
  const auto json = testing::parsed_json(testing::body_of(std::move(response)));
  CHECK(json["path"] == "/");
  CHECK(json["truncated"] == false);
  REQUIRE(json["entries"].size() == std::size(nasty_names) + 1);
  CHECK(json["entries"][0]["name"] == "sub");
  CHECK(json["entries"][0]["type"] == "folder");
  CHECK(json["entries"][0]["size"].is_null());
  CHECK(json["entries"][1]["type"] == "file");
  CHECK(json["entries"][1]["size"] == 5);
  CHECK(json["entries"][1]["modified"].get<std::string>().size() == 20);
}

TEST_CASE("a listing is sorted as its query says, and its headings turn the order round") {
  const TemporaryFolder folder;
  folder.write("big", "123456");
  folder.write("small", "1");
  const ServedFolder served(folder.path(), "\"listing\": true");
  using Links = std::vector<std::string>;
  const auto links = [&](const char* target) { return links_of(testing::body_of(served.get(target))); };
  CHECK(links("/") == Links{"big", "small"});
  CHECK(links("/?sort=size") == Links{"small", "big"});
  CHECK(links("/?sort=size&order=desc") == Links{"big", "small"});
  CHECK(links("/?sort=name&order=desc") == Links{"small", "big"});
  const std::string page = testing::body_of(served.get("/?sort=size"));
  CHECK(page.find("href=\"?sort=size&amp;order=desc\"") != std::string::npos);
  CHECK(page.find("href=\"?sort=name&amp;order=asc\"") != std::string::npos);
  CHECK(testing::body_of(served.get("/?sort=size&order=desc")).find("href=\"?sort=size&amp;order=asc\"") != std::string::npos);
}

TEST_CASE("the folders above are links that stay below the root that is served") {
  const FolderListing empty;
  const std::string deep = listing_html("/static/a/b c/", "a/b c", empty, {});
  CHECK(deep.find("<a href=\"../../\"><bdi>/static/</bdi></a>") != std::string::npos);
  CHECK(deep.find("<a href=\"../\"><bdi>a</bdi></a>") != std::string::npos);
  CHECK(deep.find("<h1><bdi>b c</bdi></h1>") != std::string::npos);
  CHECK(deep.find("Parent folder") != std::string::npos);
  const std::string root = listing_html("/", "", empty, {});
  CHECK(root.find("<h1><bdi>Home</bdi></h1>") != std::string::npos);
  CHECK(root.find("../") == std::string::npos);
  CHECK(root.find("This folder is empty.") != std::string::npos);
}

TEST_CASE("a folder with more names than a page holds is cut, and the page says so") {
  const TemporaryFolder folder;
  for (std::size_t i = 0; i <= FolderListing::most_entries; ++i) folder.write(std::to_string(i), "");
  const ServedFolder served(folder.path(), "\"listing\": true");
  const std::string page = testing::body_of(served.get("/"));
  CHECK(links_of(page).size() == FolderListing::most_entries);
  CHECK(page.find("This folder holds more: 10000 of its entries are listed.") != std::string::npos);
  const auto json =
      testing::parsed_json(testing::body_of(served.call(testing::RequestBuilder("GET", "/").header("Accept", "application/json"))));
  CHECK(json["truncated"] == true);
  CHECK(json["entries"].size() == FolderListing::most_entries);
  CHECK(json["entries"].back()["name"] == "9999");
}

TEST_CASE("only so many large listings are being sent at once; one that was taken makes place for another") {
  const TemporaryFolder folder;
  for (int i = 0; i < 400; ++i) folder.write("large/" + std::to_string(i), "");
  folder.write("small/a", "");
  const ServedFolder served(folder.path(), R"("listing": true, "listings": 1)");
  {
    const Response first = served.get("/large/");
    CHECK(first.status() == Status::ok);
    CHECK(served.get("/large/").status() == Status::service_unavailable);
    CHECK(served.get("/small/").status() == Status::ok);
  }
  CHECK(served.get("/large/").status() == Status::ok);
}

TEST_CASE("JSON is for those who would rather have it") {
  const struct {
    const char* accept;
    bool json;
  } cases[] = {
      {"", false},
      {"*/*", false},
      {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", false},
      {"application/json", true},
      {"Application/JSON ; charset=utf-8", true},
      {"application/json, */*", false},
      {"application/json, */*;q=0.5", true},
      {"application/json, text/html", false},
      {"application/json;q=0.5, text/html;q=0.4", true},
      {"application/json;q=0", false},
      {"application/json;q=nonsense", false},
      {"application/*, text/html;q=0.1", true},
      {",,;;,application/json", true},
  };
  for (const auto& [accept, json] : cases) {
    CAPTURE(accept);
    CHECK(prefers_json(accept) == json);
  }
}

}  // namespace ropeway::handlers
