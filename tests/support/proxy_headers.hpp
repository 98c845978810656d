#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/server_process.hpp"

namespace ropeway::testing {

/// A header of version 2 of the PROXY protocol, as a load balancer would send it.
inline std::string binary_proxy_header(std::uint8_t version_and_command, std::uint8_t family_and_protocol, std::string_view content) {
  std::string header("\r\n\r\n\0\r\nQUIT\n", 12);
  for (const std::size_t byte :
       {std::size_t{version_and_command}, std::size_t{family_and_protocol}, content.size() >> 8U, content.size() & 0xFFU})
    header += static_cast<char>(byte);
  return header.append(content);
}

/// Addresses and ports of such a header: 203.0.113.7:4711 to 192.0.2.1:80.
inline std::string binary_ipv4() { return {"\xCB\x00\x71\x07\xC0\x00\x02\x01\x12\x67\x00\x50", 12}; }
/// [2001:db8::7]:4711 to [2001:db8::1]:80.
inline std::string binary_ipv6() {
  const std::string network("\x20\x01\x0D\xB8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", 15);
  return network + "\x07" + network + "\x01" + std::string("\x12\x67\x00\x50", 4);
}

/// A server that expects such headers.
namespace behind_balancer {

inline const std::string listening = R"("listen": [{"address": "127.0.0.1:0", "proxy_protocol": true}], )";
inline const std::string trusted = R"("trusted_proxies": ["127.0.0.1"], )";
inline const std::string site = R"("log": {"access": {"file": "access.log"}},
  "routes": [{"match": "/", "handler": "fixed_response", "options": {"body": "answer"}}])";
inline const std::string header = "PROXY TCP4 203.0.113.7 192.0.2.1 4711 80\r\n";
/// Answers 200 to the client of `header` alone, 403 to any other.
inline const std::string only_for_client = R"("timeouts": {"header": "60s"},
  "routes": [{"match": "/", "handler": "fixed_response", "options": {"body": "answer"},
  "middlewares": [{"name": "access", "options": {"allow": ["203.0.113.7"]}}]}])";
inline const std::string request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/// The clients in the access log, sorted.
inline std::vector<std::string> logged_addresses(const TemporaryFolder& folder) {
  std::istringstream log(read_file(folder / "access.log"));
  std::vector<std::string> addresses;
  for (std::string line; std::getline(log, line);) addresses.push_back(line.substr(0, line.find(' ')));
  std::ranges::sort(addresses);
  return addresses;
}

inline void end(ServerProcess& server) {
  server.signal(SIGTERM);
  CHECK(server.wait() == 0);
}

}  // namespace behind_balancer

}  // namespace ropeway::testing
