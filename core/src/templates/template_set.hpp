#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace kainjow::mustache {
template <typename StringType>
class basic_mustache;
}

namespace ropeway::templates {

/// A template that was compiled. The library's functions for rendering are not const; what they change is a message of an error, of which there is
/// none: every partial was compiled before, and there are no lambdas. So many threads render one.
struct Template {
  std::string name;
  std::string file;
  std::unique_ptr<kainjow::mustache::basic_mustache<std::string>> compiled;
  const Template* layout = nullptr;
  ~Template();
};

/// All templates of a folder as they were read once. Never changed afterwards; many threads use it.
class TemplateSet {
 public:
  static constexpr std::size_t most_bytes = 1024 * 1024;  // of a file

  /// Puts what is wrong with folder and files into `mistakes`, each with its place; the set is of use only where there is nothing.
  [[nodiscard]] static std::shared_ptr<const TemplateSet> load(const std::string& folder, const std::string& default_layout,
                                                               std::vector<std::string>& mistakes);

  /// nullptr where there is none.
  [[nodiscard]] const Template* find(std::string_view name) const;
  /// For messages: "there are a, b and c".
  [[nodiscard]] std::string listing() const;
  /// `page` with `data`, in `layout` where that is not nullptr, and this in the layout that it has itself.
  [[nodiscard]] std::string render(const Template& page, const nlohmann::json& data, const Template* layout) const;

 private:
  class Loader;
  std::map<std::string, std::unique_ptr<Template>, std::less<>> templates_;
};

/// The files of a folder that are templates, sorted: each with its path, size, and when it was changed, to be compared. Throws `std::filesystem::filesystem_error`.
struct TemplateFile {
  std::string name;
  std::string path;
  std::uint64_t size = 0;
  std::int64_t changed = 0;
  friend bool operator==(const TemplateFile&, const TemplateFile&) = default;
};
[[nodiscard]] std::vector<TemplateFile> template_files(const std::string& folder);

}  // namespace ropeway::templates
