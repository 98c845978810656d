#include "handlers/cache_control/cache_control.hpp"

#include <doctest/doctest.h>

#include <charconv>
#include <string>

#include <ropeway/testing/call.hpp>

namespace ropeway::handlers::cache_control_test {
namespace {

// Answers with the status that the path names; below /own it says itself how long it may be kept.
struct Answer final : Handler {
  Response handle(const Request& request) const override {
    const std::string_view path = request.path();
    int status = 0;
    std::from_chars(path.data() + path.size() - 3, path.data() + path.size(), status);
    Response response(static_cast<Status>(status));
    if (path.starts_with("/own")) response.header("Cache-Control", "private");
    return response;
  }
};

std::string told(std::string_view method, std::string_view path, std::string_view options = R"({"value": "max-age=60"})") {
  const CacheControl middleware(ConfigNode::from_json(options, CacheControl::settings()));
  const Response response = testing::call(middleware, Answer{}, testing::RequestBuilder(method, path));
  return std::string(response.headers().find("Cache-Control").value_or("-"));
}

}  // namespace

TEST_CASE("good answers to GET and HEAD may be kept, errors may not, and the handler has the last word") {
  for (const char* path : {"/200", "/206", "/301", "/304", "/308"}) {
    CAPTURE(path);
    CHECK(told("GET", path) == "max-age=60");
    CHECK(told("HEAD", path) == "max-age=60");
    CHECK(told("POST", path) == "-");
  }
  CHECK(told("GET", "/302") == "-");
  CHECK(told("GET", "/404") == "no-store");
  CHECK(told("POST", "/500") == "no-store");
  CHECK(told("GET", "/500", R"({"value": "max-age=60", "errors": ""})") == "-");
  CHECK(told("GET", "/own/200") == "private");
  CHECK(told("GET", "/own/404") == "private");
}

}  // namespace ropeway::handlers::cache_control_test
