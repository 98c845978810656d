#include "handlers/proxy/upstream_target.hpp"

#include <doctest/doctest.h>

#include <ropeway/http_error.hpp>
#include <ropeway/testing/call.hpp>

using namespace ropeway;
using handlers::upstream_target;
using testing::RequestBuilder;

namespace {

// As in the route "/api/{path...}", whose parameter is decoded.
std::string rest(std::string_view target, std::string_view path) {
  return upstream_target(RequestBuilder("GET", target).param("path", path).build(), "");
}
std::string whole(std::string_view target, std::string_view prefix = "") {
  return upstream_target(RequestBuilder("GET", target).build(), prefix);
}

}  // namespace

TEST_CASE("the rest of the route's path is asked for, encoded as it came, with the query") {
  CHECK(rest("/api/a/b", "a/b") == "/a/b");
  CHECK(rest("/api/", "") == "/");
  CHECK(rest("/api/a%20b?x=%41&y", "a b") == "/a%20b?x=%41&y");
  CHECK(rest("/api/%41%2Fb", "A/b") == "/%41%2Fb");
  CHECK(rest("/api/a?", "a") == "/a?");
  CHECK(rest("/api/%2541", "%41") == "/%2541");
}

TEST_CASE("without such a parameter, the whole path but for the prefix is asked for") {
  CHECK(whole("/a/b?c") == "/a/b?c");
  CHECK(whole("/app/a%2fb", "/app") == "/a%2fb");
  CHECK(whole("/app", "/app") == "/");
  CHECK_THROWS_AS((void)whole("/apple", "/app"), HttpError);
  CHECK_THROWS_AS((void)whole("/other", "/app"), HttpError);
}

TEST_CASE("where dot segments were removed, what is asked for has none either") {
  CHECK(whole("/a/../b/./c") == "/b/c");
  CHECK(whole("/a/%2e%2e/b%20c?x=..") == "/b%20c?x=..");
  CHECK(rest("/api/x/../y/./z", "y/z") == "/y/z");
  CHECK(rest("/other/../api/a%20b", "a b") == "/a%20b");
}

TEST_CASE("a dot segment that an encoded slash hides is refused") {
  for (const char* target : {"/api/..%2Fsecret", "/api/a%2f..%2fb", "/api/a/%2E%2E%2Fb", "/api/.%2Fa"}) {
    CAPTURE(target);
    CHECK_THROWS_AS((void)whole(target), HttpError);
  }
  CHECK_THROWS_AS((void)rest("/api/..%2Fsecret", "../secret"), HttpError);
  CHECK(whole("/a/../b%2Fc") == "/b%2Fc");
  CHECK_THROWS_AS((void)whole("/a/./b%2Fc"), HttpError);
}
