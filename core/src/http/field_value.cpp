#include "core/src/http/field_value.hpp"

#include "core/src/http/word.hpp"

namespace ropeway::http {
namespace {

constexpr std::array<bool, 256> token_characters = [] {
  std::array<bool, 256> table{};
  for (unsigned char c = '0'; c <= '9'; ++c) table[c] = true;
  for (unsigned char c = 'a'; c <= 'z'; ++c) table[c] = true;
  for (unsigned char c = 'A'; c <= 'Z'; ++c) table[c] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) table[static_cast<unsigned char>(c)] = true;
  return table;
}();

constexpr bool is_space(char byte) noexcept { return byte == ' ' || byte == '\t'; }

// The size of the part of `text` that stands before the first `separator` outside quoted strings (RFC 9110 §5.6.4).
std::size_t size_before(std::string_view text, char separator) noexcept {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char byte = text[i];
    if (quoted) {
      if (byte == '\\')
        ++i;  // a quoted pair
      else if (byte == '"')
        quoted = false;
    } else if (byte == '"') {
      quoted = true;
    } else if (byte == separator) {
      return i;
    }
  }
  return text.size();
}

// Takes what stands before `separator` off the front of `text`, and the separator.
std::string_view take_before(std::string_view& text, char separator) noexcept {
  const std::size_t size = size_before(text, separator);
  const std::string_view taken = text.substr(0, size);
  text.remove_prefix(size < text.size() ? size + 1 : size);
  return trim(taken);
}

}  // namespace

bool is_token_character(char byte) noexcept { return token_characters[static_cast<unsigned char>(byte)]; }

bool is_token(std::string_view text) noexcept {
  for (const char byte : text) {
    if (!is_token_character(byte)) return false;
  }
  return !text.empty();
}

bool is_field_value(std::string_view text) noexcept {
  std::size_t i = 0;
  for (; i + sizeof(Word) <= text.size(); i += sizeof(Word)) {
    const Word word = load_word(text.data() + i);
    if (((bytes_below(word, 0x20) & ~bytes_equal(word, '\t')) | bytes_equal(word, '\x7f')) != 0) return false;
  }
  for (; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte < 0x20 && byte != '\t') || byte == 0x7f) return false;
  }
  return true;
}

bool equals_ignoring_case(std::string_view text, std::string_view lower) noexcept {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char byte = text[i];
    const char folded = byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte | 0x20) : byte;
    if (folded != lower[i]) return false;
  }
  return true;
}

std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::optional<std::string_view> ListReader::next() noexcept {
  while (!rest_.empty()) {
    const std::string_view element = take_before(rest_, ',');
    if (!element.empty()) return element;
  }
  return std::nullopt;
}

std::optional<std::uint16_t> parse_quality(std::string_view text) noexcept {
  // qvalue = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] )
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1') || (text.size() > 1 && text[1] != '.')) return std::nullopt;
  unsigned quality = text[0] == '1' ? 1000 : 0;
  unsigned weight = 100;
  for (std::size_t i = 2; i < text.size(); ++i, weight /= 10) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    quality += static_cast<unsigned>(text[i] - '0') * weight;
  }
  if (quality > 1000) return std::nullopt;
  return static_cast<std::uint16_t>(quality);
}

std::optional<WeightedValue> parse_weighted(std::string_view element) noexcept {
  WeightedValue result;
  std::string_view rest = element;
  result.value = take_before(rest, ';');
  if (result.value.empty()) return std::nullopt;
  const char* const begin = rest.data();
  const char* end = begin;
  while (!rest.empty()) {
    const std::string_view parameter = take_before(rest, ';');
    if (parameter.size() >= 2 && (parameter[0] | 0x20) == 'q' && parameter[1] == '=') {
      const auto quality = parse_quality(parameter.substr(2));
      if (!quality) return std::nullopt;
      result.quality = *quality;
      break;  // what follows the weight are extensions, which nobody uses (RFC 9110 §12.5.1)
    }
    if (!parameter.empty()) end = parameter.data() + parameter.size();
  }
  result.parameters = trim(std::string_view(begin, static_cast<std::size_t>(end - begin)));
  return result;
}

}  // namespace ropeway::http
