#include "core/src/config/listen_address.hpp"

#include <doctest/doctest.h>

namespace ropeway::config {

using Family = ListenAddress::Family;

TEST_CASE("each form of an address is read") {
  struct Case {
    const char* text;
    Family family;
    const char* host;
    unsigned port;
  };
  for (const Case& c : {Case{"0.0.0.0:8000", Family::ipv4, "0.0.0.0", 8000},
                        {"127.0.0.1:0", Family::ipv4, "127.0.0.1", 0},
                        {":8080", Family::ipv4, "0.0.0.0", 8080},
                        {"80", Family::ipv4, "0.0.0.0", 80},
                        {"localhost:65535", Family::ipv4, "127.0.0.1", 65535},
                        {"[::]:443", Family::ipv6, "::", 443},
                        {"[0:0:0::1]:1", Family::ipv6, "::1", 1},
                        {"unix:/run/r.sock", Family::unix_socket, "/run/r.sock", 0},
                        {"unix:run/../r.sock", Family::unix_socket, "/etc/ropeway/r.sock", 0},
                        {"systemd", Family::activated, "", 0},
                        {"systemd:web.socket", Family::activated, "web.socket", 0}}) {
    CAPTURE(c.text);
    const auto parsed = parse_listen_address(c.text, "/etc/ropeway");
    REQUIRE(std::holds_alternative<ListenAddress>(parsed));
    const auto& address = std::get<ListenAddress>(parsed);
    CHECK(address.family == c.family);
    CHECK(address.host == c.host);
    CHECK(address.port == c.port);
  }
}

TEST_CASE("an address that cannot be listened on says why") {
  struct Case {
    std::string text;
    const char* part;
  };
  for (const Case& c : {Case{"", "expected \"host:port\""},
                        {"abc", "expected \"host:port\""},
                        {"127.0.0.1", "names no port: write \"127.0.0.1:8000\""},
                        {"::1", "names no port: write \"[::1]:8000\""},
                        {"localhost", "write \"localhost:8000\""},
                        {"[::1]", "expected \"host:port\""},
                        {"127.0.0.1:", "found the port \"\", expected a number from 0 to 65535"},
                        {":65536", "found the port \"65536\""},
                        {":-1", "found the port \"-1\""},
                        {":80x", "found the port \"80x\""},
                        {"example.org:80", "names are not looked up"},
                        {"256.0.0.1:80", "found the host \"256.0.0.1\""},
                        {"[127.0.0.1]:80", "expected a numeric IPv6 address"},
                        {"[]:80", "expected a numeric IPv6 address"},
                        {"http://x:80", "found the host \"http://x\""},
                        {"unix:", "names no path"},
                        {"unix:/" + std::string(120, 'a'), "a unix socket's has at most 107"},
                        {std::string("unix:a\0b", 8), "NUL"},
                        {"systemd:", "FileDescriptorName="},
                        {"systemd:a:b", "found the name \"a:b\""},
                        {"systemd:" + std::string(256, 'a'), "FileDescriptorName="},
                        {std::string("1.2.3.4\0:80", 11), "found the host"}}) {
    CAPTURE(c.text);
    const auto parsed = parse_listen_address(c.text, "/etc/ropeway");
    REQUIRE(std::holds_alternative<std::string>(parsed));
    CHECK(std::get<std::string>(parsed).find(c.part) != std::string::npos);
  }
}

TEST_CASE("two spellings of one address are the same endpoint, two free ports are not") {
  const auto same = [](const char* left, const char* right) {
    return same_endpoint(std::get<ListenAddress>(parse_listen_address(left, "/x")),
                         std::get<ListenAddress>(parse_listen_address(right, "/x")));
  };
  CHECK(same("[::1]:80", "[0::0:1]:80"));
  CHECK(same(":80", "0.0.0.0:80"));
  CHECK(same("unix:a", "unix:/x/a"));
  CHECK(same("systemd", "systemd"));
  CHECK_FALSE(same("systemd", "systemd:a"));
  CHECK_FALSE(same(":0", ":0"));
  CHECK_FALSE(same(":80", ":81"));
  CHECK_FALSE(same("127.0.0.1:80", "0.0.0.0:80"));
}

}  // namespace ropeway::config
