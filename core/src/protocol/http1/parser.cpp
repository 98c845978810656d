#include "core/src/protocol/http1/parser.hpp"

#include <algorithm>
#include <cstring>

#include "core/src/http/field_value.hpp"
#include "core/src/protocol/http1/scan.hpp"

namespace ropeway::protocol::http1 {
namespace {

bool is_host(std::string_view name) noexcept {
  std::uint32_t letters;
  std::uint32_t host;
  std::memcpy(&letters, name.data(), 4);
  std::memcpy(&host, "host", 4);
  return (letters | 0x20202020U) == host;
}

// "HTTP/", a digit, ".", a digit (RFC 9112 §2.3), as far as the bytes go.
bool looks_like_version(std::string_view bytes) noexcept {
  constexpr std::string_view pattern = "HTTP/0.0";
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const bool matches = pattern[i] == '0' ? bytes[i] >= '0' && bytes[i] <= '9' : bytes[i] == pattern[i];
    if (!matches) return false;
  }
  return true;
}

constexpr std::string_view no_request_line = "the request line is malformed";
constexpr std::string_view no_line_end = "a line does not end in CR LF";

}  // namespace

void Parser::reset() noexcept {
  position_ = mark_ = 0;
  step_ = Step::start;
  facts_ = HeadFacts();
}

void Parser::reset_to_fields(std::size_t size) noexcept {
  reset();
  position_ = size;
  step_ = Step::field_start;
}

Parser::Outcome Parser::fail(Status status, std::string_view reason) noexcept {
  error_ = {status, reason};
  return Outcome::failed;
}

Parser::Outcome Parser::parse(std::string_view bytes, http::RequestHead& head) {
  base_ = bytes.data();
  const char* at = base_ + position_;
  const char* const end = base_ + std::min(bytes.size(), limits_->header_bytes);
  Outcome outcome = Outcome::complete;
  if (step_ < Step::field_start) outcome = parse_request_line(at, end, head);
  if (outcome == Outcome::complete) outcome = parse_fields(at, end, head);
  position_ = static_cast<std::size_t>(at - base_);
  if (outcome == Outcome::incomplete && bytes.size() >= limits_->header_bytes) {
    return fail(Status::request_header_fields_too_large, "the head is longer than limits.header_bytes");
  }
  return outcome;
}

Parser::Outcome Parser::parse_request_line(const char*& at, const char* end, http::RequestHead& head) {
  switch (step_) {
    case Step::start:
      if (at == end) return Outcome::incomplete;
      if (*at == '\r') {  // one empty line before the request line is tolerated (RFC 9112 §2.2)
        ++at;
        step_ = Step::empty_line_end;
      }
      [[fallthrough]];
    case Step::empty_line_end:
      if (step_ == Step::empty_line_end) {
        if (at == end) return Outcome::incomplete;
        if (*at != '\n') return fail(Status::bad_request, no_line_end);
        ++at;
      }
      mark_ = static_cast<std::size_t>(at - base_);
      step_ = Step::method;
      [[fallthrough]];
    case Step::method:
      at = scan::token(at, end);
      if (at == end) return Outcome::incomplete;
      head.method_name = {base_ + mark_, at};
      if (*at != ' ' || head.method_name.empty()) return fail(Status::bad_request, no_request_line);
      head.method = method_from(head.method_name);
      mark_ = static_cast<std::size_t>(++at - base_);
      step_ = Step::target;
      [[fallthrough]];
    case Step::target:
      at = scan::target(at, end);
      head.target = {base_ + mark_, at};
      if (head.target.size() > limits_->target_bytes) return fail(Status::uri_too_long, "the target is longer than limits.target_bytes");
      if (at == end) return Outcome::incomplete;
      if (*at != ' ' || head.target.empty()) return fail(Status::bad_request, no_request_line);
      ++at;
      step_ = Step::version;
      [[fallthrough]];
    case Step::version:
      if (const Outcome outcome = parse_version(at, end, head); outcome != Outcome::complete) return outcome;
      step_ = Step::version_end;
      [[fallthrough]];
    case Step::version_end:
      if (at == end) return Outcome::incomplete;
      if (*at != '\r') return fail(Status::bad_request, *at == '\n' ? no_line_end : no_request_line);
      ++at;
      step_ = Step::request_line_end;
      [[fallthrough]];
    default:
      if (at == end) return Outcome::incomplete;
      if (*at != '\n') return fail(Status::bad_request, no_line_end);
      ++at;
      step_ = Step::field_start;
      return Outcome::complete;
  }
}

// The place stays in front of the version until all of it is there: it is eight bytes.
Parser::Outcome Parser::parse_version(const char*& at, const char* end, http::RequestHead& head) {
  const std::string_view version(at, std::min<std::size_t>(8, static_cast<std::size_t>(end - at)));
  if (version.size() < 8) return looks_like_version(version) ? Outcome::incomplete : fail(Status::bad_request, no_request_line);
  if (std::memcmp(at, "HTTP/1.1", 8) == 0) {  // of constant size: one comparison of words
    head.version = Version::http_1_1;
  } else if (std::memcmp(at, "HTTP/1.0", 8) == 0) {
    head.version = Version::http_1_0;
  } else if (looks_like_version(version)) {
    return fail(Status::http_version_not_supported, "only HTTP/1.0 and HTTP/1.1 are spoken here");
  } else {
    return fail(Status::bad_request, no_request_line);
  }
  at += 8;
  return Outcome::complete;
}

Parser::Outcome Parser::parse_fields(const char*& at, const char* end, http::RequestHead& head) {
  for (;;) {
    switch (step_) {
      case Step::field_start:
        if (at == end) return Outcome::incomplete;
        if (*at == '\r') {
          ++at;
          step_ = Step::head_end;
          continue;
        }
        if (is_blank(*at)) return fail(Status::bad_request, "a field is folded over several lines");  // RFC 9112 §5.2
        if (head.fields.size() >= limits_->header_count) {
          return fail(Status::request_header_fields_too_large, "there are more fields than limits.header_count");
        }
        mark_ = static_cast<std::size_t>(at - base_);
        step_ = Step::field_name;
        [[fallthrough]];
      case Step::field_name:
        at = scan::token(at, end);
        if (at == end) return Outcome::incomplete;
        name_ = {base_ + mark_, at};
        if (*at != ':' || name_.empty()) return fail(Status::bad_request, "a field's name is malformed");  // also a space before ":" (§5.1)
        ++at;
        step_ = Step::before_value;
        [[fallthrough]];
      case Step::before_value:
        while (at != end && is_blank(*at)) ++at;
        if (at == end) return Outcome::incomplete;
        mark_ = static_cast<std::size_t>(at - base_);
        step_ = Step::field_value;
        [[fallthrough]];
      case Step::field_value: {
        at = scan::value(at, end);
        if (at == end) return Outcome::incomplete;
        if (*at != '\r') return fail(Status::bad_request, *at == '\n' ? no_line_end : "a field's value holds a control character");
        const char* const begin = base_ + mark_;
        const char* last = at;
        while (last != begin && is_blank(last[-1])) --last;
        head.fields.push_back({name_, {begin, last}});
        ++at;
        step_ = Step::field_end;
        [[fallthrough]];
      }
      case Step::field_end:
        if (at == end) return Outcome::incomplete;
        if (*at != '\n') return fail(Status::bad_request, no_line_end);
        ++at;
        note(name_, head.fields.back().value);
        step_ = Step::field_start;
        continue;
      default:
        if (at == end) return Outcome::incomplete;
        if (*at != '\n') return fail(Status::bad_request, no_line_end);
        ++at;
        return Outcome::complete;
    }
  }
}

// Only names of these lengths are looked at; most fields are passed over by their length alone.
void Parser::note(std::string_view name, std::string_view value) {
  switch (name.size()) {
    case 4:
      if (is_host(name)) {
        facts_.host = value;
        ++facts_.host_count;
      }
      break;
    case 6:
      if (same_field_name(name, "Expect")) note_expectations(value);
      break;
    case 10:
      if (same_field_name(name, "Connection")) note_connection(value);
      break;
    case 14:
      if (same_field_name(name, "Content-Length")) {
        facts_.content_length = value;
        ++facts_.content_length_count;
      }
      break;
    case 17:
      if (same_field_name(name, "Transfer-Encoding")) {
        facts_.transfer_encoding = value;
        ++facts_.transfer_encoding_count;
      }
      break;
    default: break;
  }
}

void Parser::note_expectations(std::string_view value) {
  http::ListReader expectations(value);
  while (const auto expectation = expectations.next()) {
    (http::equals_ignoring_case(*expectation, "100-continue") ? facts_.expects_continue : facts_.unknown_expectation) = true;
  }
}

void Parser::note_connection(std::string_view value) {
  http::ListReader options(value);
  while (const auto option = options.next()) {
    if (http::equals_ignoring_case(*option, "close")) facts_.close = true;
    if (http::equals_ignoring_case(*option, "keep-alive")) facts_.keep_alive = true;
  }
}

}  // namespace ropeway::protocol::http1
