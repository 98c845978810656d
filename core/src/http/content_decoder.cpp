#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <cassert>
#include <limits>
#include <new>

#include <ropeway/content_coding.hpp>

namespace ropeway {
namespace {

class GzipDecoder final : public ContentDecoder {
 public:
  GzipDecoder() {
    constexpr int largest_window_as_gzip = 15 + 16;
    if (::inflateInit2(&stream_, largest_window_as_gzip) != Z_OK) throw std::bad_alloc();
  }
  ~GzipDecoder() override { ::inflateEnd(&stream_); }
  GzipDecoder(const GzipDecoder&) = delete;
  GzipDecoder& operator=(const GzipDecoder&) = delete;

  std::size_t decode(std::string_view& input, std::span<char> room) override {
    std::size_t written = 0;
    while (written < room.size()) {
      if (complete_) {
        if (input.empty()) break;
        ::inflateReset(&stream_);  // another member
        complete_ = false;
      }
      const auto at_once = [](std::size_t size) {
        return static_cast<uInt>(std::min<std::size_t>(size, std::numeric_limits<uInt>::max()));
      };
      const uInt offered = at_once(input.size());
      const uInt wanted = at_once(room.size() - written);
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
      stream_.avail_in = offered;
      stream_.next_out = reinterpret_cast<Bytef*>(room.data() + written);
      stream_.avail_out = wanted;
      const int result = ::inflate(&stream_, Z_NO_FLUSH);
      input.remove_prefix(offered - stream_.avail_in);
      written += wanted - stream_.avail_out;
      if (result == Z_STREAM_END) {
        complete_ = true;
      } else if (result == Z_BUF_ERROR) {  // nothing more to be done with this input
        break;
      } else if (result == Z_MEM_ERROR) {
        throw std::bad_alloc();
      } else if (result != Z_OK) {
        throw MalformedContent("the content is no gzip data");
      }
    }
    return written;
  }
  bool complete() const noexcept override { return complete_; }

 private:
  z_stream stream_{};
  bool complete_ = false;
};

class BrotliDecoder final : public ContentDecoder {
 public:
  BrotliDecoder() : state_(::BrotliDecoderCreateInstance(nullptr, nullptr, nullptr)) {
    if (state_ == nullptr) throw std::bad_alloc();
  }
  ~BrotliDecoder() override { ::BrotliDecoderDestroyInstance(state_); }
  BrotliDecoder(const BrotliDecoder&) = delete;
  BrotliDecoder& operator=(const BrotliDecoder&) = delete;

  std::size_t decode(std::string_view& input, std::span<char> room) override {
    std::size_t free = room.size();
    if (!complete_) {
      std::size_t left = input.size();
      auto next_in = reinterpret_cast<const std::uint8_t*>(input.data());
      auto next_out = reinterpret_cast<std::uint8_t*>(room.data());
      const BrotliDecoderResult result = ::BrotliDecoderDecompressStream(state_, &left, &next_in, &free, &next_out, nullptr);
      input.remove_prefix(input.size() - left);
      if (result == BROTLI_DECODER_RESULT_ERROR) fail();
      complete_ = result == BROTLI_DECODER_RESULT_SUCCESS;
    }
    if (complete_ && !input.empty()) throw MalformedContent("something follows the end of the Brotli data");
    return room.size() - free;
  }
  bool complete() const noexcept override { return complete_; }

 private:
  [[noreturn]] void fail() const {
    const BrotliDecoderErrorCode code = ::BrotliDecoderGetErrorCode(state_);
    if (code <= BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES && code >= BROTLI_DECODER_ERROR_ALLOC_BLOCK_TYPE_TREES) throw std::bad_alloc();
    throw MalformedContent("the content is no Brotli data");
  }
  BrotliDecoderState* state_;
  bool complete_ = false;
};

class ZstdDecoder final : public ContentDecoder {
 public:
  ZstdDecoder() : context_(::ZSTD_createDCtx()) {
    if (context_ == nullptr) throw std::bad_alloc();
    constexpr int largest_window = 23;  // 8 MB (RFC 9659 §3)
    ::ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, largest_window);
  }
  ~ZstdDecoder() override { ::ZSTD_freeDCtx(context_); }
  ZstdDecoder(const ZstdDecoder&) = delete;
  ZstdDecoder& operator=(const ZstdDecoder&) = delete;

  std::size_t decode(std::string_view& input, std::span<char> room) override {
    ZSTD_outBuffer out{room.data(), room.size(), 0};
    for (;;) {
      const std::size_t written = out.pos;
      if (complete_ && input.empty()) break;
      const std::size_t magic_left = magic_size - magic_read_;
      ZSTD_inBuffer in{input.data(), magic_left > 0 ? std::min(magic_left, input.size()) : input.size(), 0};
      if (magic_left > 0) require_magic(input.substr(0, in.size));
      const std::size_t left = ::ZSTD_decompressStream(context_, &out, &in);
      if (::ZSTD_isError(left) != 0) {
        if (::ZSTD_getErrorCode(left) == ZSTD_error_memory_allocation) throw std::bad_alloc();
        throw MalformedContent(std::string("the content is no Zstandard data: ") + ::ZSTD_getErrorName(left));
      }
      input.remove_prefix(in.pos);
      if (magic_left > 0) magic_read_ += in.pos;
      complete_ = left == 0;
      if (complete_) magic_read_ = 0;
      if (out.pos == out.size || (in.pos == 0 && out.pos == written)) break;
    }
    return out.pos;
  }
  bool complete() const noexcept override { return complete_; }

 private:
  static constexpr std::size_t magic_size = 4;

  // The library may know formats from before RFC 8878, which are not this coding: only its frames, and skippable ones (§3.1.1, §3.1.2).
  void require_magic(std::string_view bytes) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      const std::size_t at = magic_read_ + i;
      if (at == 0) is_skippable_ = (static_cast<unsigned char>(bytes[i]) & 0xf0U) == 0x50;
      const bool right = is_skippable_ ? at == 0 || bytes[i] == "\x50\x2a\x4d\x18"[at] : bytes[i] == "\x28\xb5\x2f\xfd"[at];
      if (!right) throw MalformedContent("the content is no Zstandard data: Unknown frame descriptor");
    }
  }

  std::size_t magic_read_ = 0;  // of the frame's magic number
  bool is_skippable_ = false;
  ZSTD_DCtx* context_;
  bool complete_ = false;
};

}  // namespace

std::unique_ptr<ContentDecoder> make_decoder(ContentCoding coding) {
  switch (coding) {
    case ContentCoding::gzip: return std::make_unique<GzipDecoder>();
    case ContentCoding::br: return std::make_unique<BrotliDecoder>();
    case ContentCoding::zstd: return std::make_unique<ZstdDecoder>();
    case ContentCoding::identity: break;
  }
  assert(false && "identity needs no decoder");
  return nullptr;
}

}  // namespace ropeway
