#include "handlers/security_headers/security_headers.hpp"

#include <doctest/doctest.h>

#include <string>

#include <ropeway/testing/call.hpp>

namespace ropeway::handlers::security_headers_test {
namespace {

struct Answer final : Handler {
  Response handle(const Request& request) const override {
    Response response = Response::text("answer");
    if (request.path() == "/framed") response.header("X-Frame-Options", "DENY");
    return response;
  }
};

Response ask(std::string_view options, std::string_view path = "/") {
  const SecurityHeaders middleware(ConfigNode::from_json(options, SecurityHeaders::settings()));
  return testing::call(middleware, Answer{}, testing::RequestBuilder("GET", path));
}

}  // namespace

TEST_CASE("browsers are told to be careful, in a way that breaks no page of one origin") {
  const Response response = ask("{}");
  CHECK(response.headers().find("X-Content-Type-Options") == "nosniff");
  CHECK(response.headers().find("X-Frame-Options") == "SAMEORIGIN");
  CHECK(response.headers().find("Referrer-Policy") == "strict-origin-when-cross-origin");
  CHECK(response.headers().find("Cross-Origin-Opener-Policy") == "same-origin");
  for (const char* name : {"Content-Security-Policy", "Strict-Transport-Security", "Permissions-Policy", "Cross-Origin-Resource-Policy"}) {
    CAPTURE(name);
    CHECK_FALSE(response.headers().contains(name));
  }
}

TEST_CASE("an empty text leaves a field out, another one replaces it, and a handler's own stays") {
  const Response response = ask(R"({"referrer_policy": "", "content_security_policy": "default-src 'self'"})", "/framed");
  CHECK_FALSE(response.headers().contains("Referrer-Policy"));
  CHECK(response.headers().find("Content-Security-Policy") == "default-src 'self'");
  CHECK(response.headers().find("X-Frame-Options") == "DENY");
}

TEST_CASE("a text that cannot be sent is refused with its place") {
  try {
    (void)ask(R"({"permissions_policy": "a\nb"})");
    FAIL("accepted");
  } catch (const ConfigError& error) { CHECK(error.pointer() == "/permissions_policy"); }
}

}  // namespace ropeway::handlers::security_headers_test
