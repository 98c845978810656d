#include "core/src/http/multipart.hpp"

#include <algorithm>

#include <ropeway/http_error.hpp>

#include "core/src/http/field_value.hpp"
#include "core/src/http/request_access.hpp"

namespace ropeway::http {
namespace {

constexpr std::string_view line_end = "\r\n";
constexpr std::size_t longest_boundary = 70;  // RFC 2046 §5.1.1

bool is_boundary_character(char byte) noexcept {
  const bool alphanumeric = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
  return alphanumeric || std::string_view("'()+_,-./:=? ").find(byte) != std::string_view::npos;
}

bool is_boundary(std::string_view text) noexcept {
  return !text.empty() && text.size() <= longest_boundary && !text.ends_with(' ') &&
         std::all_of(text.begin(), text.end(), is_boundary_character);
}

// Takes a token or a quoted string off the front. In a quoted string only \" and \\ are pairs: browsers send file names with backslashes as
// they are. Nothing where it does not end.
std::optional<std::string> take_value(std::string_view& rest) {
  if (!rest.starts_with('"')) {
    const std::string_view token = rest.substr(0, rest.find(';'));
    rest.remove_prefix(token.size());
    return std::string(trim(token));
  }
  std::string value;
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == '"') {
      rest.remove_prefix(i + 1);
      return value;
    }
    if (rest[i] == '\\' && i + 1 < rest.size() && (rest[i + 1] == '"' || rest[i + 1] == '\\')) ++i;
    value += rest[i];
  }
  return std::nullopt;
}

// Calls `use(name, value)` for each parameter behind the first ";". False where one is malformed.
template <class Use>
bool for_each_parameter(std::string_view field, Use use) {
  std::string_view rest = field.substr(std::min(field.find(';'), field.size()));
  while (!(rest = trim(rest)).empty()) {
    if (rest.front() != ';') return false;
    rest = trim(rest.substr(1));
    if (rest.empty()) return true;
    const std::size_t equals = rest.find('=');
    if (equals == std::string_view::npos) return false;
    const std::string_view name = trim(rest.substr(0, equals));
    rest = trim(rest.substr(equals + 1));
    const auto value = take_value(rest);
    if (!is_token(name) || !value) return false;
    use(name, *value);
  }
  return true;
}

std::string_view type_of(std::string_view field) noexcept { return trim(field.substr(0, field.find(';'))); }

}  // namespace

std::optional<std::string> form_boundary(std::string_view content_type) {
  if (!equals_ignoring_case(type_of(content_type), "multipart/form-data")) return std::nullopt;
  std::string boundary;
  bool several = false;
  const bool good = for_each_parameter(content_type, [&](std::string_view name, const std::string& value) {
    if (!equals_ignoring_case(name, "boundary")) return;
    several |= !boundary.empty();
    boundary = value;
  });
  return good && !several && is_boundary(boundary) ? boundary : std::string();
}

MultipartDecoder::MultipartDecoder(std::string_view boundary, const FormLimits& limits)
    : delimiter_("\r\n--" + std::string(boundary)), limits_(limits), buffer_(line_end) {}  // a delimiter may stand at the very front

MultipartDecoder::Event MultipartDecoder::next() {
  buffer_.erase(0, given_);
  given_ = 0;
  for (;;) {
    switch (state_) {
      case State::preamble:
        if (const Event event = find_first(); state_ == State::preamble) return event;
        break;
      case State::delimiter:
        if (part_ended_) {
          part_ended_ = false;
          return Event::part_end;
        }
        if (const Event event = read_delimiter(); state_ == State::delimiter || state_ == State::failed) return event;
        break;
      case State::head: return read_head();
      case State::content:
        if (const Event event = read_content(); state_ == State::content) return event;
        break;
      case State::epilogue: buffer_.clear(); return Event::end;
      case State::failed: return Event::malformed;
    }
  }
}

MultipartDecoder::Event MultipartDecoder::find_first() {
  const std::size_t found = buffer_.find(delimiter_);
  if (found == std::string::npos) {
    buffer_.erase(0, buffer_.size() - std::min(buffer_.size(), delimiter_.size() - 1));
    return Event::need_input;
  }
  buffer_.erase(0, found + delimiter_.size());
  state_ = State::delimiter;
  return Event::need_input;
}

// Behind a delimiter: "--" where it was the last, otherwise blanks and the end of its line.
MultipartDecoder::Event MultipartDecoder::read_delimiter() {
  if (buffer_.size() < 2) return Event::need_input;
  if (buffer_.starts_with("--")) {
    state_ = State::epilogue;
    return Event::end;
  }
  const std::size_t end = buffer_.find_first_not_of(" \t");
  if (std::min(end, buffer_.size()) > limits_.head_bytes) return fail(Event::too_large);
  if (end == std::string::npos) return Event::need_input;
  if (buffer_.size() - end < line_end.size()) return buffer_[end] == '\r' ? Event::need_input : fail(Event::malformed);
  if (buffer_.compare(end, line_end.size(), line_end) != 0) return fail(Event::malformed);
  if (++parts_ > limits_.parts) return fail(Event::too_large);
  buffer_.erase(0, end);  // the line's end stays, so that an empty head is found like any other
  state_ = State::head;
  return Event::need_input;
}

MultipartDecoder::Event MultipartDecoder::read_head() {
  constexpr std::string_view head_end = "\r\n\r\n";
  const std::size_t end = buffer_.find(head_end);
  // Without an end, all but what may be the beginning of one belongs to the head.
  const std::size_t size = end != std::string::npos ? end : buffer_.size() - std::min(buffer_.size(), head_end.size() - 1);
  if (size > limits_.head_bytes) return fail(Event::too_large);
  if (end == std::string::npos) return Event::need_input;
  if (!take_fields(std::string_view(buffer_).substr(0, end + line_end.size()))) return fail(Event::malformed);
  buffer_.erase(0, end + line_end.size());
  skipped_ = line_end.size();  // of the empty line, which is also where a delimiter may begin (RFC 2046 §5.1.1: a part without content)
  state_ = State::content;
  return Event::part;
}

bool MultipartDecoder::take_fields(std::string_view head) {
  part_ = FormPart{{}, std::nullopt, "text/plain"};
  bool has_disposition = false;
  head.remove_prefix(line_end.size());
  while (!head.empty()) {
    const std::size_t end = head.find(line_end);
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(end + line_end.size());
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon)) || !is_field_value(line.substr(colon + 1))) return false;
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = trim(line.substr(colon + 1));
    if (equals_ignoring_case(name, "content-type")) {
      part_.media_type = value;
    } else if (equals_ignoring_case(name, "content-disposition")) {
      if (has_disposition || !equals_ignoring_case(type_of(value), "form-data")) return false;
      has_disposition = true;
      bool has_name = false;
      const bool good = for_each_parameter(value, [&](std::string_view parameter, const std::string& text) {
        if (equals_ignoring_case(parameter, "name")) {
          part_.name = text;
          has_name = true;
        } else if (equals_ignoring_case(parameter, "filename")) {
          part_.filename = text;
        }
      });
      if (!good || !has_name) return false;  // RFC 7578 §4.2
    }
  }
  return has_disposition;
}

MultipartDecoder::Event MultipartDecoder::read_content() {
  const std::size_t found = buffer_.find(delimiter_);
  if (found <= skipped_) {
    buffer_.erase(0, found + delimiter_.size());
    state_ = State::delimiter;
    part_ended_ = true;
    return Event::need_input;
  }
  // What may be the beginning of a delimiter waits.
  const std::size_t end = found != std::string::npos ? found : buffer_.size() - std::min(buffer_.size(), delimiter_.size() - 1);
  if (end <= skipped_) return Event::need_input;
  buffer_.erase(0, skipped_);
  given_ = end - skipped_;
  skipped_ = 0;
  return Event::data;
}

MultipartDecoder::Event MultipartDecoder::fail(Event event) noexcept {
  state_ = State::failed;
  return event;
}

}  // namespace ropeway::http

namespace ropeway {

using http::MultipartDecoder;

FormReader::FormReader(Request& request, const FormLimits& limits) : request_(request) {
  const auto boundary = http::form_boundary(request.header("Content-Type"));
  if (!boundary) throw HttpError(Status::unsupported_media_type, "The content must be of the type multipart/form-data.");
  if (boundary->empty()) throw HttpError(Status::bad_request, "The form's boundary is missing or malformed.");
  decoder_ = std::make_unique<MultipartDecoder>(*boundary, limits);
  if (request.body_reader() == nullptr) decoder_->feed(request.body());  // it has been read already
}

FormReader::~FormReader() = default;

awaitable<void> FormReader::feed() {
  std::string_view piece;
  if (BodyReader* const reader = request_.body_reader()) piece = co_await reader->read();
  if (piece.empty()) throw HttpError(Status::bad_request, "The form breaks off before its last boundary.");
  decoder_->feed(piece);
}

awaitable<std::optional<FormPart>> FormReader::next() {
  for (;;) {
    switch (decoder_->next()) {
      case MultipartDecoder::Event::part: in_part_ = true; co_return std::move(decoder_->part());
      case MultipartDecoder::Event::need_input: co_await feed(); break;
      case MultipartDecoder::Event::end:
        in_part_ = false;
        // What stands behind the last boundary is read, so that the connection can be used again.
        co_await RequestAccess::drop_body(request_);
        co_return std::nullopt;
      case MultipartDecoder::Event::malformed: throw HttpError(Status::bad_request, "The form is malformed.");
      case MultipartDecoder::Event::too_large:
        throw HttpError(Status::content_too_large, "The form has too many parts, or one with too long a head.");
      default: break;  // what is left of the part before
    }
  }
}

awaitable<std::string_view> FormReader::read() {
  while (in_part_) {
    switch (decoder_->next()) {
      case MultipartDecoder::Event::data: co_return decoder_->data();
      case MultipartDecoder::Event::need_input: co_await feed(); break;
      case MultipartDecoder::Event::malformed: throw HttpError(Status::bad_request, "The form is malformed.");
      default: in_part_ = false;
    }
  }
  co_return std::string_view();
}

}  // namespace ropeway
