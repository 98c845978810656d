#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ropeway {

class Setting;
/// The settings of an object, in the order in which documentation lists them.
using Settings = std::vector<Setting>;

/// One declared setting: name, type, range, default and text. The parser, the JSON Schema and the documentation come from it.
/// Build one with the functions for its type, then narrow it: `Setting::integer("threads", "...").at_least(1).by_default("4")`.
class Setting {
 public:
  enum class Type : std::uint8_t {
    boolean,
    integer,   ///< a whole number within [minimum, maximum]
    string,    ///< text; one of `choices` where there are any
    path,      ///< text: a file or folder, relative to the configuration file's folder
    duration,  ///< "250ms", "30s", "5m", "1h", or a number of seconds; read as milliseconds
    size,      ///< "512", "16k", "8M", "2G" (powers of 1024), or a number of bytes; read as bytes
    rate,      ///< a size per second ("500", "16k")
    count,     ///< a whole number, or "auto"
    list,      ///< an array of `element`
    map,       ///< an object with any keys, whose values are `element`
    object,    ///< an object with the keys that `members` declare
    any,       ///< any JSON value
  };

  /// What a change of the setting costs a server that runs.
  enum class Cost : std::uint8_t {
    hot,      ///< nothing: the launcher alone uses it
    rolling,  ///< workers are replaced, one after another, and no connection is lost
    rebind,   ///< that, and an address is opened or closed
    restart,  ///< it cannot be done while the server runs
  };

  static Setting boolean(std::string name, std::string text) { return {Type::boolean, std::move(name), std::move(text)}; }
  static Setting integer(std::string name, std::string text) { return {Type::integer, std::move(name), std::move(text)}; }
  static Setting string(std::string name, std::string text) { return {Type::string, std::move(name), std::move(text)}; }
  static Setting path(std::string name, std::string text) { return {Type::path, std::move(name), std::move(text)}; }
  static Setting duration(std::string name, std::string text) { return {Type::duration, std::move(name), std::move(text)}; }
  static Setting size(std::string name, std::string text) { return {Type::size, std::move(name), std::move(text)}; }
  static Setting rate(std::string name, std::string text) { return {Type::rate, std::move(name), std::move(text)}; }
  static Setting count(std::string name, std::string text) { return {Type::count, std::move(name), std::move(text)}; }
  static Setting any(std::string name, std::string text) { return {Type::any, std::move(name), std::move(text)}; }
  /// The name of `element` is not used.
  static Setting list(std::string name, std::string text, Setting element);
  static Setting map(std::string name, std::string text, Setting element);
  static Setting object(std::string name, std::string text, Settings members);

  Setting&& required() && {
    required_ = true;
    return std::move(*this);
  }
  /// The default, as it would be written in JSON: "8", "\"30s\"", "[]".
  Setting&& by_default(std::string json) && {
    default_ = std::move(json);
    return std::move(*this);
  }
  Setting&& at_least(std::int64_t minimum) && {
    minimum_ = minimum;
    return std::move(*this);
  }
  Setting&& at_most(std::int64_t maximum) && {
    maximum_ = maximum;
    return std::move(*this);
  }
  Setting&& one_of(std::vector<std::string> choices) && {
    choices_ = std::move(choices);
    return std::move(*this);
  }
  /// Otherwise a change costs what one of the object around it does; of the server and of handlers, it is rolling.
  Setting&& costs(Cost cost) && {
    cost_ = cost;
    return std::move(*this);
  }
  /// A change from or to this value, as it would be written in JSON, needs a restart.
  Setting&& restarts_at(std::string json) && {
    restart_value_ = std::move(json);
    return std::move(*this);
  }
  /// A list element or value that may also be written in this other form (a middleware: its name, or an object).
  Setting&& or_as(Setting other);

  [[nodiscard]] Type type() const noexcept { return type_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] bool is_required() const noexcept { return required_; }
  [[nodiscard]] const std::optional<std::string>& default_json() const noexcept { return default_; }
  [[nodiscard]] const std::optional<std::int64_t>& minimum() const noexcept { return minimum_; }
  [[nodiscard]] const std::optional<std::int64_t>& maximum() const noexcept { return maximum_; }
  [[nodiscard]] const std::vector<std::string>& choices() const noexcept { return choices_; }
  [[nodiscard]] const std::optional<Cost>& cost() const noexcept { return cost_; }
  [[nodiscard]] const std::optional<std::string>& restart_value() const noexcept { return restart_value_; }
  [[nodiscard]] const Settings& members() const noexcept { return members_; }
  /// Of a list or map; nullptr for the other types.
  [[nodiscard]] const Setting* element() const noexcept { return element_.get(); }
  /// The other form, or nullptr.
  [[nodiscard]] const Setting* alternative() const noexcept { return alternative_.get(); }

 private:
  Setting(Type type, std::string name, std::string text) : type_(type), name_(std::move(name)), text_(std::move(text)) {}
  Type type_;
  bool required_ = false;
  std::optional<Cost> cost_;
  std::string name_;
  std::string text_;
  std::optional<std::string> default_;
  std::optional<std::string> restart_value_;
  std::optional<std::int64_t> minimum_;
  std::optional<std::int64_t> maximum_;
  std::vector<std::string> choices_;
  Settings members_;
  std::shared_ptr<const Setting> element_;
  std::shared_ptr<const Setting> alternative_;
};

}  // namespace ropeway
