#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <ropeway/config_node.hpp>
#include <ropeway/setting.hpp>

namespace ropeway::config {

/// A difference between two configurations, and what it costs a server that runs with the first to go on with the second.
struct Change {
  enum class Kind : std::uint8_t { added, removed, changed };
  Kind kind = Kind::changed;
  std::string pointer;  // of the value: in the second configuration, or, of one that is removed, in the first
  std::string name;     // for people: `limits.body_bytes`, `routes "GET /": options.root`
  std::string before;   // as JSON; "" where there is none
  std::string after;
  Setting::Cost cost = Setting::Cost::rolling;
};

/// All of them, in the order in which settings are declared. What is written in another way but means the same is no difference, nor is the
/// order of addresses and routes. Both documents were checked; paths are compared as they are written.
[[nodiscard]] std::vector<Change> changes_between(const ConfigNode::Document& before, const ConfigNode::Document& after);

/// "hot", "rolling", "rebind", "restart"
[[nodiscard]] std::string_view to_string(Setting::Cost cost) noexcept;
/// What a change of `setting` costs; `inherited` is what one of the object around it does.
[[nodiscard]] Setting::Cost cost_of(const Setting& setting, Setting::Cost inherited) noexcept;

/// Why a reload cannot do a change whose cost is a restart: `processes: from or to 0 needs a restart`.
[[nodiscard]] std::string needs_restart(std::string_view setting);

}  // namespace ropeway::config
