#include <doctest/doctest.h>

#include <stdexcept>

#include <ropeway/testing/call.hpp>

using ropeway::Request;
using ropeway::testing::RequestBuilder;

namespace {

std::string text(std::string_view view) { return std::string(view); }

}  // namespace

TEST_CASE("a built request has every part that was given, and owns it") {
  Request request;
  {
    RequestBuilder builder("MKCOL", "/a%20b/../c?x=1&y=2%203");
    std::string value = "text/plain";
    builder.header("Host", "example.org:8000").header("Content-Type", value).header("X-A", "1").param("name", value).body("content");
    value = "overwritten";
    Request built = builder.build();
    request = std::move(built);  // views follow a request that moves
  }
  CHECK(request.method() == ropeway::Method::other);
  CHECK(text(request.method_name()) == "MKCOL");
  CHECK(text(request.target()) == "/a%20b/../c?x=1&y=2%203");
  CHECK(text(request.raw_path()) == "/a%20b/../c");
  CHECK(text(request.path()) == "/c");
  CHECK(text(request.query()) == "x=1&y=2%203");
  CHECK(request.query("y") == "2 3");
  CHECK(text(request.host()) == "example.org");
  CHECK(text(request.header("content-type")) == "text/plain");
  CHECK(request.headers().size() == 3);
  CHECK(text(request.param("name")) == "text/plain");
  CHECK(text(request.body()) == "content");
  CHECK(request.body_reader() == nullptr);
}

TEST_CASE("a builder can be used again, and short requests own their text too") {
  const RequestBuilder builder("GET", "/");
  Request first = builder.build();
  const Request second = std::move(first);
  const Request third = builder;
  CHECK(text(second.path()) == "/");
  CHECK(text(third.method_name()) == "GET");
}

TEST_CASE("the host comes from the target or from Host, without the port") {
  struct Case {
    std::string target;
    std::string field;
    std::string host;
    std::string path;
  };
  const Case cases[] = {
      {"/", "example.org", "example.org", "/"},
      {"/", "[::1]:80", "[::1]", "/"},
      {"/", "[::1]", "[::1]", "/"},
      {"http://a.example:80/x?y", "b.example", "a.example", "/x"},
      {"http://a.example", "", "a.example", "/"},
      {"/x://y", "b.example", "b.example", "/x://y"},
      {"*", "b.example", "b.example", "*"},
  };
  for (const Case& test : cases) {
    CAPTURE(test.target);
    const Request request = RequestBuilder("OPTIONS", test.target).header("Host", test.field);
    CHECK(text(request.host()) == test.host);
    CHECK(text(request.path()) == test.path);
  }
}

TEST_CASE("a malformed request cannot be built") {
  const RequestBuilder malformed[] = {
      RequestBuilder("", "/"),
      RequestBuilder("GE T", "/"),
      RequestBuilder("GET", ""),
      RequestBuilder("GET", "a"),
      RequestBuilder("GET", "/a b"),
      RequestBuilder("GET", "/a\r\n"),
      RequestBuilder("GET", "/a#b"),
      RequestBuilder("GET", "/%zz"),
      RequestBuilder("GET", "/../a"),
      RequestBuilder("GET", "/").header("a b", "c"),
      RequestBuilder("GET", "/").header("a", "b\r\nc: d"),
  };
  for (const RequestBuilder& builder : malformed) CHECK_THROWS_AS((void)builder.build(), std::invalid_argument);
  RequestBuilder crowded("GET", "/");
  for (int i = 0; i < 17; ++i) crowded.param("p" + std::to_string(i), "");
  CHECK_THROWS_AS((void)crowded.build(), std::invalid_argument);
}
