#pragma once

#include <memory>

#include <dirent.h>

#include <ropeway/body.hpp>

namespace ropeway::handlers {

struct CloseDirectory {
  void operator()(DIR* directory) const noexcept { ::closedir(directory); }
};

/// The names in an open folder, for `readdir`, from the first on. Blocks. Throws `std::system_error`.
[[nodiscard]] std::unique_ptr<DIR, CloseDirectory> open_directory(const OpenFile& folder);

}  // namespace ropeway::handlers
