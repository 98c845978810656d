#pragma once

#include <concepts>
#include <type_traits>
#include <utility>

#include <ropeway/handler.hpp>
#include <ropeway/middleware.hpp>

namespace ropeway {

/// A function that answers at once: `Response(const Request&)`. Called by many threads at the same time, as `Handler::handle` is.
template <class F>
concept HandlerFunction = std::copy_constructible<F> && std::is_invocable_r_v<Response, const F&, const Request&>;

/// A function that is a coroutine: `awaitable<Response>(Request&)`. A lambda's captures outlive the coroutine, as its handler does.
template <class F>
concept AsyncHandlerFunction = std::copy_constructible<F> && std::is_invocable_r_v<awaitable<Response>, const F&, Request&>;

/// `awaitable<Response>(Request&, Next)`.
template <class F>
concept MiddlewareFunction = std::copy_constructible<F> && std::is_invocable_r_v<awaitable<Response>, const F&, Request&, Next>;

/// What `Registry::handler` makes of a function; `Base` is `Handler` or `BlockingHandler`.
template <class Base, HandlerFunction F>
class FunctionHandler final : public Base {
 public:
  explicit FunctionHandler(F function) : function_(std::move(function)) {}
  [[nodiscard]] Response handle(const Request& request) const override { return function_(request); }

 private:
  F function_;
};

/// The same for one that gives a coroutine.
template <AsyncHandlerFunction F>
class FunctionAsyncHandler final : public AsyncHandler {
 public:
  explicit FunctionAsyncHandler(F function) : function_(std::move(function)) {}
  [[nodiscard]] awaitable<Response> handle(Request& request) const override { return function_(request); }

 private:
  F function_;
};

/// A middleware that is a function.
template <MiddlewareFunction F>
class FunctionMiddleware final : public Middleware {
 public:
  explicit FunctionMiddleware(F function) : function_(std::move(function)) {}
  [[nodiscard]] awaitable<Response> handle(Request& request, Next next) const override { return function_(request, next); }

 private:
  F function_;
};

}  // namespace ropeway
