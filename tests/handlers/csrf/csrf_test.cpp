#include "handlers/csrf/csrf.hpp"

#include <doctest/doctest.h>

#include <ropeway/testing/call.hpp>

namespace ropeway::handlers::csrf_test {
namespace {

struct Answer final : Handler {
  Response handle(const Request&) const override { return Response::text("answer"); }
};

bool passes(const testing::RequestBuilder& request) {
  const Csrf middleware(ConfigNode::from_json(R"({"trusted": ["https://app.example.org", "http://localhost:3000"]})", Csrf::settings()));
  const Response response = testing::call(middleware, Answer{}, request);
  if (response.status() != Status::ok) CHECK(response.status() == Status::forbidden);
  return response.status() == Status::ok;
}

std::string mistake(std::string_view options) {
  try {
    const Csrf middleware(ConfigNode::from_json(options, Csrf::settings()));
  } catch (const ConfigError& error) { return error.pointer() + ": " + error.what(); }
  return "(none)";
}

}  // namespace

TEST_CASE("requests that change something pass where the browser says that they are of this origin") {
  struct Case {
    const char* method;
    const char* site;  // Sec-Fetch-Site
    const char* origin;
    bool passes;
  };
  for (const Case& one : {
           Case{"POST", "same-origin", "", true},
           Case{"POST", "same-origin", "https://example.org", true},
           Case{"POST", "none", "", true},
           Case{"POST", "same-site", "https://other.example.org", false},
           Case{"POST", "cross-site", "https://evil.example", false},
           Case{"POST", "cross-site", "", false},
           Case{"POST", "cross-site", "https://example.org", false},  // whatever the origin says
           Case{"POST", "something-new", "", false},
           Case{"POST", "cross-site", "https://app.example.org", true},
           Case{"POST", "same-site", "http://localhost:3000", true},
           Case{"POST", "", "", true},
           Case{"POST", "", "https://example.org", true},
           Case{"POST", "", "http://EXAMPLE.org", true},
           Case{"POST", "", "https://example.org:8443", false},
           Case{"POST", "", "https://example.org.evil.example", false},
           Case{"POST", "", "https://evil.example", false},
           Case{"POST", "", "null", false},
           Case{"POST", "", "example.org", false},
           Case{"POST", "", "https://app.example.org", true},
           Case{"POST", "", "https://app.example.org.evil.example", false},
           Case{"PUT", "cross-site", "", false},
           Case{"PATCH", "cross-site", "", false},
           Case{"DELETE", "cross-site", "", false},
           Case{"BREW", "cross-site", "", false},
           Case{"GET", "cross-site", "https://evil.example", true},
           Case{"HEAD", "cross-site", "", true},
           Case{"OPTIONS", "cross-site", "https://evil.example", true},
       }) {
    CAPTURE(one.method);
    CAPTURE(one.site);
    CAPTURE(one.origin);
    testing::RequestBuilder request(one.method, "/");
    request.header("Host", "example.org");
    if (*one.site != '\0') request.header("Sec-Fetch-Site", one.site);
    if (*one.origin != '\0') request.header("Origin", one.origin);
    CHECK(passes(request) == one.passes);
  }
}

TEST_CASE("an origin is compared with its port, where the host has one") {
  const auto from = [](const char* origin) {
    return testing::RequestBuilder("POST", "/").header("Host", "example.org:8080").header("Origin", origin);
  };
  CHECK(passes(from("http://example.org:8080")));
  CHECK_FALSE(passes(from("http://example.org")));
  CHECK_FALSE(passes(from("http://example.org:8081")));
}

TEST_CASE("a trusted origin that no browser would write is a mistake") {
  CHECK(mistake(R"({"trusted": ["example.org"]})") ==
        R"(/trusted: "example.org": write scheme and host, as browsers do: "https://example.org")");
  CHECK(mistake(R"({"trusted": ["https://example.org/"]})") ==
        R"(/trusted: "https://example.org/": an origin is scheme, host and port, and nothing else)");
  CHECK(mistake(R"({"trusted": ["https://*.example.org"]})") ==
        R"(/trusted: "https://*.example.org": an origin is scheme, host and port, and nothing else)");
  CHECK(mistake(R"({"trusted": ["https://Example.org"]})") ==
        R"(/trusted: "https://Example.org": browsers write origins in small letters)");
}

}  // namespace ropeway::handlers::csrf_test
