#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace ropeway::testing {

/// The pieces in which bytes arrive.
using Pieces = std::vector<std::string_view>;

/// Gives `check` the same bytes in every way that finds the places where a reader forgets something: whole, cut in two at each position,
/// and byte by byte.
template <class Check>
void feed_in_every_way(std::string_view bytes, Check check) {
  check(Pieces{bytes});
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) check(Pieces{bytes.substr(0, cut), bytes.substr(cut)});
  Pieces single;
  for (std::size_t i = 0; i < bytes.size(); ++i) single.push_back(bytes.substr(i, 1));
  check(single);
}

}  // namespace ropeway::testing
