#pragma once

#include <string>

#include <ropeway/setting.hpp>

namespace ropeway::config {

/// The settings about what answers: `middlewares` (with that text), `routes` and `groups`.
[[nodiscard]] Setting middlewares(std::string text);
[[nodiscard]] Setting routes();
[[nodiscard]] Setting groups();

}  // namespace ropeway::config
