#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <ropeway/json_document.hpp>

#include <ropeway/config_node.hpp>
#include <ropeway/setting.hpp>

#include "core/src/config/document.hpp"

namespace ropeway::config {

/// A mistake in a value, by its pointer.
struct ValueMistake {
  enum class At : unsigned char { value, key };
  std::string pointer;
  std::string message;
  At at = At::value;
};

/// Holds JSON values against declared settings. Collects every mistake, fills in defaults, and notes in the document which setting
/// declares which object. It never throws for what a file holds; a declaration that contradicts itself is `std::logic_error`.
class Validator {
 public:
  explicit Validator(ConfigNode::Document& document) : document_(document) {}

  /// Checks `value` and completes it with defaults. `setting` is copied into the document.
  void check(nlohmann::json& value, const Setting& setting, const std::string& pointer);
  void report(std::string pointer, std::string message, ValueMistake::At at = ValueMistake::At::value);

  /// The first `most_mistakes`.
  [[nodiscard]] const std::vector<ValueMistake>& mistakes() const noexcept { return mistakes_; }
  /// How many more there were.
  [[nodiscard]] std::size_t untold() const noexcept { return untold_; }

 private:
  void check_value(nlohmann::json& value, const Setting& setting, const std::string& pointer);
  void check_number(const nlohmann::json& value, const Setting& setting, const std::string& pointer);
  void check_string(const nlohmann::json& value, const Setting& setting, const std::string& pointer);
  void check_list(nlohmann::json& value, const Setting& setting, const std::string& pointer);
  void check_map(nlohmann::json& value, const Setting& setting, const std::string& pointer);
  void check_object(nlohmann::json& value, const Setting& setting, const std::string& pointer);
  void add_default(nlohmann::json& object, const Setting& member, const std::string& pointer);
  void unexpected(const nlohmann::json& value, const Setting& setting, const std::string& pointer);

  ConfigNode::Document& document_;
  std::vector<ValueMistake> mistakes_;
  std::size_t untold_ = 0;
};

/// The default of a setting; nothing where it has none. An object whose members all have one has an empty object.
[[nodiscard]] std::optional<nlohmann::json> default_of(const Setting& setting);

/// The number that a value of type integer, count, duration, size or rate stands for; nothing for "auto" and for any other value.
[[nodiscard]] std::optional<std::int64_t> number_in(const nlohmann::json& value, Setting::Type type);

/// The names of `settings`.
[[nodiscard]] std::vector<std::string> names_of(const Settings& settings);

}  // namespace ropeway::config
