#pragma once

#include <string>

namespace ropeway::launcher {

/// The current directory by the name under which the user came here, where it still is the same: a symbolic link in it may mean another
/// folder later. Otherwise as the system has it.
[[nodiscard]] std::string directory_by_name();

/// Where the control socket of the server with that configuration file is, when its `control` is "auto": in /run/ropeway for root, in
/// $XDG_RUNTIME_DIR/ropeway for others, or /tmp/ropeway-UID; the name is that of the file with a hash of its whole path.
[[nodiscard]] std::string automatic_control_path(const std::string& file, const std::string& directory);

/// Makes the folder of an automatic path, for this user alone. Throws `std::system_error` where that fails, or it is somebody else's.
void make_control_folder(const std::string& path);

}  // namespace ropeway::launcher
