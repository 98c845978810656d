#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace ropeway::launcher {

/// How large a screen is, and what it can show.
struct Screen {
  int width = 80;
  int height = 24;
  bool colours = false;
};

/// What `ropeway top` shows: rates and durations between two moments of a server (`status` with `latencies`), and what it does at the second
/// one. Lines end with "\n", fit the screen, and hold no bytes that a terminal would obey but for colours.
[[nodiscard]] std::string top_view(const nlohmann::json& before, const nlohmann::json& now, double seconds, const Screen& screen);

}  // namespace ropeway::launcher
