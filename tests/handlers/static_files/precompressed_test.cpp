#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include "tests/handlers/static_files/fixture.hpp"

namespace ropeway::handlers::precompressed_test {
namespace {

using testing::RequestBuilder;

constexpr const char* all_codings = R"("precompressed": ["br", "zstd", "gzip"])";

RequestBuilder wanting(std::string_view target, std::string_view codings) {
  return RequestBuilder("GET", target).header("Accept-Encoding", codings);
}

std::string field(const Response& response, std::string_view name) { return std::string(response.headers().find(name).value_or("none")); }

// "br: the bytes", or "none: the bytes"
std::string answer(const ServedFolder& served, std::string_view codings, std::string_view target = "/a.css") {
  Response response = served.call(wanting(target, codings));
  const std::string coding = field(response, "Content-Encoding");
  return coding + ": " + testing::body_of(std::move(response));
}

void make_older(const std::filesystem::path& file, std::chrono::seconds age) {
  std::filesystem::last_write_time(file, std::filesystem::last_write_time(file) - age);
}

}  // namespace

TEST_CASE("a sibling in the coding that the client wants most is sent, and without one the file itself (RFC 9110 §12.5.3)") {
  const TemporaryFolder folder;
  folder.write("a.css", "plain");
  folder.write("a.css.br", "in br");
  folder.write("a.css.gz", "in gz");
  for (const char* cache : {"", ", \"cache\": {\"entries\": 0}", ", \"cache\": {\"file_bytes\": 0}"}) {
    const ServedFolder served(folder.path(), std::string(all_codings) + cache);
    for (int round = 0; round < 2; ++round) {
      CHECK(answer(served, "gzip, deflate, br, zstd") == "br: in br");
      CHECK(answer(served, "br;q=0.5, gzip;q=0.8") == "gzip: in gz");
      CHECK(answer(served, "zstd, gzip;q=0.1") == "gzip: in gz");
      CHECK(answer(served, "br;q=0, gzip;q=0, *") == "none: plain");  // of zstd there is none
      CHECK(answer(served, "identity, gzip;q=0.5") == "none: plain");
      CHECK(answer(served, "zstd") == "none: plain");
      CHECK(answer(served, "identity;q=0") == "none: plain");
      CHECK(answer(served, "") == "none: plain");
    }
  }
}

TEST_CASE("each coding has the type of the file, and validators and a length of its own; all of them vary (RFC 9110 §8.8.3, §12.5.5)") {
  const TemporaryFolder folder;
  folder.write("a.css", "plain");
  folder.write("a.css.br", "br!");
  const ServedFolder served(folder.path(), all_codings);
  const Response plain = served.get("/a.css");
  const Response coded = served.call(wanting("/a.css", "br"));
  CHECK(field(coded, "Content-Type") == field(plain, "Content-Type"));
  CHECK(field(coded, "Content-Type").starts_with("text/css"));
  CHECK(coded.body().size() == 3);
  CHECK(field(coded, "ETag") != field(plain, "ETag"));
  CHECK(field(plain, "Vary") == "Accept-Encoding");
  CHECK(field(coded, "Vary") == "Accept-Encoding");

  const Response unchanged = served.call(wanting("/a.css", "br").header("If-None-Match", field(coded, "ETag")));
  CHECK(unchanged.status() == Status::not_modified);
  CHECK(field(unchanged, "Vary") == "Accept-Encoding");  // RFC 9110 §15.4.5
  CHECK(field(unchanged, "Content-Encoding") == "none");
  CHECK(served.call(wanting("/a.css", "br").header("If-None-Match", field(plain, "ETag"))).status() == Status::ok);

  Response part = served.call(wanting("/a.css", "br").header("Range", "bytes=1-"));  // of the coded bytes (RFC 9110 §14.1)
  CHECK(part.status() == Status::partial_content);
  CHECK(field(part, "Content-Range") == "bytes 1-2/3");
  CHECK(field(part, "Content-Encoding") == "br");
  CHECK(testing::body_of(std::move(part)) == "r!");
  const Response beyond = served.call(wanting("/a.css", "br").header("Range", "bytes=3-"));
  CHECK(beyond.status() == Status::range_not_satisfiable);
  CHECK(field(beyond, "Content-Encoding") == "none");  // its body is an explanation in no coding
}

TEST_CASE("index files are negotiated too, and files without siblings do not vary") {
  const TemporaryFolder folder;
  folder.write("index.html", "page");
  folder.write("index.html.zst", "zstd page");
  folder.write("other.html", "other");
  const ServedFolder served(folder.path(), all_codings);
  CHECK(answer(served, "zstd", "/") == "zstd: zstd page");
  CHECK(answer(served, "gzip", "/") == "none: page");
  CHECK(field(served.call(wanting("/other.html", "br")), "Vary") == "none");
}

TEST_CASE("a sibling that was forgotten when its file changed is not sent; one from the same copy of a tree is") {
  const TemporaryFolder folder;
  folder.write("a.css", "new");
  folder.write("a.css.br", "old");
  folder.write("a.css.gz", "copied");
  make_older(folder / "a.css.br", std::chrono::hours(1));
  make_older(folder / "a.css.gz", std::chrono::seconds(5));
  const ServedFolder served(folder.path(), all_codings);
  CHECK(answer(served, "br, gzip") == "gzip: copied");
  CHECK(answer(served, "br") == "none: new");
}

TEST_CASE("siblings that come, change and go are seen; the first within a second, the others at once") {
  const TemporaryFolder folder;
  folder.write("a.css", "plain");
  ServedFolder served(folder.path(), all_codings);
  CHECK(answer(served, "br") == "none: plain");
  folder.write("a.css.br", "first");
  served.services().clock().advance(std::chrono::seconds(2));
  CHECK(answer(served, "br") == "br: first");
  folder.write("a.css.br", "second version");
  CHECK(answer(served, "br") == "br: second version");
  std::filesystem::remove(folder / "a.css.br");
  CHECK(answer(served, "br") == "none: plain");
}

TEST_CASE("a sibling must be a regular file inside the root, and its file must exist") {
  const TemporaryFolder outside;
  outside.write("secret", "secret");
  const TemporaryFolder folder;
  folder.write("a.css", "plain");
  std::filesystem::create_symlink(outside / "secret", folder / "a.css.br");
  std::filesystem::create_directory(folder / "a.css.gz");
  folder.write("b.css.br", "alone");
  const ServedFolder served(folder.path(), all_codings);
  CHECK(answer(served, "br, gzip") == "none: plain");
  CHECK(served.call(wanting("/b.css", "br")).status() == Status::not_found);
}

TEST_CASE("without the option siblings are files like any other") {
  const TemporaryFolder folder;
  folder.write("a.css", "plain");
  folder.write("a.css.br", "in br");
  const ServedFolder served(folder.path());
  CHECK(answer(served, "br") == "none: plain");
  CHECK(field(served.call(wanting("/a.css", "br")), "Vary") == "none");
  CHECK(answer(served, "br", "/a.css.br") == "none: in br");
}

TEST_CASE("a coding that is not known is a mistake in the configuration") {
  const TemporaryFolder folder;
  CHECK_THROWS_AS(ServedFolder(folder.path(), R"("precompressed": ["deflate"])"), ConfigError);
}

}  // namespace ropeway::handlers::precompressed_test
