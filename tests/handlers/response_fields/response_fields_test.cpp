#include "handlers/response_fields/response_fields.hpp"

#include <doctest/doctest.h>

#include <string>

#include <ropeway/http_error.hpp>
#include <ropeway/testing/call.hpp>

namespace ropeway::handlers::response_fields_test {
namespace {

struct Answer final : Handler {
  Response handle(const Request& request) const override {
    if (request.path() == "/throws") throw HttpError(Status::forbidden, "no");
    return Response::text("answer").header("X-A", "handler").header("X-B", "handler");
  }
};

std::string fields_of(std::string_view options, std::string_view path = "/") {
  const ResponseFields middleware(ConfigNode::from_json(options, ResponseFields::settings()));
  const Response response = testing::call(middleware, Answer{}, testing::RequestBuilder("GET", path));
  std::string all;
  for (std::size_t i = 0; i < response.headers().size(); ++i) {
    const HeaderField field = response.headers()[i];
    if (field.name.starts_with("X-")) all.append(field.name).append("=").append(field.value).append(" ");
  }
  return all;
}

std::string mistake(std::string_view options) {
  try {
    const ResponseFields middleware(ConfigNode::from_json(options, ResponseFields::settings()));
  } catch (const ConfigError& error) { return error.pointer(); }
  return "";
}

}  // namespace

TEST_CASE("fields are taken away, set, set where there are none, and added") {
  CHECK(fields_of("{}") == "X-A=handler X-B=handler ");
  CHECK(fields_of(R"({"set": {"X-A": "set"}})") == "X-B=handler X-A=set ");
  CHECK(fields_of(R"({"default": {"X-A": "other", "X-C": "other"}})") == "X-A=handler X-B=handler X-C=other ");
  CHECK(fields_of(R"({"add": {"X-A": "added"}})") == "X-A=handler X-B=handler X-A=added ");
  CHECK(fields_of(R"({"remove": ["x-a"], "default": {"X-A": "new"}})") == "X-B=handler X-A=new ");
}

TEST_CASE("error pages have the fields, too") { CHECK(fields_of(R"({"set": {"X-A": "set"}})", "/throws") == "X-A=set "); }

TEST_CASE("what the server sets itself, and what is no field, is refused") {
  CHECK(mistake(R"({"set": {"Content-Length": "1"}})") == "/set/Content-Length");
  CHECK(mistake(R"({"add": {"X": "a\nb"}})") == "/add/X");
  CHECK(mistake(R"({"remove": ["date"]})") == "/remove");
  CHECK(mistake(R"({"remove": ["server"]})") == "/remove");
  CHECK(mistake(R"({"remove": ["a b"]})") == "/remove");
}

}  // namespace ropeway::handlers::response_fields_test
