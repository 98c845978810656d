#include "handlers/body_limit/body_limit.hpp"

#include <memory>
#include <optional>
#include <string>

#include <ropeway/http_error.hpp>

namespace ropeway::handlers {
namespace {

[[nodiscard]] Response too_large() {
  return Response::error(Status::content_too_large, "The request's content is longer than this route allows.");
}

/// Content whose length nobody has told.
class CountedContent final : public BodyReader {
 public:
  CountedContent(BodyReader& source, std::uint64_t bytes) : source_(source), left_(bytes) {}
  awaitable<std::string_view> read() override {
    const std::string_view piece = co_await source_.read();
    if (piece.size() > left_) throw HttpError(Status::content_too_large, "The request's content is longer than this route allows.");
    left_ -= piece.size();
    co_return piece;
  }

 private:
  BodyReader& source_;
  std::uint64_t left_;
};

}  // namespace

Settings BodyLimit::settings() { return {Setting::size("bytes", "How long a request's content may be; past it, status 413.").required()}; }

BodyLimit::BodyLimit(const ConfigNode& options) : bytes_(options.size("bytes")) {}

awaitable<Response> BodyLimit::handle(Request& request, Next next) const {
  if (const auto length = request.content_length()) {
    if (*length > bytes_) co_return too_large();
  } else if (BodyReader* reader = request.body_reader()) {
    co_return co_await next.with_content(request, std::make_shared<CountedContent>(*reader, bytes_));
  } else if (request.body().size() > bytes_) {
    co_return too_large();
  }
  co_return co_await next(request);
}

}  // namespace ropeway::handlers
