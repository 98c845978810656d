#include "handlers/fastcgi/record_reader.hpp"

#include <algorithm>

namespace ropeway::handlers {
namespace {

constexpr std::size_t end_size = 8;

}  // namespace

void RecordReader::refuse(std::string_view mistake) noexcept {
  state_ = State::malformed;
  mistake_ = mistake;
}

// Whether all 8 bytes of a header, or of an end, are there.
bool RecordReader::gather() noexcept {
  const std::size_t size = std::min(gathered_.size() - gathered_size_, input_.size());
  std::copy_n(input_.begin(), size, gathered_.begin() + static_cast<std::ptrdiff_t>(gathered_size_));
  input_.remove_prefix(size);
  gathered_size_ += size;
  if (gathered_size_ < gathered_.size()) return false;
  gathered_size_ = 0;
  return true;
}

unsigned RecordReader::number_at(std::size_t index) const noexcept {
  return static_cast<unsigned>(gathered_[index]) << 8U | static_cast<unsigned>(gathered_[index + 1]);
}

void RecordReader::read_header() noexcept {
  if (gathered_[0] != record_version) return refuse("a record has another version than 1");
  type_ = static_cast<RecordType>(gathered_[1]);
  const unsigned request = number_at(2);
  content_left_ = number_at(4);
  padding_left_ = gathered_[6];
  if (request == 0 && (type_ == RecordType::get_values_result || type_ == RecordType::unknown_type)) {
    state_ = State::skipped;
    return;
  }
  if (request != own_request) return refuse("a record belongs to a request that was not made");
  switch (type_) {
    case RecordType::output: return begin_stream(output_ended_);
    case RecordType::error: return begin_stream(error_ended_);
    case RecordType::end_request:
      if (content_left_ != end_size) return refuse("an FCGI_END_REQUEST record is not 8 bytes long");
      state_ = State::ending;
      return;
    default: return refuse("a record is of a type that a responder does not send");
  }
}

void RecordReader::begin_stream(bool& ended) noexcept {
  if (content_left_ != 0 && ended) return refuse("a stream goes on behind its end");
  ended = ended || content_left_ == 0;
  state_ = State::stream;
}

void RecordReader::read_end() noexcept {
  constexpr unsigned last_outcome = 3;
  if (gathered_[4] > last_outcome) return refuse("an FCGI_END_REQUEST record has an unknown protocolStatus");
  application_status_ = static_cast<std::uint32_t>(number_at(0)) << 16U | number_at(2);
  outcome_ = static_cast<Outcome>(gathered_[4]);
  content_left_ = 0;
  has_end_ = true;
  state_ = State::padding;
}

void RecordReader::skip(std::size_t& left) noexcept {
  const std::size_t size = std::min(left, input_.size());
  input_.remove_prefix(size);
  left -= size;
}

RecordReader::Event RecordReader::next() noexcept {
  for (;;) {
    switch (state_) {
      case State::header:
        if (!gather()) return {};
        read_header();
        break;
      case State::stream: {
        if (content_left_ == 0) {
          state_ = State::padding;
          break;
        }
        const std::string_view data = input_.substr(0, std::min(content_left_, input_.size()));
        if (data.empty()) return {};
        skip(content_left_);
        return {type_ == RecordType::output ? Kind::output : Kind::error, data};
      }
      case State::skipped:
        skip(content_left_);
        if (content_left_ != 0) return {};
        state_ = State::padding;
        break;
      case State::ending:
        if (!gather()) return {};
        read_end();
        break;
      case State::padding:
        skip(padding_left_);
        if (padding_left_ != 0) return {};
        state_ = has_end_ ? State::ended : State::header;
        break;
      case State::ended: return {Kind::end};
      case State::malformed: return {Kind::malformed};
    }
  }
}

}  // namespace ropeway::handlers
