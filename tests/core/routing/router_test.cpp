#include "core/src/routing/router.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/support/allocation_counter.hpp"

using ropeway::method_from;
using ropeway::routing::PatternSource;
using ropeway::routing::Router;

namespace {

Router router_of(const std::vector<std::string>& patterns) {
  std::vector<PatternSource> sources;
  for (const std::string& pattern : patterns) sources.push_back({pattern, "/routes/" + std::to_string(sources.size())});
  return Router(sources);
}

Router::Found find(const Router& router, std::string_view method, std::string_view host, std::string_view path) {
  return router.match(method_from(method), method, host, path);
}

// The pattern that answers and its parameters: "/a/{x} x=1"; "405 " with Allow; "404".
std::string answer(const Router& router, std::string_view method, std::string_view host, std::string_view path) {
  const Router::Found found = find(router, method, host, path);
  if (found.route == Router::no_route) return found.allowed == 0 ? "404" : "405 " + router.allow(found.allowed);
  const auto& pattern = router.pattern(found.route);
  std::string text = pattern.text;
  for (std::uint32_t i = 0; i < found.parameter_count; ++i) {
    text += ' ' + pattern.parameters[i] + '=';
    text += path.substr(found.parameters[i].begin, found.parameters[i].size);
  }
  return text;
}

struct Case {
  std::string method;
  std::string host;
  std::string path;
  std::string expected;
};

void check(const std::vector<std::string>& patterns, const std::vector<Case>& cases) {
  auto reversed = patterns;
  std::reverse(reversed.begin(), reversed.end());
  for (const auto& order : {patterns, reversed}) {  // the order of routes means nothing
    const Router router = router_of(order);
    for (const Case& test : cases) {
      CAPTURE(test.method);
      CAPTURE(test.host);
      CAPTURE(test.path);
      CHECK(answer(router, test.method, test.host, test.path) == test.expected);
    }
  }
}

}  // namespace

TEST_CASE("each kind of segment matches what the grammar says") {
  check({"/exact", "/tree/", "/end/{$}", "/one/{x}", "/one/{x}/deep", "/rest/{x...}", "/two/{x}/{y}"},
        {
            {"GET", "", "/exact", "/exact"},
            {"GET", "", "/exact/", "404"},
            {"GET", "", "/exact/x", "404"},
            {"GET", "", "/Exact", "404"},
            {"GET", "", "/exac", "404"},
            {"GET", "", "/", "404"},
            {"GET", "", "/tree", "404"},
            {"GET", "", "/tree/", "/tree/"},
            {"GET", "", "/tree/a/b/", "/tree/"},
            {"GET", "", "/tree//a", "/tree/"},
            {"GET", "", "/end/", "/end/{$}"},
            {"GET", "", "/end", "404"},
            {"GET", "", "/end/x", "404"},
            {"GET", "", "/one/1", "/one/{x} x=1"},
            {"GET", "", "/one/", "404"},
            {"GET", "", "/one//", "404"},
            {"GET", "", "/one/1/", "404"},
            {"GET", "", "/one/1/deep", "/one/{x}/deep x=1"},
            {"GET", "", "/one//deep", "404"},
            {"GET", "", "/rest/", "/rest/{x...} x="},
            {"GET", "", "/rest", "404"},
            {"GET", "", "/rest/a/b/", "/rest/{x...} x=a/b/"},
            {"GET", "", "/rest//", "/rest/{x...} x=/"},
            {"GET", "", "/two/a/b", "/two/{x}/{y} x=a y=b"},
            {"GET", "", "//exact", "404"},
            {"GET", "", "*", "404"},
            {"GET", "", "", "404"},
        });
}

TEST_CASE("a literal goes before {name}, {name} before {name...}, and the search goes back where a branch ends") {
  check({"/", "/{$}", "/{x}", "/a", "/a/", "/a/{x}", "/a/{x}/c", "/a/b", "/a/b/d/{rest...}", "/a/b/d/{$}", "/b/{y}/{z}/w"},
        {
            {"GET", "", "/", "/{$}"},
            {"GET", "", "/q", "/{x} x=q"},
            {"GET", "", "/a", "/a"},
            {"GET", "", "/a/", "/a/"},
            {"GET", "", "/a/x", "/a/{x} x=x"},
            {"GET", "", "/a/b", "/a/b"},
            {"GET", "", "/a/x/c", "/a/{x}/c x=x"},
            {"GET", "", "/a/x/d", "/a/"},
            {"GET", "", "/a/b/c", "/a/{x}/c x=b"},
            {"GET", "", "/a/b/c/d", "/a/"},
            {"GET", "", "/a/b/d", "/a/"},
            {"GET", "", "/a/b/d/", "/a/b/d/{$}"},
            {"GET", "", "/a/b/d/e", "/a/b/d/{rest...} rest=e"},
            {"GET", "", "/q/r", "/"},
            {"GET", "", "/b/r/s/w", "/b/{y}/{z}/w y=r z=s"},
            {"GET", "", "/b/r/s/t", "/"},
        });
}

TEST_CASE("a named method goes before none, HEAD goes to GET, and CONNECT and TRACE must be named") {
  check({"/a", "GET /a", "POST /a", "GET /b", "HEAD /b", "DELETE /b", "GET /c", "MKCOL /c", "GET /d/{x}", "POST /d/{$}", "PUT /d/",
         "CONNECT /e", "TRACE /f"},
        {
            {"GET", "", "/a", "GET /a"},
            {"HEAD", "", "/a", "GET /a"},
            {"POST", "", "/a", "POST /a"},
            {"PUT", "", "/a", "/a"},
            {"BREW", "", "/a", "/a"},
            {"CONNECT", "", "/a", "405 GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH, MKCOL"},
            {"CONNECT", "", "/e", "CONNECT /e"},
            {"TRACE", "", "/a", "405 GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH, MKCOL"},
            {"TRACE", "", "/f", "TRACE /f"},
            {"HEAD", "", "/b", "HEAD /b"},
            {"GET", "", "/b", "GET /b"},
            {"POST", "", "/b", "405 GET, HEAD, DELETE, OPTIONS"},
            {"get", "", "/b", "405 GET, HEAD, DELETE, OPTIONS"},
            {"OPTIONS", "", "/b", "405 GET, HEAD, DELETE, OPTIONS"},
            {"MKCOL", "", "/c", "MKCOL /c"},
            {"MKCOLX", "", "/c", "405 GET, HEAD, OPTIONS, MKCOL"},
            {"PUT", "", "/d/1", "PUT /d/"},
            {"GET", "", "/d/1", "GET /d/{x} x=1"},
            {"POST", "", "/d/1", "405 GET, HEAD, PUT, OPTIONS"},
            {"GET", "", "/d/", "405 POST, PUT, OPTIONS"},
            {"GET", "", "/none", "404"},
        });
}

TEST_CASE("an exact host goes before a domain, the longer domain before the shorter, and both before none") {
  check({"/", "example.org/", "*.example.org/", "*.b.example.org/", "a.b.example.org/x", "GET example.org/only", "[::1]/"},
        {
            {"GET", "", "/x", "/"},
            {"GET", "other.org", "/x", "/"},
            {"GET", "example.org", "/x", "example.org/"},
            {"GET", "EXAMPLE.Org", "/x", "example.org/"},
            {"GET", "example.org.", "/x", "example.org/"},
            {"GET", "example.org..", "/x", "/"},
            {"GET", "www.example.org", "/x", "*.example.org/"},
            {"GET", "WWW.EXAMPLE.ORG.", "/x", "*.example.org/"},
            {"GET", "x.y.example.org", "/x", "*.example.org/"},
            {"GET", ".example.org", "/x", "/"},
            {"GET", "notexample.org", "/x", "/"},
            {"GET", "b.example.org", "/x", "*.example.org/"},
            {"GET", "c.b.example.org", "/x", "*.b.example.org/"},
            {"GET", "a.b.example.org", "/x", "a.b.example.org/x"},
            {"GET", "a.b.example.org", "/y", "*.b.example.org/"},
            {"GET", "[::1]", "/y", "[::1]/"},
            {"POST", "example.org", "/only", "example.org/"},
        });
  check({"GET example.org/a", "POST /a"}, {{"GET", "example.org", "/a", "GET example.org/a"},
                                           {"POST", "example.org", "/a", "POST /a"},
                                           {"PUT", "example.org", "/a", "405 GET, HEAD, POST, OPTIONS"},
                                           {"PUT", "example.com", "/a", "405 POST, OPTIONS"},
                                           {"GET", "example.org", "/b", "404"}});
}

TEST_CASE("a host that is longer than any name matches only patterns without a host") {
  const Router router = router_of({"/", "*.example.org/"});
  CHECK(answer(router, "GET", std::string(300, 'a') + ".example.org", "/x") == "/");
}

TEST_CASE("sixteen parameters are given, also with a final slash behind them") {
  const Router router = router_of({"/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}/{j}/{k}/{l}/{m}/{n}/{o}/{p}/"});
  const Router::Found found = find(router, "GET", "", "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17");
  REQUIRE(found.route == 0);
  CHECK(found.parameter_count == 16);
  CHECK(found.parameters[15].size == 2);
}

TEST_CASE("a router without patterns finds nothing") { CHECK(answer(router_of({}), "GET", "a", "/") == "404"); }

TEST_CASE("ten thousand routes are built, and each is found") {
  std::vector<std::string> patterns;
  for (int i = 0; i < 2500; ++i) {
    const std::string n = std::to_string(i);
    patterns.push_back("GET /api/v1/resource" + n + "/{id}");
    patterns.push_back("POST /api/v1/resource" + n);
    patterns.push_back("/files" + n + "/{path...}");
    patterns.push_back("GET host" + n + ".example.org/{$}");
  }
  patterns.emplace_back("/");
  patterns.emplace_back("/api/{version}/{resource}/{id}");
  const Router router = router_of(patterns);
  std::size_t wrong = 0;
  for (int i = 0; i < 2500; ++i) {
    const std::string n = std::to_string(i);
    const auto number = static_cast<std::uint32_t>(4 * i);
    wrong += find(router, "GET", "", "/api/v1/resource" + n + "/7").route != number;
    wrong += find(router, "POST", "", "/api/v1/resource" + n).route != number + 1;
    wrong += find(router, "PUT", "", "/files" + n + "/a/b").route != number + 2;
    wrong += find(router, "GET", "host" + n + ".example.org", "/").route != number + 3;
    wrong += find(router, "PUT", "", "/api/v1/resource" + n + "/7").route != 10001;
  }
  CHECK(wrong == 0);
  CHECK(find(router, "GET", "", "/elsewhere").route == 10000);
}

TEST_CASE("finding a route allocates nothing") {
  const Router router = router_of({"GET /a/{x}/{rest...}", "POST *.example.org/b/", "/c"});
  Router::Found found[3];
  std::size_t allocations = 0;
  {
    const ropeway::testing::AllocationCounter counter;
    found[0] = find(router, "GET", "www.example.org", "/a/1/2/3");
    found[1] = find(router, "POST", "www.example.org", "/b/1");
    found[2] = find(router, "BREW", "www.example.org", "/b/1");
    allocations = counter.count();
  }
  CHECK(allocations == 0);
  CHECK(found[0].route == 0);
  CHECK(found[1].route == 1);
  CHECK(found[2].route == Router::no_route);
}
