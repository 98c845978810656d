#pragma once

#include <string_view>

namespace ropeway {

/// The media type for a file name or path, by its extension, with `; charset=utf-8` for text; "application/octet-stream" where the
/// extension is unknown. From an embedded table; entries of `/etc/mime.types`, where it exists, add to it. The text lives for ever.
[[nodiscard]] std::string_view media_type_for(std::string_view path);

}  // namespace ropeway
