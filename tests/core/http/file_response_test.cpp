#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include <ropeway/file_response.hpp>

#include "tests/core/http/sample_request.hpp"

namespace ropeway::file_response_test {
namespace {

using http::sample_get;
using http::sample_request;

constexpr const char* modified_text = "Sun, 06 Nov 1994 08:49:37 GMT";
const std::string content = "0123456789abcdefghij";

FileDescription description() {
  FileDescription result;
  result.size = content.size();
  result.modified = std::chrono::system_clock::time_point(std::chrono::seconds(784'111'777)) + std::chrono::milliseconds(900);
  result.etag = "\"tag\"";
  result.media_type = "text/plain";
  return result;
}

SharedBytes bytes() {
  auto owner = std::make_shared<std::string>(content);
  const std::string_view view = *owner;
  return {std::move(owner), view};
}

Response answer(const Request& request) { return file_response(request, description(), nullptr, bytes()); }

std::string field(const Response& response, std::string_view name) { return std::string(response.headers().find(name).value_or("(none)")); }

// A file in a folder of its own, gone with this object.
struct TemporaryFile {
  std::string folder;
  std::string path;
  explicit TemporaryFile(const std::string& name) {
    std::string pattern = (std::filesystem::temp_directory_path() / "ropeway-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    folder = pattern;
    path = folder + "/" + name;
    std::ofstream(path) << content;
  }
  ~TemporaryFile() { std::filesystem::remove_all(folder); }
};

// What the parts of a body say, their files read.
std::string written(const Body& body) {
  REQUIRE(body.parts() != nullptr);
  std::string all;
  for (const Body::Part& part : **body.parts()) {
    all += part.text;
    std::string piece(part.slice.length, '\0');
    if (part.slice.length != 0) {
      REQUIRE(::pread(part.slice.file->descriptor(), piece.data(), piece.size(), static_cast<off_t>(part.slice.offset)) ==
              static_cast<ssize_t>(piece.size()));
    }
    all += piece;
  }
  CHECK(all.size() == body.size());
  return all;
}

}  // namespace

TEST_CASE("a file without conditions is sent whole, with what describes it") {
  const Response response = answer(sample_get());
  CHECK(response.status() == Status::ok);
  CHECK(response.headers().wire() ==
        "Content-Type: text/plain\r\nETag: \"tag\"\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nAccept-Ranges: bytes\r\n");
  CHECK(response.body().text() == content);
}

TEST_CASE("what is not known about a file is not said") {
  FileDescription nothing;
  nothing.size = content.size();
  CHECK(file_response(sample_get(), nothing, nullptr, bytes()).headers().wire() == "Accept-Ranges: bytes\r\n");
  CHECK(file_response(sample_get(), nothing, nullptr).body().empty());
}

TEST_CASE("conditions are answered with 304 and 412 (RFC 9110 §13.2.2, §15.4.5)") {
  const Response cached = answer(sample_get({{"If-None-Match", "\"tag\""}}));
  CHECK(cached.status() == Status::not_modified);
  CHECK(cached.headers().wire() == "ETag: \"tag\"\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
  CHECK(cached.body().empty());
  CHECK(answer(sample_get({{"If-Modified-Since", modified_text}})).status() == Status::not_modified);
  CHECK(answer(sample_request(Method::head, "/", {{"If-Modified-Since", modified_text}})).status() == Status::not_modified);
  CHECK(answer(sample_get({{"If-Match", "\"other\""}, {"Range", "bytes=0-1"}})).status() == Status::precondition_failed);
  CHECK(answer(sample_get({{"If-None-Match", "\"tag\""}, {"Range", "bytes=0-1"}})).status() == Status::not_modified);
}

TEST_CASE("one range is sent as 206 with its place (RFC 9110 §15.3.7.1)") {
  struct Row {
    const char* range;
    const char* place;
    const char* text;
  };
  for (const Row& row : {Row{"bytes=0-4", "bytes 0-4/20", "01234"},
                         {"bytes=-5", "bytes 15-19/20", "fghij"},
                         {"bytes=18-", "bytes 18-19/20", "ij"},
                         {"bytes=0-", "bytes 0-19/20", "0123456789abcdefghij"},
                         {"bytes=3-3,900-", "bytes 3-3/20", "3"}}) {
    CAPTURE(row.range);
    const Response response = answer(sample_get({{"Range", row.range}}));
    CHECK(response.status() == Status::partial_content);
    CHECK(field(response, "Content-Range") == row.place);
    CHECK(field(response, "Content-Type") == "text/plain");
    CHECK(field(response, "ETag") == "\"tag\"");
    REQUIRE(response.body().shared() != nullptr);
    CHECK(response.body().text() == row.text);
  }
}

TEST_CASE("ranges that cannot be satisfied are answered with 416 and the length (RFC 9110 §15.5.17)") {
  const Response response = answer(sample_get({{"Range", "bytes=20-"}}));
  CHECK(response.status() == Status::range_not_satisfiable);
  CHECK(field(response, "Content-Range") == "bytes */20");
  CHECK(field(response, "ETag") == "(none)");
}

TEST_CASE("a range is ignored where it must be (RFC 9110 §14.2)") {
  CHECK(answer(sample_request(Method::head, "/", {{"Range", "bytes=0-1"}})).status() == Status::ok);
  CHECK(answer(sample_request(Method::head, "/", {{"Range", "bytes=99-"}})).body().size() == content.size());
  CHECK(answer(sample_get({{"Range", "bytes=1-0"}})).status() == Status::ok);
  CHECK(answer(sample_get({{"Range", "lines=0-1"}})).status() == Status::ok);
  CHECK(answer(sample_get({{"Range", "bytes=0-1"}, {"Range", "bytes=0-1"}})).status() == Status::ok);
  CHECK(answer(sample_get({{"Range", "bytes=0-,0-"}})).body().text() == content);
}

TEST_CASE("If-Range decides between the part and the whole (RFC 9110 §13.1.5)") {
  CHECK(answer(sample_get({{"Range", "bytes=0-1"}, {"If-Range", "\"tag\""}})).status() == Status::partial_content);
  CHECK(answer(sample_get({{"Range", "bytes=0-1"}, {"If-Range", modified_text}})).status() == Status::partial_content);
  CHECK(answer(sample_get({{"Range", "bytes=0-1"}, {"If-Range", "\"old\""}})).status() == Status::ok);
  CHECK(answer(sample_get({{"Range", "bytes=99-"}, {"If-Range", "\"old\""}})).status() == Status::ok);
}

TEST_CASE("several ranges are sent as multipart/byteranges, from memory and from a file alike (RFC 9110 §14.6)") {
  const TemporaryFile file("data.txt");
  const int descriptor = ::open(file.path.c_str(), O_RDONLY | O_CLOEXEC);
  REQUIRE(descriptor >= 0);
  const auto open_file = std::make_shared<const OpenFile>(descriptor);
  const Request request = sample_get({{"Range", "bytes=0-1, 5-7,-1"}});
  std::string last_boundary;
  for (const bool from_memory : {true, false}) {
    CAPTURE(from_memory);
    const Response response = from_memory ? answer(request) : file_response(request, description(), open_file);
    CHECK(response.status() == Status::partial_content);
    CHECK(field(response, "Content-Range") == "(none)");
    const std::string type = field(response, "Content-Type");
    const std::string prefix = "multipart/byteranges; boundary=";
    REQUIRE(type.starts_with(prefix));
    const std::string boundary = type.substr(prefix.size());
    CHECK(boundary.size() == 32);
    CHECK(boundary != last_boundary);
    last_boundary = boundary;
    CHECK(written(response.body()) == "--" + boundary + "\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-1/20\r\n\r\n01\r\n--" +
                                          boundary + "\r\nContent-Type: text/plain\r\nContent-Range: bytes 5-7/20\r\n\r\n567\r\n--" +
                                          boundary + "\r\nContent-Type: text/plain\r\nContent-Range: bytes 19-19/20\r\n\r\nj\r\n--" +
                                          boundary + "--\r\n");
  }
}

TEST_CASE("a file is sent as a slice, and an empty one as nothing") {
  const TemporaryFile file("data.txt");
  const auto open_file = std::make_shared<const OpenFile>(::open(file.path.c_str(), O_RDONLY | O_CLOEXEC));
  const Response part = file_response(sample_get({{"Range", "bytes=5-9"}}), description(), open_file);
  REQUIRE(part.body().file() != nullptr);
  CHECK(part.body().file()->file == open_file);
  CHECK(part.body().file()->offset == 5);
  CHECK(part.body().file()->length == 5);
  FileDescription empty = description();
  empty.size = 0;
  CHECK(file_response(sample_get(), empty, open_file).body().empty());
  CHECK(file_response(sample_get({{"Range", "bytes=0-"}}), empty, open_file).status() == Status::range_not_satisfiable);
  CHECK(file_response(sample_get({{"Range", "bytes=-1"}}), empty, open_file).status() == Status::ok);
}

TEST_CASE("a file is described and sent by its path") {
  const TemporaryFile file("page.html");
  const Response response = file_response(sample_get(), file.path);
  CHECK(response.status() == Status::ok);
  CHECK(field(response, "Content-Type") == "text/html; charset=utf-8");
  CHECK(response.body().size() == content.size());
  const std::string etag = field(response, "ETag");
  CHECK(etag.size() > 4);
  CHECK(etag.front() == '"');
  CHECK(etag.back() == '"');
  CHECK(file_response(sample_get({{"If-None-Match", etag}}), file.path).status() == Status::not_modified);
  CHECK(file_response(sample_get({{"If-Modified-Since", field(response, "Last-Modified")}}), file.path).status() == Status::not_modified);
  std::ofstream(file.path, std::ios::app) << "more";
  CHECK(file_response(sample_get({{"If-None-Match", etag}}), file.path).status() == Status::ok);
}

TEST_CASE("what is no readable regular file is not found, and never waited for") {
  const TemporaryFile file("page.html");
  const std::string pipe = file.folder + "/pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  for (const std::string& path : {file.folder, pipe, file.folder + "/absent", file.path + "/below", std::string(),
                                  file.path + std::string("\0.png", 5), std::string(10'000, 'x')}) {
    CAPTURE(path);
    CHECK(file_response(sample_get(), path).status() == Status::not_found);
  }
}

}  // namespace ropeway::file_response_test
