#include "handlers/redirect/redirect.hpp"

#include <doctest/doctest.h>

#include <ropeway/testing/call.hpp>

namespace ropeway::handlers::redirect_test {
namespace {

ConfigNode options(std::string_view json) { return ConfigNode::from_json(json, Redirect::settings()); }
std::string location(std::string_view json, const testing::RequestBuilder& request) {
  const Response response = testing::call(Redirect(options(json)), request);
  return std::string(response.headers().find("Location").value_or("none"));
}

}  // namespace

TEST_CASE("a redirect leads to its target with its status") {
  const Response response =
      testing::call(Redirect(options(R"({"to": "https://example.org/x?y=1"})")), testing::RequestBuilder("GET", "/a?b"));
  CHECK(response.status() == Status::found);
  CHECK(response.headers().find("Location") == "https://example.org/x?y=1");
  for (const int status : {301, 302, 303, 307, 308}) {
    const Redirect redirect(options(R"({"to": "/", "status": )" + std::to_string(status) + "}"));
    CHECK(code(testing::call(redirect, testing::RequestBuilder("GET", "/")).status()) == static_cast<unsigned>(status));
  }
}

TEST_CASE("with keep_path the path and the query are appended, and never name another host") {
  const struct {
    const char* to;
    const char* target;
    const char* location;
  } cases[] = {
      {"https://new.example", "/a/b?c=d&e", "https://new.example/a/b?c=d&e"},
      {"https://new.example/", "/", "https://new.example/"},
      {"https://new.example", "/.evil.example", "https://new.example/.evil.example"},
      {"https://new.example", "/@evil.example", "https://new.example/@evil.example"},
      {"/new", "/a", "/new/a"},
      {"/new", "/a%2Fb%20c%25", "/new/a%2Fb%20c%25"},
      {"/", "//evil.example/x", "/evil.example/x"},
      {"/", "////evil.example", "/evil.example"},
      {"/", "/\\evil.example", "/%5Cevil.example"},
      {"/", "/%5Cevil.example", "/%5Cevil.example"},
      {"/", "/%2F/evil.example", "/%2F/evil.example"},
      {"//new.example", "//evil.example", "//new.example/evil.example"},
  };
  for (const auto& [to, target, expected] : cases) {
    CAPTURE(to);
    CAPTURE(target);
    CHECK(location(R"({"keep_path": true, "to": ")" + std::string(to) + "\"}", testing::RequestBuilder("GET", target)) == expected);
  }
}

TEST_CASE("with keep_path the route's parameter counts instead of the whole path") {
  const char* json = R"({"keep_path": true, "to": "/new"})";
  CHECK(location(json, testing::RequestBuilder("GET", "/old/a%20b?q").param("path", "a b")) == "/new/a%20b?q");
  CHECK(location(json, testing::RequestBuilder("GET", "/old/").param("path", "")) == "/new/");
  CHECK(location(R"({"keep_path": true, "to": "/"})", testing::RequestBuilder("GET", "/x").param("path", "//evil.example")) ==
        "/evil.example");
}

TEST_CASE("a target that could be read as having no host of its own is refused") {
  for (const char* to :
       {"", "new", "https:", "https:/", "https://", "https:///x", "//", "///x", "mailto:a@b", "javascript:x", "/a b", "/\\x"}) {
    CAPTURE(to);
    std::string json = R"({"to": ")";
    for (const char* c = to; *c != '\0'; ++c) json.append(*c == '\\' ? "\\\\" : std::string(1, *c));
    CHECK_THROWS_AS(Redirect(options(json + "\"}")), ConfigError);
  }
  CHECK_THROWS_AS(Redirect(options(R"({"to": "/a?b", "keep_path": true})")), ConfigError);
  CHECK_THROWS_AS(Redirect(options(R"({"to": "/a", "status": 305})")), ConfigError);
  CHECK_THROWS_AS(Redirect(options("{}")), ConfigError);
}

}  // namespace ropeway::handlers::redirect_test
