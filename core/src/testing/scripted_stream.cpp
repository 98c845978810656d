#include <ropeway/testing/scripted_stream.hpp>

#include <cstddef>
#include <span>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "core/src/testing/event_loop.hpp"

namespace ropeway::testing {
namespace {

class ScriptedStream final : public Stream {
 public:
  explicit ScriptedStream(std::vector<std::string> pieces) : pieces_(std::move(pieces)) { std::erase(pieces_, std::string()); }
  void end_output() override { output_ended_ = true; }
  std::string_view peer_address() const noexcept override { return "127.0.0.1"; }
  std::uint16_t peer_port() const noexcept override { return 40000; }
  [[nodiscard]] std::string take_output() { return std::move(output_); }

 protected:
  awaitable<std::size_t> receive(std::span<char> room) override {
    if (next_ == pieces_.size()) co_return 0;
    std::string& piece = pieces_[next_];
    const std::size_t size = piece.copy(room.data(), room.size());
    piece.erase(0, size);
    if (piece.empty()) ++next_;
    co_return size;
  }
  awaitable<std::string_view> receive_piece(bool) override {
    co_return next_ == pieces_.size() ? std::string_view() : std::string_view(pieces_[next_++]);
  }
  awaitable<void> send(std::string_view data) override {
    if (output_ended_) throw std::logic_error("a stream is written to behind its end");
    output_ += data;
    co_return;
  }

 private:
  std::vector<std::string> pieces_;
  std::size_t next_ = 0;
  std::string output_;
  bool output_ended_ = false;
};

}  // namespace

std::string talk(const StreamHandler& handler, std::vector<std::string> pieces) {
  ScriptedStream stream(std::move(pieces));
  const auto run = [&]() -> awaitable<bool> {
    co_await handler.handle(stream);
    co_return true;
  };
  (void)run_to_end(run());
  return stream.take_output();
}

}  // namespace ropeway::testing
