#include "core/src/protocol/http1/chunked.hpp"

#include <algorithm>

#include "core/src/protocol/http1/scan.hpp"

namespace ropeway::protocol::http1 {
namespace {

constexpr std::string_view no_chunk_line_end = "a line of the chunked coding does not end in CR LF";

}  // namespace

const char* ChunkedDecoder::fail(Status status, std::string_view reason) noexcept {
  status_ = status;
  reason_ = reason;
  return nullptr;
}

ChunkedDecoder::Outcome ChunkedDecoder::decode(std::string_view& input, const Limits& limits) noexcept {
  const char* at = input.data();
  const char* const end = at + input.size();
  Outcome outcome = Outcome::need_input;
  while (at != end && !ended_) {
    if (step_ == Step::data) {
      data_ = {at, static_cast<std::size_t>(std::min<std::uint64_t>(size_, static_cast<std::uint64_t>(end - at)))};
      at += data_.size();
      size_ -= data_.size();
      if (size_ == 0) step_ = Step::data_end;
      outcome = Outcome::data;
      break;
    }
    at = step_ < Step::trailer_start ? read_size(at, end, limits) : read_trailers(at, end, limits);
    if (at == nullptr) return Outcome::failed;
  }
  if (ended_) outcome = Outcome::end;
  input.remove_prefix(static_cast<std::size_t>(at - input.data()));
  return outcome;
}

bool ChunkedDecoder::add_digit(char digit) noexcept {
  unsigned value = 0;
  if (digit >= '0' && digit <= '9') {
    value = static_cast<unsigned>(digit - '0');
  } else if (const char lower = static_cast<char>(digit | 0x20); lower >= 'a' && lower <= 'f') {
    value = static_cast<unsigned>(lower - 'a') + 10;
  } else {
    return false;
  }
  size_ = size_ << 4 | value;
  return true;
}

// RFC 9112 §7.1.1: blanks may stand around ";" and "=", and nowhere else. Says whether the byte fits.
bool ChunkedDecoder::add_to_extension(char byte) noexcept {
  const bool is_token = scan::token_bytes[static_cast<unsigned char>(byte)];
  switch (step_) {
    case Step::extension_start:
      if (is_token) step_ = Step::extension_name;
      return is_token || is_blank(byte);
    case Step::extension_name:
    case Step::extension_token:
      if (is_token) return true;
      if (byte == '\r') return step_ = Step::size_end, true;
      if (byte == ';') return step_ = Step::extension_start, true;
      if (byte == '=' && step_ == Step::extension_name) return step_ = Step::extension_equals, true;
      if (is_blank(byte)) return step_ = step_ == Step::extension_name ? Step::extension_name_blank : Step::extension_blank, true;
      return false;
    case Step::extension_name_blank:
      if (byte == '=') return step_ = Step::extension_equals, true;
      if (byte == ';') return step_ = Step::extension_start, true;
      return is_blank(byte);
    case Step::extension_equals:
      if (is_token) return step_ = Step::extension_token, true;
      if (byte == '"') return step_ = Step::extension_quoted, true;
      return is_blank(byte);
    case Step::extension_quoted:
      if (byte == '"') return step_ = Step::extension_quoted_end, true;
      if (byte == '\\') return step_ = Step::extension_quoted_pair, true;
      return scan::value_bytes[static_cast<unsigned char>(byte)];
    case Step::extension_quoted_pair: step_ = Step::extension_quoted; return scan::value_bytes[static_cast<unsigned char>(byte)];
    default:
      if (byte == ';') return step_ = Step::extension_start, true;
      if (byte == '\r' && step_ == Step::extension_quoted_end) return step_ = Step::size_end, true;
      step_ = Step::extension_blank;
      return is_blank(byte);
  }
}

// The end of the chunk before, and the line of this one, byte by byte: they are short.
const char* ChunkedDecoder::read_size(const char* at, const char* end, const Limits& limits) noexcept {
  for (; at != end && step_ != Step::data && step_ < Step::trailer_start; ++at) {
    const char byte = *at;
    if (step_ < Step::size_end && ++line_size_ > limits.chunk_line_bytes) return fail(Status::bad_request, "a chunk's line is too long");
    switch (step_) {
      case Step::size_start:
        if (!add_digit(byte)) return fail(Status::bad_request, "a chunk's size is not a hexadecimal number");
        step_ = Step::size;
        break;
      case Step::size:
        if (size_ >> 60 == 0 && add_digit(byte)) break;
        if (byte == '\r')
          step_ = Step::size_end;
        else if (byte == ';')
          step_ = Step::extension_start;
        else if (is_blank(byte))
          step_ = Step::size_blank;
        else
          return fail(Status::bad_request, "a chunk's size is not a hexadecimal number, or is too large");
        break;
      case Step::size_blank:
        if (byte == ';')
          step_ = Step::extension_start;
        else if (!is_blank(byte))
          return fail(Status::bad_request, "a chunk's size is followed by something else than an extension");
        break;
      case Step::size_end:
        if (byte != '\n') return fail(Status::bad_request, no_chunk_line_end);
        if (size_ > limits.body_bytes - content_size_)
          return fail(Status::content_too_large, "the content is longer than limits.body_bytes");
        content_size_ += size_;
        step_ = size_ == 0 ? Step::trailer_start : Step::data;
        line_size_ = 0;
        break;
      case Step::data_end:
        if (byte != '\r') return fail(Status::bad_request, "a chunk is longer than its size says");
        step_ = Step::data_line_end;
        break;
      case Step::extension_start:
      case Step::extension_name:
      case Step::extension_name_blank:
      case Step::extension_equals:
      case Step::extension_token:
      case Step::extension_quoted:
      case Step::extension_quoted_pair:
      case Step::extension_quoted_end:
      case Step::extension_blank:
        if (++extension_size_ > limits.chunk_extension_bytes)
          return fail(Status::bad_request, "the chunks' extensions are too long together");
        if (!add_to_extension(byte)) return fail(Status::bad_request, "a chunk's extension is malformed");
        break;
      default:
        if (byte != '\n') return fail(Status::bad_request, no_chunk_line_end);
        step_ = Step::size_start;
        size_ = 0;
        break;
    }
  }
  return at;
}

const char* ChunkedDecoder::read_trailers(const char* at, const char* end, const Limits& limits) noexcept {
  for (; at != end && !ended_; ++at) {
    const auto byte = static_cast<unsigned char>(*at);
    if (++line_size_ > limits.trailer_bytes) return fail(Status::request_header_fields_too_large, "the trailer section is too long");
    if (trailers_ != nullptr) trailers_->push_back(*at);
    switch (step_) {
      case Step::trailer_start:
        if (byte == '\r') {
          step_ = Step::end;
          break;
        }
        if (!scan::token_bytes[byte]) return fail(Status::bad_request, "a trailer field's name is malformed");
        step_ = Step::trailer_name;
        break;
      case Step::trailer_name:
        if (byte == ':')
          step_ = Step::trailer_value;
        else if (!scan::token_bytes[byte])
          return fail(Status::bad_request, "a trailer field's name is malformed");
        break;
      case Step::trailer_value:
        if (byte == '\r')
          step_ = Step::trailer_end;
        else if (!scan::value_bytes[byte])
          return fail(Status::bad_request, "a trailer field's value holds a control character");
        break;
      case Step::trailer_end:
        if (byte != '\n') return fail(Status::bad_request, no_chunk_line_end);
        step_ = Step::trailer_start;
        break;
      default:
        if (byte != '\n') return fail(Status::bad_request, no_chunk_line_end);
        ended_ = true;
        break;
    }
  }
  return at;
}

}  // namespace ropeway::protocol::http1
