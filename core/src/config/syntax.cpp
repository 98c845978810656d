#include "core/src/config/syntax.hpp"

#include <algorithm>
#include <array>

#include "core/src/config/printable.hpp"

namespace ropeway::config {
namespace {

using After = ReadingState::After;

constexpr std::string_view spaces = " \t\r\n";
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$'; }
bool is_word(char c) noexcept { return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '+'; }

std::string_view word_at(std::string_view text, std::size_t offset) noexcept {
  std::size_t end = offset;
  while (end < text.size() && is_word(text[end])) ++end;
  return text.substr(offset, end - offset);
}

/// What may stand next, in words.
std::string_view expected(After after) noexcept {
  switch (after) {
    case After::nothing: return "expected a JSON object: { ... }";
    case After::open_array: return "expected a value or \"]\"";
    case After::element: return "expected \",\" or \"]\"";
    case After::open_object: return "expected a name in double quotes or \"}\"";
    case After::key: return "expected \":\" after the name";
    case After::member: return "expected \",\" or \"}\"";
    case After::everything: return "expected nothing after the end of the configuration";
  }
  return {};
}

std::size_t skip_digits(std::string_view text, std::size_t offset) noexcept {
  while (offset < text.size() && is_digit(text[offset])) ++offset;
  return offset;
}

int hex_value(char c) noexcept {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The four digits of "\uXXXX", or -1.
int code_unit(std::string_view text, std::size_t digits) noexcept {
  int value = 0;
  for (std::size_t i = digits; i < digits + 4; ++i) {
    const int digit = i < text.size() ? hex_value(text[i]) : -1;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

bool is_high_surrogate(int unit) noexcept { return unit >= 0xD800 && unit <= 0xDBFF; }
bool is_low_surrogate(int unit) noexcept { return unit >= 0xDC00 && unit <= 0xDFFF; }

/// The escape at `offset`: its length, or what is wrong with it.
struct Escape {
  std::size_t length = 0;
  std::string_view fault;
};
Escape escape_at(std::string_view text, std::size_t offset) noexcept {
  const char kind = offset + 1 < text.size() ? text[offset + 1] : '\0';
  if (kind != 'u') {
    if (std::string_view("\"\\/bfnrt").find(kind) != std::string_view::npos) return {2, {}};
    return {0, R"(not an escape of JSON: it has \" \\ \/ \b \f \n \r \t and \uXXXX; a backslash itself is \\)"};
  }
  const int unit = code_unit(text, offset + 2);
  if (unit < 0) return {0, "\\u must be followed by four hexadecimal digits"};
  if (is_low_surrogate(unit)) return {0, "the second half of a surrogate pair stands alone"};
  if (!is_high_surrogate(unit)) return {6, {}};
  const bool has_second =
      text.substr(std::min(offset + 6, text.size())).starts_with("\\u") && is_low_surrogate(code_unit(text, offset + 8));
  return has_second ? Escape{12, {}} : Escape{0, "the first half of a surrogate pair stands alone"};
}

std::optional<SyntaxFault> string_fault(std::string_view text, std::size_t begin) {
  for (std::size_t i = begin + 1; i < text.size();) {
    const char c = text[i];
    if (c == '"') return std::nullopt;
    if (c == '\n' || c == '\r') return SyntaxFault{begin, "this text has no closing double quote in its line; a line break is written \\n"};
    if (static_cast<unsigned char>(c) < 0x20) {
      return SyntaxFault{i, c == '\t' ? "a tab in a text is written \\t" : "a control character in a text is written \\uXXXX"};
    }
    if (c != '\\') {
      ++i;
      continue;
    }
    const Escape escape = escape_at(text, i);
    if (!escape.fault.empty()) return SyntaxFault{i, std::string(escape.fault)};
    i += escape.length;
  }
  return SyntaxFault{begin, "this text has no closing double quote"};
}

std::string number_fault(std::string_view word) {
  const std::string found = "found " + in_quotes(word) + ": ";
  const std::string_view digits = word.starts_with('-') ? word.substr(1) : word;
  if (word.starts_with('+')) return found + "a number must not begin with \"+\"";
  if (digits.starts_with('.')) return found + "a number must have a digit in front of its point";
  if (digits.size() > 1 && digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X')) return found + "a number must be decimal";
  if (digits.size() > 1 && digits[0] == '0' && is_digit(digits[1])) return found + "a number must not begin with 0";
  if (number_end(word, 0) == word.size()) return found + "this number is too large";
  if (!digits.empty() && is_digit(digits[0]) && is_letter(word.back())) return found + "a number with a unit is written in double quotes";
  return found + "not a number";
}

std::string word_fault(std::string_view word) {
  std::string lower(word);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  for (const auto& [foreign, ours] : std::array<std::pair<std::string_view, std::string_view>, 8>{{{"true", "true"},
                                                                                                   {"yes", "true"},
                                                                                                   {"on", "true"},
                                                                                                   {"false", "false"},
                                                                                                   {"no", "false"},
                                                                                                   {"off", "false"},
                                                                                                   {"null", "null"},
                                                                                                   {"none", "null"}}}) {
    if (lower == foreign) return "found " + in_quotes(word) + ", did you mean " + std::string(ours) + "?";
  }
  return "found " + in_quotes(word) + ", expected a value; text is written in double quotes";
}

std::string found_at(std::string_view text, std::size_t offset) {
  if (text[offset] == '"') return "found " + in_quotes(text.substr(offset + 1, string_end(text, offset) - offset - 2));
  const std::string_view word = word_at(text, offset);
  if (!word.empty()) return "found " + in_quotes(word);
  return "found " + in_quotes(text.substr(offset, std::max<std::size_t>(code_point(text, offset).length, 1)));
}

SyntaxFault ended(std::string_view text, const ReadingState& state, std::string_view wanted) {
  if (!state.opened) {
    return {state.last_end, (state.after == After::nothing ? "the file is empty: " : "the file ends here: ") + std::string(wanted)};
  }
  const char bracket = text[*state.opened];
  const LineColumn opened = line_and_column(text, *state.opened);
  return {state.last_end, "the file ends here: the \"" + std::string(1, bracket) + "\" of line " + std::to_string(opened.line) +
                              ", column " + std::to_string(opened.column) + " is not closed"};
}

}  // namespace

std::optional<SyntaxFault> encoding_fault(std::string_view text) {
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) return SyntaxFault{0, "the file is in UTF-16: save it as UTF-8"};
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '\0') return SyntaxFault{i, "found a NUL byte"};
    const std::size_t length = code_point(text, i).length;
    if (length == 0) {
      constexpr std::string_view digits = "0123456789abcdef";
      const auto byte = static_cast<unsigned char>(text[i]);
      return SyntaxFault{i, std::string("found the byte 0x") + digits[byte >> 4U] + digits[byte & 15U] + ", which is not UTF-8 here"};
    }
    i += length;
  }
  return std::nullopt;
}

std::size_t skip_blank(std::string_view text, std::size_t offset) noexcept {
  while (offset < text.size()) {
    if (spaces.find(text[offset]) != std::string_view::npos) {
      ++offset;
    } else if (text.substr(offset).starts_with("//")) {
      offset = std::min(text.find_first_of("\r\n", offset), text.size());
    } else if (text.substr(offset).starts_with("/*")) {
      const std::size_t end = text.find("*/", offset + 2);
      if (end == std::string_view::npos) return offset;
      offset = end + 2;
    } else {
      return offset;
    }
  }
  return offset;
}

std::size_t string_end(std::string_view text, std::size_t offset) noexcept {
  for (++offset; offset < text.size() && text[offset] != '"'; ++offset) {
    if (text[offset] == '\\') ++offset;
  }
  return std::min(offset + 1, text.size());
}

std::size_t number_end(std::string_view text, std::size_t offset) noexcept {
  std::size_t i = offset;
  if (i < text.size() && text[i] == '-') ++i;
  if (i >= text.size() || !is_digit(text[i])) return offset;
  i = text[i] == '0' ? i + 1 : skip_digits(text, i);
  if (i + 1 < text.size() && text[i] == '.' && is_digit(text[i + 1])) i = skip_digits(text, i + 1);
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    std::size_t exponent = i + 1;
    if (exponent < text.size() && (text[exponent] == '+' || text[exponent] == '-')) ++exponent;
    if (exponent < text.size() && is_digit(text[exponent])) i = skip_digits(text, exponent);
  }
  return i;
}

SyntaxFault explain(std::string_view text, const ReadingState& state) {
  const After after = state.after;
  std::size_t offset = skip_blank(text, state.last_end);
  std::string_view wanted = expected(after);
  bool wants_name = after == After::open_object;
  bool wants_value = after == After::nothing || after == After::open_array;

  const bool is_list = after == After::element || after == After::member;
  const char separator = is_list ? ',' : ':';
  if ((is_list || after == After::key) && offset < text.size() && text[offset] == separator) {
    const std::size_t comma = offset;
    offset = skip_blank(text, offset + 1);
    if (is_list && offset < text.size() && text[offset] == (after == After::element ? ']' : '}')) {
      return {comma, "a comma after the last " + std::string(after == After::element ? "element" : "member") + " must go"};
    }
    wants_name = after == After::member;
    wants_value = !wants_name;
    wanted = wants_name ? "expected a name in double quotes" : "expected a value";
  }

  if (offset >= text.size()) return ended(text, state, wanted);
  const char c = text[offset];
  if (c == '/') {
    if (text.substr(offset).starts_with("/*")) return {offset, "this comment is not closed by */"};
    return {offset, "found \"/\", but a comment begins with // or /*"};
  }
  if (c == '"') {
    if (auto fault = string_fault(text, offset)) return *fault;
    if (is_list) return {offset, found_at(text, offset) + ", expected \",\" in front of it"};
  }
  if (c == '\'') return {offset, "text and names are written in double quotes, not in single ones"};
  // "01" and "1x" were read as the number 0 or 1 with something directly behind it.
  if (offset == state.last_end && is_word(c) && offset > 0 && is_digit(text[offset - 1]) && text[state.last_begin] != '"') {
    return {state.last_begin, number_fault(word_at(text, state.last_begin))};
  }
  if (wants_name && is_letter(c)) return {offset, "the name " + in_quotes(word_at(text, offset)) + " must be in double quotes"};
  if (wants_value && (is_digit(c) || c == '-' || c == '+' || c == '.')) return {offset, number_fault(word_at(text, offset))};
  if (wants_value && is_letter(c)) return {offset, word_fault(word_at(text, offset))};
  return {offset, found_at(text, offset) + ", " + std::string(wanted)};
}

}  // namespace ropeway::config
