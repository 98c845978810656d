#include "core/src/server/upstream_stream.hpp"

#include <algorithm>
#include <utility>

#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>

#include <ropeway/http_error.hpp>

#include "core/src/server/system_clock.hpp"

namespace ropeway::server {
namespace {

constexpr std::chrono::milliseconds stream_look_interval{250};  // how often it is asked whether anybody still waits

}  // namespace

LeasedStream::LeasedStream(const UpstreamOptions& options, UpstreamGroup::Lease lease, Request& request)
    : options_(options), lease_(std::move(lease)), request_(&request) {}

void LeasedStream::fail(Status status, std::string_view reason) {
  const std::string text = std::string(url()) + ": " + std::string(reason);
  if (lease_) lease_.failed();
  lease_.end();
  throw HttpError(status, text);
}

void LeasedStream::let_request_go() {
  stop_ = request_->stop_token();
  request_ = nullptr;
}

void LeasedStream::check_client() {
  const bool gone = request_ != nullptr ? request_->client_gone() : stop_.stop_requested();
  if (!gone) return;
  lease_.end();
  throw ConnectionLost("the client has gone");
}

// What has come: empty at the end, nothing where there is none just now. One system call.
std::optional<std::string_view> LeasedStream::receive() noexcept {
  std::size_t count = 0;
  switch (lease_.connection()->transport().receive(*room_, count)) {
    case Transfer::done: return std::string_view(room_->data(), count);
    case Transfer::would_block: return std::nullopt;
    default: return std::string_view();
  }
}

// Says whether to go on sending.
bool LeasedStream::take_early(const EarlyInput& early) {
  for (;;) {
    const auto piece = receive();
    if (!piece) return true;
    if (piece->empty() || !early(*piece)) return false;
  }
}

awaitable<bool> LeasedStream::write(std::string bytes, EarlyInput early) {
  UpstreamConnection& connection = *lease_.connection();
  output_.append(std::move(bytes));
  Time deadline = coarse_steady_time() + options_.idle_timeout;
  Time look = coarse_steady_time() + stream_look_interval;
  for (std::uint64_t owed = output_.size();;) {
    switch (connection.transport().send(output_)) {
      case Transfer::done: co_return true;
      case Transfer::unfinished: co_await asio::post(asio::use_awaitable); continue;
      case Transfer::would_block: break;
      default: co_return false;
    }
    if (!take_early(early)) co_return false;
    const Time now = coarse_steady_time();
    if (output_.size() < owed) deadline = now + options_.idle_timeout;
    owed = output_.size();
    if (now >= deadline) fail(Status::gateway_timeout, "it does not take the request (idle_timeout)");
    if (now >= look) {
      check_client();
      look = now + stream_look_interval;
    }
    co_await connection.wait_writable(std::min(deadline, look));
  }
}

awaitable<std::optional<std::string_view>> LeasedStream::read_within(std::chrono::milliseconds patience) {
  const Time until = coarse_steady_time() + patience;
  Time look = coarse_steady_time() + stream_look_interval;
  for (;;) {
    if (++receives_ % receives_before_others == 0) co_await asio::post(asio::use_awaitable);
    const auto piece = receive();
    if (piece) co_return piece;
    const Time now = coarse_steady_time();
    if (now >= look) {
      check_client();
      look = now + stream_look_interval;
    }
    if (now >= until) co_return std::nullopt;
    co_await lease_.connection()->wait_readable(std::min(until, look));
  }
}

}  // namespace ropeway::server
