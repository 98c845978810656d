#pragma once

#include <cstdint>
#include <memory>

#include <ropeway/body.hpp>
#include <ropeway/content_coding.hpp>
#include <ropeway/request.hpp>

#include "handlers/places.hpp"

namespace ropeway::handlers {

/// The body of `request`, to be decoded while it is read; a reader of the request itself has to be gone by then. Nothing is read, and no place
/// is taken, before the first `read`. Reading throws `HttpError`: 400 for content that is not what `coding` says, 413 past `body_bytes`, 503
/// where there is no place. `places` outlives it.
[[nodiscard]] std::shared_ptr<BodyReader> decoded_content(Request& request, ContentCoding coding, std::uint64_t body_bytes,
                                                          const Places& places);

}  // namespace ropeway::handlers
