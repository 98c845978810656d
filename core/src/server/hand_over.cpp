#include "core/src/server/hand_over.hpp"

#include <array>

#include "core/src/server/descriptor_message.hpp"

namespace ropeway::server {

namespace {

constexpr unsigned state_at = 16;  // in the number that begins with the port

}  // namespace

bool give_connection(int channel, const HandedConnection& connection) noexcept {
  const std::array<int, 1> socket{connection.descriptor};
  const observability::Peer& client = connection.proxy_header.client;
  const std::uint64_t port_and_state = std::uint64_t{client.port} | static_cast<std::uint64_t>(connection.proxy_header.state) << state_at;
  return DescriptorMessage::send(
             channel, {connection.requests, connection.slot, connection.keeper, client.address[0], client.address[1], port_and_state},
             socket) == 0;
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
    connection.proxy_header.client = {{message.numbers[3], message.numbers[4]}, static_cast<std::uint16_t>(message.numbers[5])};
    connection.proxy_header.state = static_cast<ProxyHeader::State>(message.numbers[5] >> state_at & 3U);
    return connection;
  }
}

}  // namespace ropeway::server
