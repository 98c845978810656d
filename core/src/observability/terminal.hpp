#pragma once

#include <string_view>

namespace ropeway::observability {

/// What a terminal understands (ECMA-48 §8.3.117).
inline constexpr std::string_view reset = "\033[0m";
inline constexpr std::string_view dim = "\033[2m";

}  // namespace ropeway::observability
