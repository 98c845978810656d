#include "handlers/compression/encoded_stream.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

namespace ropeway::handlers {
namespace {

constexpr std::size_t enough_to_send = 16 * 1024;  // encoded bytes that are worth a write
constexpr std::size_t piece_of_file = 64 * 1024;

class EncodingWriter final : public BodyWriter {
 public:
  EncodingWriter(ContentEncoder& encoder, BodyWriter& out) : encoder_(encoder), out_(out) {}

  awaitable<void> write(std::string_view data) override {
    encoder_.encode(data, encoded_);
    if (encoded_.size() >= enough_to_send) co_await send();
  }
  awaitable<void> flush() override {
    encoder_.flush(encoded_);
    co_await send();
    co_await out_.flush();
  }
  Headers& trailers() override { return out_.trailers(); }
  std::stop_token stop_token() override { return out_.stop_token(); }
  awaitable<void> finish() {
    encoder_.finish(encoded_);
    co_await send();
  }

 private:
  awaitable<void> send() {
    co_await out_.write(encoded_);
    encoded_.clear();
  }
  ContentEncoder& encoder_;
  BodyWriter& out_;
  std::string encoded_;
};

void read_exactly(const OpenFile& file, char* to, std::size_t size, std::uint64_t offset) {
  while (size > 0) {
    const ssize_t count = ::pread(file.descriptor(), to, size, static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw std::system_error(errno, std::generic_category(), "cannot read the file that is sent");
    if (count == 0) throw std::runtime_error("the file became shorter while it was sent");
    to += count;
    size -= static_cast<std::size_t>(count);
    offset += static_cast<std::uint64_t>(count);
  }
}

}  // namespace

// A body is copied into a function object, so what it owns is shared.
BodyStream encoded_stream(BodyStream stream, std::unique_ptr<ContentEncoder> encoder, std::shared_ptr<const void> held) {
  struct State {
    BodyStream stream;
    std::unique_ptr<ContentEncoder> encoder;
    std::shared_ptr<const void> held;
  };
  auto state = std::make_shared<State>(State{std::move(stream), std::move(encoder), std::move(held)});
  return [state](BodyWriter& out) -> awaitable<void> {
    EncodingWriter writer(*state->encoder, out);
    co_await state->stream(writer);
    co_await writer.finish();
  };
}

BodyStream encoded_file(FileSlice slice, std::unique_ptr<ContentEncoder> encoder, BlockingPool& pool, std::shared_ptr<const void> held) {
  struct State {
    FileSlice slice;
    std::unique_ptr<ContentEncoder> encoder;
    BlockingPool& pool;
    std::shared_ptr<const void> held;
  };
  auto state = std::make_shared<State>(State{std::move(slice), std::move(encoder), pool, std::move(held)});
  return [state](BodyWriter& out) -> awaitable<void> {
    std::string encoded;
    FileSlice& left = state->slice;
    const auto encode_some = [&state = *state, &left, &encoded] {
      std::array<char, piece_of_file> piece;
      while (left.length > 0 && encoded.size() < enough_to_send) {
        const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left.length, piece.size()));
        read_exactly(*left.file, piece.data(), size, left.offset);
        state.encoder->encode({piece.data(), size}, encoded);
        left.offset += size;
        left.length -= size;
      }
      if (left.length == 0) state.encoder->finish(encoded);
    };
    do {
      co_await run_on(state->pool, encode_some);
      co_await out.write(encoded);
      encoded.clear();
    } while (left.length > 0);
  };
}

}  // namespace ropeway::handlers
