#include "handlers/meta_variables.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <string>

#include <ropeway/testing/call.hpp>

namespace ropeway::handlers {
namespace {

using testing::RequestBuilder;

class Environment {
 public:
  explicit Environment(const Request& request, const Script& script = {"/srv/bin/x", "/cgi/x", "", ""},
                       const CommonVariables& common = {"/srv/bin", "/bin", "fallback", false, {}})
      : variables_(meta_variables(request, script, common, length_of_read_content(request))) {}
  [[nodiscard]] std::optional<std::string> operator[](const std::string& name) const {
    const auto found = variables_.find(name);
    return found == variables_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  MetaVariables variables_;
};

}  // namespace

TEST_CASE("a script's environment is that of RFC 3875") {
  const Request request = RequestBuilder("POST", "/cgi/x/a%20b?q=%31")
                              .header("Host", "name:8080")
                              .header("Content-Type", "text/plain")
                              .header("Content-Length", "3")
                              .body("abc");
  const Environment variables(request, {"/srv/bin/x", "/cgi/x", "/a b", ""});
  CHECK(variables["GATEWAY_INTERFACE"] == "CGI/1.1");
  CHECK(variables["SERVER_PROTOCOL"] == "HTTP/1.1");
  CHECK(variables["SERVER_SOFTWARE"] == "ropeway");
  CHECK(variables["SERVER_NAME"] == "name");
  CHECK(variables["SERVER_PORT"] == "8080");  // there is no socket here: the client's word
  CHECK(variables["REQUEST_METHOD"] == "POST");
  CHECK(variables["QUERY_STRING"] == "q=%31");
  CHECK(variables["SCRIPT_NAME"] == "/cgi/x");
  CHECK(variables["PATH_INFO"] == "/a b");
  CHECK(variables["PATH_TRANSLATED"] == "/srv/bin/a b");
  CHECK(variables["CONTENT_LENGTH"] == "3");
  CHECK(variables["CONTENT_TYPE"] == "text/plain");
  CHECK(variables["PATH"] == "/bin");
  CHECK_FALSE(variables["HTTP_CONTENT_LENGTH"].has_value());
  CHECK_FALSE(variables["HTTP_CONTENT_TYPE"].has_value());
  CHECK_FALSE(variables["AUTH_TYPE"].has_value());
}

TEST_CASE("what a request does not have is left out, but for the query, which is empty then") {
  const Environment variables(RequestBuilder("GET", "/cgi/x"));
  CHECK(variables["QUERY_STRING"] == "");
  CHECK(variables["SERVER_NAME"] == "fallback");
  CHECK(variables["SERVER_PORT"] == "80");
  for (const char* name : {"CONTENT_LENGTH", "CONTENT_TYPE", "PATH_INFO", "PATH_TRANSLATED", "HTTP_HOST"}) {
    CAPTURE(name);
    CHECK_FALSE(variables[name].has_value());
  }
}

TEST_CASE("fields become variables; lists are joined, and what could deceive a script is left out") {
  const Request request = RequestBuilder("GET", "/")
                              .header("Host", "name")
                              .header("X-Own", "1")
                              .header("x-own", "2")
                              .header("X_Own", "forged")
                              .header("Cookie", "a=1")
                              .header("Cookie", "b=2")
                              .header("Proxy", "http://evil")
                              .header("PROXY", "http://evil")
                              .header("Authorization", "Basic eA==")
                              .header("Proxy-Authorization", "Basic eA==")
                              .header("Connection", "close")
                              .header("Expect", "x")
                              .header("X.Dot", "y");
  const Environment variables(request);
  CHECK(variables["HTTP_X_OWN"] == "1, 2");
  CHECK(variables["HTTP_COOKIE"] == "a=1; b=2");
  CHECK(variables["HTTP_HOST"] == "name");
  for (const char* name :
       {"HTTP_PROXY", "HTTP_AUTHORIZATION", "HTTP_PROXY_AUTHORIZATION", "HTTP_CONNECTION", "HTTP_EXPECT", "HTTP_X.DOT"}) {
    CAPTURE(name);
    CHECK_FALSE(variables[name].has_value());
  }
  const Environment trusted(request, {}, {"", "", "", true, {{"HTTP_PROXY", "http://ours"}, {"HTTP_X_OWN", "ours"}}});
  CHECK(trusted["HTTP_AUTHORIZATION"] == "Basic eA==");
  CHECK(trusted["HTTP_PROXY"] == "http://ours");  // the configuration's word is the last
  CHECK(trusted["HTTP_X_OWN"] == "ours");
}

}  // namespace ropeway::handlers
