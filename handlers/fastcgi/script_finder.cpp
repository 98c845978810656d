#include "handlers/fastcgi/script_finder.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include <sys/stat.h>

#include <ropeway/http_error.hpp>
#include <ropeway/url.hpp>

#include "handlers/root_option.hpp"

namespace ropeway::handlers {
namespace {

HttpError nothing_found() { return HttpError(Status::not_found); }

std::vector<std::string> extensions_from(const ConfigNode& options) {
  std::vector<std::string> extensions = options.strings("extensions");
  for (const std::string& extension : extensions) {
    const bool fits =
        extension.size() >= 2 && extension.front() == '.' && extension.find_first_of(std::string_view("/\0", 2)) == std::string::npos;
    if (!fits) throw options.error("extensions", "\"" + extension + "\" is no extension: write one with its dot, such as \".php\"");
  }
  return extensions;
}

std::string absolute_folder(const ConfigNode& options) {
  std::string folder = std::filesystem::absolute(options.path("root")).lexically_normal().string();
  if (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
  return folder;
}

// "/app/" + "x": as the client would write it.
std::string redirect_to_folder(const Request& request) {
  std::string_view path = request.path();
  path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));  // or it could name a host
  std::string location = "/" + percent_encode(path, true) + "/";
  if (!request.query().empty()) location.append("?").append(request.query());
  return location;
}

}  // namespace

Settings ScriptFinder::settings() {
  return {
      Setting::path("root", "The folder that the scripts are below. The responder has to see it under the same path.")
          .at_least(1)
          .required(),
      Setting::list("extensions", "What the names of scripts end in. Nothing else is ever passed on.",
                    Setting::string("extension", "An extension with its dot."))
          .at_least(1)
          .by_default("[\".php\"]"),
      Setting::string("index", "The script that answers for its folder; none where empty.").by_default("\"index.php\""),
      Setting::string("fallback",
                      "A script below the root (\"/index.php\") that answers for paths that name nothing: the front controller of an "
                      "application. None where empty.")
          .by_default("\"\""),
      Setting::string("prefix", "What to remove from the front of the path, in a route without `{path...}`.").by_default("\"\""),
  };
}

ScriptFinder::ScriptFinder(const ConfigNode& options)
    : prefix_(prefix_from(options)),
      folder_(absolute_folder(options)),
      extensions_(extensions_from(options)),
      index_(options.string("index")),
      fallback_(options.string("fallback")),
      root_(open_root(options, options.path("root"), Root::Links::confined)) {
  MistakeCollector mistakes;
  mistakes.collect([&] {
    RelativePath checked;
    const bool is_plain = index_.find('/') == std::string::npos && checked.assign(index_, RelativePath::Dotfiles::hidden);
    if (!is_plain || (!index_.empty() && !is_script_name(index_))) {
      throw options.error("index", "\"" + index_ + "\" is no name of a script: write a plain name with one of the `extensions`");
    }
  });
  mistakes.collect([&] {
    RelativePath checked;
    if (fallback_.starts_with('/')) fallback_.erase(0, 1);
    if (!checked.assign(fallback_, RelativePath::Dotfiles::hidden) || (!fallback_.empty() && !is_script_name(fallback_))) {
      throw options.error("fallback", "\"" + fallback_ +
                                          "\" is no path of a script below the root: write one with one of the `extensions`, such as "
                                          "\"/index.php\"");
    }
  });
  mistakes.throw_if_any();
}

bool ScriptFinder::is_script_name(std::string_view name) const noexcept {
  name.remove_prefix(name.rfind('/') + 1);  // npos + 1 is 0
  return std::ranges::any_of(extensions_, [name](const std::string& end) { return name.size() > end.size() && name.ends_with(end); });
}

// Throws where there is something that is neither a folder nor a script.
ScriptFinder::Looked ScriptFinder::look_at(const RelativePath& name) const {
  const Root::Opened opened = root_.open(name.c_str(), Root::Purpose::locate);
  if (opened.error == ENOENT || opened.error == ENAMETOOLONG) return {};
  if (opened.error == EMFILE || opened.error == ENFILE || opened.error == ENOMEM) {
    throw HttpError(Status::service_unavailable, "cannot look at a file: this process has too many open, or no memory");
  }
  struct stat status{};
  if (opened.file == nullptr || ::fstat(opened.file->descriptor(), &status) != 0) throw nothing_found();
  if (S_ISDIR(status.st_mode)) return {Kind::folder, {}};
  std::string file = location_of(*opened.file);
  if (!S_ISREG(status.st_mode) || !is_script_name(name.view()) || !is_script_name(file)) throw nothing_found();
  return {Kind::script, std::move(file)};
}

ScriptFinder::Found ScriptFinder::find(const Request& request) const {
  const auto local = local_path(request, prefix_);
  const std::string_view path = request.path();
  if (!local || path.find('\0') != std::string_view::npos) throw nothing_found();
  std::string_view base = path.substr(0, path.size() - std::min(local->size(), path.size()));
  if (base.ends_with('/')) base.remove_suffix(1);
  root_.follow_name();
  RelativePath name;
  for (std::size_t end = 0; end < local->size();) {
    end = std::min(local->find('/', end + 1), local->size());
    if (!name.assign(local->substr(0, end), RelativePath::Dotfiles::hidden)) throw nothing_found();
    if (name.is_root()) continue;
    Looked looked = look_at(name);
    if (looked.kind == Kind::missing) return find_fallback(*local, base);
    if (looked.kind == Kind::folder) continue;
    const std::string_view rest = local->substr(end);
    return {{std::move(looked.file), std::string(path.substr(0, path.size() - rest.size())), std::string(rest), {}}, {}};
  }
  return find_index(request, name, *local, base);
}

ScriptFinder::Found ScriptFinder::find_index(const Request& request, RelativePath& folder, std::string_view local,
                                             std::string_view base) const {
  if (index_.empty() || !folder.push(index_)) return find_fallback(local, base);
  Looked looked = look_at(folder);
  if (looked.kind != Kind::script) return find_fallback(local, base);
  if (!request.path().ends_with('/')) return {{}, redirect_to_folder(request)};
  return {{std::move(looked.file), std::string(request.path()) + index_, {}, {}}, {}};
}

ScriptFinder::Found ScriptFinder::find_fallback(std::string_view local, std::string_view base) const {
  RelativePath name;
  if (fallback_.empty() || !name.assign(local, RelativePath::Dotfiles::hidden)) throw nothing_found();
  if (!name.assign(fallback_, RelativePath::Dotfiles::hidden)) throw nothing_found();
  Looked looked = look_at(name);
  if (looked.kind != Kind::script) throw nothing_found();
  return {{std::move(looked.file), std::string(base) + "/" + fallback_, {}, {}}, {}};
}

}  // namespace ropeway::handlers
