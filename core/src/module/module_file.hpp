#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ropeway::module {

/// What a file says of itself as a module.
struct ModuleFile {
  std::string tag;  // what it was built for; "": it is no module
  std::string name;
  std::vector<std::string> needs;  // names of others
};

/// Reads the file, and runs nothing of it. Throws `std::system_error` where it cannot be read.
[[nodiscard]] ModuleFile read_module_file(const std::string& path);

/// The tag of this program.
[[nodiscard]] std::string_view program_tag() noexcept;

/// In words, what of a module's tag is not as in this program's: "it was built for Asio 102801, and this program has Asio 102200". "" where
/// nothing is.
[[nodiscard]] std::string tag_difference(std::string_view module, std::string_view program);

}  // namespace ropeway::module
