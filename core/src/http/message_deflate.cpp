#include "core/src/http/message_deflate.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <limits>
#include <new>
#include <utility>

#include "core/src/http/free_list.hpp"

namespace ropeway::http {
namespace {

constexpr unsigned kept_inflaters = 4;               // for each thread
constexpr std::size_t inflated_at_once = 16 * 1024;  // so far a message may grow beyond what was looked at
constexpr std::size_t kept_output = 64 * 1024;
constexpr int level = 3;                                   // more costs time, and makes messages of a few KiB no smaller
constexpr int memory_level = 8;                            // zlib's default
constexpr std::string_view flush_tail("\0\0\xff\xff", 4);  // RFC 7692 §7.2.1: what every message ends with is not sent

uInt at_once(std::size_t size) noexcept { return static_cast<uInt>(std::min<std::size_t>(size, std::numeric_limits<uInt>::max())); }

class Compressor {
 public:
  explicit Compressor(unsigned window_bits) {
    if (::deflateInit2(&stream_, level, Z_DEFLATED, -static_cast<int>(window_bits), memory_level, Z_DEFAULT_STRATEGY) != Z_OK) {
      throw std::bad_alloc();
    }
  }
  ~Compressor() { ::deflateEnd(&stream_); }
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;

  std::string_view compress(std::string_view text) {
    ::deflateReset(&stream_);
    if (output_.size() > kept_output) output_ = std::string();
    output_.resize(std::max(output_.size(), text.size() / 2 + 64));
    std::size_t written = 0;
    do {
      const uInt offered = at_once(text.size());
      const int flush = offered == text.size() ? Z_SYNC_FLUSH : Z_NO_FLUSH;
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
      stream_.avail_in = offered;
      do {
        if (written == output_.size()) output_.resize(2 * output_.size());
        const uInt room = at_once(output_.size() - written);
        stream_.next_out = reinterpret_cast<Bytef*>(output_.data() + written);
        stream_.avail_out = room;
        ::deflate(&stream_, flush);
        written += room - stream_.avail_out;
      } while (stream_.avail_out == 0);
      text.remove_prefix(offered - stream_.avail_in);
    } while (!text.empty());
    assert(std::string_view(output_).substr(0, written).ends_with(flush_tail));
    return std::string_view(output_).substr(0, written - flush_tail.size());
  }

 private:
  z_stream stream_{};
  std::string output_;
};

}  // namespace

struct MessageInflater::State {
  z_stream stream{};
};

MessageInflater::MessageInflater() : state_(std::make_unique<State>()) {
  if (::inflateInit2(&state_->stream, -static_cast<int>(largest_deflate_window)) != Z_OK) throw std::bad_alloc();
}

MessageInflater::~MessageInflater() { ::inflateEnd(&state_->stream); }

MessageInflater::Pointer MessageInflater::acquire() {
  auto taken = FreeList<MessageInflater, kept_inflaters>::take();
  if (!taken) taken = std::make_unique<MessageInflater>();
  ::inflateReset(&taken->state_->stream);
  return Pointer(taken.release());
}

void MessageInflater::Recycle::operator()(MessageInflater* inflater) const noexcept {
  FreeList<MessageInflater, kept_inflaters>::give_back(std::unique_ptr<MessageInflater>(inflater));
}

MessageInflater::Outcome MessageInflater::inflate(std::string_view input, std::string& output, std::uint64_t limit) {
  z_stream& stream = state_->stream;
  std::array<char, inflated_at_once> room;
  for (;;) {
    const uInt offered = at_once(input.size());
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
    stream.avail_in = offered;
    stream.next_out = reinterpret_cast<Bytef*>(room.data());
    stream.avail_out = static_cast<uInt>(room.size());
    const int result = ::inflate(&stream, Z_SYNC_FLUSH);
    input.remove_prefix(offered - stream.avail_in);
    const std::size_t made = room.size() - stream.avail_out;
    if (made > limit - output.size()) return Outcome::too_large;
    output.append(room.data(), made);
    if (result == Z_STREAM_END) {  // a block with BFINAL (RFC 7692 §7.2.3.5): what follows, if anything, begins anew
      ::inflateReset(&stream);
      if (input.empty()) return Outcome::done;
    } else if (result == Z_MEM_ERROR) {
      throw std::bad_alloc();
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      return Outcome::malformed;
    } else if (input.empty() && stream.avail_out > 0) {
      return Outcome::done;
    }
  }
}

MessageInflater::Outcome MessageInflater::finish(std::string& output, std::uint64_t limit) { return inflate(flush_tail, output, limit); }

std::string_view deflate_message(std::string_view text, unsigned window_bits) {
  assert(window_bits >= smallest_deflate_window && window_bits <= largest_deflate_window);
  static thread_local std::array<std::unique_ptr<Compressor>, largest_deflate_window + 1> compressors;
  std::unique_ptr<Compressor>& compressor = compressors[window_bits];
  if (!compressor) compressor = std::make_unique<Compressor>(window_bits);
  return compressor->compress(text);
}

}  // namespace ropeway::http
