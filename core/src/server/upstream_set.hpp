#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <vector>

#include <ropeway/logger.hpp>
#include <ropeway/upstream.hpp>

#include "core/src/server/upstream_group.hpp"

namespace ropeway::server {

/// What is behind `Services::upstreams`: all groups of a worker. They are made while handlers are constructed; from then on it is thread-safe.
class UpstreamSet final : public Upstreams {
 public:
  /// `log` outlives this.
  explicit UpstreamSet(Logger& log) noexcept : log_(log) {}

  [[nodiscard]] std::shared_ptr<Upstream> group(std::vector<UpstreamAddress> addresses, const UpstreamOptions& options) override {
    return groups_.emplace_back(std::make_shared<UpstreamGroup>(std::move(addresses), options, readiness_, log_));
  }

  /// The event loop is there, and requests may come. `on_busy`: as of each group.
  void begin(asio::io_context& io, Readiness::Context& readiness, const std::function<void()>& on_busy) {
    readiness_ = &readiness;
    for (const auto& group : groups_) group->begin(io, on_busy);
  }
  /// As of each group.
  void sweep(UpstreamGroup::Time now) noexcept {
    for (const auto& group : groups_) group->sweep(now);
  }
  [[nodiscard]] bool is_busy() const noexcept {
    return std::ranges::any_of(groups_, [](const auto& group) { return group->is_busy(); });
  }
  void end() noexcept {
    for (const auto& group : groups_) group->end();
  }
  void detach() noexcept {
    for (const auto& group : groups_) group->detach();
  }

 private:
  Logger& log_;
  Readiness::Context* readiness_ = nullptr;
  std::vector<std::shared_ptr<UpstreamGroup>> groups_;
};

}  // namespace ropeway::server
