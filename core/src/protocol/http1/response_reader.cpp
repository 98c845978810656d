#include "core/src/protocol/http1/response_reader.hpp"

#include <algorithm>

#include "core/src/protocol/http1/framing.hpp"
#include "core/src/protocol/http1/scan.hpp"

namespace ropeway::protocol::http1 {
namespace {

using Kind = ResponseEvent::Kind;

constexpr std::string_view no_status_line = "it does not begin with a status line of HTTP/1.1";
constexpr std::string_view head_too_large = "its head is larger than it may be";
constexpr std::string_view ended_early = "the connection ended inside the response";

}  // namespace

std::span<char> ResponseReader::prepare() {
  const char* const before = input_.unread().data();
  const bool in_head = step_ == Step::fields;
  const std::span<char> room = input_.prepare(limits_->header_bytes);
  if (in_head && input_.unread().data() != before) {  // the views of what was read have moved: it is read again, which is rare
    head_.fields.clear();
    parser_.reset_to_fields(head_bytes_);
  }
  return room;
}

ResponseEvent ResponseReader::fail(std::string_view reason) noexcept {
  step_ = Step::failed;
  reason_ = reason;
  return {Kind::error, {}, reason};
}

ResponseEvent ResponseReader::next() {
  switch (step_) {
    case Step::status_line:
    case Step::fields: return next_head();
    case Step::content: return content_ == Content::chunked ? next_chunk() : next_content();
    case Step::end: return {Kind::end, {}, {}};
    case Step::failed: break;
  }
  return {Kind::error, {}, reason_};
}

ResponseEvent ResponseReader::next_head() {
  const std::string_view unread = input_.unread();
  if (step_ == Step::status_line) {
    const std::size_t end = unread.find('\n', looked_at_);
    const bool is_whole = end != std::string_view::npos;
    if ((is_whole ? end : unread.size()) >= limits_->header_bytes) return fail(head_too_large);
    // What is no status line is found out at once, and not when somebody who speaks another protocol has sent a line's end.
    constexpr std::string_view begin = "HTTP/1.";
    if (begin.substr(0, unread.size()) != unread.substr(0, begin.size())) return fail(no_status_line);
    if (!is_whole) {
      looked_at_ = unread.size();
      if (input_ended_) return fail(unread.empty() ? "the connection ended before a response" : ended_early);
      return {};
    }
    if (const std::string_view mistake = read_status_line(unread.substr(0, end)); !mistake.empty()) return fail(mistake);
    looked_at_ = 0;
    has_begun_ = true;
    head_bytes_ = end + 1;
    head_.fields.clear();
    parser_.reset_to_fields(head_bytes_);
    step_ = Step::fields;
  }
  switch (parser_.parse(unread, head_)) {
    case Parser::Outcome::incomplete: return input_ended_ ? fail(ended_early) : ResponseEvent();
    case Parser::Outcome::failed:
      return fail(parser_.error().status_hint == Status::request_header_fields_too_large ? head_too_large : parser_.error().reason);
    case Parser::Outcome::complete: break;
  }
  input_.consume(parser_.size());
  if (code(status_) < 200) {  // RFC 9110 §15.2
    step_ = status_ == Status::switching_protocols ? Step::end : Step::status_line;
    keeps_ = false;
    return {Kind::interim, {}, {}};
  }
  if (const std::string_view mistake = decide_content(); !mistake.empty()) return fail(mistake);
  step_ = content_ == Content::none ? Step::end : Step::content;
  return {Kind::head, {}, {}};
}

// "HTTP/1.1 200 OK" and CR (RFC 9112 §4). Without a reason phrase, its space may be missing, too: there are servers that leave it out. Gives what
// is wrong.
std::string_view ResponseReader::read_status_line(std::string_view line) noexcept {
  constexpr std::size_t number_at = 9;
  if (!line.ends_with('\r')) return "a line does not end in CR LF";
  line.remove_suffix(1);
  if (line.size() < number_at + 3 || (line[7] != '0' && line[7] != '1') || line[8] != ' ') return no_status_line;
  head_.version = line[7] == '1' ? Version::http_1_1 : Version::http_1_0;
  const std::string_view number = line.substr(number_at, 3);
  if (!std::ranges::all_of(number, is_digit) || number.front() == '0') return no_status_line;
  if (line.size() > number_at + 3 && line[number_at + 3] != ' ') return no_status_line;
  if (scan::value(line.data(), line.data() + line.size()) != line.data() + line.size()) return "a control character in its status line";
  status_ = static_cast<Status>((number[0] - '0') * 100 + (number[1] - '0') * 10 + (number[2] - '0'));
  return {};
}

// RFC 9112 §6.3. Gives what is wrong.
std::string_view ResponseReader::decide_content() noexcept {
  const HeadFacts& facts = parser_.facts();
  keeps_ = !facts.close && (head_.version == Version::http_1_1 || facts.keep_alive);
  Limits unlimited = *limits_;
  unlimited.body_bytes = UINT64_MAX;
  Framing framing;
  if (const auto error = decide_framing(facts, head_.version, unlimited, framing)) return error->reason;
  const bool is_sized = facts.content_length_count > 0;
  length_ = is_sized ? std::optional(framing.length) : std::nullopt;
  if (to_head_ || is_bodiless(status_)) {
    content_ = Content::none;
  } else if (framing.chunked) {
    content_ = Content::chunked;
    chunks_.reset();
    chunks_.keep_trailers(trailers_);
  } else if (is_sized) {
    content_ = framing.length == 0 ? Content::none : Content::sized;
    left_ = framing.length;
  } else {
    content_ = Content::until_close;
    keeps_ = false;
  }
  return {};
}

ResponseEvent ResponseReader::next_content() {
  std::string_view piece = input_.unread();
  if (content_ == Content::sized) piece = piece.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, piece.size())));
  if (piece.empty()) {
    if (!input_ended_) return {};
    if (content_ == Content::sized) return fail(ended_early);
    step_ = Step::end;
    return {Kind::end, {}, {}};
  }
  input_.consume(piece.size());
  if (content_ == Content::sized && (left_ -= piece.size()) == 0) step_ = Step::end;
  return {Kind::data, piece, {}};
}

ResponseEvent ResponseReader::next_chunk() {
  Limits unlimited = *limits_;
  unlimited.body_bytes = UINT64_MAX;
  const std::string_view unread = input_.unread();
  std::string_view rest = unread;
  const ChunkedDecoder::Outcome outcome = chunks_.decode(rest, unlimited);
  input_.consume(unread.size() - rest.size());
  switch (outcome) {
    case ChunkedDecoder::Outcome::data: return {Kind::data, chunks_.data(), {}};
    case ChunkedDecoder::Outcome::end: step_ = Step::end; return {Kind::end, {}, {}};
    case ChunkedDecoder::Outcome::failed: return fail(chunks_.error().reason);
    case ChunkedDecoder::Outcome::need_input: break;
  }
  return input_ended_ ? fail(ended_early) : ResponseEvent();
}

}  // namespace ropeway::protocol::http1
