#pragma once

#include <map>
#include <optional>
#include <string>

#include <ropeway/config_node.hpp>
#include <ropeway/request.hpp>

#include "handlers/meta_variables.hpp"
#include "handlers/root.hpp"

namespace ropeway::handlers {

/// Finds the script that a request means: the one `program`, or a file below `root`.
class Scripts {
 public:
  /// Reads `root`, `program`, `prefix` and `interpreters`. Throws `ConfigErrors`.
  explicit Scripts(const ConfigNode& options);

  /// Throws `HttpError`: 404 where there is none (or it is hidden, outside of the root, or no regular file), 403 where it cannot be executed.
  [[nodiscard]] Script find(const Request& request) const;
  /// The root; of one program, its folder.
  [[nodiscard]] const std::string& folder() const noexcept { return folder_; }

 private:
  [[nodiscard]] Script find_below_root(std::string_view path, std::string_view local) const;
  [[nodiscard]] const std::string* interpreter_of(std::string_view file) const;

  std::string prefix_;
  std::string folder_;
  std::string program_;
  std::optional<Root> root_;
  std::map<std::string, std::string, std::less<>> interpreters_;  // by extension, with its dot
};

}  // namespace ropeway::handlers
