#include "handlers/answer_parser.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

#include "handlers/field_list.hpp"

namespace ropeway::handlers {
namespace {

// What concerns one connection is not the script's business.
bool is_hop_by_hop(std::string_view name) {
  constexpr std::array names{"Connection", "Keep-Alive", "Proxy-Connection", "Trailer", "Transfer-Encoding", "Upgrade"};
  return std::ranges::any_of(names, [name](const char* other) { return same_field_name(name, other); });
}

}  // namespace

AnswerParser::State AnswerParser::malformed(std::string_view mistake) noexcept {
  if (mistake_.empty()) mistake_ = mistake;
  return State::malformed;
}

AnswerParser::State AnswerParser::add(std::string_view bytes) {
  text_ += bytes;
  for (;;) {
    const std::size_t end = text_.find('\n', looked_at_);
    const bool is_whole = end != std::string::npos;
    if ((is_whole ? end : text_.size()) >= most_bytes_) return malformed("its header is larger than it may be");
    if (!is_whole) {
      looked_at_ = text_.size();
      return State::incomplete;
    }
    std::string_view line = std::string_view(text_).substr(line_begin_, end - line_begin_);
    if (line.ends_with('\r')) line.remove_suffix(1);
    looked_at_ = line_begin_ = end + 1;
    if (line.empty()) return finish();
    if (!read_field(line)) return malformed("a line of its header is no field");
  }
}

// Gives false, and perhaps says more than the caller would.
bool AnswerParser::read_field(std::string_view line) {
  if (line.starts_with("HTTP/"))
    mistake_ = "it begins with a status line: scripts with headers that are not parsed (nph) are not supported";
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (++fields_ > most_fields) {
    mistake_ = "its header has more than 200 fields";
    return false;
  }
  Headers& headers = response_.headers();
  if (same_field_name(name, "Status")) return read_status(value);
  if ((same_field_name(name, "Content-Type") || same_field_name(name, "Location")) && headers.contains(name)) {
    mistake_ = "Content-Type or Location is there twice";
    return false;
  }
  try {
    if (!is_hop_by_hop(name)) headers.add(name, value);
  } catch (const std::invalid_argument&) { return false; }
  return true;
}

// "404 Not Found" (§6.3.3)
bool AnswerParser::read_status(std::string_view value) {
  mistake_ = has_status_ ? "Status is there twice" : "its Status is no number from 200 to 599";
  unsigned number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + std::min<std::size_t>(value.size(), 3), number);
  const bool is_number = error == std::errc() && end == value.data() + 3 && (value.size() == 3 || value[3] == ' ');
  if (has_status_ || !is_number || number < 200 || number > 599) return false;
  mistake_ = {};
  has_status_ = true;
  response_.status(static_cast<Status>(number));
  return true;
}

AnswerParser::State AnswerParser::finish() {
  const Headers& headers = response_.headers();
  if (const auto location = headers.find("Location")) {
    const bool is_local = location->starts_with('/') && !location->starts_with("//");
    if (location->empty()) return malformed("its Location is empty");
    if (is_local && !has_status_ && fields_ == 1) {
      local_ = *location;
    } else if (!has_status_) {
      response_.status(Status::found);
    }
  } else if (!has_status_ && !headers.contains("Content-Type")) {
    return malformed("it has no Content-Type, Location or Status");
  }
  text_.erase(0, line_begin_);
  return State::complete;
}

}  // namespace ropeway::handlers
