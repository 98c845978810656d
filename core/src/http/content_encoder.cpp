#include <brotli/encode.h>
#include <zlib.h>
#include <zstd.h>

#include <array>
#include <cassert>
#include <limits>
#include <new>

#include <ropeway/content_coding.hpp>

namespace ropeway {
namespace {

constexpr int window_bits = 19;  // 512 KiB: what every decoder takes, and a bound for the encoder's memory

// How much room is offered to a library at once.
constexpr std::size_t piece_size = 16 * 1024;

class GzipEncoder final : public ContentEncoder {
 public:
  explicit GzipEncoder(int level) {
    constexpr int largest_window_as_gzip = 15 + 16;
    constexpr int usual_memory = 8;
    if (::deflateInit2(&stream_, level, Z_DEFLATED, largest_window_as_gzip, usual_memory, Z_DEFAULT_STRATEGY) != Z_OK)
      throw std::bad_alloc();
  }
  ~GzipEncoder() override { ::deflateEnd(&stream_); }
  GzipEncoder(const GzipEncoder&) = delete;
  GzipEncoder& operator=(const GzipEncoder&) = delete;

  void encode(std::string_view input, std::string& output) override {
    while (!input.empty()) {
      const std::string_view piece = input.substr(0, std::numeric_limits<uInt>::max());
      run(piece, Z_NO_FLUSH, output);
      input.remove_prefix(piece.size());
    }
  }
  void flush(std::string& output) override { run({}, Z_SYNC_FLUSH, output); }
  void finish(std::string& output) override { run({}, Z_FINISH, output); }

 private:
  void run(std::string_view input, int operation, std::string& output) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
    stream_.avail_in = static_cast<uInt>(input.size());
    do {
      const std::size_t before = output.size();
      output.resize(before + piece_size);
      stream_.next_out = reinterpret_cast<Bytef*>(output.data() + before);
      stream_.avail_out = piece_size;
      [[maybe_unused]] const int result = ::deflate(&stream_, operation);
      assert(result != Z_STREAM_ERROR && "nothing follows the end");
      output.resize(before + piece_size - stream_.avail_out);
    } while (stream_.avail_out == 0);
  }
  z_stream stream_{};
};

class BrotliEncoder final : public ContentEncoder {
 public:
  explicit BrotliEncoder(int level) : state_(::BrotliEncoderCreateInstance(nullptr, nullptr, nullptr)) {
    if (state_ == nullptr) throw std::bad_alloc();
    ::BrotliEncoderSetParameter(state_, BROTLI_PARAM_QUALITY, static_cast<std::uint32_t>(level));
    ::BrotliEncoderSetParameter(state_, BROTLI_PARAM_LGWIN, window_bits);
  }
  ~BrotliEncoder() override { ::BrotliEncoderDestroyInstance(state_); }
  BrotliEncoder(const BrotliEncoder&) = delete;
  BrotliEncoder& operator=(const BrotliEncoder&) = delete;

  void encode(std::string_view input, std::string& output) override { run(input, BROTLI_OPERATION_PROCESS, output); }
  void flush(std::string& output) override { run({}, BROTLI_OPERATION_FLUSH, output); }
  void finish(std::string& output) override { run({}, BROTLI_OPERATION_FINISH, output); }

 private:
  void run(std::string_view input, BrotliEncoderOperation operation, std::string& output) {
    std::size_t left = input.size();
    auto next = reinterpret_cast<const std::uint8_t*>(input.data());
    do {
      std::size_t room = 0;  // what is ready is taken from the encoder's own memory
      if (::BrotliEncoderCompressStream(state_, operation, &left, &next, &room, nullptr, nullptr) == BROTLI_FALSE) throw std::bad_alloc();
      while (::BrotliEncoderHasMoreOutput(state_) == BROTLI_TRUE) {
        std::size_t size = 0;
        const std::uint8_t* const ready = ::BrotliEncoderTakeOutput(state_, &size);
        output.append(reinterpret_cast<const char*>(ready), size);
      }
    } while (left > 0 || (operation == BROTLI_OPERATION_FINISH && ::BrotliEncoderIsFinished(state_) == BROTLI_FALSE));
  }
  BrotliEncoderState* state_;
};

class ZstdEncoder final : public ContentEncoder {
 public:
  explicit ZstdEncoder(int level) : context_(::ZSTD_createCCtx()) {
    if (context_ == nullptr) throw std::bad_alloc();
    ::ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, level);
    ::ZSTD_CCtx_setParameter(context_, ZSTD_c_windowLog, window_bits);
  }
  ~ZstdEncoder() override { ::ZSTD_freeCCtx(context_); }
  ZstdEncoder(const ZstdEncoder&) = delete;
  ZstdEncoder& operator=(const ZstdEncoder&) = delete;

  void encode(std::string_view input, std::string& output) override { run(input, ZSTD_e_continue, output); }
  void flush(std::string& output) override { run({}, ZSTD_e_flush, output); }
  void finish(std::string& output) override { run({}, ZSTD_e_end, output); }

 private:
  void run(std::string_view input, ZSTD_EndDirective operation, std::string& output) {
    ZSTD_inBuffer in{input.data(), input.size(), 0};
    for (;;) {
      const std::size_t before = output.size();
      output.resize(before + piece_size);
      ZSTD_outBuffer out{output.data() + before, piece_size, 0};
      const std::size_t left = ::ZSTD_compressStream2(context_, &out, &in, operation);
      output.resize(before + out.pos);
      if (::ZSTD_isError(left) != 0) throw std::bad_alloc();  // the parameters are right, so it can be nothing else
      if (operation == ZSTD_e_continue ? in.pos == in.size : left == 0) return;
    }
  }
  ZSTD_CCtx* context_;
};

}  // namespace

EncoderLevels encoder_levels(ContentCoding coding) noexcept {
  switch (coding) {
    case ContentCoding::gzip: return {1, 9};
    case ContentCoding::br: return {0, 11};
    case ContentCoding::zstd: return {1, 19};
    case ContentCoding::identity: break;
  }
  return {0, 0};
}

std::unique_ptr<ContentEncoder> make_encoder(ContentCoding coding, int level) {
  switch (coding) {
    case ContentCoding::gzip: return std::make_unique<GzipEncoder>(level);
    case ContentCoding::br: return std::make_unique<BrotliEncoder>(level);
    case ContentCoding::zstd: return std::make_unique<ZstdEncoder>(level);
    case ContentCoding::identity: break;
  }
  assert(false && "identity needs no encoder");
  return nullptr;
}

}  // namespace ropeway
