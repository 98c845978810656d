#include <ropeway/secure_cookie.hpp>

#include <doctest/doctest.h>

#include <set>
#include <stdexcept>
#include <string>

#include <ropeway/testing/call.hpp>
#include <ropeway/testing/fake_clock.hpp>

#include "core/src/http/crypto.hpp"

namespace ropeway::secure_cookie_test {
namespace {

using std::chrono::seconds;

const std::string one(32, '1');
const std::string two(32, '2');

Cookie named(std::string name, std::string value) {
  Cookie cookie;
  cookie.name = std::move(name);
  cookie.value = std::move(value);
  return cookie;
}

// The browser's next request.
Request with(std::string_view name, std::string_view value) {
  return testing::RequestBuilder("GET", "/").header("Cookie", std::string(name) + "=" + std::string(value)).build();
}

}  // namespace

TEST_CASE("a signed cookie comes back as it was, any bytes, and nothing that was changed does") {
  const testing::FakeClock clock;
  const CookieKeys keys({one}, clock);
  const std::string value("user=7\0; \xFF", 10);
  const Cookie cookie = keys.sign(named("id", value), seconds(60));
  CHECK_NOTHROW(Response().set_cookie(cookie));
  CHECK(keys.verify(with("id", cookie.value), "id") == value);
  CHECK(keys.verify(with("id", keys.sign(named("id", ""), seconds(1)).value), "id") == "");
  CHECK_FALSE(keys.verify(with("other", cookie.value), "other"));  // the name is part of what is signed
  CHECK_FALSE(keys.verify(with("other", cookie.value), "id"));
  for (std::size_t i = 0; i < cookie.value.size(); ++i) {
    CAPTURE(i);
    std::string changed = cookie.value;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    CHECK_FALSE(keys.verify(with("id", changed), "id"));
    CHECK_FALSE(keys.verify(with("id", changed.substr(0, i)), "id"));
  }
  for (const char* garbage : {".", "..", "a.b", "A.9999999999.", ".9999999999.AAAA", "A.-1.AAAA", "A.99999999999999999999.AAAA"}) {
    CAPTURE(garbage);
    CHECK_FALSE(keys.verify(with("id", garbage), "id"));
  }
}

TEST_CASE("a sealed cookie comes back, shows nothing of its value, is never the same twice, and nothing that was changed is read") {
  const testing::FakeClock clock;
  const CookieKeys keys({one}, clock);
  const std::string value = "secret.value.with.dots and more";
  const Cookie cookie = keys.seal(named("id", value), seconds(60));
  CHECK_NOTHROW(Response().set_cookie(cookie));
  CHECK(keys.open(with("id", cookie.value), "id") == value);
  CHECK(http::base64url_decoded(cookie.value)->find("secret") == std::string::npos);
  CHECK_FALSE(keys.open(with("other", cookie.value), "other"));
  CHECK_FALSE(keys.verify(with("id", cookie.value), "id"));
  std::set<std::string> all;
  for (int i = 0; i < 50; ++i) all.insert(keys.seal(named("id", value), seconds(60)).value);
  CHECK(all.size() == 50);
  for (std::size_t i = 0; i < cookie.value.size(); ++i) {
    CAPTURE(i);
    std::string changed = cookie.value;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    CHECK_FALSE(keys.open(with("id", changed), "id"));
    CHECK_FALSE(keys.open(with("id", changed.substr(0, i)), "id"));
  }
}

TEST_CASE("the end of a cookie's life is inside it, whatever the browser does") {
  testing::FakeClock clock;
  const CookieKeys keys({one}, clock);
  const std::string signed_value = keys.sign(named("id", "x"), seconds(60)).value;
  const std::string sealed_value = keys.seal(named("id", "x"), seconds(60)).value;
  clock.advance(seconds(59));
  CHECK(keys.verify(with("id", signed_value), "id"));
  CHECK(keys.open(with("id", sealed_value), "id"));
  const std::string for_ever = keys.sign(named("id", "x"), seconds::max()).value;
  CHECK(keys.verify(with("id", for_ever), "id"));
  CHECK_FALSE(keys.verify(with("id", keys.sign(named("id", "x"), seconds(0)).value), "id"));
  clock.advance(seconds(1));
  CHECK_FALSE(keys.verify(with("id", signed_value), "id"));
  CHECK_FALSE(keys.open(with("id", sealed_value), "id"));
}

TEST_CASE("keys are changed by putting a new one in front: what the old one made is read until that goes") {
  const testing::FakeClock clock;
  const CookieKeys before({one}, clock);
  const CookieKeys during({two, one}, clock);
  const CookieKeys after({two}, clock);
  const std::string old_signed = before.sign(named("id", "x"), seconds(60)).value;
  const std::string old_sealed = before.seal(named("id", "x"), seconds(60)).value;
  CHECK(during.verify(with("id", old_signed), "id") == "x");
  CHECK(during.open(with("id", old_sealed), "id") == "x");
  CHECK_FALSE(after.verify(with("id", old_signed), "id"));
  CHECK_FALSE(after.open(with("id", old_sealed), "id"));
  CHECK(after.verify(with("id", during.sign(named("id", "y"), seconds(60)).value), "id") == "y");
  CHECK(after.open(with("id", during.seal(named("id", "y"), seconds(60)).value), "id") == "y");
}

TEST_CASE("short keys, none and too many are refused") {
  const testing::FakeClock clock;
  CHECK_THROWS_AS(CookieKeys({}, clock), std::invalid_argument);
  CHECK_THROWS_AS(CookieKeys({std::string(31, 'x')}, clock), std::invalid_argument);
  CHECK_THROWS_AS(CookieKeys(std::vector<std::string>(9, one), clock), std::invalid_argument);
}

TEST_CASE("the primitives are those of their specifications") {
  const std::string key(20, '\x0b');  // RFC 4231 §4.2
  const http::Digest mac = http::hmac_sha256({reinterpret_cast<const unsigned char*>(key.data()), key.size()}, "Hi There");
  CHECK(mac[0] == 0xb0);
  CHECK(mac[1] == 0x34);
  CHECK(mac[31] == 0xf7);
  for (const auto& [plain, text] : {std::pair{"", ""}, {"f", "Zg"}, {"fo", "Zm8"}, {"foo", "Zm9v"}, {"\xFB\xFF", "-_8"}}) {  // RFC 4648 §10
    CHECK(http::base64url(plain) == text);
    CHECK(http::base64url_decoded(text) == plain);
  }
  for (const char* bad : {"A", "Zh", "Zg=", "Z g", "Zm9", "+/"}) {
    CAPTURE(bad);
    CHECK_FALSE(http::base64url_decoded(bad));
  }
}

}  // namespace ropeway::secure_cookie_test
