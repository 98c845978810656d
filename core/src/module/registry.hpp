#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ropeway/registry.hpp>

namespace ropeway::module {

/// The registry itself: every handler and middleware that was enrolled, by name. Not thread-safe while it is filled; afterwards immutable.
class NamedRegistry final : public Registry {
 public:
  struct HandlerEntry {
    Settings settings;
    MakeHandler make;
    std::string origin;
  };
  struct MiddlewareEntry {
    Settings settings;
    MakeMiddleware make;
    std::string origin;
  };
  struct StreamHandlerEntry {
    Settings settings;
    MakeStreamHandler make;
    std::string origin;
  };

  /// Who registers from now on, for messages: "the module \"accounts\"". Nobody at first.
  void set_origin(std::string origin) { origin_ = std::move(origin); }

  void add_handler(std::string name, Settings settings, MakeHandler make) override;
  void add_middleware(std::string name, Settings settings, MakeMiddleware make) override;
  void add_stream_handler(std::string name, Settings settings, MakeStreamHandler make) override;

  /// nullptr where there is none of that name.
  [[nodiscard]] const HandlerEntry* find_handler(std::string_view name) const noexcept;
  [[nodiscard]] const MiddlewareEntry* find_middleware(std::string_view name) const noexcept;
  [[nodiscard]] const StreamHandlerEntry* find_stream_handler(std::string_view name) const noexcept;
  [[nodiscard]] const std::map<std::string, HandlerEntry, std::less<>>& handlers() const noexcept { return handlers_; }
  [[nodiscard]] const std::map<std::string, MiddlewareEntry, std::less<>>& middlewares() const noexcept { return middlewares_; }
  [[nodiscard]] const std::map<std::string, StreamHandlerEntry, std::less<>>& stream_handlers() const noexcept { return stream_handlers_; }

 private:
  std::map<std::string, HandlerEntry, std::less<>> handlers_;
  std::map<std::string, MiddlewareEntry, std::less<>> middlewares_;
  std::map<std::string, StreamHandlerEntry, std::less<>> stream_handlers_;
  std::string origin_;
};

}  // namespace ropeway::module
