#pragma once

#include <string>
#include <string_view>

#include <ropeway/request.hpp>

namespace ropeway::http {

/// A whole request, with its body and what the router found, for a handler in another process.
[[nodiscard]] std::string pack_request(const Request& request);

/// The request again; its views are of `message`, which must outlive it. Says false where that is no such message.
[[nodiscard]] bool unpack_request(std::string_view message, Request& request);

}  // namespace ropeway::http
