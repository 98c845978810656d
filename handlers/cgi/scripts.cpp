#include "handlers/cgi/scripts.hpp"

#include <algorithm>
#include <filesystem>

#include <sys/stat.h>
#include <unistd.h>

#include <ropeway/http_error.hpp>

#include "handlers/relative_path.hpp"
#include "handlers/root_option.hpp"

namespace ropeway::handlers {
namespace {

bool is_regular(const char* path) {
  struct stat status{};
  return ::stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

// Throws where `file`, the value of `option`, cannot be executed.
std::string executable(const ConfigNode& options, std::string_view option, std::string file) {
  if (!is_regular(file.c_str())) throw options.error(option, "there is no file \"" + file + "\": correct the path");
  if (::access(file.c_str(), X_OK) != 0) throw options.error(option, "\"" + file + "\" cannot be executed: set its permissions (chmod +x)");
  return std::filesystem::absolute(file).lexically_normal().string();
}

HttpError no_script() { return HttpError(Status::not_found); }

}  // namespace

Scripts::Scripts(const ConfigNode& options) {
  MistakeCollector mistakes;
  mistakes.collect([&] { prefix_ = prefix_from(options); });
  mistakes.collect([&] {
    if (options.has("root") == options.has("program")) {
      throw options.error(options.has("program") ? "program" : "root",
                          "name either `root`, a folder of scripts, or `program`, a single one");
    }
    if (options.has("program")) {
      program_ = executable(options, "program", options.path("program"));
      folder_ = std::filesystem::path(program_).parent_path().string();
    } else {
      root_.emplace(open_root(options, options.path("root"), Root::Links::confined));
      folder_ = std::filesystem::absolute(options.path("root")).lexically_normal().string();
      if (folder_.size() > 1 && folder_.ends_with('/')) folder_.pop_back();
    }
  });
  const ConfigNode interpreters = options.object("interpreters");
  for (const std::string& extension : interpreters.keys()) {
    mistakes.collect([&] {
      if (extension.size() < 2 || extension.front() != '.' || extension.find('/') != std::string::npos) {
        throw interpreters.error(extension, "name an extension with its dot, such as \".py\"");
      }
      interpreters_[extension] = executable(interpreters, extension, interpreters.path(extension));
    });
  }
  mistakes.throw_if_any();
}

Script Scripts::find(const Request& request) const {
  const auto local = local_path(request, prefix_);
  if (!local) throw no_script();
  const std::string_view path = request.path();
  if (root_) return find_below_root(path, *local);
  // What `{path...}` stands for begins behind a slash, which belongs to it.
  std::size_t begin = path.size() - std::min(local->size(), path.size());
  if (!local->starts_with('/') && begin > 0 && path[begin - 1] == '/') --begin;
  Script script{program_, std::string(path.substr(0, begin)), std::string(path.substr(begin)), {}};
  if (const std::string* interpreter = interpreter_of(program_)) script.interpreter = *interpreter;
  return script;
}

// The first name on the way that is a file is the script; what follows is for it.
Script Scripts::find_below_root(std::string_view path, std::string_view local) const {
  root_->follow_name();
  for (std::size_t end = 0; end < local.size();) {
    end = std::min(local.find('/', end + 1), local.size());
    RelativePath name;
    if (!name.assign(local.substr(0, end), RelativePath::Dotfiles::hidden)) throw no_script();
    if (name.is_root()) continue;
    const Root::Opened opened = root_->open(name.c_str(), Root::Purpose::locate);
    struct stat status{};
    if (opened.file == nullptr || ::fstat(opened.file->descriptor(), &status) != 0) throw no_script();
    if (S_ISDIR(status.st_mode)) continue;
    const std::string file = location_of(*opened.file);
    if (!S_ISREG(status.st_mode) || file.empty()) throw no_script();
    const std::string* interpreter = interpreter_of(file);
    if (interpreter == nullptr && ::access(file.c_str(), X_OK) != 0) {
      throw HttpError(Status::forbidden, "This file is no script that can be executed.");
    }
    const std::string_view rest = local.substr(end);
    return {file, std::string(path.substr(0, path.size() - rest.size())), std::string(rest),
            interpreter == nullptr ? std::string() : *interpreter};
  }
  throw no_script();
}

const std::string* Scripts::interpreter_of(std::string_view file) const {
  const std::size_t dot = file.rfind('.');
  if (dot == std::string_view::npos || file.find('/', dot) != std::string_view::npos) return nullptr;
  const auto found = interpreters_.find(file.substr(dot));
  return found == interpreters_.end() ? nullptr : &found->second;
}

}  // namespace ropeway::handlers
