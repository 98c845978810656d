#pragma once

#include <map>
#include <string>
#include <string_view>

namespace ropeway::http {

/// Media types by extension (lower case, without the dot), as `media_type_for` gives them.
using MediaTypes = std::map<std::string, std::string, std::less<>>;

/// The entries of a file in the format of `/etc/mime.types`: a type, then its extensions, on each line; "#" begins a comment. Lines
/// that make no sense are skipped. Of several types for an extension the first one counts.
[[nodiscard]] MediaTypes parse_mime_types(std::string_view text);

}  // namespace ropeway::http
