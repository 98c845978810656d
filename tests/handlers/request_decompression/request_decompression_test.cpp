#include "handlers/request_decompression/request_decompression.hpp"

#include <doctest/doctest.h>

#include <ropeway/http_error.hpp>
#include <ropeway/testing/call.hpp>

#include "core/src/testing/event_loop.hpp"
#include "handlers/request_decompression/decoded_content.hpp"
#include "tests/support/encoded.hpp"

namespace ropeway::handlers::request_decompression_test {
namespace {

using testing::RequestBuilder;

std::string encoded(std::string_view coding, std::string_view text) { return testing::encoded(*content_coding_from(coding), text); }

// Says what it received: the content, and the fields that told of the bytes as they were sent.
struct Receiver final : Handler {
  Response handle(const Request& request) const override {
    std::string text(request.body());
    for (const HeaderField& field : request.headers()) text.append("|").append(field.name);
    return Response::text(text);
  }
};

Response ask(const RequestBuilder& request, std::string_view options = "{}") {
  const RequestDecompression middleware(ConfigNode::from_json(options, RequestDecompression::settings()));
  return testing::call(middleware, Receiver{}, request);
}

RequestBuilder post(std::string_view codings, std::string_view content) {
  return RequestBuilder("POST", "/").header("Content-Encoding", codings).header("X", "y").body(content);
}

std::string read_all(BodyReader& reader) {
  const auto run = [&reader]() -> awaitable<std::string> {
    std::string text;
    for (;;) {
      const std::string_view piece = co_await reader.read();
      if (piece.empty()) co_return text;
      text += piece;
    }
  };
  return testing::run_to_end(run());
}

std::size_t read_once(BodyReader& reader) {
  const auto run = [&reader]() -> awaitable<std::size_t> { co_return (co_await reader.read()).size(); };
  return testing::run_to_end(run());
}

// The status that reading fails with.
int failure(BodyReader& reader) {
  try {
    (void)read_all(reader);
  } catch (const HttpError& error) { return code(error.status()); }
  return 0;
}

}  // namespace

TEST_CASE("content is decoded before the handler sees it, whichever name its coding is given (RFC 9110 §8.4.1)") {
  struct Case {
    std::string_view field;
    std::string_view coding;
  };
  for (const Case& row : {Case{"gzip", "gzip"}, Case{"GZip", "gzip"}, Case{"x-gzip", "gzip"}, Case{"br", "br"}, Case{"zstd", "zstd"},
                          Case{"identity, gzip", "gzip"}, Case{" ,gzip, ", "gzip"}}) {
    CAPTURE(row.field);
    CHECK(testing::body_of(ask(post(row.field, encoded(row.coding, "what was meant")))) == "what was meant|X");
  }
}

TEST_CASE("fields that told of the bytes as they were sent are gone with them") {
  const std::string bytes = encoded("gzip", "text");
  const RequestBuilder request = post("gzip", bytes)
                                     .header("content-length", std::to_string(bytes.size()))
                                     .header("Content-Digest", "sha-256=:YQ==:")
                                     .header("Repr-Digest", "sha-256=:YQ==:")
                                     .header("Content-Type", "text/plain");
  CHECK(testing::body_of(ask(request)) == "text|X|Content-Type");
}

TEST_CASE("content in no coding stays as it is") {
  CHECK(testing::body_of(ask(RequestBuilder("POST", "/").body("plain"))) == "plain");
  CHECK(testing::body_of(ask(post("identity", "plain"))) == "plain|Content-Encoding|X");
  CHECK(testing::body_of(ask(RequestBuilder("GET", "/"))).empty());
}

TEST_CASE("a coding that is not decoded is refused, and the answer names those that are (RFC 9110 §12.5.3, §15.5.16)") {
  for (const std::string_view field : {"deflate", "compress", "gzip, br", "gzip, gzip", "aes128gcm", "*"}) {
    CAPTURE(field);
    const Response response = ask(post(field, "whatever"));
    CHECK(response.status() == Status::unsupported_media_type);
    CHECK(response.headers().find("Accept-Encoding") == "gzip, br, zstd");
  }
  CHECK(ask(post("gzip", encoded("gzip", "a")).header("Content-Encoding", "gzip")).status() == Status::unsupported_media_type);
  const Response response = ask(post("br", encoded("br", "a")), R"({"codings": ["gzip"]})");
  CHECK(response.status() == Status::unsupported_media_type);
  CHECK(response.headers().find("Accept-Encoding") == "gzip");
  CHECK(ask(post("gzip", encoded("gzip", "a")), R"({"codings": []})").headers().find("Accept-Encoding") == "identity");
}

TEST_CASE("content that is not what it says, or ends early, is refused; none at all is none") {
  for (const std::string_view coding : {"gzip", "br", "zstd"}) {
    CAPTURE(coding);
    const std::string bytes = encoded(coding, "a text that is decoded");
    CHECK(ask(post(coding, "\xff\xff plain text")).status() == Status::bad_request);
    CHECK(ask(post(coding, std::string_view(bytes).substr(0, bytes.size() - 1))).status() == Status::bad_request);
    CHECK(ask(post(coding, bytes + "behind it")).status() == Status::bad_request);
    CHECK(testing::body_of(ask(post(coding, ""))) == "|Content-Encoding|X");
  }
  CHECK(ask(RequestBuilder("GET", "/").header("Content-Encoding", "deflate")).status() == Status::ok);
}

TEST_CASE("content may become as long as the setting says, and no longer, however little was sent") {
  for (const std::string_view coding : {"gzip", "br", "zstd"}) {
    CAPTURE(coding);
    const std::string bomb = encoded(coding, std::string(30'000'000, 'x'));
    CHECK(bomb.size() < 150'000);
    CHECK(ask(post(coding, bomb)).status() == Status::content_too_large);
    CHECK(ask(post(coding, bomb), R"({"body_bytes": 30000000})").status() == Status::ok);
    CHECK(ask(post(coding, bomb), R"({"body_bytes": 29999999})").status() == Status::content_too_large);
    CHECK(ask(post(coding, encoded(coding, "ab")), R"({"body_bytes": 1})").status() == Status::content_too_large);
  }
}

TEST_CASE("only so many contents are decoded at once; one that was read or given up makes place for another") {
  const std::string bytes = encoded("gzip", std::string(100'000, 'x'));
  const RequestBuilder builder = post("gzip", bytes);
  Request one = builder;
  Request two = builder;
  const Places places(1);
  auto first = decoded_content(one, ContentCoding::gzip, 1'000'000, places);
  const auto second = decoded_content(two, ContentCoding::gzip, 1'000'000, places);
  CHECK(read_once(*first) > 0);
  CHECK(failure(*second) == 503);
  CHECK(failure(*second) == 503);
  CHECK(read_all(*first).size() < 100'000);
  CHECK(read_all(*decoded_content(two, ContentCoding::gzip, 1'000'000, places)).size() == 100'000);
  first = decoded_content(one, ContentCoding::gzip, 1'000'000, places);
  CHECK(read_once(*first) > 0);
  first.reset();
  CHECK(read_all(*decoded_content(two, ContentCoding::gzip, 1'000'000, places)).size() == 100'000);
}

TEST_CASE("a reader that failed fails again") {
  Request request = post("gzip", encoded("gzip", std::string(100'000, 'x')));
  const Places places(1);
  const auto reader = decoded_content(request, ContentCoding::gzip, 50'000, places);
  CHECK(failure(*reader) == 413);
  CHECK(failure(*reader) == 413);
}

}  // namespace ropeway::handlers::request_decompression_test
