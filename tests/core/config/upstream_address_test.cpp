#include <doctest/doctest.h>

#include <stdexcept>

#include <ropeway/upstream.hpp>

using ropeway::UpstreamAddress;

TEST_CASE("a server behind is named by a URL or by its socket") {
  const auto plain = UpstreamAddress::from("http://127.0.0.1:9000");
  CHECK(plain.host == "127.0.0.1");
  CHECK(plain.port == 9000);
  CHECK(plain.base.empty());
  CHECK(plain.authority == "127.0.0.1:9000");
  const auto named = UpstreamAddress::from("http://app.internal/base/%20x/");
  CHECK(named.host == "app.internal");
  CHECK(named.port == 80);
  CHECK(named.base == "/base/%20x");
  CHECK(named.authority == "app.internal");
  const auto ipv6 = UpstreamAddress::from("http://[::1]:9001/");
  CHECK(ipv6.host == "::1");
  CHECK(ipv6.port == 9001);
  CHECK(ipv6.base.empty());
  CHECK(ipv6.authority == "[::1]:9001");
  const auto socket = UpstreamAddress::from("unix:/run/app.sock:/base");
  CHECK(socket.socket == "/run/app.sock");
  CHECK(socket.base == "/base");
  CHECK(socket.authority == "localhost");
}

TEST_CASE("what names no server behind is refused with a remedy") {
  for (const char* text : {"",           "127.0.0.1:9000", "https://a",      "ftp://a",         "http://",     "http://:80",
                           "http://a:",  "http://a:0",     "http://a:65536", "http://a:8x",     "http://[::1", "http://[::1]x",
                           "http://[a]", "http://user@a",  "http://a b",     "http://a/b?c",    "http://a/ b", "http://a/b#c",
                           "unix:",      "unix:relative",  "unix:/a:b",      "http://a\r\nX: y"}) {
    CAPTURE(text);
    CHECK_THROWS_WITH_AS((void)UpstreamAddress::from(text), doctest::Contains("write \"http://host:port\""), std::invalid_argument);
  }
  CHECK_THROWS_AS((void)UpstreamAddress::from("unix:/" + std::string(200, 'a')), std::invalid_argument);
}
