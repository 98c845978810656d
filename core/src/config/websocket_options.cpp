#include <ropeway/websocket.hpp>

#include "core/src/config/units.hpp"

namespace ropeway {
namespace {

constexpr std::int64_t giga = 1024LL * 1024 * 1024;

// "https://example.org:8443": a scheme and an authority, and nothing behind it (RFC 6454 §6.2).
bool is_origin(const std::string& text) {
  const std::size_t scheme = text.find("://");
  if (scheme == 0 || scheme == std::string::npos || scheme + 3 == text.size()) return false;
  return text.find_first_of("/?# *,", scheme + 3) == std::string::npos;
}

}  // namespace

Setting WebSocketOptions::setting() {
  return Setting::object(
      "websocket", "What a WebSocket of this route may use.",
      {
          Setting::size("message_bytes",
                        "A message that a client sends, also after inflation; past it, the connection is closed with code 1009. At most "
                        "three of them are in memory at a time.")
              .at_least(125)
              .at_most(giga)
              .by_default("\"1M\""),
          Setting::size("queue_bytes",
                        "What waits for a client that reads slowly: beyond it the handler's `send` waits, and one from elsewhere closes "
                        "the connection with code 1013.")
              .at_least(4096)
              .at_most(giga)
              .by_default("\"1M\""),
          Setting::duration(
              "ping_interval",
              "After so long without a byte from the client, it is sent a ping. Keep it below what proxies in between allow. 0 is never.")
              .at_least(0)
              .at_most(24 * config::hour_ms)
              .by_default("\"30s\""),
          Setting::duration("pong_timeout", "How long it may take to send anything after that; past it, the connection is closed.")
              .at_least(1)
              .at_most(config::hour_ms)
              .by_default("\"20s\""),
          Setting::duration("close_timeout", "How long a client may take to answer a Close frame.")
              .at_least(1)
              .at_most(config::hour_ms)
              .by_default("\"5s\""),
          Setting::boolean("compression",
                           "Compress messages for clients that offer it (permessage-deflate). It costs CPU time for each message.")
              .by_default("false"),
          Setting::size("compression_threshold", "Shorter messages are sent as they are.").at_least(0).at_most(giga).by_default("\"256\""),
          Setting::list("origins",
                        "Origins whose pages may connect (\"https://example.org\", or \"*\" for all). None: pages of the same host and "
                        "port only. Clients other than browsers name no origin, and are not asked for one.",
                        Setting::string("", ""))
              .at_most(1000)
              .by_default("[]"),
      });
}

WebSocketOptions WebSocketOptions::from(const ConfigNode& options) {
  const ConfigNode node = options.object("websocket");
  WebSocketOptions result;
  result.message_bytes = node.size("message_bytes");
  result.queue_bytes = node.size("queue_bytes");
  result.ping_interval = node.duration("ping_interval");
  result.pong_timeout = node.duration("pong_timeout");
  result.close_timeout = node.duration("close_timeout");
  result.compression = node.boolean("compression");
  result.compression_threshold = node.size("compression_threshold");
  result.origins = node.strings("origins");
  for (std::size_t i = 0; i < result.origins.size(); ++i) {
    const std::string& origin = result.origins[i];
    if (origin != "*" && origin != "null" && !is_origin(origin)) {
      throw ConfigError(
          node.pointer("origins") + "/" + std::to_string(i),
          "is no origin: write a scheme and a host, and a port where it is not the usual one, as in \"https://example.org\", or \"*\"");
    }
  }
  return result;
}

}  // namespace ropeway
