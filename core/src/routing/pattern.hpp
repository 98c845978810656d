#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ropeway::routing {

/// RFC 1035 §2.3.4, without the final dot. A longer host matches no pattern.
inline constexpr std::size_t max_host_size = 253;

/// The most parameters that one pattern may have: a `Request` has room for as many.
inline constexpr std::size_t max_parameters = 16;

/// One piece of a pattern's path, between two slashes.
struct Segment {
  enum class Kind : std::uint8_t {
    literal,  // "hello": this segment, compared with the decoded one
    single,   // "{name}": exactly one segment that is not empty
    rest,     // "{name...}", or nothing behind a final "/": all that follows, also nothing
    end,      // "{$}": nothing follows the slash
  };
  Kind kind = Kind::literal;
  std::string text;  // of a literal, percent-decoded; the name of a parameter, "" for the rest behind a final "/"
  friend bool operator==(const Segment&, const Segment&) = default;
};

/// Which requests a route answers, in the grammar of Go's net/http: `[METHOD ][HOST]/path`.
///
/// `{name}` stands for one segment, `{name...}` at the end for the rest, a final "/" for everything below, `{$}` for the end of the
/// path. Without a method every method but CONNECT matches; GET matches HEAD too. Hosts have no port; "*.example.org" stands for every
/// name below example.org.
struct Pattern {
  std::string text;                     // as written
  std::string method;                   // "" for every method
  std::string host;                     // lower case, without a final dot; "" for every host; "*.example.org" with the asterisk
  std::vector<Segment> segments;        // never empty
  std::vector<std::string> parameters;  // names, in the order of the path

  /// Throws `ConfigError` with `pointer`, and a message that says what is wrong at which column of `text`.
  [[nodiscard]] static Pattern parse(std::string_view text, const std::string& pointer);
};

/// A path that both patterns match, for messages. To be called only for two that overlap.
[[nodiscard]] std::string common_path(const Pattern& left, const Pattern& right);

}  // namespace ropeway::routing
