#include <ropeway/json_writer.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <stdexcept>
#include <utility>

#include <ropeway/utf8.hpp>

#include "core/src/http/word.hpp"

namespace ropeway {
namespace {

// Where the first byte from `begin` on is that does not stand for itself: a control character, a quote, a backslash, or one past ASCII.
std::size_t end_of_plain(std::string_view text, std::size_t begin) noexcept {
  std::size_t i = begin;
  for (; i + sizeof(http::Word) <= text.size(); i += sizeof(http::Word)) {
    const http::Word word = http::load_word(text.data() + i);
    if ((http::bytes_below(word, 0x20) | http::bytes_equal(word, '"') | http::bytes_equal(word, '\\') | (word & http::high_bits)) != 0)
      break;
  }
  for (; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte >= 0x80 || byte == '"' || byte == '\\') break;
  }
  return i;
}

void append_escaped(std::string& out, char byte) {
  switch (byte) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    default: break;
  }
  constexpr char digits[] = "0123456789abcdef";
  const auto value = static_cast<unsigned char>(byte);
  const char text[] = {'\\', 'u', '0', '0', digits[value >> 4], digits[value & 15]};
  out.append(text, sizeof text);
}

void append_string(std::string& out, std::string_view text) {
  out += '"';
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t end = end_of_plain(text, i);
    out.append(text, i, end - i);
    i = end;
    if (i == text.size()) break;
    if (static_cast<unsigned char>(text[i]) < 0x80) {
      append_escaped(out, text[i++]);
    } else if (const std::size_t length = utf8_length(text.substr(i)); length > 0) {
      out.append(text, i, length);
      i += length;
    } else {
      out += "\xEF\xBF\xBD";  // U+FFFD
      ++i;
    }
  }
  out += '"';
}

template <class Number>
void append_number(std::string& out, Number number) {
  std::array<char, 32> digits{};
  out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr);
}

}  // namespace

void JsonWriter::misused(const char* what) { throw std::logic_error(std::string("JsonWriter: ") + what); }

void JsonWriter::before_value() {
  if (in_object()) {
    if (!has_key_) misused("a value of an object needs a key in front of it");
    has_key_ = false;
  } else if (has_value_) {
    if (depth_ == 0) misused("one value has been written already");
    text_ += ',';
  }
  has_value_ = true;
}

JsonWriter& JsonWriter::begin(char bracket, bool is_object) {
  if (depth_ == most_depth) misused("too many objects and arrays inside one another");
  before_value();
  text_ += bracket;
  const std::uint64_t bit = std::uint64_t{1} << depth_++;
  objects_ = is_object ? objects_ | bit : objects_ & ~bit;
  has_value_ = false;
  return *this;
}

JsonWriter& JsonWriter::end(char bracket, bool is_object) {
  if (depth_ == 0 || in_object() != is_object || has_key_) misused("an end that fits no beginning, or behind a key");
  --depth_;
  text_ += bracket;
  has_value_ = true;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  if (!in_object() || has_key_) misused("a key outside of an object, or behind another");
  if (has_value_) text_ += ',';
  append_string(text_, name);
  text_ += ':';
  has_key_ = true;
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  before_value();
  append_string(text_, text);
  return *this;
}

JsonWriter& JsonWriter::value(double number) {
  before_value();
  std::isfinite(number) ? append_number(text_, number) : void(text_ += "null");
  return *this;
}

JsonWriter& JsonWriter::value(float number) {
  before_value();
  std::isfinite(number) ? append_number(text_, number) : void(text_ += "null");
  return *this;
}

JsonWriter& JsonWriter::integer(std::int64_t number) {
  before_value();
  append_number(text_, number);
  return *this;
}

JsonWriter& JsonWriter::unsigned_integer(std::uint64_t number) {
  before_value();
  append_number(text_, number);
  return *this;
}

JsonWriter& JsonWriter::raw(std::string_view json) {
  before_value();
  text_ += json;
  return *this;
}

std::string JsonWriter::take() {
  if (!complete()) misused("what is taken has not ended, or not begun");
  has_value_ = false;
  return std::exchange(text_, std::string());
}

}  // namespace ropeway
