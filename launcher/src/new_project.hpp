#pragma once

#include <span>
#include <string>
#include <string_view>

namespace ropeway::launcher {

/// A file of the project that `ropeway new` makes, from launcher/project/, where it is called "my_service".
struct ProjectFile {
  std::string_view name;  // "src/main.cpp"
  std::string_view text;
};
/// All of them; cmake makes their table.
[[nodiscard]] std::span<const ProjectFile> project_files() noexcept;

/// `ropeway new FOLDER`: makes a project of that name: a handler, a configuration, a test, and how it is built. The folder must not be there, or
/// be empty; it is there as a whole or not at all. Gives the exit code.
[[nodiscard]] int make_project(const std::string& folder);

}  // namespace ropeway::launcher
