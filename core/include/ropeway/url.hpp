#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ropeway {

/// A value for a URL that is built from a route's name; see `Services::url`.
struct UrlParameter {
  std::string_view name;
  std::string value;
  UrlParameter(std::string_view key, std::string text) : name(key), value(std::move(text)) {}
  UrlParameter(std::string_view key, std::string_view text) : name(key), value(text) {}
  UrlParameter(std::string_view key, const char* text) : name(key), value(text) {}
  template <std::integral T>
    requires(!std::same_as<T, bool> && !std::same_as<T, char>)
  UrlParameter(std::string_view key, T number) : name(key), value(std::to_string(number)) {}
};

/// `text` with every byte that is not unreserved (RFC 3986 §2.3) percent-encoded; "/" is kept where `keep_slash`.
[[nodiscard]] std::string percent_encode(std::string_view text, bool keep_slash = false);

/// `text` decoded once; nothing where an escape is malformed (RFC 3986 §2.1).
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

/// `text` with &, <, >, " and ' replaced, so that it is safe in HTML text and in quoted attributes.
[[nodiscard]] std::string escape_html(std::string_view text);

/// Whether a browser that is sent to `reference` stays on this host: it begins with one "/" (not "//", nor "/\\", which browsers take for that), and
/// has no byte that is no part of a URI (RFC 3986): spaces, control characters, backslashes, bytes past ASCII.
[[nodiscard]] bool is_local_reference(std::string_view reference) noexcept;

}  // namespace ropeway
