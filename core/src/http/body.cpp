#include <ropeway/body.hpp>

#include <unistd.h>

#include <utility>

namespace ropeway {
namespace {

constexpr std::size_t kept_text_bytes = 64 * 1024;  // `clear` keeps a text's memory up to this size
constexpr std::size_t copied_text_bytes = 1024;     // copying so few bytes is cheaper than giving up memory that is there

}  // namespace

OpenFile::~OpenFile() { ::close(descriptor_); }

void Body::assign(std::string_view text) {
  text_.assign(text);
  content_.emplace<Text>();
}

void Body::assign(std::string&& text) {
  if (text.size() <= copied_text_bytes && text.size() <= text_.capacity()) return assign(std::string_view(text));
  text_ = std::move(text);
  content_.emplace<Text>();
}

bool Body::empty() const noexcept { return size() == 0; }

std::uint64_t Body::size() const noexcept {
  if (std::holds_alternative<Text>(content_)) return text_.size();
  if (const SharedBytes* bytes = shared()) return bytes->view.size();
  if (const FileSlice* slice = file()) return slice->length;
  if (is_stream()) return stream_length_;
  std::uint64_t total = 0;
  if (const Parts* pieces = parts(); pieces != nullptr && *pieces != nullptr) {
    for (const Part& piece : **pieces) total += piece.text.size() + piece.slice.length;
  }
  return total;
}

std::string_view Body::text() const noexcept {
  if (std::holds_alternative<Text>(content_)) return text_;
  if (const SharedBytes* bytes = shared()) return bytes->view;
  return {};
}

std::string Body::take_text() noexcept {
  if (!std::holds_alternative<Text>(content_)) return {};
  content_.emplace<std::monostate>();
  return std::exchange(text_, std::string());
}

void Body::clear() noexcept {
  content_.emplace<std::monostate>();
  if (text_.capacity() > kept_text_bytes) {
    std::string().swap(text_);  // an assignment would keep the memory
  } else {
    text_.clear();
  }
}

}  // namespace ropeway
