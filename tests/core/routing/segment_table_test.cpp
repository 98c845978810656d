#include "core/src/routing/segment_table.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using ropeway::routing::SegmentTable;

TEST_CASE("a child is found by its parent and the whole of its text") {
  // Lengths around the word sizes of the hash; texts that differ in one byte only.
  std::vector<std::string> texts;
  for (std::size_t size = 1; size <= 40; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      texts.emplace_back(size, 'a');
      texts.back()[at] = 'b';
    }
  }
  SegmentTable table;
  std::uint32_t child = 0;
  for (std::uint32_t parent = 0; parent < 3; ++parent) {
    for (const std::string& text : texts) table.insert(parent, text, child++);
  }
  child = 0;
  std::size_t wrong = 0;
  for (std::uint32_t parent = 0; parent < 3; ++parent) {
    for (const std::string& text : texts) wrong += table.find(parent, std::string(text)) != child++;
  }
  CHECK(wrong == 0);
  CHECK(table.find(3, texts.front()) == SegmentTable::none);
  CHECK(table.find(0, std::string(20, 'a')) == SegmentTable::none);
  CHECK(table.find(0, "") == SegmentTable::none);
}

TEST_CASE("an empty table finds nothing") { CHECK(SegmentTable().find(0, "a") == SegmentTable::none); }
