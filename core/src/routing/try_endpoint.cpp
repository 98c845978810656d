#include "core/src/routing/try_endpoint.hpp"

#include <cassert>
#include <optional>
#include <utility>
#include <variant>

#include <ropeway/http_error.hpp>

#include "core/src/http/request_access.hpp"
#include "core/src/routing/failure.hpp"

namespace ropeway::routing {
namespace {

bool is_answer(const Response& response) noexcept {
  return response.status() != Status::not_found && response.status() != Status::method_not_allowed;
}

/// Notes whether any content has been read. The request's from then on: a stream that is an answer may go on reading when the endpoint is done.
class ReaderWatch final : public BodyReader {
 public:
  explicit ReaderWatch(Request& request) : reader_(request.body_reader()), owner_(RequestAccess::own_reader(request)) {}
  awaitable<std::string_view> read() override {
    was_read_ = true;
    return reader_->read();
  }
  [[nodiscard]] bool was_read() const noexcept { return was_read_; }

 private:
  BodyReader* reader_;
  std::shared_ptr<BodyReader> owner_;
  bool was_read_ = false;
};

}  // namespace

TryEndpoint::TryEndpoint(std::vector<NamedHandler> handlers, Services& services, std::string_view route)
    : logger_(services.logger()), route_(route) {
  assert(!handlers.empty());
  entries_.reserve(handlers.size());  // endpoints have views of the names
  for (NamedHandler& handler : handlers) {
    Entry& entry = entries_.emplace_back(Entry{std::move(handler.name), nullptr});
    entry.endpoint = make_endpoint(std::move(handler.handler), services, Origin{route, entry.name});
  }
}

awaitable<Response> TryEndpoint::run(Request& request) const {
  std::shared_ptr<ReaderWatch> watch;
  if (request.body_reader() != nullptr) {
    watch = std::make_shared<ReaderWatch>(request);
    RequestAccess::read_through(request, watch);
  }
  std::optional<Response> missing;
  for (std::size_t i = 0; i + 1 < entries_.size(); ++i) {
    Response response = co_await ask(entries_[i], request, false);
    const bool is_read_in_part = watch != nullptr && watch->was_read() && request.body_reader() != nullptr;
    if (is_answer(response) || is_read_in_part) co_return response;
    if (i == 0 && response.status() == Status::not_found) missing = std::move(response);
  }
  Response last = co_await ask(entries_.back(), request, true);
  if (missing && last.status() == Status::method_not_allowed) co_return std::move(*missing);
  co_return last;
}

awaitable<Response> TryEndpoint::ask(const Entry& entry, Request& request, bool is_last) const {
  try {
    if (!entry.endpoint->uses_body()) {
      if (is_last) co_await RequestAccess::drop_body(request);
    } else if (!entry.endpoint->starts_at_head()) {
      co_await request.read_body();
    }
    Reply reply = entry.endpoint->serve(request);
    if (auto* ready = std::get_if<Response>(&reply)) co_return std::move(*ready);
    co_return co_await std::get<awaitable<Response>>(std::move(reply));
  } catch (const ConnectionLost&) { throw; } catch (...) {
    co_return failure_response(logger_, Origin{route_, entry.name, request.id()});
  }
}

}  // namespace ropeway::routing
