#pragma once

#include <initializer_list>
#include <string_view>
#include <vector>

#include <ropeway/request.hpp>
#include <ropeway/websocket.hpp>

namespace ropeway::testing {

/// What a WebSocket's handler said.
struct Conversation {
  std::vector<WebSocketMessage> sent;  ///< also through its `WebSocket::sender`
  /// How the handler ended it: its own `close`, 1000 where it returned, 1011 where it threw, with what as the reason.
  WebSocketClose close;
};

/// What `handler` says to a client that sends `messages`, one after another, and then closes; without sockets. It runs to its end on an event
/// loop of its own. `protocol`: the subprotocol that was agreed on. `WebSocketHandler::admit` is not asked.
[[nodiscard]] Conversation talk(const WebSocketHandler& handler, Request request, std::vector<WebSocketMessage> messages,
                                std::string_view protocol = {});
/// The same with texts.
[[nodiscard]] Conversation talk(const WebSocketHandler& handler, Request request, std::initializer_list<std::string_view> texts);

}  // namespace ropeway::testing
