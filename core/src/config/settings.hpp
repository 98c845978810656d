#pragma once

#include <ropeway/setting.hpp>

namespace ropeway::config {

/// THE list: every setting of the server, declared once. The parser, the defaults, the environment override, the JSON Schema and
/// docs/configuration.md all come from it; server_config.cpp reads the values. What a handler takes, it declares itself.
[[nodiscard]] const Setting& server_settings();

}  // namespace ropeway::config
