#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include <ropeway/config_node.hpp>

#include "core/src/config/server_config.hpp"

namespace ropeway::launcher {

/// Whom workers shall be: what the settings `user` and `group` came to.
struct Identity {
  std::string user;  // as written, for messages
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;  // all of them
};

/// Looks `user` and `group` up; nothing where there is no `user`. Adds what does not exist to `mistakes`.
[[nodiscard]] std::optional<Identity> identity_of(const config::ServerConfig& config, std::vector<ConfigError>& mistakes);

/// Whether this process may become another user.
[[nodiscard]] bool may_change_identity() noexcept;

/// Becomes that user, for ever: groups, group and user, in this order, and makes sure that there is no way back. Where the process may not
/// change its identity at all, it stays what it is. Throws `std::runtime_error` where it may and cannot.
void assume(const Identity& identity);

/// What is right and what is not in how the server was started, to be said in the log; "" where there is nothing.
[[nodiscard]] std::string warning_of(const std::optional<Identity>& identity);

/// What the process does in this scope it does with that user's rights: of files that the user may change, a privileged process must open none
/// otherwise, since their names might lead anywhere. Nothing where it may not change its identity. One thread.
class ActingAs {
 public:
  explicit ActingAs(const std::optional<Identity>& identity);
  ~ActingAs();
  ActingAs(const ActingAs&) = delete;
  ActingAs& operator=(const ActingAs&) = delete;

 private:
  void go_back() noexcept;
  bool acts_ = false;
  bool changed_groups_ = false;
  std::vector<gid_t> groups_;
  gid_t gid_ = 0;
};

/// Sees to it that workers, which open the logs by name, can: makes those that do not exist in folders where only root may, and gives them
/// to that user. Throws `std::system_error` where a log cannot be written by him.
void prepare_log_files(const config::LogConfig& log, const std::optional<Identity>& identity);

}  // namespace ropeway::launcher
