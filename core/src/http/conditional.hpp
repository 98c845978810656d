#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include <ropeway/headers.hpp>
#include <ropeway/method.hpp>

namespace ropeway::http {

/// What a representation can be compared by (RFC 9110 §8.8).
struct Validators {
  std::string_view etag;                                  ///< with its quotes; empty where there is none
  std::optional<std::chrono::sys_seconds> last_modified;  ///< nothing where it is not known
};

/// What the conditions of a request ask for.
enum class Precondition : std::uint8_t {
  met,           ///< go on as without them
  not_modified,  ///< answer 304
  failed,        ///< answer 412
};

/// Evaluates If-Match, If-Unmodified-Since, If-None-Match and If-Modified-Since in the order of RFC 9110 §13.2.2 for a representation
/// that exists. One pass over the fields; what is malformed counts as absent, or, inside a list, as a tag that matches nothing.
[[nodiscard]] Precondition evaluate_preconditions(Method method, HeaderView fields, const Validators& validators) noexcept;

/// Whether `Range` may be honoured as far as If-Range is concerned (RFC 9110 §13.1.5); also where there is no If-Range.
[[nodiscard]] bool if_range_allows(HeaderView fields, const Validators& validators) noexcept;

/// Whether two entity tags are the same and both are strong (RFC 9110 §8.8.3.2).
[[nodiscard]] bool same_tag_strongly(std::string_view left, std::string_view right) noexcept;
/// Whether two entity tags are the same but for their strength (RFC 9110 §8.8.3.2).
[[nodiscard]] bool same_tag_weakly(std::string_view left, std::string_view right) noexcept;

}  // namespace ropeway::http
