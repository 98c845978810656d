#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <ropeway/method.hpp>

namespace ropeway::routing {

/// A set of methods, one bit each: the registered ones at the number of their `Method`, those that patterns name besides them above.
/// Only the `MethodTable` that made it can read it.
using MethodSet = std::uint64_t;

/// The methods that the patterns of one router name.
class MethodTable {
 public:
  /// What a pattern with `name` as its method answers: GET also HEAD; "" every method but CONNECT, which asks for a tunnel
  /// (RFC 9110 §9.3.6), and TRACE, which may reveal what stands in a request's fields (§9.3.8): those must be named. Gives 0 where there is no room for one more unregistered name.
  [[nodiscard]] MethodSet add(std::string_view name);
  /// The one bit of a request's method. Never 0: names that no pattern knows share a bit.
  [[nodiscard]] MethodSet bit(Method method, std::string_view name) const noexcept;
  /// The value of `Allow` (RFC 9110 §10.2.1) for a path with these methods; OPTIONS is always there, being answered by itself.
  [[nodiscard]] std::string allow(MethodSet methods) const;

 private:
  std::vector<std::string> names_;  // of unregistered methods
};

}  // namespace ropeway::routing
