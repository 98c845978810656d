#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <ropeway/config_node.hpp>
#include <ropeway/content_coding.hpp>
#include <ropeway/setting.hpp>
#include <ropeway/status.hpp>

#include "handlers/relative_path.hpp"
#include "handlers/root.hpp"
#include "handlers/static_files/file_cache.hpp"
#include "handlers/static_files/file_rules.hpp"

namespace ropeway::handlers {

/// The media types of files by their extensions: the options `media_types` and `charset` over the server's own table.
class MediaTypes {
 public:
  static void declare(Settings& settings);
  MediaTypes() = default;
  explicit MediaTypes(const ConfigNode& options);
  [[nodiscard]] std::string of(std::string_view path) const;

 private:
  void add(const ConfigNode& types, const std::string& name);

  std::map<std::string, std::string, std::less<>> by_extension_;  // in small letters, without the dot
  std::string charset_;
};

/// The options of `static_files`, checked.
struct FileOptions {
  [[nodiscard]] static Settings declared();
  /// What cannot be used goes to `mistakes`, and is empty here.
  FileOptions(const ConfigNode& options, MistakeCollector& mistakes);
  /// Whether the option `exclude` has a pattern for the last name in `path`.
  [[nodiscard]] bool is_excluded(std::string_view path) const;

  std::vector<std::string> roots;  // never empty
  Root::Links links;
  std::vector<std::string> index;
  bool listing;
  std::vector<std::string> exclude;  // patterns of names, in lower case
  RelativePath::Dotfiles dotfiles;
  std::string fallback;                         // a path below the root; empty without one
  std::map<unsigned, std::string> error_pages;  // status code > a path below the root
  std::vector<ContentCoding> precompressed;     // the first is preferred
  std::string prefix;                           // begins with "/" and does not end with it; empty without one
  FileRules rules;
  MediaTypes media_types;
  FileCache::Limits cache;  // of all roots together
};

}  // namespace ropeway::handlers
