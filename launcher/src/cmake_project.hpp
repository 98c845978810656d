#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace ropeway::launcher {

/// A program that a CMake project makes.
struct CMakeProgram {
  std::string target;
  std::filesystem::path file;
};

/// Has CMake tell what it makes of a project, the next time that it is configured in `build` (its file API, cmake-file-api(7)).
/// Throws `std::filesystem::filesystem_error`.
void ask_for_programs(const std::filesystem::path& build);
/// What it told; nothing where it has not been configured since.
[[nodiscard]] std::vector<CMakeProgram> programs_of(const std::filesystem::path& build);
/// The one of that target, or, where `target` is empty, the only one that is no test by its name. Throws `std::runtime_error`, which says what there is.
[[nodiscard]] CMakeProgram choose_program(const std::vector<CMakeProgram>& programs, const std::string& target);

}  // namespace ropeway::launcher
