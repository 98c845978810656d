#include "core/src/routing/pattern.hpp"

#include <algorithm>
#include <optional>

#include <ropeway/config_node.hpp>
#include <ropeway/method.hpp>
#include <ropeway/url.hpp>

#include "core/src/http/field_value.hpp"

namespace ropeway::routing {
namespace {

bool is_alpha(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }
bool is_identifier_character(char c) noexcept { return is_alpha(c) || is_digit(c) || c == '_'; }

class Parser {
 public:
  Parser(std::string_view text, const std::string& pointer) : text_(text), pointer_(pointer) {}

  Pattern parse() {
    result_.text = text_;
    if (text_.empty()) fail(0, "is empty: expected \"[METHOD ][HOST]/path\"");
    parse_method();
    parse_host();
    while (position_ < text_.size()) parse_segment();
    return std::move(result_);
  }

 private:
  [[noreturn]] void fail(std::size_t at, const std::string& message) const {
    throw ConfigError(pointer_, "pattern \"" + std::string(text_) + "\", column " + std::to_string(at + 1) + ": " + message);
  }

  void parse_method() {
    const auto blank = std::find_if(text_.begin(), text_.end(), is_blank);
    if (blank == text_.end()) return;
    const auto size = static_cast<std::size_t>(blank - text_.begin());
    if (size == 0) fail(0, "begins with a space");
    if (text_.find('/') < size) fail(size, "a space in the path; write %20");
    for (std::size_t i = 0; i < size; ++i) {
      if (!http::is_token_character(text_[i])) fail(i, "the method has a character that no method may have");
    }
    result_.method = text_.substr(0, size);
    std::string upper = result_.method;
    std::transform(upper.begin(), upper.end(), upper.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    if (upper != result_.method && method_from(upper) != Method::other) {  // RFC 9110 §9.1
      fail(0, "methods are case-sensitive: \"" + result_.method + "\" is none that a client sends, did you mean \"" + upper + "\"?");
    }
    position_ = size;
    while (position_ < text_.size() && is_blank(text_[position_])) ++position_;
  }

  void parse_host() {
    const std::size_t slash = text_.find('/', position_);
    if (slash == std::string_view::npos) fail(text_.size(), "has no path: a \"/\" was expected");
    std::string_view host = text_.substr(position_, slash - position_);
    if (const auto brace = host.find('{'); brace != std::string_view::npos) {
      fail(position_ + brace, "\"{\" in the host; the path must begin with \"/\"");
    }
    if (host.ends_with('.')) host.remove_suffix(1);
    if (host.size() > max_host_size) fail(position_, "the host is longer than 253 characters");
    check_host(host);
    std::transform(host.begin(), host.end(), std::back_inserter(result_.host),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    position_ = slash;
  }

  void check_host(std::string_view host) const {
    const bool literal_address = host.starts_with('[') && host.ends_with(']');  // IPv6
    std::string_view name = host;
    if (name.starts_with("*.")) name.remove_prefix(2);
    if (!host.empty() && name.empty()) fail(position_, "a domain was expected behind \"*.\"");
    for (std::size_t i = 0; i < name.size(); ++i) {
      const std::size_t at = position_ + (host.size() - name.size()) + i;
      const char c = name[i];
      if (literal_address && (i == 0 || i + 1 == name.size() || c == ':')) continue;
      if (c == ':') fail(at, "a host has no port here; listen addresses decide about ports");
      if (c == '*') fail(at, "\"*\" may only stand at the beginning of the host, as \"*.example.org\"");
      if (c == '.' && (i == 0 || name[i - 1] == '.')) fail(at, "an empty label in the host");
      if (!is_alpha(c) && !is_digit(c) && c != '-' && c != '.' && c != '_') {
        fail(at, "a character that no host may have (names with other letters are written as xn--...)");
      }
    }
  }

  // At a "/".
  void parse_segment() {
    const std::size_t begin = position_ + 1;
    const std::size_t end = std::min(text_.find('/', begin), text_.size());
    const std::string_view segment = text_.substr(begin, end - begin);
    const bool last = end == text_.size();
    position_ = end;
    if (segment.empty()) {
      if (!last) fail(begin, "an empty segment (\"//\")");
      result_.segments.push_back({Segment::Kind::rest, ""});
    } else if (segment.find_first_of("{}") == std::string_view::npos) {
      result_.segments.push_back({Segment::Kind::literal, literal(segment, begin)});
    } else {
      parse_wildcard(segment, begin, last);
    }
  }

  std::string literal(std::string_view segment, std::size_t begin) const {
    std::string decoded;
    for (std::size_t i = 0; i < segment.size(); ++i) {
      const auto byte = static_cast<unsigned char>(segment[i]);
      if (byte <= 0x20 || byte == 0x7f) fail(begin + i, "a space or control character in the path; write it as %XX");
      if (segment[i] == '?' || segment[i] == '#') fail(begin + i, "a path has no query and no fragment; write %3F or %23");
      if (segment[i] != '%') {
        decoded += segment[i];
        continue;
      }
      const std::optional<std::string> escape = percent_decode(segment.substr(i, 3));
      if (!escape || escape->size() != 1 || *escape == std::string(1, '\0')) fail(begin + i, "a malformed percent-escape");
      if (*escape == "/") fail(begin + i, "an encoded slash matches inside parameters only");
      decoded += *escape;
      i += 2;
    }
    if (decoded == "." || decoded == "..") fail(begin, "can never match: dot segments are removed from a request's path");
    return decoded;
  }

  void parse_wildcard(std::string_view segment, std::size_t begin, bool last) {
    if (!segment.starts_with('{')) fail(begin + segment.find_first_of("{}"), "a parameter must be a whole segment: \"/{name}/\"");
    if (segment.find('}') != segment.size() - 1) fail(begin, "a parameter must be a whole segment that ends with \"}\"");
    std::string_view name = segment.substr(1, segment.size() - 2);
    if (name == "$") {
      if (!last) fail(begin, "{$} may only stand at the end");
      result_.segments.push_back({Segment::Kind::end, ""});
      return;
    }
    const bool rest = name.ends_with("...");
    if (rest) name.remove_suffix(3);
    if (rest && !last) fail(begin, "{" + std::string(name) + "...} may only stand at the end");
    if (name.empty()) fail(begin + 1, "a parameter needs a name");
    if (is_digit(name.front()) || !std::all_of(name.begin(), name.end(), is_identifier_character)) {
      fail(begin + 1, "the name of a parameter is made of letters, digits and \"_\", and does not begin with a digit");
    }
    if (std::find(result_.parameters.begin(), result_.parameters.end(), name) != result_.parameters.end()) {
      fail(begin + 1, "the parameter \"" + std::string(name) + "\" stands there twice");
    }
    if (result_.parameters.size() == max_parameters) fail(begin, "more than " + std::to_string(max_parameters) + " parameters");
    result_.parameters.emplace_back(name);
    result_.segments.push_back({rest ? Segment::Kind::rest : Segment::Kind::single, std::string(name)});
  }

  std::string_view text_;
  const std::string& pointer_;
  std::size_t position_ = 0;
  Pattern result_;
};

bool is_rest(const Pattern& pattern, std::size_t index) {
  return index >= pattern.segments.size() || pattern.segments[index].kind == Segment::Kind::rest;
}

}  // namespace

Pattern Pattern::parse(std::string_view text, const std::string& pointer) { return Parser(text, pointer).parse(); }

std::string common_path(const Pattern& left, const Pattern& right) {
  std::string path;
  const std::size_t count = std::max(left.segments.size(), right.segments.size());
  for (std::size_t i = 0; i < count; ++i) {
    // Of two segments that overlap, the narrower one says what the path holds.
    const Pattern& narrower = is_rest(left, i) ? right : left;
    const Segment* segment = &narrower.segments[std::min(i, narrower.segments.size() - 1)];
    if (segment->kind == Segment::Kind::single && !is_rest(right, i) && right.segments[i].kind == Segment::Kind::literal) {
      segment = &right.segments[i];
    }
    path += '/';
    if (segment->kind == Segment::Kind::literal || segment->kind == Segment::Kind::single) path += segment->text;
  }
  return path;
}

}  // namespace ropeway::routing
