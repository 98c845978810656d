#pragma once

#include <functional>
#include <optional>
#include <string>

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include <ropeway/awaitable.hpp>

#include "core/src/server/upstream_group.hpp"

namespace ropeway::server {

/// Asks one of a group's servers again and again whether it is well (`UpstreamOptions::health`), and tells the group.
class UpstreamCheck {
 public:
  /// `peer` is one of `group`; both outlive this object.
  UpstreamCheck(UpstreamGroup& group, UpstreamGroup::Peer& peer);

  /// Begins at once. `on_busy` is called when there is something to sweep, and is copied.
  void begin(asio::io_context& io, const std::function<void()>& on_busy);
  /// No other check begins. One that runs ends with its connection. While no thread runs the event loop.
  void end() noexcept;
  /// Nobody is at it any more, and the event loop still lives.
  void detach() noexcept { pause_.reset(); }

 private:
  [[nodiscard]] awaitable<void> keep_asking();
  [[nodiscard]] awaitable<std::string> ask();
  [[nodiscard]] awaitable<std::string> read_status(UpstreamConnection& connection, UpstreamGroup::Time deadline);

  UpstreamGroup& group_;
  UpstreamGroup::Peer& peer_;
  std::string request_;
  std::optional<asio::steady_timer> pause_;
  std::function<void()> on_busy_;
  bool ended_ = false;
};

}  // namespace ropeway::server
