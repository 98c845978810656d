#include "handlers/root_option.hpp"

#include <cerrno>
#include <system_error>

namespace ropeway::handlers {

Root open_root(const ConfigNode& options, const std::string& path, Root::Links links) {
  try {
    return Root(path, links);
  } catch (const std::system_error& error) {
    const int number = error.code().value();
    if (number == EMFILE || number == ENFILE || number == ENOMEM) throw;
    if (number == ENOENT) throw options.error("root", "there is no folder \"" + path + "\": create it, or correct the path");
    if (number == ENOTDIR) throw options.error("root", "\"" + path + "\" is no folder: name the folder that holds the files");
    if (number == ENOSYS) throw options.error("root", std::string(error.what()) + ": mount /proc, or set `follow_symlinks` to true");
    throw options.error("root", "cannot open the folder \"" + path + "\" (" + error.code().message() + "): check its permissions");
  }
}

std::string prefix_from(const ConfigNode& options) {
  std::string prefix = options.string("prefix");
  if (!prefix.empty() && prefix.front() != '/') throw options.error("prefix", "begin with \"/\", for example \"/static\"");
  while (prefix.ends_with('/')) prefix.pop_back();
  return prefix;
}

}  // namespace ropeway::handlers
