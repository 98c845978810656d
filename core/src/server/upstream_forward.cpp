// Which server gets a request, and what happens where that comes to nothing.

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <utility>

#include <ropeway/http_error.hpp>

#include "core/src/http/field_value.hpp"
#include "core/src/http/request_access.hpp"
#include "core/src/server/system_clock.hpp"
#include "core/src/server/upstream_exchange.hpp"
#include "core/src/server/upstream_group.hpp"
#include "core/src/server/upstream_stream.hpp"

namespace ropeway::server {
namespace {

constexpr std::uint64_t most_read_ahead = 16 * 1024;

// RFC 9110 §9.2.2. Of other methods nobody knows whether they are.
bool is_idempotent(Method method) noexcept {
  switch (method) {
    case Method::get:
    case Method::head:
    case Method::options:
    case Method::put:
    case Method::delete_: return true;
    default: return false;
  }
}

// A handler can neither inject a line nor frame the message itself.
void check(const UpstreamRequest& outgoing) {
  const auto is_visible = [](char byte) { return byte > ' ' && byte < '\x7f' && byte != '#'; };
  if (!http::is_token(outgoing.method)) throw std::invalid_argument("the method of a request to a server behind is no token");
  if (!outgoing.target.starts_with('/') || !std::ranges::all_of(outgoing.target, is_visible)) {
    throw std::invalid_argument("the target of a request to a server behind begins with \"/\", and is percent-encoded");
  }
  http::ListReader protocols(outgoing.upgrade);
  while (const auto protocol = protocols.next()) {
    if (std::ranges::all_of(*protocol, [](char byte) { return byte == '/' || http::is_token_character(byte); })) continue;
    throw std::invalid_argument("a protocol that a server behind may change to is a name, perhaps with \"/\" and a version");
  }
  for (const std::string_view name : {"Content-Length", "Transfer-Encoding", "Connection", "Upgrade", "Expect"}) {
    if (outgoing.headers.contains(name)) {
      throw std::invalid_argument("the field " + std::string(name) +
                                  " of a request to a server behind is the framework's business: leave it out");
    }
  }
}

bool may_switch(const Request& request) noexcept {
  const RequestConnection* const connection = RequestAccess::connection(request);
  return connection != nullptr && RequestAccess::generation(request) == 0 && connection->may_switch();
}

}  // namespace

// Goes on from `lease`, which has no connection, to one that has; gives an empty one where none is free.
awaitable<UpstreamGroup::Lease> UpstreamGroup::find(Request& request, Search& search, Lease lease) {
  for (;;) {
    if (!lease) {
      if (!search.has_waited) search.patience = coarse_steady_time() + options_.queue_time;
      const bool given = co_await wait_for_place(search.passed_over, search.patience, search.has_waited);
      if (request.client_gone()) throw ConnectionLost("the client has gone");
      if (!given) {
        log_busy(search.has_waited ? "queue_time" : "queue or queue_time");
        co_return Lease();
      }
      search.has_waited = true;
    } else {
      const std::string mistake = co_await lease.connect(options_.connect_timeout);
      if (mistake.empty()) co_return lease;
      lease.failed();
      search.passed_over.push_back(&lease.peer());
      const std::string_view url = lease.peer().address.url;
      if (search.passed_over.size() == peers_.size())
        throw HttpError(Status::bad_gateway, std::string(url) + ": no connection: " + mistake);
      if (throttle_.allow()) {
        log_.warning("a server behind cannot be connected to; another one is asked",
                     {{"upstream", url}, {"error", std::string_view(mistake)}});
      }
    }
    lease = take(search.passed_over, search.fresh);
    if (lease.connection() != nullptr) co_return lease;
  }
}

awaitable<Response> UpstreamGroup::forward(Request& request, UpstreamRequest outgoing) {
  check(outgoing);
  if (!outgoing.upgrade.empty() && !may_switch(request)) outgoing.upgrade.clear();
  // Content so small is better read before a connection is taken: a slow client takes none from others then, and the request can be repeated.
  const std::uint64_t announced = request.content_length().value_or(UINT64_MAX);
  if (request.body_reader() != nullptr && announced <= most_read_ahead) (void)co_await request.read_body();
  Search search;
  search.fresh = !outgoing.upgrade.empty();  // what it does is not known, so it could not be repeated
  for (;;) {
    Lease lease = take(search.passed_over, search.fresh);
    if (lease.connection() == nullptr) lease = co_await find(request, search, std::move(lease));
    if (!lease) co_return busy();
    const bool was_kept = lease.was_kept();
    const auto exchange = std::make_shared<UpstreamExchange>(*this, std::move(lease), request);
    const bool answered = co_await exchange->run(outgoing);
    if (answered) co_return co_await exchange->answer();
    const bool may_repeat = was_kept && is_idempotent(request.method()) && request.body_reader() == nullptr;
    if (!may_repeat) exchange->fail(Status::bad_gateway, exchange->mistake());
    exchange->give_up();
    search.fresh = true;
  }
}

awaitable<std::unique_ptr<UpstreamStream>> UpstreamGroup::connect(Request& request, bool fresh) {
  Search search;
  search.fresh = fresh;
  Lease lease = take(search.passed_over, fresh);
  if (lease.connection() == nullptr) lease = co_await find(request, search, std::move(lease));
  if (!lease) co_return nullptr;
  co_return std::make_unique<LeasedStream>(options_, std::move(lease), request);
}

}  // namespace ropeway::server

namespace ropeway {

Response Upstream::busy() {
  return Response::error(Status::service_unavailable, "As many of these requests run as may; try again in a moment.")
      .header("Retry-After", "1");
}

}  // namespace ropeway
