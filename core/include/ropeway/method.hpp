#pragma once

#include <cstdint>
#include <string_view>

namespace ropeway {

/// A request method. Any other token that is valid by RFC 9110 §9.1 is `other`; its name is in `Request::method_name()`.
enum class Method : std::uint8_t { get, head, post, put, delete_, connect, options, trace, patch, other };

/// The method that `name` spells (methods are case-sensitive, RFC 9110 §9.1); `other` for every other name.
[[nodiscard]] Method method_from(std::string_view name) noexcept;

/// "GET", "HEAD" and so on; "" for `other`. The text lives for ever.
[[nodiscard]] std::string_view to_string(Method method) noexcept;

}  // namespace ropeway
