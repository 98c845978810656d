#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <ropeway/config_node.hpp>
#include <ropeway/request.hpp>
#include <ropeway/setting.hpp>

#include "handlers/meta_variables.hpp"
#include "handlers/relative_path.hpp"
#include "handlers/root.hpp"

namespace ropeway::handlers {

/// Finds the script below a root that a request means. What is handed to a responder has been seen to be a file below the root, with one of the
/// extensions, both in its name and, where that is a link, in the name of what it leads to.
///
/// The first name in the path that is a file decides: a script, and what follows is its PATH_INFO; or no script, and then nothing is found, whatever
/// follows (`/picture.jpg/x.php` runs nothing). A folder stands for its index script. A path that names nothing is the fallback's, where
/// there is one. Names that begin with a dot, links that lead outside, encoded slashes and NUL find nothing, not even the fallback.
class ScriptFinder {
 public:
  struct Found {
    Script script;
    std::string redirect;  ///< not empty: the folder was asked for without the slash at its end, and this is where it is
  };

  [[nodiscard]] static Settings settings();
  /// Throws `ConfigErrors`.
  explicit ScriptFinder(const ConfigNode& options);

  /// Throws `HttpError`: 404 where there is none, and 503 where no file can be looked at.
  [[nodiscard]] Found find(const Request& request) const;
  [[nodiscard]] const std::string& folder() const noexcept { return folder_; }

 private:
  enum class Kind : std::uint8_t { missing, folder, script };
  struct Looked {
    Kind kind = Kind::missing;
    std::string file;
  };

  [[nodiscard]] Looked look_at(const RelativePath& name) const;
  [[nodiscard]] Found find_index(const Request& request, RelativePath& folder, std::string_view local, std::string_view base) const;
  [[nodiscard]] Found find_fallback(std::string_view local, std::string_view base) const;
  [[nodiscard]] bool is_script_name(std::string_view name) const noexcept;

  std::string prefix_;
  std::string folder_;
  std::vector<std::string> extensions_;
  std::string index_;
  std::string fallback_;
  Root root_;
};

}  // namespace ropeway::handlers
