#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>

#include <ropeway/config_node.hpp>
#include <ropeway/function_handler.hpp>
#include <ropeway/handler.hpp>
#include <ropeway/middleware.hpp>
#include <ropeway/services.hpp>
#include <ropeway/setting.hpp>
#include <ropeway/stream.hpp>

namespace ropeway {

/// The one door through which handlers and middlewares come in: a program's `main`, the built-in ones and modules all get it.
///
/// `T` may be constructed from nothing, from `const ConfigNode&`, from `Services&`, or from both in that order. What it may be
/// configured with it declares as `static ropeway::Settings settings()`; without that its options must be empty. The options of an
/// `IsolatedHandler` have `limits` besides, those of a `WebSocketHandler` have `websocket`, and those of a `StreamHandler` have `stream`.
/// A constructor that cannot use its options throws `ConfigError` (`options.error("root", "...")`).
class Registry {
 public:
  using MakeHandler = std::function<AnyHandler(const ConfigNode&, Services&)>;
  using MakeMiddleware = std::function<std::unique_ptr<Middleware>(const ConfigNode&, Services&)>;
  using MakeStreamHandler = std::function<std::unique_ptr<StreamHandler>(const ConfigNode&, Services&)>;

  /// Makes `T` available in routes as `"handler": name`; a `StreamHandler`, in addresses of `listen`. Throws `std::invalid_argument` where the
  /// name is taken.
  template <class T>
  void handler(std::string name) {
    static_assert(
        std::derived_from<T, Handler> || std::derived_from<T, AsyncHandler> || std::derived_from<T, BlockingHandler> ||
            std::derived_from<T, IsolatedHandler> || std::derived_from<T, WebSocketHandler>,
        "a handler derives from ropeway::Handler, AsyncHandler, BlockingHandler, IsolatedHandler, WebSocketHandler or StreamHandler");
    Settings settings = settings_of<T>();
    if constexpr (std::derived_from<T, IsolatedHandler>) settings.push_back(ChildLimits::setting());
    if constexpr (std::derived_from<T, WebSocketHandler>) settings.push_back(WebSocketOptions::setting());
    add_handler(std::move(name), std::move(settings), [](const ConfigNode& options, Services& services) -> AnyHandler {
      if constexpr (std::derived_from<T, Handler>) {
        return std::unique_ptr<Handler>(make<T>(options, services));
      } else if constexpr (std::derived_from<T, AsyncHandler>) {
        return std::unique_ptr<AsyncHandler>(make<T>(options, services));
      } else if constexpr (std::derived_from<T, BlockingHandler>) {
        return std::unique_ptr<BlockingHandler>(make<T>(options, services));
      } else if constexpr (std::derived_from<T, WebSocketHandler>) {
        std::unique_ptr<WebSocketHandler> handler = make<T>(options, services);
        handler->set_options(WebSocketOptions::from(options));
        return handler;
      } else {
        std::unique_ptr<IsolatedHandler> handler = make<T>(options, services);
        handler->set_limits(ChildLimits::from(options));
        return handler;
      }
    });
  }

  template <std::derived_from<StreamHandler> T>
  void handler(std::string name) {
    Settings settings = settings_of<T>();
    settings.push_back(StreamOptions::setting());
    add_stream_handler(std::move(name), std::move(settings),
                       [](const ConfigNode& options, Services& services) -> std::unique_ptr<StreamHandler> {
                         std::unique_ptr<StreamHandler> handler = make<T>(options, services);
                         handler->set_options(StreamOptions::from(options));
                         return handler;
                       });
  }

  /// The same from a function, for small things: `registry.handler("hi", [](const Request&) { return Response::text("hi\n"); })`. One that is a
  /// coroutine makes an `AsyncHandler`. Each route has a copy of it; its options must be empty.
  template <class F>
    requires HandlerFunction<F> || AsyncHandlerFunction<F>
  void handler(std::string name, F function) {
    add_handler(std::move(name), {}, [function = std::move(function)](const ConfigNode&, Services&) -> AnyHandler {
      if constexpr (HandlerFunction<F>) {
        return std::make_unique<FunctionHandler<Handler, F>>(function);
      } else {
        return std::make_unique<FunctionAsyncHandler<F>>(function);
      }
    });
  }
  /// The same for a function that may block; see `BlockingHandler`.
  template <HandlerFunction F>
  void blocking_handler(std::string name, F function) {
    add_handler(std::move(name), {}, [function = std::move(function)](const ConfigNode&, Services&) -> AnyHandler {
      return std::make_unique<FunctionHandler<BlockingHandler, F>>(function);
    });
  }

  /// Makes `T` available in `"middlewares": [name]`. Throws `std::invalid_argument` where the name is taken.
  template <std::derived_from<Middleware> T>
  void middleware(std::string name) {
    add_middleware(std::move(name), settings_of<T>(),
                   [](const ConfigNode& options, Services& services) -> std::unique_ptr<Middleware> { return make<T>(options, services); });
  }

  /// The same from a function: `[](Request& request, Next next) -> awaitable<Response> { co_return co_await next(request); }`.
  template <MiddlewareFunction F>
  void middleware(std::string name, F function) {
    add_middleware(std::move(name), {}, [function = std::move(function)](const ConfigNode&, Services&) -> std::unique_ptr<Middleware> {
      return std::make_unique<FunctionMiddleware<F>>(function);
    });
  }

  virtual void add_handler(std::string name, Settings settings, MakeHandler make) = 0;
  virtual void add_middleware(std::string name, Settings settings, MakeMiddleware make) = 0;
  virtual void add_stream_handler(std::string name, Settings settings, MakeStreamHandler make) = 0;

 protected:
  ~Registry() = default;

 private:
  template <class T>
  static Settings settings_of() {
    if constexpr (requires {
                    { T::settings() } -> std::same_as<Settings>;
                  }) {
      return T::settings();
    } else {
      return {};
    }
  }

  template <class T>
  static std::unique_ptr<T> make([[maybe_unused]] const ConfigNode& options, [[maybe_unused]] Services& services) {
    if constexpr (std::is_constructible_v<T, const ConfigNode&, Services&>) {
      return std::make_unique<T>(options, services);
    } else if constexpr (std::is_constructible_v<T, const ConfigNode&>) {
      return std::make_unique<T>(options);
    } else if constexpr (std::is_constructible_v<T, Services&>) {
      return std::make_unique<T>(services);
    } else {
      static_assert(std::is_default_constructible_v<T>,
                    "a handler is constructed from (), (const ConfigNode&), (Services&) or (const ConfigNode&, Services&)");
      return std::make_unique<T>();
    }
  }
};

}  // namespace ropeway
