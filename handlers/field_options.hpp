#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ropeway/config_node.hpp>

namespace ropeway::handlers {

/// Header fields that options ask for, ready to be sent.
using FieldList = std::vector<std::pair<std::string, std::string>>;

/// Why a field may not be set by an option; empty where it may.
using FieldRefusal = std::function<std::string(std::string_view name)>;

/// The fields of the option `name` (a map of strings). Throws `ConfigErrors` with those that cannot be sent, that stand there twice, or that
/// `refusal` refuses.
[[nodiscard]] FieldList read_fields(const ConfigNode& options, std::string_view name, const FieldRefusal& refusal);

/// Throws `ConfigError` at the option `name` where `value` cannot be sent as a field's value.
void require_field_value(const ConfigNode& options, std::string_view name, std::string_view value);

/// The text of the option `name`, which is to be a field's value. Throws `ConfigError` where it cannot be sent.
[[nodiscard]] std::string read_field_value(const ConfigNode& options, std::string_view name);

}  // namespace ropeway::handlers
