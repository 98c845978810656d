#include "launcher/src/banner.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace {

using namespace ropeway::launcher;
using Family = ropeway::config::ListenAddress::Family;
using Urls = std::vector<std::string>;

TEST_CASE("an address that stands for all becomes a URL for each interface") {
  const std::vector<std::string> interfaces{"127.0.0.1", "::1", "192.168.1.4", "2001:db8::7"};
  CHECK(reachable_urls({{Family::ipv4, "0.0.0.0", 8000}}, interfaces) == Urls{"http://127.0.0.1:8000/", "http://192.168.1.4:8000/"});
  CHECK(reachable_urls({{Family::ipv6, "::", 80}}, interfaces) == Urls{"http://[::1]:80/", "http://[2001:db8::7]:80/"});
  CHECK(reachable_urls({{Family::ipv4, "10.0.0.1", 1}, {Family::ipv6, "::1", 2}, {Family::unix_socket, "/run/s", 0}}, interfaces) ==
        Urls{"http://10.0.0.1:1/", "http://[::1]:2/", "unix:/run/s"});
}

TEST_CASE("the banner names the folder, the URLs, the workforce with its reason, and the way to stop") {
  const std::string text = banner("/srv/site", {"http://127.0.0.1:8000/"}, {2, 1, "2 CPUs by affinity mask"});
  CHECK(text.starts_with("Ropeway "));
  CHECK(
      text.ends_with(" serves /srv/site\n"
                     "  http://127.0.0.1:8000/\n"
                     "2 processes x 1 thread (2 CPUs by affinity mask)\n"
                     "Press Ctrl+C to stop.\n"));
  CHECK(banner("/", {}, {0, 2, "no supervisor, as configured"}).find("1 process x 2 threads (no supervisor, as configured)") !=
        std::string::npos);
}

TEST_CASE("the machine's own addresses begin with loopback") {
  const auto addresses = interface_addresses();
  REQUIRE_FALSE(addresses.empty());
  CHECK((addresses.front() == "127.0.0.1" || addresses.front() == "::1"));
  CHECK(std::ranges::none_of(addresses, [](const std::string& address) { return address.starts_with("fe80:"); }));
}

}  // namespace
