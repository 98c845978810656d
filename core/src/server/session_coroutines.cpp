// The session's part that runs handlers' coroutines, and those that write the bodies of answers.

#include <utility>

#include <ropeway/http_error.hpp>

#include "core/src/http/trailers.hpp"
#include "core/src/server/activity_executor.hpp"
#include "core/src/server/session.hpp"
#include "core/src/server/thread_meter.hpp"

namespace ropeway::server {

observability::Activity Session::activity() const noexcept {
  const Request& request = exchange_->request;
  return {exchange_->match.number, request.method(), request.raw_path(), {request.id(), peer_end_}};
}

void Session::spawn_handler(awaitable<Response> reply) {
  if (codec_.has_output())
    (void)transport_.send(codec_.output());  // earlier answers do not wait for this one; a failure shows itself again
  thread_meter().sent();
  set_deadline(Phase::handler, context_.timeouts.handler);
  handling_.store(Handling::running, std::memory_order_release);
  spawn_recorded(context_.io, activity(), std::move(reply),
                 [this](std::exception_ptr error, Response response) { handler_ended(std::move(error), std::move(response)); });
}

void Session::handler_ended(std::exception_ptr error, Response response) noexcept {
  Handling found = Handling::running;
  if (!take_handling(found, Handling::none)) {
    // The deadline was first. Whoever is last, this or the end of the connection, lets the session go.
    if (found == Handling::abandoned && handling_.compare_exchange_strong(found, Handling::none, std::memory_order_acq_rel)) return;
    return context_.sessions.remove(*this);
  }
  deadline_.store(0, std::memory_order_relaxed);
  if (error) return end();  // the site has made responses of all but ConnectionLost
  if (answer(std::move(response))) go_on();
}

void Session::abandon_handler() noexcept {
  const Exchange& exchange = *exchange_;
  context_.log.warning(
      "handler did not answer in time",
      {{"handler", exchange.match.handler},
       {"route", exchange.match.route},
       {"setting", std::string_view(exchange.time_limit ? "the middleware timeout, or Request::limit_time" : "timeouts.handler")}});
  thread_meter().server_error();
  Response response = Response::error(Status::service_unavailable, "The answer took too long.");
  log_access(&exchange, response.status(), response.body().size());
  codec_.respond_error(response, response_options(true));
  if (flush()) close_connection();
}

void Session::spawn_stream() {
  thread_meter().sent();
  deadline_.store(0, std::memory_order_relaxed);
  phase_.store(Phase::streaming, std::memory_order_relaxed);
  handling_.store(Handling::streaming, std::memory_order_release);
  // The function object stays in the exchange's response, so the coroutine may refer to what it captured.
  auto run = [](BodyStream& stream, BodyWriter& writer) -> awaitable<void> { co_await stream(writer); };
  spawn_recorded(context_.io, activity(), run(*exchange_->response.body().stream(), body_writer_),
                 [this](std::exception_ptr error) { stream_ended(std::move(error)); });
}

void Session::stream_ended(std::exception_ptr error) noexcept {
  handling_.store(Handling::none, std::memory_order_release);
  if (error) {
    // The head is sent, so the only way to tell the client is an unfinished body.
    try {
      std::rethrow_exception(error);
    } catch (const ConnectionLost&) {
    } catch (const std::exception& exception) {
      context_.log.error(
          "a streamed body failed",
          {{"handler", exchange_->match.handler}, {"route", exchange_->match.route}, {"error", std::string_view(exception.what())}});
    } catch (...) {
      context_.log.error("a streamed body failed", {{"handler", exchange_->match.handler}, {"route", exchange_->match.route}});
    }
    return end();
  }
  const Exchange& exchange = *exchange_;
  if (codec_.stream_left() != Body::unknown_length && codec_.stream_left() > 0) {
    context_.log.error("a streamed body ended before the length that was given for it",
                       {{"handler", exchange.match.handler}, {"route", exchange.match.route}});
    return end();
  }
  if (!exchange.trailers.empty() && http::wants_trailers(exchange.request.headers())) {
    codec_.finish(http::sendable_trailers(exchange.trailers));
  } else {
    codec_.finish();
  }
  if (flush()) go_on();
}

}  // namespace ropeway::server
