#include "handlers/fixed_response/fixed_response.hpp"

#include <doctest/doctest.h>

#include <ropeway/testing/call.hpp>

namespace ropeway::handlers {
namespace {

ConfigNode options(std::string_view json) { return ConfigNode::from_json(json, FixedResponse::settings()); }
Response answer(std::string_view json) { return testing::call(FixedResponse(options(json)), testing::RequestBuilder("GET", "/")); }

}  // namespace

TEST_CASE("a fixed response without options is an empty text with status 200") {
  Response response = answer("{}");
  CHECK(response.status() == Status::ok);
  CHECK(response.headers().find("Content-Type") == "text/plain; charset=utf-8");
  CHECK(testing::body_of(std::move(response)).empty());
}

TEST_CASE("a fixed response has the status, type, body and fields that its options say") {
  Response response =
      answer(R"({"status": 503, "media_type": "text/html", "body": "<p>later", "headers": {"Retry-After": "60", "X-A": "b"}})");
  CHECK(response.status() == Status::service_unavailable);
  CHECK(response.headers().find("Content-Type") == "text/html");
  CHECK(response.headers().find("Retry-After") == "60");
  CHECK(response.headers().find("X-A") == "b");
  CHECK(testing::body_of(std::move(response)) == "<p>later");
}

TEST_CASE("the body outlives the handler that gave it") {
  auto handler = std::make_unique<FixedResponse>(options(R"({"body": "a text that is longer than a small string"})"));
  Response response = testing::call(*handler, testing::RequestBuilder("GET", "/"));
  handler.reset();
  CHECK(testing::body_of(std::move(response)) == "a text that is longer than a small string");
}

TEST_CASE("a status without a body has no type either") { CHECK_FALSE(answer(R"({"status": 204})").headers().contains("Content-Type")); }

TEST_CASE("options that cannot be sent are refused with their place") {
  const struct {
    const char* json;
    const char* pointer;
  } cases[] = {
      {R"({"status": 204, "body": "x"})", "/body"},
      {R"({"status": 100})", "/status"},
      {R"({"media_type": "a\nb"})", "/media_type"},
      {R"({"headers": {"X-A": "b\r\nSet-Cookie: c"}})", "/headers/X-A"},
      {R"({"headers": {"a b": "c"}})", "/headers/a b"},
      {R"({"headers": {"content-length": "3"}})", "/headers/content-length"},
      {R"({"headers": {"Content-Type": "text/css"}})", "/headers/Content-Type"},
      {R"({"headers": {"X-A": "1", "x-a": "2"}})", "/headers/x-a"},
  };
  for (const auto& [json, pointer] : cases) {
    CAPTURE(json);
    try {
      answer(json);
      FAIL_CHECK("accepted");
    } catch (const ConfigError& error) { CHECK(error.pointer() == pointer); }
  }
}

}  // namespace ropeway::handlers
