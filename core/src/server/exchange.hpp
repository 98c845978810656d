#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include <ropeway/request.hpp>
#include <ropeway/response.hpp>

#include "core/src/http/body_memory.hpp"
#include "core/src/http/request_head.hpp"
#include "core/src/protocol/event.hpp"
#include "core/src/routing/site.hpp"
#include "core/src/server/switched_connection.hpp"

namespace ropeway::server {

/// One request and its response, from the head's arrival until the response was handed to the kernel. Reused from the thread's free list.
struct Exchange {
  Request request;
  routing::Site::Match match;
  http::RequestHead* head = nullptr;  // the codec's; its fields are in `request` until the end
  std::string_view unowned_body;      // the first piece of a body, still in the receive buffer
  bool body_ended = false;
  std::chrono::steady_clock::time_point begun;  // where there is an access log
  std::chrono::system_clock::time_point time;
  std::optional<std::chrono::steady_clock::time_point> started;  // of a handler that is waited for
  Response response{Status::ok};                                 // of a stream: keeps it while it runs
  protocol::ProtocolError body_error;                            // what the codec said of the body while the handler read it
  bool body_failed = false;
  std::optional<std::chrono::milliseconds> time_limit;  // of the handler, below `timeouts.handler`; see `Request::limit_time`
  bool client_asked = false;                            // whether it is still there; see `Request::client_gone`
  std::unique_ptr<SwitchPlan> plan;                     // where the handler has answered with 101
  Headers trailers;                                     // of a stream
  http::BodyMemory* body_memory = nullptr;              // the worker's; `kept` bytes of it are this request's
  std::uint64_t kept = 0;
  std::uint64_t response_size = 0;  // bytes of the response's body; of a stream, so far

  Exchange* next_free = nullptr;

  struct Recycle {
    void operator()(Exchange* exchange) const noexcept;
  };
  using Pointer = std::unique_ptr<Exchange, Recycle>;
  [[nodiscard]] static Pointer acquire();

  /// A piece of the body that lives until the codec's next commit. Says false where there is no memory for it (`limits.body_memory`).
  [[nodiscard]] bool append_body(std::string_view data);
  /// Counts `size` bytes of the body as kept until the end; says false where that is too much.
  [[nodiscard]] bool may_keep(std::size_t size) noexcept;
  /// Copies what is still in the receive buffer, which is about to change.
  void own_body();
};

}  // namespace ropeway::server
