#pragma once

#include <string_view>

#include <ropeway/json_document.hpp>

namespace ropeway::testing {

/// What `text` says, compiled once: nlohmann's parser is compiled again in each source that calls it. Throws what it throws.
[[nodiscard]] nlohmann::json parsed_json(std::string_view text);

}  // namespace ropeway::testing
