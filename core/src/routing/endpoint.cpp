#include "core/src/routing/endpoint.hpp"

#include <cassert>
#include <string>
#include <utility>
#include <vector>

#include "core/src/http/request_access.hpp"
#include "core/src/routing/isolated_endpoint.hpp"
#include "core/src/routing/loop_watch.hpp"

namespace ropeway::routing {
namespace {

class ImmediateEndpoint final : public Endpoint {
 public:
  ImmediateEndpoint(std::unique_ptr<Handler> handler, Services& services, Origin origin)
      : handler_(std::move(handler)), pool_(services.blocking_pool()), watch_(services, origin) {}
  Reply serve(Request& request) const override {
    if (!watch_.found() && !handler_->blocks(request)) {
      const LoopWatch::Call call(watch_);
      return handler_->handle(request);
    }
    return pool_.run([handler = handler_.get(), &request] { return handler->handle(request); });
  }
  bool uses_body() const noexcept override { return handler_->uses_body(); }

 private:
  std::unique_ptr<Handler> handler_;
  BlockingPool& pool_;
  mutable LoopWatch watch_;
};

class AsyncEndpoint final : public Endpoint {
 public:
  explicit AsyncEndpoint(std::unique_ptr<AsyncHandler> handler) : handler_(std::move(handler)) {}
  Reply serve(Request& request) const override { return handler_->handle(request); }
  bool starts_at_head() const noexcept override { return true; }

 private:
  std::unique_ptr<AsyncHandler> handler_;
};

class BlockingEndpoint final : public Endpoint {
 public:
  BlockingEndpoint(std::unique_ptr<BlockingHandler> handler, BlockingPool& pool) : handler_(std::move(handler)), pool_(pool) {}
  Reply serve(Request& request) const override {
    return pool_.run([handler = handler_.get(), &request] { return handler->handle(request); });
  }

 private:
  std::unique_ptr<BlockingHandler> handler_;
  BlockingPool& pool_;
};

class WebSocketEndpoint final : public Endpoint {
 public:
  explicit WebSocketEndpoint(std::unique_ptr<WebSocketHandler> handler) : handler_(std::move(handler)), protocols_(handler_->protocols()) {}
  // What the server asks itself (`Services::get`) has no connection that could become one.
  Reply serve(Request& request) const override {
    RequestConnection* const connection = RequestAccess::connection(request);
    if (connection == nullptr || RequestAccess::generation(request) > 0) {
      return Response::error(Status::upgrade_required, "Here is a WebSocket.").header("Upgrade", "websocket");
    }
    return connection->answer_websocket(request, *handler_, protocols_);
  }
  bool starts_at_head() const noexcept override { return true; }

 private:
  std::unique_ptr<WebSocketHandler> handler_;
  std::vector<std::string> protocols_;
};

}  // namespace

std::unique_ptr<Endpoint> make_endpoint(AnyHandler handler, Services& services, Origin origin) {
  assert(std::visit([](const auto& pointer) { return pointer != nullptr; }, handler));
  if (auto* immediate = std::get_if<std::unique_ptr<Handler>>(&handler))
    return std::make_unique<ImmediateEndpoint>(std::move(*immediate), services, origin);
  if (auto* async = std::get_if<std::unique_ptr<AsyncHandler>>(&handler)) return std::make_unique<AsyncEndpoint>(std::move(*async));
  if (auto* blocking = std::get_if<std::unique_ptr<BlockingHandler>>(&handler))
    return std::make_unique<BlockingEndpoint>(std::move(*blocking), services.blocking_pool());
  if (auto* websocket = std::get_if<std::unique_ptr<WebSocketHandler>>(&handler))
    return std::make_unique<WebSocketEndpoint>(std::move(*websocket));
  return std::make_unique<IsolatedEndpoint>(std::get<std::unique_ptr<IsolatedHandler>>(std::move(handler)), services, origin);
}

}  // namespace ropeway::routing
