#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace ropeway::routing {

/// Finds a node's child by the text of a segment: one open-addressing table for all nodes, so that a step down costs one probe however
/// many children a node has. Filled once; what a request brings is only looked up, so nobody can grow or skew it.
class SegmentTable {
 public:
  static constexpr std::uint32_t none = UINT32_MAX;

  /// `text` must outlive the table; (`parent`, `text`) must not be there yet.
  void insert(std::uint32_t parent, std::string_view text, std::uint32_t child);
  /// `none` where there is no such child.
  [[nodiscard]] std::uint32_t find(std::uint32_t parent, std::string_view text) const noexcept;

 private:
  struct Slot {
    const char* text = nullptr;  // nullptr: free
    std::uint32_t size = 0;
    std::uint32_t parent = 0;
    std::uint32_t child = 0;
    std::uint32_t hash = 0;
  };
  void place(const Slot& slot) noexcept;

  std::vector<Slot> slots_;  // a power of two, at most half full
  std::size_t used_ = 0;
};

}  // namespace ropeway::routing
