#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ropeway::config {

/// How many letters must be inserted, removed, replaced or swapped with their neighbour to get from one word to the other.
[[nodiscard]] std::size_t edit_distance(std::string_view left, std::string_view right);

/// The name that a person who wrote `word` most likely meant: a close one, whatever the case; "" where none is close.
[[nodiscard]] std::string closest(std::string_view word, const std::vector<std::string>& names);

/// `, did you mean "threads"?`, or "" where no name is close.
[[nodiscard]] std::string did_you_mean(std::string_view word, const std::vector<std::string>& names);

}  // namespace ropeway::config
