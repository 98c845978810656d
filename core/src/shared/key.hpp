#pragma once

#include <cstdint>
#include <string_view>

namespace ropeway::shared {

/// What stands for a name of any length: 128 bits of a keyed hash. Two names have the same one as good as never, also where somebody wants
/// them to, who does not know the secret.
struct Key {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  bool operator==(const Key&) const = default;
};

/// The secret of one server, chosen by chance when its memory is made.
struct Secret {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
};

/// SipHash-2-4 with 128 bits (Aumasson and Bernstein) of `scope`, a separator and `name`, of which `scope` holds no zero byte.
[[nodiscard]] Key key_of(const Secret& secret, std::string_view scope, std::string_view name) noexcept;

}  // namespace ropeway::shared
