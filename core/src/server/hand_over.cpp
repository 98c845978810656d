#include "core/src/server/hand_over.hpp"

#include <array>

#include "core/src/server/descriptor_message.hpp"

namespace ropeway::server {

bool give_connection(int channel, const HandedConnection& connection) noexcept {
  const std::array<int, 1> socket{connection.descriptor};
  return DescriptorMessage::send(channel, {connection.requests, connection.slot, connection.keeper}, socket) == 0;
}

// A program of another version may say less, or more.
std::optional<HandedConnection> take_connection(int channel) noexcept {
  for (;;) {
    DescriptorMessage message;
    if (message.receive(channel) <= 0) return std::nullopt;
    if (message.count != 1) continue;  // this process had no descriptor left for it: the connection has ended
    HandedConnection connection;
    connection.descriptor = message.descriptors[0].release();
    connection.requests = message.numbers[0];
    connection.slot = message.numbers[1];
    connection.keeper = message.numbers[2];
    return connection;
  }
}

}  // namespace ropeway::server
