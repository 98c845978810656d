#pragma once

#include <string>

#include <ropeway/config_node.hpp>

#include "handlers/root.hpp"

namespace ropeway::handlers {

/// Opens the folder at `path`. Throws `ConfigError` at the option `root` with what is wrong, and `std::system_error` where the machine has no
/// descriptor or memory left.
[[nodiscard]] Root open_root(const ConfigNode& options, const std::string& path, Root::Links links);

/// The option `prefix` without a slash at its end. Throws `ConfigError` where it does not begin with one.
[[nodiscard]] std::string prefix_from(const ConfigNode& options);

}  // namespace ropeway::handlers
