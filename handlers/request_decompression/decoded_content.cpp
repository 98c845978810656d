#include "handlers/request_decompression/decoded_content.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>

#include <ropeway/http_error.hpp>

namespace ropeway::handlers {
namespace {

constexpr std::size_t piece_size = 32 * 1024;
constexpr unsigned pieces_before_others = 16;  // in a row, before other connections get their turn: some 0.5 ms of decoding

class DecodedContent final : public BodyReader {
 public:
  DecodedContent(Request& request, ContentCoding coding, std::uint64_t body_bytes, const Places& places)
      : source_(request.body_reader()), coding_(coding), body_bytes_(body_bytes), places_(places) {
    if (source_ == nullptr) text_ = request.body();  // somebody in front has read it
  }

  awaitable<std::string_view> read() override {
    if (failure_) throw HttpError(*failure_);
    for (;;) {
      if (const std::size_t size = decode(); size > 0) {
        if (size > body_bytes_ - decoded_) fail(Status::content_too_large, "The request's content is too long once it is decoded.");
        decoded_ += size;
        if (++pieces_ % pieces_before_others == 0) co_await asio::post(asio::use_awaitable);
        co_return std::string_view(work_->room.get(), size);
      }
      if (source_ != nullptr) {
        input_ = co_await source_->read();
      } else {
        input_ = next_text();
      }
      if (input_.empty()) break;
    }
    if (work_ != nullptr && !work_->decoder->complete()) fail(Status::bad_request, "The request's content ends too early for its coding.");
    work_.reset();
    co_return std::string_view();
  }

 private:
  // What is there while content is being decoded.
  struct Work {
    std::shared_ptr<const void> place;
    std::unique_ptr<ContentDecoder> decoder;
    std::unique_ptr<char[]> room = std::make_unique_for_overwrite<char[]>(piece_size);
  };

  std::size_t decode() {
    if (work_ == nullptr) {
      if (input_.empty()) return 0;
      std::shared_ptr<const void> place = places_.take();
      if (place == nullptr) fail(Status::service_unavailable, "more requests' content is to be decoded at once than \"streams\" says");
      work_.reset(new Work{std::move(place), make_decoder(coding_)});
    }
    try {
      return work_->decoder->decode(input_, {work_->room.get(), piece_size});
    } catch (const MalformedContent& error) {
      fail(Status::bad_request, "The request cannot be decoded: " + std::string(error.what()) + ".");
    }
  }

  std::string_view next_text() { return std::exchange(is_text_taken_, true) ? std::string_view() : std::string_view(text_); }

  [[noreturn]] void fail(Status status, const std::string& explanation) {
    failure_ = status;
    work_.reset();
    throw HttpError(status, explanation);
  }

  BodyReader* source_;
  std::string text_;
  bool is_text_taken_ = false;
  ContentCoding coding_;
  std::uint64_t body_bytes_;
  std::uint64_t decoded_ = 0;
  unsigned pieces_ = 0;
  const Places& places_;
  std::string_view input_;
  std::unique_ptr<Work> work_;
  std::optional<Status> failure_;
};

}  // namespace

std::shared_ptr<BodyReader> decoded_content(Request& request, ContentCoding coding, std::uint64_t body_bytes, const Places& places) {
  return std::make_shared<DecodedContent>(request, coding, body_bytes, places);
}

}  // namespace ropeway::handlers
