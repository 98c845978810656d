#include "core/src/server/upstream_check.hpp"

#include <exception>
#include <utility>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>

#include <ropeway/http_error.hpp>

#include "core/src/protocol/http1/response_reader.hpp"
#include "core/src/protocol/send_queue.hpp"
#include "core/src/server/system_clock.hpp"

namespace ropeway::server {
namespace {

constexpr const char* too_late = "it does not answer in time";
constexpr unsigned most_interim_heads = 20;

}  // namespace

UpstreamCheck::UpstreamCheck(UpstreamGroup& group, UpstreamGroup::Peer& peer)
    : group_(group),
      peer_(peer),
      request_("GET " + peer.address.base + group.options().health.path + " HTTP/1.1\r\nHost: " + peer.address.authority +
               "\r\nUser-Agent: ropeway\r\nAccept: */*\r\nConnection: close\r\n\r\n") {}

void UpstreamCheck::begin(asio::io_context& io, const std::function<void()>& on_busy) {
  pause_.emplace(io);
  on_busy_ = on_busy;
  asio::co_spawn(io, keep_asking(), asio::detached);
}

void UpstreamCheck::end() noexcept {
  ended_ = true;
  if (pause_) pause_->cancel();
}

awaitable<void> UpstreamCheck::keep_asking() {
  while (!ended_) {
    std::string mistake;
    try {
      mistake = co_await ask();
    } catch (const ConnectionLost&) { co_return; } catch (const std::exception& error) {
      mistake = error.what();
    }
    if (ended_) co_return;
    group_.checked(peer_, mistake);
    pause_->expires_after(group_.options().health.interval);
    asio::error_code ignored;
    co_await pause_->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

// Gives what is wrong; empty where nothing is.
awaitable<std::string> UpstreamCheck::ask() {
  const auto patience = group_.options().health.timeout;
  const UpstreamGroup::Time deadline = coarse_steady_time() + patience;
  UpstreamGroup::Lease lease = group_.lease_beyond(peer_);
  on_busy_();
  std::string mistake = co_await lease.connect(patience);
  if (!mistake.empty()) co_return mistake;
  UpstreamConnection& connection = *lease.connection();
  protocol::SendQueue output;
  output.append(std::string_view(request_));
  for (;;) {
    const Transfer sent = connection.transport().send(output);
    if (sent == Transfer::done) break;
    if (sent != Transfer::would_block && sent != Transfer::unfinished) co_return "the connection was closed while it was asked";
    if (coarse_steady_time() >= deadline) co_return too_late;
    co_await connection.wait_writable(deadline);
  }
  co_return co_await read_status(connection, deadline);
}

awaitable<std::string> UpstreamCheck::read_status(UpstreamConnection& connection, UpstreamGroup::Time deadline) {
  using Kind = protocol::http1::ResponseEvent::Kind;
  protocol::http1::ResponseReader reader(group_.limits(), false);
  for (unsigned interim = 0;;) {
    const protocol::http1::ResponseEvent event = reader.next();
    switch (event.kind) {
      case Kind::interim:
        if (++interim > most_interim_heads) co_return "it sends interim responses without end";
        continue;
      case Kind::head:
        if (code(reader.status()) < 400) co_return std::string();
        co_return "its status is " + std::to_string(code(reader.status()));
      case Kind::error: co_return std::string(event.reason);
      default: break;
    }
    std::size_t count = 0;
    switch (connection.transport().receive(reader.prepare(), count)) {
      case Transfer::done: reader.commit(count); continue;
      case Transfer::ended: reader.commit_end(); continue;
      case Transfer::would_block: break;
      default: co_return "the connection was closed before there was an answer";
    }
    if (coarse_steady_time() >= deadline) co_return too_late;
    co_await connection.wait_readable(deadline);
  }
}

}  // namespace ropeway::server
