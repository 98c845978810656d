#include <ropeway/stream.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <ropeway/http_error.hpp>

namespace ropeway {

// What is idle holds no buffer.
void Stream::take(std::size_t size) noexcept {
  unread_at_ += size;
  if (unread_at_ < unread_.size()) return;
  unread_ = {};
  unread_at_ = 0;
}

awaitable<std::size_t> Stream::read_some(std::span<char> room) {
  if (unread().empty()) co_return co_await receive(room);
  const std::size_t size = unread().copy(room.data(), room.size());
  take(size);
  co_return size;
}

awaitable<bool> Stream::wait_for_input() {
  if (!unread().empty()) co_return true;
  const std::string_view piece = co_await receive_piece(true);
  unread_.append(piece);
  co_return !unread_.empty();
}

awaitable<std::optional<std::string>> Stream::read_until(std::string_view delimiter, std::size_t most) {
  const bool has_input = co_await wait_for_input();
  if (!has_input) co_return std::nullopt;
  for (std::size_t searched = 0;;) {
    const std::string_view text = unread();
    const std::size_t end = text.find(delimiter, searched);
    if (end <= most) {
      std::string result(text.substr(0, end));
      take(end + delimiter.size());
      co_return result;
    }
    if (end != std::string_view::npos || text.size() >= most + delimiter.size()) {
      throw MessageTooLong("the client sent more than " + std::to_string(most) + " bytes without the delimiter");
    }
    searched = text.size() - std::min(text.size(), delimiter.size() - 1);
    if (unread_at_ > 0) unread_.erase(0, std::exchange(unread_at_, 0));
    const std::string_view piece = co_await receive_piece(false);
    if (piece.empty()) throw ConnectionLost("the client ended its side within a message");
    unread_.append(piece);
  }
}

awaitable<std::optional<std::string>> Stream::read_line(std::size_t most) {
  std::optional<std::string> line = co_await read_until("\n", most);
  if (line && line->ends_with('\r')) line->pop_back();
  co_return line;
}

}  // namespace ropeway
