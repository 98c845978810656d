#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include <ropeway/setting.hpp>

namespace ropeway::config {

/// What a setting takes, in few words: "a whole number from 1 to 16", "a duration from 1s to 1h".
[[nodiscard]] std::string brief(const Setting& setting);
/// The same with examples of how it may be written, and with the other form of a setting that has two.
[[nodiscard]] std::string describe(const Setting& setting);

/// What was found, in words fit for a terminal: "\"abc\"", "3", "an object".
[[nodiscard]] std::string describe(const nlohmann::json& value);

/// A bound of a setting as it would be written: "16k", "30s", "1024".
[[nodiscard]] std::string bound_text(const Setting& setting, std::int64_t bound);

/// ["a", "b"] as `"a", "b"`.
[[nodiscard]] std::string joined(const std::vector<std::string>& words);

}  // namespace ropeway::config
