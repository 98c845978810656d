#include "core/src/routing/url_builder.hpp"

#include <doctest/doctest.h>

#include <random>
#include <stdexcept>
#include <vector>

#include "core/src/http/path.hpp"
#include "core/src/routing/router.hpp"

namespace ropeway::routing {
namespace {

std::string url(const char* pattern, const std::vector<UrlParameter>& parameters = {}) {
  const Pattern parsed = Pattern::parse(pattern, "");
  UrlBuilder builder;
  builder.add("route", parsed);
  return builder.url("route", parameters);
}

std::string fault(const char* pattern, const std::vector<UrlParameter>& parameters = {}) {
  try {
    return "built " + url(pattern, parameters);
  } catch (const std::invalid_argument& error) { return error.what(); }
}

TEST_CASE("a URL is the route's path with values in the places of its parameters, and what has no place is a query") {
  CHECK(url("/") == "/");
  CHECK(url("GET example.org/about") == "/about");
  CHECK(url("/docs/{$}") == "/docs/");
  CHECK(url("/docs/") == "/docs/");
  CHECK(url("/users/{id}", {{"id", 42}}) == "/users/42");
}

TEST_CASE("values are percent-encoded, slashes of a rest are kept, and a query begins once") {
  CHECK(url("/files/{path...}", {{"path", "a b/c?d"}}) == "/files/a%20b/c%3Fd");
  CHECK(url("/files/{path...}", {{"path", ""}}) == "/files/");
  CHECK(url("/users/{id}", {{"id", "50%"}, {"tab", "a&b"}, {"page", 2}}) == "/users/50%25?tab=a%26b&page=2");
  CHECK(url("/caf%C3%A9/a%20b") == "/caf%C3%A9/a%20b");
}

TEST_CASE("what could not come back from a path is refused, and the message names the route and the parameter") {
  CHECK(fault("/users/{id}") == "a URL of the route \"route\" (/users/{id}): \"id\" has no value");
  CHECK(fault("/users/{id}", {{"id", ""}}).ends_with("\"id\" is empty"));
  CHECK(fault("/users/{id}", {{"id", "a/b"}}).ends_with("\"id\" has a \"/\", but stands for one segment"));
  CHECK(fault("/users/{id}", {{"id", ".."}}).ends_with("\"id\" has a segment of dots"));
  CHECK(fault("/files/{path...}", {{"path", "a/./b"}}).ends_with("\"path\" has a segment of dots"));
  CHECK(fault("/files/{path...}", {{"path", std::string("a\0b", 3)}}).ends_with("\"path\" has a NUL"));
  CHECK_THROWS_WITH_AS((void)UrlBuilder().url("nobody", {}), "no route has the name \"nobody\"", std::invalid_argument);
}

TEST_CASE("whatever the values, the router finds the route and the values again") {
  const Router router(std::vector<PatternSource>{{"/x/{one}/y/{rest...}", "/routes/0"}, {"/x%20y/{one}", "/routes/1"}});
  UrlBuilder builder;
  builder.add("two", router.pattern(0));
  builder.add("one", router.pattern(1));
  std::mt19937 random(11);
  static constexpr char alphabet[] = "ab/.%?#&=+ ~\x01\x7F\xC3\xA9\\;:@";
  const auto text = [&] {
    std::string result;
    for (std::size_t size = random() % 6; size > 0; --size) result += alphabet[random() % (sizeof alphabet - 1)];
    return result;
  };
  int built = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string one = text();
    const std::string rest = text();
    const std::uint32_t route = i % 2;
    std::string target;
    try {
      target = route == 0 ? builder.url("two", {{"one", one}, {"rest", rest}}) : builder.url("one", {{"one", one}});
    } catch (const std::invalid_argument&) { continue; }
    CAPTURE(target);
    ++built;
    std::string path;
    REQUIRE(http::normalise_path(target, path));
    const Router::Found found = router.match(Method::get, "GET", "localhost", path);
    REQUIRE(found.route == route);
    REQUIRE(path.substr(found.parameters[0].begin, found.parameters[0].size) == one);
    if (route == 0) REQUIRE(path.substr(found.parameters[1].begin, found.parameters[1].size) == rest);
  }
  CHECK(built > 5'000);
}

}  // namespace
}  // namespace ropeway::routing
