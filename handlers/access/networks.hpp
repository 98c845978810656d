#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace ropeway::handlers {

/// Networks, each with a verdict. Of several that hold an address, the narrowest counts, whatever their order. Filled once; then many threads ask.
class Networks {
 public:
  using Address = std::array<std::uint8_t, 16>;  // IPv4 as it is mapped into IPv6 (RFC 4291 §2.5.5.2), so both spellings are the same

  /// "192.0.2.7", "10.0.0.0/8", "2001:db8::/32", or "unix" for all unix sockets. Gives what is wrong with it, or empty.
  [[nodiscard]] std::string add(std::string_view text, bool verdict);
  /// The verdict on a client's address as `Request::client_address` has it; nothing where no network holds it.
  [[nodiscard]] std::optional<bool> find(std::string_view address) const;
  /// A numeric address; nothing where it is none.
  [[nodiscard]] static std::optional<Address> parse(std::string_view text);

 private:
  std::map<unsigned, std::map<Address, bool>, std::greater<>> by_prefix_;  // bits of 128, the narrowest first
  std::optional<bool> unix_;
};

}  // namespace ropeway::handlers
