#include <ropeway/testing/call.hpp>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <utility>

#include "core/src/http/request_access.hpp"
#include "core/src/routing/endpoint.hpp"
#include "core/src/routing/failure.hpp"
#include "core/src/routing/pipeline.hpp"
#include "core/src/testing/event_loop.hpp"

namespace ropeway::testing {
namespace {

constexpr std::string_view handler_name = "under test";

/// Shows on standard error why a handler's answer is 500: a test has no log.
class ErrorOutput final : public Logger {
 public:
  bool enabled(LogLevel level) const noexcept override { return level >= LogLevel::error; }
  void log(LogLevel, std::string_view message, std::initializer_list<LogField> fields) noexcept override {
    std::fprintf(stderr, "ropeway::testing: %.*s", static_cast<int>(message.size()), message.data());
    for (const LogField& field : fields) {
      if (const auto* text = std::get_if<std::string_view>(&field.value)) {
        std::fprintf(stderr, " %.*s=\"%.*s\"", static_cast<int>(field.name.size()), field.name.data(), static_cast<int>(text->size()),
                     text->data());
      }
    }
    std::fputc('\n', stderr);
  }
};

/// Brings a body in two pieces, as the network may.
class TextReader final : public BodyReader {
 public:
  explicit TextReader(std::string_view text) : rest_(text) {}
  awaitable<std::string_view> read() override {
    const std::string_view piece = rest_.substr(0, first_ ? (rest_.size() + 1) / 2 : rest_.size());
    first_ = false;
    rest_.remove_prefix(piece.size());
    co_return piece;
  }

 private:
  std::string_view rest_;
  bool first_ = true;
};

/// A handler that somebody else owns.
class BorrowedHandler final : public routing::Endpoint {
 public:
  explicit BorrowedHandler(const Handler& handler) : handler_(handler) {}
  routing::Reply serve(Request& request) const override { return handler_.handle(request); }

 private:
  const Handler& handler_;
};

routing::Origin origin_of(const Request& request) { return {request.target(), handler_name}; }

Response call_at_once(const auto& handler, const Request& request) {
  try {
    return handler.handle(request);
  } catch (...) {
    ErrorOutput log;
    return routing::failure_response(log, origin_of(request));
  }
}

/// `start(request)` gives the coroutine. The body arrives after the head, as in the server: through a reader.
template <class Start>
Response call_from_head(Request& request, const Start& start) {
  TextReader reader(request.body());
  if (!request.body().empty()) {
    RequestAccess::set_body(request, {});
    RequestAccess::set_body_reader(request, &reader);
  }
  ErrorOutput log;
  const auto run = [&]() -> awaitable<Response> { co_return co_await start(request); };
  return run_to_end(routing::guarded(run(), log, origin_of(request)));
}

}  // namespace

Response call(const Handler& handler, Request request) { return call_at_once(handler, request); }

Response call(const BlockingHandler& handler, Request request) { return call_at_once(handler, request); }

Response call(const IsolatedHandler& handler, Request request) { return call_at_once(handler, request); }

Response call(const AsyncHandler& handler, Request request) {
  return call_from_head(request, [&](Request& head) { return handler.handle(head); });
}

Response call(const Middleware& middleware, const Handler& handler, Request request) {
  ErrorOutput log;
  const std::shared_ptr<const Middleware> borrowed(std::shared_ptr<const void>(), &middleware);
  const routing::Pipeline pipeline({borrowed}, std::make_unique<BorrowedHandler>(handler), log, origin_of(request));
  return call_from_head(request, [&](Request& head) { return std::get<awaitable<Response>>(pipeline.serve(head)); });
}

}  // namespace ropeway::testing
