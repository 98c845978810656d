#include "core/src/protocol/websocket/decoder.hpp"

#include <algorithm>
#include <cstring>

#include "core/src/protocol/websocket/close_code.hpp"

namespace ropeway::protocol::websocket {
namespace {

// Frames of one message that bring nothing: they take no memory, but a peer that sends more of them is after something else.
constexpr std::uint32_t most_empty_frames = 1024;

constexpr std::size_t unmasked_at_once = 4096;  // of a compressed payload

constexpr unsigned fin_bit = 0x80;
constexpr unsigned rsv1_bit = 0x40;
constexpr unsigned other_rsv_bits = 0x30;
constexpr unsigned mask_bit = 0x80;

std::uint64_t big_endian(std::string_view bytes) noexcept {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8U | static_cast<unsigned char>(byte);
  return value;
}

// How long the head is, as far as its first two bytes tell (RFC 6455 §5.2).
std::size_t head_length(unsigned char second) noexcept {
  const unsigned length = second & 0x7FU;
  return 2U + (length == 126 ? 2U : length == 127 ? 8U : 0U) + ((second & mask_bit) != 0 ? 4U : 0U);
}

}  // namespace

Event Decoder::next(std::string_view& input) {
  while (stage_ != Stage::ended) {
    Event event;
    if (stage_ == Stage::head) {
      if (!collect_head(input)) {
        if (stage_ == Stage::ended) return fail(close_protocol_error, "a frame that is not masked");
        return {};
      }
      event = begin_frame();
    } else {
      if (input.empty() && payload_left_ > 0) return {};
      event = take_payload(input);
    }
    if (event.kind != Event::Kind::need_input) return event;
  }
  input = {};
  return {};
}

// True once the head is complete. What its first two bytes say wrongly is found without waiting for the rest.
bool Decoder::collect_head(std::string_view& input) noexcept {
  while (!input.empty()) {
    const std::size_t wanted = head_size_ < 2 ? 2 : head_length(static_cast<unsigned char>(head_[1]));
    const std::size_t taken = std::min(input.size(), wanted - head_size_);
    std::memcpy(head_.data() + head_size_, input.data(), taken);
    head_size_ = static_cast<std::uint8_t>(head_size_ + taken);
    input.remove_prefix(taken);
    if (head_size_ < 2) return false;
    if ((static_cast<unsigned char>(head_[1]) & mask_bit) == 0) {  // RFC 6455 §5.1
      stage_ = Stage::ended;
      return false;
    }
    if (head_size_ == head_length(static_cast<unsigned char>(head_[1]))) return true;
  }
  return false;
}

Event Decoder::begin_frame() {
  const auto first = static_cast<unsigned char>(head_[0]);
  const auto second = static_cast<unsigned char>(head_[1]);
  const unsigned short_length = second & 0x7FU;
  std::uint64_t length = short_length;
  if (short_length == 126) {
    length = big_endian({head_.data() + 2, 2});
    if (length <= control_bytes) return fail(close_protocol_error, "a length that is written longer than it need be");
  } else if (short_length == 127) {
    length = big_endian({head_.data() + 2, 8});
    if (length <= 0xFFFF) return fail(close_protocol_error, "a length that is written longer than it need be");
    if (length >> 63U != 0) return fail(close_protocol_error, "a length with its highest bit set");
  }
  mask_ = static_cast<std::uint32_t>(big_endian({head_.data() + head_size_ - 4, 4}));
  head_size_ = 0;
  phase_ = 0;
  payload_left_ = length;
  final_ = (first & fin_bit) != 0;
  const unsigned opcode = first & 0x0FU;
  if ((opcode > 2 && opcode < 8) || opcode > 10) return fail(close_protocol_error, "an opcode that nobody has defined");
  opcode_ = static_cast<Opcode>(opcode);
  if ((first & other_rsv_bits) != 0) return fail(close_protocol_error, "a reserved bit is set");
  const bool compressed = (first & rsv1_bit) != 0;
  // RFC 7692 §6: only the first frame of a message may say so.
  if (compressed && (!deflate_ || is_control(opcode_) || opcode_ == Opcode::continuation)) {
    return fail(close_protocol_error, "a reserved bit is set");
  }
  stage_ = Stage::payload;
  if (!is_control(opcode_)) {
    if (opcode_ != Opcode::continuation && !in_message_ && compressed) inflater_ = http::MessageInflater::acquire();
    return begin_data_frame();
  }
  // RFC 6455 §5.5
  if (!final_) return fail(close_protocol_error, "a control frame in fragments");
  if (length > control_bytes) return fail(close_protocol_error, "a control frame of more than 125 bytes");
  control_size_ = 0;
  return {};
}

// RFC 6455 §5.4
Event Decoder::begin_data_frame() {
  if (opcode_ == Opcode::continuation) {
    if (!in_message_) return fail(close_protocol_error, "a continuation of no message");
  } else {
    if (in_message_) return fail(close_protocol_error, "a message inside another");
    in_message_ = true;
    message_opcode_ = opcode_;
    message_.clear();
    message_wire_ = 0;
    empty_frames_ = 0;
    utf8_.reset();
  }
  if (payload_left_ == 0 && !final_ && ++empty_frames_ > most_empty_frames) {
    return fail(close_protocol_error, "a message of more empty fragments than make sense");
  }
  if (payload_left_ > message_bytes_ || message_wire_ + payload_left_ > message_bytes_) {
    return fail(close_too_big, "a message of more bytes than the limit allows");
  }
  message_wire_ += payload_left_;
  return {};
}

Event Decoder::take_payload(std::string_view& input) {
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(payload_left_, input.size()));
  const std::string_view masked = input.substr(0, size);
  input.remove_prefix(size);
  payload_left_ -= size;
  if (size > 0) {
    if (is_control(opcode_)) {
      unmask(masked, control_.data() + control_size_, mask_, phase_);
      control_size_ = static_cast<std::uint8_t>(control_size_ + size);
    } else if (const Event event = add_to_message(masked); event.kind != Event::Kind::need_input) {
      return event;
    }
    phase_ = static_cast<std::uint8_t>((phase_ + size) % 4);
  }
  return payload_left_ == 0 ? end_frame() : Event{};
}

Event Decoder::add_to_message(std::string_view masked) { return inflater_ ? add_compressed(masked) : add_plain(masked); }

// Memory grows with what has come, not with what was announced: doubled, up to what the frames so far add up to.
Event Decoder::add_plain(std::string_view masked) {
  const std::size_t before = message_.size();
  const std::size_t after = before + masked.size();
  if (after > message_.capacity()) {
    message_.reserve(std::max(after, std::min<std::size_t>(2 * before, static_cast<std::size_t>(message_wire_))));
  }
  message_.resize(after);
  unmask(masked, message_.data() + before, mask_, phase_);
  return check_text(before);
}

Event Decoder::add_compressed(std::string_view masked) {
  std::array<char, unmasked_at_once> plain;
  unsigned phase = phase_;
  while (!masked.empty()) {
    const std::string_view piece = masked.substr(0, plain.size());
    masked.remove_prefix(piece.size());
    unmask(piece, plain.data(), mask_, phase);
    phase = static_cast<unsigned>((phase + piece.size()) % 4);
    const std::size_t before = message_.size();
    switch (inflater_->inflate({plain.data(), piece.size()}, message_, message_bytes_)) {
      case http::MessageInflater::Outcome::done: break;
      case http::MessageInflater::Outcome::too_large: return fail(close_too_big, "a message of more bytes than the limit allows");
      case http::MessageInflater::Outcome::malformed: return fail(close_invalid_data, "a message that cannot be inflated");
    }
    if (const Event event = check_text(before); event.kind != Event::Kind::need_input) return event;
  }
  return {};
}

// RFC 6455 §8.1
Event Decoder::check_text(std::size_t from) noexcept {
  const bool valid = message_opcode_ != Opcode::text || utf8_.feed(std::string_view(message_).substr(from));
  return valid ? Event{} : fail(close_invalid_data, "a text that is no UTF-8");
}

Event Decoder::end_frame() {
  stage_ = Stage::head;
  if (is_control(opcode_)) return end_control();
  return final_ ? end_message() : Event{};
}

Event Decoder::end_message() {
  if (inflater_) {
    const std::size_t before = message_.size();
    const auto outcome = inflater_->finish(message_, message_bytes_);
    inflater_.reset();
    if (outcome == http::MessageInflater::Outcome::too_large) return fail(close_too_big, "a message of more bytes than the limit allows");
    if (outcome == http::MessageInflater::Outcome::malformed) return fail(close_invalid_data, "a message that cannot be inflated");
    if (const Event event = check_text(before); event.kind != Event::Kind::need_input) return event;
  }
  in_message_ = false;
  if (message_opcode_ == Opcode::text && !utf8_.complete()) return fail(close_invalid_data, "a text that is no UTF-8");
  return {Event::Kind::message, 0, {}};
}

Event Decoder::end_control() noexcept {
  const std::string_view body(control_.data(), control_size_);
  if (opcode_ == Opcode::ping) return {Event::Kind::ping, 0, body};
  if (opcode_ == Opcode::pong) return {Event::Kind::pong, 0, body};
  if (body.empty()) {
    stage_ = Stage::ended;
    return {Event::Kind::close, close_no_status, {}};
  }
  // RFC 6455 §5.5.1, §7.4
  if (body.size() == 1) return fail(close_protocol_error, "a Close frame with half a code");
  const auto code = static_cast<std::uint16_t>(big_endian(body.substr(0, 2)));
  if (!may_be_sent(code)) return fail(close_protocol_error, "a Close frame with a code that may not be sent");
  const std::string_view reason = body.substr(2);
  if (!is_utf8(reason)) return fail(close_invalid_data, "a Close frame whose reason is no UTF-8");
  stage_ = Stage::ended;
  return {Event::Kind::close, code, reason};
}

Event Decoder::fail(std::uint16_t code, std::string_view reason) noexcept {
  stage_ = Stage::ended;
  inflater_.reset();
  message_ = {};
  return {Event::Kind::error, code, reason};
}

}  // namespace ropeway::protocol::websocket
