#pragma once

#include <memory>

#include <ropeway/awaitable.hpp>
#include <ropeway/request.hpp>
#include <ropeway/response.hpp>

namespace ropeway {

/// The rest of the chain behind a middleware: the next middleware, and at the end the handler.
class Next {
 public:
  /// Runs the rest and gives its response. To be called at most once, and awaited. Not calling it answers at once.
  /// What a handler behind it throws has become a response already.
  [[nodiscard]] awaitable<Response> operator()(Request& request) const { return run_(chain_, position_, request); }
  /// The same, where what stands behind reads its body from `content` (which the request then owns) instead of from the client: decoded,
  /// checked, counted. The fields that told of the bytes as they were sent (`Content-Encoding`, `Content-Length`, the digests of RFC 9530) are
  /// no longer among the request's.
  [[nodiscard]] awaitable<Response> with_content(Request& request, std::shared_ptr<BodyReader> content) const;

 private:
  friend class NextAccess;  // core/src/routing/pipeline.cpp
  using Run = awaitable<Response> (*)(const void* chain, std::size_t position, Request& request);
  Next(Run run, const void* chain, std::size_t position) noexcept : run_(run), chain_(chain), position_(position) {}
  Run run_;
  const void* chain_;
  std::size_t position_;
};

/// Wraps what stands behind it in a route's list. The order in JSON is the order on the way in; many threads call `handle` at once.
class Middleware {
 public:
  Middleware() = default;
  Middleware(const Middleware&) = delete;
  Middleware& operator=(const Middleware&) = delete;
  virtual ~Middleware() = default;
  /// `request`, `next` and the middleware outlive the coroutine.
  [[nodiscard]] virtual awaitable<Response> handle(Request& request, Next next) const = 0;
};

}  // namespace ropeway
