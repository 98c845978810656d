#pragma once

#include <span>
#include <string>
#include <string_view>

namespace ropeway::launcher {

/// A file of a project that `ropeway new` or `ropeway eject` makes, where it is called "my_service".
struct ProjectFile {
  std::string_view name;  // "src/main.cpp"
  std::string_view text;
};
/// Those of `new`, from launcher/project, and of `eject`, from launcher/ejected; cmake makes their tables.
[[nodiscard]] std::span<const ProjectFile> project_files() noexcept;
[[nodiscard]] std::span<const ProjectFile> ejected_files() noexcept;

/// `ropeway new FOLDER`: makes a project of that name: a handler, a configuration, a test, and how it is built. The folder must not be there, or
/// be empty; it is there as a whole or not at all. Gives the exit code.
[[nodiscard]] int make_project(const std::string& folder);
/// `ropeway eject FOLDER`: the same with that configuration, and a program that has it run. Gives the exit code.
[[nodiscard]] int eject_project(const std::string& folder, const std::string& configuration);

}  // namespace ropeway::launcher
