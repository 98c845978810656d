#pragma once

#include <array>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include <ropeway/awaitable.hpp>
#include <ropeway/request.hpp>
#include <ropeway/upstream.hpp>

#include "core/src/protocol/send_queue.hpp"
#include "core/src/server/upstream_group.hpp"

namespace ropeway::server {

/// A connection that a handler speaks a protocol of its own on.
class LeasedStream final : public UpstreamStream {
 public:
  /// `lease` has a connection; the options are those of its group. `request` lives until it is let go.
  LeasedStream(const UpstreamOptions& options, UpstreamGroup::Lease lease, Request& request);

  [[nodiscard]] std::string_view url() const noexcept override { return lease_.peer().address.url; }
  [[nodiscard]] bool was_kept() const noexcept override { return lease_.was_kept(); }
  [[nodiscard]] awaitable<bool> write(std::string bytes, EarlyInput early) override;
  [[nodiscard]] awaitable<std::optional<std::string_view>> read_within(std::chrono::milliseconds patience) override;
  void let_request_go() override;
  void succeeded() noexcept override { lease_.succeeded(); }
  void keep() noexcept override { lease_.keep(); }
  [[noreturn]] void fail(Status status, std::string_view reason) override;

 private:
  using Time = UpstreamConnection::Time;
  using Room = std::array<char, 32UL * 1024>;

  [[nodiscard]] std::optional<std::string_view> receive() noexcept;
  [[nodiscard]] bool take_early(const EarlyInput& early);
  void check_client();

  const UpstreamOptions& options_;
  UpstreamGroup::Lease lease_;
  Request* request_;  // nullptr: it was let go
  std::stop_token stop_;
  unsigned receives_ = 0;
  protocol::SendQueue output_;
  std::unique_ptr<Room> room_ = std::make_unique_for_overwrite<Room>();
};

}  // namespace ropeway::server
