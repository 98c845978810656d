#include "launcher/src/banner.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <memory>

#include <ropeway/version.hpp>

namespace ropeway::launcher {
namespace {

using Family = config::ListenAddress::Family;

std::string counted(unsigned count, const char* one, const char* many) { return std::to_string(count) + " " + (count == 1 ? one : many); }

bool is_ipv6(const std::string& address) noexcept { return address.find(':') != std::string::npos; }

}  // namespace

std::vector<std::string> interface_addresses() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(list, &::freeifaddrs);
  std::vector<std::string> loopback;
  std::vector<std::string> others;
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr || (entry->ifa_flags & IFF_UP) == 0) continue;
    char text[INET6_ADDRSTRLEN] = {};
    if (entry->ifa_addr->sa_family == AF_INET) {
      ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(entry->ifa_addr)->sin_addr, text, sizeof text);
    } else if (entry->ifa_addr->sa_family == AF_INET6) {
      const in6_addr& address = reinterpret_cast<const sockaddr_in6*>(entry->ifa_addr)->sin6_addr;
      if (IN6_IS_ADDR_LINKLOCAL(&address)) continue;
      ::inet_ntop(AF_INET6, &address, text, sizeof text);
    } else {
      continue;
    }
    ((entry->ifa_flags & IFF_LOOPBACK) != 0 ? loopback : others).emplace_back(text);
  }
  loopback.insert(loopback.end(), others.begin(), others.end());
  return loopback;
}

std::vector<std::string> reachable_urls(const std::vector<BoundAddress>& addresses, const std::vector<std::string>& interfaces) {
  std::vector<std::string> urls;
  for (const BoundAddress& address : addresses) {
    const bool every =
        (address.family == Family::ipv4 && address.host == "0.0.0.0") || (address.family == Family::ipv6 && address.host == "::");
    if (!every) {
      urls.push_back(address.url() + (address.family == Family::unix_socket ? "" : "/"));
      continue;
    }
    for (const std::string& interface : interfaces) {
      if (is_ipv6(interface) == (address.family == Family::ipv6))
        urls.push_back(BoundAddress{address.family, interface, address.port}.url() + "/");
    }
  }
  return urls;
}

std::string banner(const std::string& folder, const std::vector<std::string>& urls, const Workforce& workforce) {
  std::string text = "Ropeway " ROPEWAY_VERSION " serves " + folder + "\n";
  for (const std::string& url : urls) text += "  " + url + "\n";
  const std::string processes = workforce.processes == 0 ? "1 process" : counted(workforce.processes, "process", "processes");
  text += processes + " x " + counted(workforce.threads, "thread", "threads") + " (" + workforce.reason + ")\n";
  return text + "Press Ctrl+C to stop.\n";
}

}  // namespace ropeway::launcher
