#include "handlers/cors/cors.hpp"

#include <doctest/doctest.h>

#include <string>

#include <ropeway/testing/call.hpp>

namespace ropeway::handlers::cors_test {
namespace {

using testing::RequestBuilder;

struct Answer final : Handler {
  Response handle(const Request&) const override { return Response::text("answer").header("Vary", "Accept"); }
};

Response ask(std::string_view options, const RequestBuilder& request) {
  const Cors middleware(ConfigNode::from_json(options, Cors::settings()));
  return testing::call(middleware, Answer{}, request);
}

RequestBuilder get(std::string_view origin) { return RequestBuilder("GET", "/").header("Origin", origin); }

RequestBuilder preflight(std::string_view origin, std::string_view method, std::string_view fields = "") {
  RequestBuilder request("OPTIONS", "/");
  request.header("Origin", origin).header("Access-Control-Request-Method", method);
  if (!fields.empty()) request.header("Access-Control-Request-Headers", fields);
  return request;
}

std::string field(const Response& response, std::string_view name) { return std::string(response.headers().find(name).value_or("-")); }

std::string allowed_origin(std::string_view options, const RequestBuilder& request) {
  return field(ask(options, request), "Access-Control-Allow-Origin");
}

std::string mistake(std::string_view options) {
  try {
    const Cors middleware(ConfigNode::from_json(options, Cors::settings()));
  } catch (const ConfigError& error) { return error.pointer() + ": " + error.what(); }
  return "";
}

}  // namespace

TEST_CASE("pages of origins that are listed may read the answer, and others may not") {
  constexpr std::string_view options = R"({"origins": ["https://a.example", "http://b.example:8080", "https://*.c.example"]})";
  for (const char* origin : {"https://a.example", "http://b.example:8080", "https://x.c.example", "https://x.y.c.example"}) {
    CAPTURE(origin);
    CHECK(allowed_origin(options, get(origin)) == origin);
  }
  for (const char* origin : {"http://a.example", "https://a.example:8443", "https://a.example.evil", "https://evila.example", "null",
                             "https://c.example", "https://.c.example", "https://evilc.example", "http://x.c.example"}) {
    CAPTURE(origin);
    CHECK(allowed_origin(options, get(origin)) == "-");
  }
  const Response response = ask(options, get("https://evil.example"));
  CHECK(response.status() == Status::ok);  // it is the browser that keeps the answer from the page
}

TEST_CASE("an answer that depends on the origin says so, in addition to what it says already") {
  const auto varies = [](std::string_view options, const RequestBuilder& request) {
    const Response response = ask(options, request);
    std::string all;
    for (std::size_t i = 0; i < response.headers().size(); ++i) {
      if (same_field_name(response.headers()[i].name, "Vary")) all.append(response.headers()[i].value).append("|");
    }
    return all;
  };
  CHECK(varies(R"({"origins": ["https://a.example"]})", get("https://a.example")) == "Accept|Origin|");
  CHECK(varies(R"({"origins": ["https://a.example"]})", RequestBuilder("GET", "/")) == "Accept|Origin|");
  CHECK(varies(R"({"origins": ["*"]})", get("https://a.example")) == "Accept|");
}

TEST_CASE("everybody's pages are answered with *, and credentials are named where they are wanted") {
  CHECK(allowed_origin(R"({"origins": ["*"]})", get("https://a.example")) == "*");
  const Response response =
      ask(R"({"origins": ["https://a.example"], "credentials": true, "exposed_headers": ["X-A", "X-B"]})", get("https://a.example"));
  CHECK(field(response, "Access-Control-Allow-Origin") == "https://a.example");
  CHECK(field(response, "Access-Control-Allow-Credentials") == "true");
  CHECK(field(response, "Access-Control-Expose-Headers") == "X-A, X-B");
}

TEST_CASE("a preflight is answered here, and says what may be sent") {
  const Response response = ask(R"({"origins": ["https://a.example"], "headers": ["Content-Type", "X-Token"], "max_age": "1h"})",
                                preflight("https://a.example", "PUT", "content-type,x-token"));
  CHECK(response.status() == Status::no_content);
  CHECK(field(response, "Access-Control-Allow-Origin") == "https://a.example");
  CHECK(field(response, "Access-Control-Allow-Methods") == "PUT");
  CHECK(field(response, "Access-Control-Allow-Headers") == "content-type,x-token");
  CHECK(field(response, "Access-Control-Max-Age") == "3600");
  CHECK(testing::body_of(ask(R"({"origins": ["*"]})", preflight("https://a.example", "GET"))).empty());
}

TEST_CASE("a preflight that asks for too much is told nothing") {
  constexpr std::string_view options = R"({"origins": ["https://a.example"], "methods": ["GET", "PUT"]})";
  CHECK(allowed_origin(options, preflight("https://a.example", "PUT")) == "https://a.example");
  CHECK(allowed_origin(options, preflight("https://a.example", "DELETE")) == "-");
  CHECK(allowed_origin(options, preflight("https://a.example", "put")) == "-");  // methods are case-sensitive
  CHECK(allowed_origin(options, preflight("https://b.example", "PUT")) == "-");
  CHECK(allowed_origin(options, preflight("https://a.example", "PUT", "Content-Type, X-Other")) == "-");
  CHECK(allowed_origin(R"({"origins": ["*"], "headers": ["*"]})", preflight("https://b.example", "PUT", "X-Other")) == "*");
}

TEST_CASE("an OPTIONS request that is no preflight goes on to the handler") {
  CHECK(testing::body_of(ask(R"({"origins": ["*"]})", RequestBuilder("OPTIONS", "/"))) == "answer");
  CHECK(testing::body_of(ask(R"({"origins": ["*"]})", RequestBuilder("OPTIONS", "/").header("Origin", "https://a.example"))) == "answer");
}

TEST_CASE("options that would open too much, or nothing, are refused with their place") {
  CHECK(mistake(R"({"origins": ["*"], "credentials": true})").starts_with("/credentials: with the origin \"*\""));
  for (const char* origin : {"example.org", "https://", "https://example.org/", "https://Example.org", "https://a.*.example", "*.example",
                             "https://*", "null", "https://user@example.org"}) {
    CAPTURE(origin);
    CHECK(mistake(R"({"origins": [")" + std::string(origin) + R"("]})").starts_with("/origins: "));
  }
  CHECK(mistake(R"({"origins": ["*"], "headers": ["a b"]})").starts_with("/headers: "));
  CHECK(mistake(R"({"origins": ["*"], "methods": ["GET\r\n"]})").starts_with("/methods: "));
}

}  // namespace ropeway::handlers::cors_test
