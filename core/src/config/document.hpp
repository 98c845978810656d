#pragma once

#include <list>
#include <map>
#include <string>

#include <ropeway/json_document.hpp>

#include <ropeway/config_node.hpp>
#include <ropeway/setting.hpp>

namespace ropeway {

/// A configuration that was checked: every declared setting has its value or its default. Immutable once nodes refer to it.
struct ConfigNode::Document {
  std::string folder;  // of relative paths; "": the current one
  nlohmann::json root;
  /// The object or map that declares the names under a pointer. It refers to `declarations`.
  std::map<std::string, const Setting*, std::less<>> declared;
  std::list<Setting> declarations;
};

namespace config {

/// The folder of a configuration's file, absolute; "" where the current one cannot be told.
[[nodiscard]] std::string folder_of(const std::string& file);
/// A path of a configuration, from its folder on.
[[nodiscard]] std::string resolved(const ConfigNode::Document& document, const std::string& path);

}  // namespace config

}  // namespace ropeway
