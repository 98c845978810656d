#include "core/src/templates/template_set.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <utility>

#include <kainjow/mustache.hpp>
#include <ropeway/json_document.hpp>

#include "core/src/templates/json_context.hpp"
#include "core/src/templates/template_source.hpp"

namespace ropeway::templates {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view suffix = ".mustache";
constexpr std::string_view no_layout = "none";

std::string at(const std::string& file, const Place& place) {
  return file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column) + ": ";
}

bool is_within(const fs::path& file, const fs::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), file.begin(), file.end()).first == folder.end();
}

}  // namespace

Template::~Template() = default;

std::vector<TemplateFile> template_files(const std::string& folder) {
  std::vector<TemplateFile> files;
  for (fs::recursive_directory_iterator entry(folder); entry != fs::recursive_directory_iterator(); ++entry) {
    const std::string leaf = entry->path().filename().string();
    if (leaf.starts_with('.')) {
      entry.disable_recursion_pending();  // what a mounted ConfigMap or an editor keeps for itself
    } else if (leaf.size() > suffix.size() && leaf.ends_with(suffix) && entry->is_regular_file()) {
      std::string name = entry->path().lexically_relative(folder).generic_string();
      name.resize(name.size() - suffix.size());
      files.push_back({std::move(name), entry->path().string(), entry->file_size(), entry->last_write_time().time_since_epoch().count()});
    }
  }
  std::ranges::sort(files, {}, &TemplateFile::name);
  return files;
}

/// Reads the files first, then looks at what they say of each other.
class TemplateSet::Loader {
 public:
  Loader(TemplateSet& set, std::vector<std::string>& mistakes) : set_(set), mistakes_(mistakes) {}

  void read(const std::string& folder) {
    try {
      const fs::path root = fs::canonical(folder);
      for (const TemplateFile& file : template_files(folder)) {
        if (is_within(fs::canonical(file.path), root)) {
          read_file(file);
        } else {
          mistakes_.push_back(file.path + ": leads out of " + folder + "; put the file itself there");
        }
      }
      if (set_.templates_.empty() && mistakes_.empty()) {
        mistakes_.push_back(folder + ": no template is there; their files have names such as page" + std::string(suffix));
      }
    } catch (const fs::filesystem_error& error) {
      mistakes_.push_back(folder + ": the templates cannot be read (" + error.code().message() + ")");
    }
  }

  void connect(const std::string& default_layout) {
    std::set<std::string_view> layouts;  // which are not put into the default one
    for (const auto& [name, source] : sources_) {
      Template& page = *set_.templates_.at(name);
      for (const Reference& partial : source.partials) {
        if (set_.find(partial.name) == nullptr) missing(page, partial, "the partial");
      }
      if (!source.layout || source.layout->name == no_layout) continue;
      page.layout = set_.find(source.layout->name);
      if (page.layout == nullptr) {
        missing(page, *source.layout, "the layout");
      } else {
        layouts.insert(page.layout->name);
      }
    }
    for (const auto& [name, source] : sources_) {
      if (const Template& page = *set_.templates_.at(name); comes_back(page)) {
        mistakes_.push_back(at(page.file, source.layout->place) + "the layout \"" + page.layout->name + "\" comes back to \"" + name +
                            "\": take the layout from one of them");
      }
    }
    if (!default_layout.empty()) set_default(default_layout, layouts);
  }

 private:
  void read_file(const TemplateFile& file) {
    if (file.size > most_bytes) {
      mistakes_.push_back(file.path + ": is longer than a template can be, which is 1 MiB");
      return;
    }
    std::ifstream stream(file.path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
    if (!stream.is_open() || stream.bad()) {
      mistakes_.push_back(file.path + ": cannot be read; let the user that the server runs as read it");
      return;
    }
    auto read = read_template(text);
    if (const auto* fault = std::get_if<TemplateFault>(&read)) {
      mistakes_.push_back(at(file.path, fault->place) + fault->message);
      return;
    }
    TemplateSource& source = std::get<TemplateSource>(read);
    auto page = std::make_unique<Template>();
    page->name = file.name;
    page->file = file.path;
    page->compiled = std::make_unique<kainjow::mustache::mustache>(source.text);
    set_.templates_.emplace(file.name, std::move(page));
    sources_.emplace(file.name, std::move(source));
  }

  void missing(const Template& page, const Reference& reference, const std::string& what) {
    mistakes_.push_back(at(page.file, reference.place) + what + " \"" + reference.name + "\" is missing; " + set_.listing());
  }

  static bool comes_back(const Template& page) {
    std::set<const Template*> seen;
    for (const Template* layout = page.layout; layout != nullptr && seen.insert(layout).second; layout = layout->layout) {
      if (layout == &page) return true;
    }
    return false;
  }

  void set_default(const std::string& name, std::set<std::string_view>& layouts) {
    const Template* layout = set_.find(name);
    if (layout == nullptr) {
      mistakes_.push_back("the layout \"" + name + "\" is missing; " + set_.listing());
      return;
    }
    for (const Template* one = layout; one != nullptr && layouts.insert(one->name).second;) one = one->layout;
    for (const auto& [page, source] : sources_) {
      if (!source.layout && !layouts.contains(page)) set_.templates_.at(page)->layout = layout;
    }
  }

  TemplateSet& set_;
  std::vector<std::string>& mistakes_;
  std::map<std::string, TemplateSource> sources_;
};

std::shared_ptr<const TemplateSet> TemplateSet::load(const std::string& folder, const std::string& default_layout,
                                                     std::vector<std::string>& mistakes) {
  auto set = std::make_shared<TemplateSet>();
  Loader loader(*set, mistakes);
  loader.read(folder);
  if (mistakes.empty()) loader.connect(default_layout);
  return set;
}

const Template* TemplateSet::find(std::string_view name) const {
  const auto found = templates_.find(name);
  return found == templates_.end() ? nullptr : found->second.get();
}

std::string TemplateSet::listing() const {
  constexpr std::size_t few = 12;
  std::string text;
  std::size_t count = 0;
  for (const auto& [name, page] : templates_) {
    if (++count > few) return "there are " + text + " and others";
    text += (text.empty() ? "" : ", ") + name;
  }
  return "there are " + text;
}

std::string TemplateSet::render(const Template& page, const nlohmann::json& data, const Template* layout) const {
  JsonContext context(*this, data);
  std::string text = context.render(page);
  for (; layout != nullptr; layout = layout->layout) {
    context.set_content(std::move(text));
    text = context.render(*layout);
  }
  return text;
}

}  // namespace ropeway::templates
