#include <ropeway/cookie.hpp>

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include <ropeway/response.hpp>

#include "tests/core/http/sample_request.hpp"

namespace ropeway {
namespace {

std::string sent(const Cookie& cookie) {
  Response response;
  response.set_cookie(cookie);
  return std::string(response.headers().find("Set-Cookie").value());
}

Cookie named(std::string name, std::string value = "v") {
  Cookie cookie;
  cookie.name = std::move(name);
  cookie.value = std::move(value);
  return cookie;
}

}  // namespace

TEST_CASE("cookies are found by name, and malformed pairs hide no others (RFC 6265 §5.4)") {
  const Request request =
      http::sample_get({{"Cookie", "a=1; b=\"two\";c=;d; =nameless;;e = x=y ; a=second"}, {"cookie", "f=6"}, {"X-Cookie", "g=7"}});
  CHECK(request.cookie("a") == "1");
  CHECK(request.cookie("b") == "\"two\"");
  CHECK(request.cookie("c") == "");
  CHECK_FALSE(request.cookie("d"));
  CHECK(request.cookie("e") == "x=y");
  CHECK(request.cookie("f") == "6");
  CHECK_FALSE(request.cookie("g"));
  CHECK_FALSE(request.cookie("A"));
  CHECK_FALSE(http::sample_get().cookie("a"));
}

TEST_CASE("a cookie is sent with safe defaults, and with what it is given") {
  CHECK(sent(named("id", "x/y=z")) == "id=x/y=z; Path=/; SameSite=Lax; Secure; HttpOnly");
  Cookie cookie = named("id");
  cookie.path = "/shop";
  cookie.domain = "example.org";
  cookie.max_age = std::chrono::hours(1);
  cookie.same_site = SameSite::none;
  cookie.http_only = false;
  cookie.partitioned = true;
  CHECK(sent(cookie) == "id=v; Path=/shop; Domain=example.org; Max-Age=3600; SameSite=None; Secure; Partitioned");
  cookie = named("id");
  cookie.same_site = SameSite::strict;
  cookie.secure = false;
  cookie.max_age = std::chrono::hours(24 * 1000);
  CHECK(sent(cookie) == "id=v; Path=/; Max-Age=34560000; SameSite=Strict; HttpOnly");
  cookie.max_age = std::chrono::seconds(-5);
  CHECK(sent(cookie).find("Max-Age=0;") != std::string::npos);
}

TEST_CASE("several cookies are several fields, and one is deleted with its path, domain and prefix") {
  Response response = Response::text("x").set_cookie(named("a")).set_cookie(named("b"));
  response.delete_cookie("__Host-c").delete_cookie("d", "/x", "example.org");
  REQUIRE(response.headers().size() == 5);
  CHECK(response.headers()[2].value == "b=v; Path=/; SameSite=Lax; Secure; HttpOnly");
  CHECK(response.headers()[3].value == "__Host-c=; Path=/; Max-Age=0; SameSite=Lax; Secure; HttpOnly");
  CHECK(response.headers()[4].value == "d=; Path=/x; Domain=example.org; Max-Age=0; SameSite=Lax; HttpOnly");
}

TEST_CASE("a cookie that a browser would refuse, or take for another, is an error that says why") {
  const struct {
    const char* words;
    void (*change)(Cookie&);
  } cases[] = {
      {"no token", [](Cookie& c) { c.name = ""; }},
      {"no token", [](Cookie& c) { c.name = "a b"; }},
      {"no token", [](Cookie& c) { c.name = "a=b"; }},
      {"percent_encode", [](Cookie& c) { c.value = "a b"; }},
      {"percent_encode", [](Cookie& c) { c.value = "a;b"; }},
      {"percent_encode", [](Cookie& c) { c.value = "a\r\nX: y"; }},
      {"percent_encode", [](Cookie& c) { c.value = "\xC3\xBC"; }},
      {"path", [](Cookie& c) { c.path = ""; }},
      {"path", [](Cookie& c) { c.path = "/a; Domain=evil.org"; }},
      {"domain", [](Cookie& c) { c.domain = "exa mple.org"; }},
      {"domain", [](Cookie& c) { c.domain = ".example.org"; }},
      {"SameSite=None", [](Cookie& c) { c.secure = false, c.same_site = SameSite::none; }},
      {"partitioned", [](Cookie& c) { c.secure = false, c.partitioned = true; }},
      {"__Secure-", [](Cookie& c) { c.secure = false, c.name = "__secure-x"; }},
      {"__Host-", [](Cookie& c) { c.secure = false, c.name = "__Host-x"; }},
      {"__Host-", [](Cookie& c) { c.path = "/a", c.name = "__Host-x"; }},
      {"__Host-", [](Cookie& c) { c.domain = "example.org", c.name = "__HOST-x"; }},
      {"4096", [](Cookie& c) { c.value = std::string(4096, 'x'); }},
  };
  for (const auto& [words, change] : cases) {
    CAPTURE(words);
    Cookie cookie = named("x");
    change(cookie);
    CHECK_THROWS_WITH_AS(sent(cookie), doctest::Contains(words), std::invalid_argument);
  }
  CHECK_NOTHROW(sent(named("__Host-x")));
}

}  // namespace ropeway
