#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include <ropeway/setting.hpp>

namespace ropeway {

/// A configuration that cannot be used. `pointer()` is the place in the JSON (RFC 6901); the loader adds file, line and column.
class ConfigError : public std::runtime_error {
 public:
  ConfigError(std::string pointer, const std::string& message) : std::runtime_error(message), pointer_(std::move(pointer)) {}
  [[nodiscard]] const std::string& pointer() const noexcept { return pointer_; }

 private:
  std::string pointer_;
};

/// Several mistakes at once, so that whoever made them sees them all.
class ConfigErrors : public ConfigError {  // as a `ConfigError` it is the first of them
 public:
  /// `all` is not empty.
  explicit ConfigErrors(std::vector<ConfigError> all) : ConfigError(all.front()), all_(std::move(all)) {}
  [[nodiscard]] const std::vector<ConfigError>& all() const noexcept { return all_; }

 private:
  std::vector<ConfigError> all_;
};

/// For a constructor that reads several options: goes on after a mistake, to find the others.
class MistakeCollector {
 public:
  /// What `step` gives; where it throws `ConfigError`, that is kept, and an empty value is given in its place.
  template <class Step>
  auto collect(Step step) -> decltype(step()) {
    try {
      return step();
    } catch (const ConfigErrors& errors) {
      all_.insert(all_.end(), errors.all().begin(), errors.all().end());
    } catch (const ConfigError& error) { all_.push_back(error); }
    if constexpr (!std::is_void_v<decltype(step())>) return {};
  }
  /// Throws `ConfigErrors` with everything that was kept.
  void throw_if_any() const {
    if (!all_.empty()) throw ConfigErrors(all_);
  }

 private:
  std::vector<ConfigError> all_;
};

/// A validated part of the configuration, as a handler's constructor receives it: every declared setting can be read, with its
/// default where the file says nothing. It lives as long as the handler. Safe to read from several threads.
///
/// Reading a setting that was not declared, or as another type, is a mistake of the program: `std::logic_error`.
class ConfigNode {
 public:
  struct Document;  // the whole file: its folder and its values (core/src/config)

  /// A node over `options` alone, checked against `settings`, for tests and programs without a file: paths are relative to the
  /// current folder. Throws `ConfigError` with the first mistake.
  [[nodiscard]] static ConfigNode from_json(std::string_view options, const Settings& settings);

  ConfigNode(std::shared_ptr<const Document> document, const nlohmann::json& value, std::string pointer) noexcept;

  /// Whether the setting has a value: written, or by default.
  [[nodiscard]] bool has(std::string_view name) const;
  [[nodiscard]] bool boolean(std::string_view name) const;
  [[nodiscard]] std::int64_t integer(std::string_view name) const;
  [[nodiscard]] std::string string(std::string_view name) const;
  /// An absolute path, or one relative to the current folder where the configuration had no file.
  [[nodiscard]] std::string path(std::string_view name) const;
  [[nodiscard]] std::chrono::milliseconds duration(std::string_view name) const;
  /// Also for a rate: bytes per second.
  [[nodiscard]] std::uint64_t size(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> strings(std::string_view name) const;
  [[nodiscard]] std::vector<ConfigNode> list(std::string_view name) const;
  [[nodiscard]] ConfigNode object(std::string_view name) const;
  /// Keys of this object, in the order of the alphabet (for settings of type map).
  [[nodiscard]] std::vector<std::string> keys() const;
  /// The raw value, for settings of type any. Include `nlohmann/json.hpp` to use it.
  [[nodiscard]] const nlohmann::json& json(std::string_view name) const;
  [[nodiscard]] const nlohmann::json& json() const noexcept { return *value_; }

  /// The place of this node ("/routes/0/options"), or of a setting in it.
  [[nodiscard]] const std::string& pointer() const noexcept { return pointer_; }
  [[nodiscard]] std::string pointer(std::string_view name) const;
  /// A mistake in the value of `name` that only its user can see: throw it.
  [[nodiscard]] ConfigError error(std::string_view name, const std::string& message) const;

 private:
  [[nodiscard]] const nlohmann::json& at(std::string_view name) const;
  std::shared_ptr<const Document> document_;
  const nlohmann::json* value_;
  std::string pointer_;
};

}  // namespace ropeway
