#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include <ropeway/config_node.hpp>
#include <ropeway/logger.hpp>
#include <ropeway/response.hpp>
#include <ropeway/services.hpp>
#include <ropeway/setting.hpp>

namespace ropeway {

/// Where templates are, and what is done with them.
struct TemplateOptions {
  std::string folder;   ///< every file `NAME.mustache` in it or below is the template NAME, such as "users/list"
  std::string layout;   ///< of templates that name none; empty: none
  bool reload = false;  ///< whether files that have changed are read again, for development
};

/// The templates of a folder, in the language Mustache: `{{name}}` is a value, escaped for HTML; `{{{name}}}` one as it is; `{{#name}}` to `{{/name}}`
/// is there for each element of a list, or where there is a value, `{{^name}}` where there is none; `{{> name}}` is another template of the folder.
///
/// A template may begin with `{{! layout: NAME }}`: the template NAME is then what is rendered, and `{{{content}}}` in it the first one. All are read
/// and checked by the constructor. Without `reload` nothing changes afterwards. Thread-safe; copies share the templates.
class Templates {
 public:
  /// Throws `ConfigErrors` with every mistake in the files (its text has file, line and column). `logger` outlives the templates.
  Templates(const TemplateOptions& options, Logger& logger);
  /// The setting `templates`, for the options of handlers: an object with `folder`, `layout` and `reload`.
  [[nodiscard]] static Setting setting();
  /// The templates that a handler's options say. Throws as the constructor does, with the place in the configuration.
  [[nodiscard]] static Templates from(const ConfigNode& options, Services& services);

  /// Throws `ConfigErrors` where one of them is missing: for the constructor of a handler, whose pages are then there when it renders them.
  void require(std::initializer_list<std::string_view> names) const;

  /// The page `name` with `data` as `text/html; charset=utf-8` (include <ropeway/json.hpp>). Names that `data` does not have, null and false show
  /// nothing. Throws `std::invalid_argument` where there is no such template, and `std::runtime_error` where partials stand in one another more
  /// than 64 times, as only those do that stand in themselves for ever.
  [[nodiscard]] Response render(std::string_view name, const nlohmann::json& data) const;
  /// The same as text, for mails and the like. `layout` stands for the one that the template has; empty: none.
  [[nodiscard]] std::string text(std::string_view name, const nlohmann::json& data) const;
  [[nodiscard]] std::string text(std::string_view name, const nlohmann::json& data, std::string_view layout) const;

 private:
  class Folder;  // core/src/templates/templates.cpp
  Templates(const TemplateOptions& options, Logger& logger, std::string pointer);
  std::shared_ptr<const Folder> folder_;
  std::string pointer_;  // of the setting, for messages
};

}  // namespace ropeway
