#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include <ropeway/body.hpp>

#include "core/src/http/request_access.hpp"

namespace ropeway::server {

class Session;

/// The body of the request in progress, read by a handler's coroutine straight from the connection.
/// It sends interim responses, too.
class SessionBodyReader final : public BodyReader, public RequestConnection {
 public:
  explicit SessionBodyReader(Session& session) noexcept : session_(session) {}
  [[nodiscard]] awaitable<std::string_view> read() override;
  [[nodiscard]] awaitable<void> interim(Status status, const Headers& fields) override;
  [[nodiscard]] bool may_keep(std::size_t size) noexcept override;
  [[nodiscard]] bool client_gone() override;
  [[nodiscard]] std::uint16_t local_port() const noexcept override;
  [[nodiscard]] Response answer_websocket(const Request& request, const WebSocketHandler& handler,
                                          const std::vector<std::string>& protocols) override;
  [[nodiscard]] bool may_switch() const noexcept override;
  void switch_by(std::unique_ptr<SwitchPlan> plan) override;
  [[nodiscard]] std::string local_address() const override;
  [[nodiscard]] std::stop_token stop_token() override;
  [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> deadline() const noexcept override;
  void limit_time(std::chrono::milliseconds time) noexcept override;

 private:
  Session& session_;
};

/// The body of the response in progress, written by a coroutine straight to the connection.
class SessionBodyWriter final : public BodyWriter {
 public:
  explicit SessionBodyWriter(Session& session) noexcept : session_(session) {}
  [[nodiscard]] awaitable<void> write(std::string_view data) override;
  [[nodiscard]] awaitable<void> flush() override;
  [[nodiscard]] Headers& trailers() override;
  [[nodiscard]] std::stop_token stop_token() override;

 private:
  Session& session_;
};

}  // namespace ropeway::server
