#include "core/src/routing/segment_table.hpp"

#include <cstring>
#include <utility>

namespace ropeway::routing {
namespace {

template <class Word>
std::uint64_t load(const char* data) noexcept {
  Word word;
  std::memcpy(&word, data, sizeof word);
  return word;
}

std::uint64_t mix(std::uint64_t hash, std::uint64_t word) noexcept {
  hash = (hash ^ word) * 0x9E3779B97F4A7C15U;  // 2^64 divided by the golden ratio: every bit of the word reaches the upper half
  return hash ^ (hash >> 32U);
}

std::uint32_t hash_of(std::uint32_t parent, std::string_view text) noexcept {
  const char* data = text.data();
  std::size_t size = text.size();
  std::uint64_t hash = mix(parent, size);
  for (; size > 8; data += 8, size -= 8) hash = mix(hash, load<std::uint64_t>(data));
  if (size >= 4) {
    hash = mix(hash, load<std::uint32_t>(data) << 32U | load<std::uint32_t>(data + size - 4));
  } else if (size > 0) {
    const auto byte = [data](std::size_t i) { return static_cast<std::uint64_t>(static_cast<unsigned char>(data[i])); };
    hash = mix(hash, byte(0) << 16U | byte(size / 2) << 8U | byte(size - 1));
  }
  return static_cast<std::uint32_t>(hash);
}

}  // namespace

void SegmentTable::place(const Slot& slot) noexcept {
  std::size_t index = slot.hash & (slots_.size() - 1);
  while (slots_[index].text != nullptr) index = (index + 1) & (slots_.size() - 1);
  slots_[index] = slot;
}

void SegmentTable::insert(std::uint32_t parent, std::string_view text, std::uint32_t child) {
  if (2 * (used_ + 1) > slots_.size()) {
    const std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(slots_.empty() ? 16 : slots_.size() * 2));
    for (const Slot& slot : old) {
      if (slot.text != nullptr) place(slot);
    }
  }
  ++used_;
  place({text.data(), static_cast<std::uint32_t>(text.size()), parent, child, hash_of(parent, text)});
}

std::uint32_t SegmentTable::find(std::uint32_t parent, std::string_view text) const noexcept {
  if (slots_.empty()) return none;
  const std::uint32_t hash = hash_of(parent, text);
  for (std::size_t index = hash & (slots_.size() - 1); slots_[index].text != nullptr; index = (index + 1) & (slots_.size() - 1)) {
    const Slot& slot = slots_[index];
    if (slot.hash == hash && slot.parent == parent && slot.size == text.size() && std::memcmp(slot.text, text.data(), text.size()) == 0) {
      return slot.child;
    }
  }
  return none;
}

}  // namespace ropeway::routing
