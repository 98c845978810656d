#include "core/src/protocol/http1/connection_state.hpp"

#include <cassert>

namespace ropeway::protocol::http1 {

void ConnectionState::response_begun(bool close, bool linger) noexcept {
  assert(response_ == Response::none && "a request is answered once");
  response_ = Response::begun;
  close_after_response_ = close_after_response_ || close;
  lingers_ = lingers_ || linger;
}

void ConnectionState::response_ended() noexcept {
  assert(response_ == Response::begun && "a response ends once, after it has begun");
  response_ = Response::ended;
  closing_ = closing_ || close_after_response_;
}

void ConnectionState::await_next_request() noexcept {
  request_ = Request::awaited;
  response_ = Response::none;
}

void ConnectionState::fail() noexcept { failed_ = closing_ = lingers_ = true; }

}  // namespace ropeway::protocol::http1
