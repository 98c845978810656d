#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <ropeway/config_node.hpp>

#include "handlers/uploads/uploads.hpp"
#include "tests/handlers/static_files/fixture.hpp"

namespace ropeway::handlers {

inline std::string read_file(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

/// The names in a folder, also hidden ones.
inline std::vector<std::string> names_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

struct Store {
  explicit Store(const std::string& more = "") : uploads(options(folder.path(), more), services) {}
  static ConfigNode options(const std::filesystem::path& root, const std::string& more) {
    return ConfigNode::from_json("{\"root\": \"" + (root / "root").string() + "\"" + (more.empty() ? "" : ", " + more) + "}",
                                 Uploads::settings());
  }
  Response call(const testing::RequestBuilder& request) const { return testing::call(uploads, request); }
  unsigned put(const char* target, std::string_view content) const {
    return code(call(testing::RequestBuilder("PUT", target).body(content)).status());
  }
  unsigned remove(const char* target) const { return code(call(testing::RequestBuilder("DELETE", target)).status()); }
  std::filesystem::path operator/(const char* name) const { return folder / "root" / name; }

  struct WithRoot : TemporaryFolder {
    WithRoot() { std::filesystem::create_directory(path() / "root"); }
  };
  WithRoot folder;
  TestServices services;
  Uploads uploads;
};

}  // namespace ropeway::handlers
