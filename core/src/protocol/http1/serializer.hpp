#pragma once

#include <cstdint>
#include <string_view>

#include <ropeway/request.hpp>
#include <ropeway/response.hpp>

#include "core/src/protocol/send_queue.hpp"

namespace ropeway::protocol::http1 {

inline constexpr std::string_view line_end = "\r\n";

/// What the request and the connection say about the response.
struct ResponseContext {
  std::string_view common_fields = {};  ///< complete lines, for every response; Date first. A handler that sets Server replaces ours
  Version version = Version::http_1_1;  ///< of the request
  bool head_request = false;            ///< no content, whatever the response has (RFC 9110 §9.3.2)
  bool close = false;                   ///< the connection closes behind the response
  bool allow_stream = true;             ///< otherwise a streamed body counts as none
};

/// How the content that follows a queued head is written.
enum class StreamCoding : std::uint8_t {
  none,         ///< nothing follows: the response is complete
  chunked,      ///< RFC 9112 §7.1
  until_close,  ///< the end of the connection ends it (RFC 9112 §6.3)
  sized,        ///< as it is: Content-Length says how much it will be
};

/// Queues `response`: one piece of text for its head and a small body, so that pipelined responses become one run of bytes. Large text is
/// moved out of the body, shared bytes and files are referred to. The fields that frame a message are ours; a handler's are dropped.
[[nodiscard]] StreamCoding serialize(Response& response, const ResponseContext& context, SendQueue& output);

/// Queues the head of `response`, which is 101: behind it the connection speaks what its field `Upgrade` names (RFC 9110 §15.2.2).
void serialize_switch(const Response& response, std::string_view common_fields, SendQueue& output);

/// A piece of a chunked stream; `data` must not be empty, as an empty chunk would end it.
void serialize_chunk(std::string_view data, SendQueue& output);
inline constexpr std::string_view last_chunk = "0\r\n";

}  // namespace ropeway::protocol::http1
