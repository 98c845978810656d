#include "core/src/routing/isolated_endpoint.hpp"

#include <new>
#include <stdexcept>
#include <string>
#include <utility>

#include <ropeway/http_error.hpp>

#include "core/src/http/file_reader.hpp"
#include "core/src/http/request_message.hpp"
#include "core/src/http/response_message.hpp"

namespace ropeway::routing {
namespace {

// ---- in the child -----------------------------------------------------------------------------------------------------------------

Response answer_of(const IsolatedHandler& handler, const Request& request, Logger& logger, Origin origin) {
  try {
    return handler.handle(request);
  } catch (const std::bad_alloc&) { throw; } catch (...) {  // without memory, there is no answer either: the child ends
    return failure_response(logger, origin);
  }
}

awaitable<void> write_file(const FileSlice& slice, BodyWriter& output) {
  std::uint64_t offset = slice.offset;
  for (std::uint64_t left = slice.length; left > 0;) {
    const std::string piece = http::read_piece(*slice.file, offset, left);
    if (piece.empty()) throw std::runtime_error("the file that is the answer became shorter");
    co_await output.write(piece);
    offset += piece.size();
    left -= piece.size();
  }
}

awaitable<void> write_body(Body& body, BodyWriter& output) {
  if (BodyStream* stream = body.stream()) {
    co_await (*stream)(output);
  } else if (const FileSlice* file = body.file()) {
    co_await write_file(*file, output);
  } else if (const Body::Parts* parts = body.parts()) {
    for (const Body::Part& part : **parts) {
      co_await output.write(part.text);
      if (part.slice.file) co_await write_file(part.slice, output);
    }
  } else {
    co_await output.write(body.text());
  }
}

ChildTask task_of(const IsolatedHandler& handler, Logger& logger, Origin origin) {
  return [&handler, &logger, origin](std::string_view input, BodyWriter& output) -> awaitable<void> {
    Request request;
    if (!http::unpack_request(input, request)) throw std::runtime_error("the request did not reach the child whole");
    Response response = answer_of(handler, request, logger, origin.with(request.id()));
    co_await output.write(http::pack_response_head(response));
    co_await write_body(response.body(), output);
  };
}

}  // namespace

// ---- in the worker ----------------------------------------------------------------------------------------------------------------

IsolatedEndpoint::IsolatedEndpoint(std::unique_ptr<IsolatedHandler> handler, Services& services, Origin origin)
    : handler_(std::move(handler)),
      pool_(services.child_processes().for_task(std::string(origin.handler), handler_->limits(),
                                                task_of(*handler_, services.logger(), origin))) {}

awaitable<Response> IsolatedEndpoint::ask(Request& request) const {
  using State = http::ResponseHeadReader::State;
  (void)co_await request.read_body();
  std::string message = http::pack_request(request);
  std::shared_ptr<ChildProcess> child = co_await pool_->start(request, message);
  message = {};  // it may be large, and the child has its own
  if (child == nullptr) co_return ChildPool::busy();
  http::ResponseHeadReader head;
  for (State state = State::incomplete; state != State::complete;) {
    const std::string_view piece = co_await child->read(&request);
    if (piece.empty()) throw HttpError(Status::bad_gateway, "the child gave no answer: " + child->end());
    state = head.add(piece);
    if (state == State::malformed) throw HttpError(Status::bad_gateway, "what the child wrote is no answer");
  }
  co_return co_await with_rest_of(std::move(child), head.take_response(), head.take_rest(), request);
}

}  // namespace ropeway::routing
