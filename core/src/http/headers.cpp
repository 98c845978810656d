#include <ropeway/headers.hpp>

#include <charconv>
#include <functional>
#include <limits>
#include <stdexcept>

#include "core/src/http/field_value.hpp"
#include "core/src/http/word.hpp"

namespace ropeway {
namespace {

using http::load_word;
using http::same_folded;
using http::Word;

// Up to seven bytes as one word. The pieces overlap, so that no byte needs a loop; where both texts have the same size, the words of
// both are put together in the same way, and comparing them compares the texts.
Word load_short(const char* from, std::size_t size) noexcept {
  if (size >= 4) {
    std::uint32_t front;
    std::uint32_t back;
    std::memcpy(&front, from, 4);
    std::memcpy(&back, from + size - 4, 4);
    return static_cast<Word>(front) << 32 | back;
  }
  if (size == 0) return 0;
  const auto byte = [&](std::size_t index) { return static_cast<Word>(static_cast<unsigned char>(from[index])); };
  return byte(0) << 16 | byte(size / 2) << 8 | byte(size - 1);
}

bool same_name_of_size(const char* left, const char* right, std::size_t size) noexcept {
  if (size < sizeof(Word)) return same_folded(load_short(left, size), load_short(right, size));
  for (std::size_t i = 0; i + sizeof(Word) <= size; i += sizeof(Word)) {
    if (!same_folded(load_word(left + i), load_word(right + i))) return false;
  }
  const std::size_t last = size - sizeof(Word);
  return same_folded(load_word(left + last), load_word(right + last));
}

constexpr std::string_view separator = ": ";
constexpr std::string_view line_end = "\r\n";

bool points_into(std::string_view view, const std::string& text) noexcept {
  const std::less<> before;  // a total order, also for pointers into different objects
  return !before(view.data(), text.data()) && before(view.data(), text.data() + text.size());
}

void require_valid(std::string_view name, std::string_view value) {
  if (!http::is_token(name)) throw std::invalid_argument("a field name must be a token, without spaces, colons or control characters");
  if (!http::is_field_value(value)) throw std::invalid_argument("the value of field " + std::string(name) + " holds a control character");
}

}  // namespace

std::optional<std::uint64_t> parse_content_length(std::string_view value) noexcept {
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
  return error == std::errc() && end == value.data() + value.size() ? std::optional(length) : std::nullopt;
}

bool same_field_name(std::string_view left, std::string_view right) noexcept {
  return left.size() == right.size() && same_name_of_size(left.data(), right.data(), left.size());
}

std::optional<std::string_view> HeaderView::find(std::string_view name) const noexcept {
  for (const HeaderField& field : fields_) {
    if (same_field_name(field.name, name)) return field.value;
  }
  return std::nullopt;
}

std::size_t HeaderView::count(std::string_view name) const noexcept {
  std::size_t number = 0;
  for (const HeaderField& field : fields_) number += same_field_name(field.name, name) ? 1 : 0;
  return number;
}

void Headers::add(std::string_view name, std::string_view value) {
  require_valid(name, value);
  value = http::trim(value);
  if (points_into(name, text_) || points_into(value, text_)) return add(std::string(name), std::string(value));  // text_ may move
  const std::size_t begin = text_.size();
  const std::size_t size = name.size() + separator.size() + value.size() + line_end.size();
  if (size > std::numeric_limits<std::uint32_t>::max() - begin) throw std::invalid_argument("the fields of a response are too long");
  spans_.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(name.size()), static_cast<std::uint32_t>(value.size())});
  try {
    text_.append(name).append(separator).append(value).append(line_end);
  } catch (...) {  // out of memory: the field was not added
    text_.resize(begin);
    spans_.pop_back();
    throw;
  }
}

void Headers::set(std::string_view name, std::string_view value) {
  require_valid(name, value);
  if (points_into(name, text_) || points_into(value, text_)) return set(std::string(name), std::string(value));
  remove(name);
  add(name, value);
}

bool Headers::remove(std::string_view name) {
  if (points_into(name, text_)) return remove(std::string(name));
  bool found = false;
  for (std::size_t i = 0; i < spans_.size();) {
    if (!same_field_name((*this)[i].name, name)) {
      ++i;
      continue;
    }
    const Span gone = spans_[i];
    const std::size_t size = gone.name_size + separator.size() + gone.value_size + line_end.size();
    text_.erase(gone.begin, size);
    spans_.erase(spans_.begin() + static_cast<std::ptrdiff_t>(i));
    for (std::size_t later = i; later < spans_.size(); ++later) spans_[later].begin -= static_cast<std::uint32_t>(size);
    found = true;
  }
  return found;
}

std::optional<std::string_view> Headers::find(std::string_view name) const noexcept {
  for (std::size_t i = 0; i < spans_.size(); ++i) {
    if (spans_[i].name_size != name.size()) continue;
    const HeaderField field = (*this)[i];
    if (same_field_name(field.name, name)) return field.value;
  }
  return std::nullopt;
}

HeaderField Headers::operator[](std::size_t index) const noexcept {
  const Span& span = spans_[index];
  const char* const name = text_.data() + span.begin;
  return {{name, span.name_size}, {name + span.name_size + separator.size(), span.value_size}};
}

void Headers::clear() noexcept {
  text_.clear();
  spans_.clear();
}

std::size_t Headers::capacity() const noexcept { return text_.capacity() + spans_.capacity() * sizeof(Span); }

}  // namespace ropeway
