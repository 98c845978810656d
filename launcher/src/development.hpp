#pragma once

#include <string>

namespace ropeway::launcher {

/// What the setting `development` adds to a configuration: a route, behind its own, and a middleware closest to each handler. Both are built in.
inline constexpr const char* live_reload_match = "GET /.ropeway/{part}";
inline constexpr const char* live_reload = "live_reload";  // of both

/// Which server this process is, or is a worker of: the launcher asks first, and its workers have what it got. Thread-safe.
[[nodiscard]] const std::string& instance();

/// From now on, failures in this process are answered with a page that tells what was thrown, and where. Thread-safe.
void tell_clients_of_failures() noexcept;

}  // namespace ropeway::launcher
