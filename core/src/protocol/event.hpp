#pragma once

#include <cstdint>
#include <string_view>

#include <ropeway/status.hpp>

namespace ropeway::protocol {

/// A fault of the peer. After it the codec gives no more events and only drains output.
struct ProtocolError {
  Status status_hint = Status::bad_request;
  std::string_view reason;  ///< for the log and the answer; static text
};

/// What a codec found in the bytes received. Views live until the next `commit`.
struct Event {
  enum class Kind : std::uint8_t {
    need_input,    ///< nothing more in the bytes received so far
    request_head,  ///< `Codec::head()` is filled
    body_data,     ///< `data` is a piece of the content, transfer coding removed
    request_end,   ///< the request is complete; follows `request_head` also where there is no body
    error,         ///< `error` says why
    end_of_input,  ///< the peer has ended its side between requests
  };
  Kind kind = Kind::need_input;
  std::string_view data;
  ProtocolError error;
};

}  // namespace ropeway::protocol
