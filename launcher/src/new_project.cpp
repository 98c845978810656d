#include "launcher/src/new_project.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include "core/src/config/printable.hpp"
#include "launcher/src/exit_code.hpp"

namespace ropeway::launcher {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view placeholder = "my_service";
constexpr std::size_t most_name = 64;

// What CMake, a shell and a file system all take for a name.
bool is_name(std::string_view text) noexcept {
  const auto is_alpha = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto fits = [&](char c) { return is_alpha(c) || (c >= '0' && c <= '9') || c == '_' || c == '-'; };
  return !text.empty() && text.size() <= most_name && is_alpha(text.front()) && std::ranges::all_of(text, fits);
}

std::string with_name(std::string_view text, const std::string& name) {
  std::string result;
  for (std::size_t begin = 0;;) {
    const std::size_t found = text.find(placeholder, begin);
    result.append(text.substr(begin, found - begin));
    if (found == std::string_view::npos) return result;
    result.append(name);
    begin = found + placeholder.size();
  }
}

void write(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream stream(file, std::ios::binary);
  stream << text;
  stream.close();
  if (!stream) throw std::system_error(errno, std::generic_category(), file.filename().string());
}

/// A folder beside the one that is wanted; it takes its place when it is whole, or goes.
class Draft {
 public:
  explicit Draft(const fs::path& wanted) : wanted_(wanted) {
    std::string name = wanted.string() + ".XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::system_error(errno, std::generic_category(), "a folder beside it");
    path_ = name;
    fs::permissions(path_, fs::perms(0777) & ~mask());
  }
  ~Draft() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  [[nodiscard]] const fs::path& path() const noexcept { return path_; }
  void accept() {
    fs::rename(path_, wanted_);  // over a folder only where that is empty
    path_.clear();
  }

 private:
  static fs::perms mask() {
    const mode_t mask = ::umask(0);
    ::umask(mask);
    return static_cast<fs::perms>(mask);
  }
  fs::path wanted_;
  fs::path path_;
};

// A project at `folder`, with `more` files besides. `farewell`: what to do with it, where its name is "my_service".
int make(const std::string& folder, std::span<const ProjectFile> files, std::span<const ProjectFile> more, std::string_view farewell) {
  fs::path wanted = fs::path(folder).lexically_normal();
  if (!wanted.has_filename()) wanted = wanted.parent_path();  // "name/"
  const std::string name = wanted.filename().string();
  const std::string shown = config::printable(folder);
  if (!is_name(name)) {
    std::fprintf(stderr, "%s is no name for a project: letters, digits, \"_\" and \"-\", a letter first, %zu at most\n",
                 config::in_quotes(name).c_str(), most_name);
    return exit_code::usage;
  }
  try {
    if (fs::exists(fs::symlink_status(wanted)) && (!fs::is_directory(fs::symlink_status(wanted)) || !fs::is_empty(wanted))) {
      std::fprintf(stderr, "%s is there already; name another folder, or remove it\n", shown.c_str());
      return exit_code::failure;
    }
    Draft draft(wanted);
    for (const ProjectFile& file : files) write(draft.path() / file.name, with_name(file.text, name));
    for (const ProjectFile& file : more) write(draft.path() / file.name, std::string(file.text));
    draft.accept();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s cannot be made: %s\n", shown.c_str(), error.what());
    return exit_code::failure;
  }
  std::printf("%s is there. %s", shown.c_str(), with_name(farewell, name).c_str());
  return exit_code::success;
}

}  // namespace

int make_project(const std::string& folder) {
  return make(folder, project_files(), {},
              "Build it, test it, and start it, in that folder:\n\n"
              "  cmake -B build && cmake --build build && ctest --test-dir build\n"
              "  build/my_service\n\nThen http://localhost:8000/hello/you answers; README.md tells the rest.\n");
}

int eject_project(const std::string& folder, const std::string& configuration) {
  const ProjectFile own{"ropeway.json", configuration};
  return make(folder, ejected_files(), {&own, 1},
              "Start it as it is, or build a program of your own, in that folder:\n\n"
              "  ropeway run\n"
              "  cmake -B build && cmake --build build && build/my_service\n\nREADME.md tells the rest.\n");
}

}  // namespace ropeway::launcher
