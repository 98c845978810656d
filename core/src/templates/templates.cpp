#include <ropeway/templates.hpp>

#include <filesystem>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include <ropeway/json_document.hpp>

#include "core/src/templates/template_set.hpp"

namespace ropeway {

using templates::Template;
using templates::TemplateFile;
using templates::TemplateSet;

namespace {

[[noreturn]] void refuse(const std::string& pointer, const std::vector<std::string>& mistakes) {
  std::vector<ConfigError> errors;
  errors.reserve(mistakes.size());
  for (const std::string& mistake : mistakes) errors.emplace_back(pointer, mistake);
  throw ConfigErrors(std::move(errors));
}

/// What the folder looks like now; nothing where it cannot be read.
std::optional<std::vector<TemplateFile>> look_at(const std::string& folder) {
  try {
    return templates::template_files(folder);
  } catch (const std::filesystem::filesystem_error&) { return std::nullopt; }
}

}  // namespace

class Templates::Folder {
 public:
  Folder(const TemplateOptions& options, Logger& logger, const std::string& pointer) : options_(options), logger_(logger) {
    if (options_.reload) seen_ = look_at(options_.folder);
    std::vector<std::string> mistakes;
    set_ = TemplateSet::load(options_.folder, options_.layout, mistakes);
    if (!mistakes.empty()) refuse(pointer, mistakes);
  }

  /// With `reload`, as the files are now, or as they were when they last had no mistake.
  std::shared_ptr<const TemplateSet> set() const {
    if (!options_.reload) return set_;
    const std::scoped_lock lock(mutex_);
    auto now = look_at(options_.folder);
    if (now == seen_) return set_;
    seen_ = std::move(now);
    std::vector<std::string> mistakes;
    auto fresh = TemplateSet::load(options_.folder, options_.layout, mistakes);
    if (mistakes.empty()) {
      set_ = std::move(fresh);
      logger_.info("templates were read again", {{"folder", std::string_view(options_.folder)}});
    }
    for (const std::string& mistake : mistakes) {
      logger_.error("a template has a mistake; the templates stay as they were", {{"error", std::string_view(mistake)}});
    }
    return set_;
  }

 private:
  TemplateOptions options_;
  Logger& logger_;
  mutable std::mutex mutex_;  // with `reload` alone
  mutable std::optional<std::vector<TemplateFile>> seen_;
  mutable std::shared_ptr<const TemplateSet> set_;
};

namespace {

const Template& named(const TemplateSet& set, std::string_view name, const char* what) {
  const Template* const page = set.find(name);
  if (page == nullptr) throw std::invalid_argument("there is no " + std::string(what) + " \"" + std::string(name) + "\"; " + set.listing());
  return *page;
}

}  // namespace

Templates::Templates(const TemplateOptions& options, Logger& logger) : Templates(options, logger, std::string()) {}

Setting Templates::setting() {
  return Setting::object(
      "templates", "The templates of pages, in the language Mustache: docs/templates.md.",
      {
          Setting::path("folder", "Where they are: each file NAME.mustache, in folders below, too.")
              .at_least(1)
              .by_default("\"templates\""),
          Setting::string("layout", "The template that those are put into which name no layout. Empty: none.").by_default("\"\""),
          Setting::boolean("reload",
                           "Whether each request looks for files that have changed, for development. One with a mistake "
                           "is logged, and the templates stay as they were.")
              .by_default("false"),
      });
}

Templates Templates::from(const ConfigNode& options, Services& services) {
  const ConfigNode node = options.object("templates");
  const TemplateOptions read{node.path("folder"), node.string("layout"), node.boolean("reload")};
  return {read, services.logger(), node.pointer("folder")};
}

Templates::Templates(const TemplateOptions& options, Logger& logger, std::string pointer)
    : folder_(std::make_shared<Folder>(options, logger, pointer)), pointer_(std::move(pointer)) {}

void Templates::require(std::initializer_list<std::string_view> names) const {
  const auto set = folder_->set();
  std::vector<std::string> mistakes;
  for (const std::string_view name : names) {
    if (set->find(name) == nullptr) mistakes.push_back("the template \"" + std::string(name) + "\" is missing; " + set->listing());
  }
  if (!mistakes.empty()) refuse(pointer_, mistakes);
}

Response Templates::render(std::string_view name, const nlohmann::json& data) const { return Response::html(text(name, data)); }

std::string Templates::text(std::string_view name, const nlohmann::json& data) const {
  const auto set = folder_->set();
  const Template& page = named(*set, name, "template");
  return set->render(page, data, page.layout);
}

std::string Templates::text(std::string_view name, const nlohmann::json& data, std::string_view layout) const {
  const auto set = folder_->set();
  const Template& page = named(*set, name, "template");
  return set->render(page, data, layout.empty() ? nullptr : &named(*set, layout, "layout"));
}

}  // namespace ropeway
