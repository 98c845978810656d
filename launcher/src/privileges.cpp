#include "launcher/src/privileges.hpp"

#include <fcntl.h>
#include <grp.h>
#include <linux/openat2.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "core/src/config/printable.hpp"
#include "launcher/src/descriptor.hpp"

namespace ropeway::launcher {
namespace {

// A user's or group's number: all but the highest, which stands for none.
std::optional<unsigned> number_in(const std::string& text) noexcept {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool good = !text.empty() && error == std::errc() && end == text.data() + text.size() && number != ~0U;
  return good ? std::optional(number) : std::nullopt;
}

// Of the user, whose name the database may know; a number may be nobody's.
struct User {
  uid_t uid = 0;
  std::optional<gid_t> gid;
  std::string name;
};

std::optional<User> find_user(const std::string& text) {
  const passwd* entry = ::getpwnam(text.c_str());
  const auto number = number_in(text);
  if (entry == nullptr && number) entry = ::getpwuid(*number);
  if (entry != nullptr) return User{entry->pw_uid, entry->pw_gid, entry->pw_name};
  if (number) return User{*number, std::nullopt, {}};
  return std::nullopt;
}

std::optional<gid_t> find_group(const std::string& text) {
  const group* entry = ::getgrnam(text.c_str());
  if (entry != nullptr) return entry->gr_gid;
  return number_in(text);
}

std::vector<gid_t> groups_of(const User& user, gid_t gid) {
  if (user.name.empty()) return {gid};
  std::vector<gid_t> groups(32);
  for (;;) {
    int count = static_cast<int>(groups.size());
    const bool fits = ::getgrouplist(user.name.c_str(), gid, groups.data(), &count) >= 0;
    groups.resize(static_cast<std::size_t>(std::max(1, count)));  // what there are
    if (fits) return groups;
  }
}

[[noreturn]] void fail(const Identity& identity, const char* what) {
  throw std::runtime_error("cannot become the user " + config::in_quotes(identity.user) + ": " + what + ": " + std::strerror(errno) +
                           "; that needs the capabilities CAP_SETUID and CAP_SETGID");
}

constexpr int log_flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
constexpr mode_t log_mode = 0640;

// As root, in a folder that is not the user's: a new file alone, at the end of a path without links.
bool make_for(const Identity& identity, const std::string& file) noexcept {
  open_how how{};
  how.flags = static_cast<unsigned>(log_flags | O_EXCL | O_NOFOLLOW);
  how.mode = log_mode;
  how.resolve = RESOLVE_NO_SYMLINKS;
  const Descriptor made(static_cast<int>(::syscall(SYS_openat2, AT_FDCWD, file.c_str(), &how, sizeof how)));
  return made && ::fchown(made.get(), identity.uid, identity.gid) == 0;
}

bool can_be_written(const Identity& identity, const std::string& file) {
  const ActingAs user(identity);
  const Descriptor opened(::open(file.c_str(), log_flags, log_mode));
  return opened || errno != EACCES;  // of anything else, opening it will tell
}

void prepare_log_file(const Identity& identity, const std::string& file, int standard_descriptor) {
  if (file.empty()) return;
  if (file == "-") {
    // A pipe of root's could not be opened a second time, to be written without waiting.
    struct stat status{};
    if (::fstat(standard_descriptor, &status) == 0 && S_ISFIFO(status.st_mode) && status.st_uid == 0) {
      (void)::fchown(standard_descriptor, identity.uid, static_cast<gid_t>(-1));
    }
    return;
  }
  if (can_be_written(identity, file)) return;
  if (make_for(identity, file)) {
    if (can_be_written(identity, file)) return;
    ::unlink(file.c_str());
  }
  throw std::system_error(EACCES, std::generic_category(),
                          "the user " + config::in_quotes(identity.user) + ", who the workers are, cannot write the log file " +
                              config::in_quotes(file) + "; let him (chown), or name another file");
}

}  // namespace

std::optional<Identity> identity_of(const config::ServerConfig& config, std::vector<ConfigError>& mistakes) {
  if (config.user.empty()) {
    if (!config.group.empty()) mistakes.emplace_back("/group", "a group alone takes no rights from workers: name their \"user\", too");
    return std::nullopt;
  }
  const auto user = find_user(config.user);
  if (!user) {
    mistakes.emplace_back("/user", "this machine has no user " + config::in_quotes(config.user) + "; `getent passwd` lists those it has");
  }
  std::optional<gid_t> gid = user ? user->gid : std::nullopt;
  if (!config.group.empty()) {
    gid = find_group(config.group);
    if (!gid) {
      mistakes.emplace_back("/group",
                            "this machine has no group " + config::in_quotes(config.group) + "; `getent group` lists those it has");
    }
  } else if (user && !gid) {
    mistakes.emplace_back("/user", "the user " + config.user + " has no entry on this machine, and so no group: name a \"group\", too");
  }
  if (!user || !gid) return std::nullopt;
  return Identity{config.user, user->uid, *gid, groups_of(*user, *gid)};
}

bool may_change_identity() noexcept { return ::geteuid() == 0; }

void assume(const Identity& identity) {
  if (!may_change_identity()) return;
  int death_signal = 0;  // it is forgotten when the identity changes
  ::prctl(PR_GET_PDEATHSIG, &death_signal);
  if (::setgroups(identity.groups.size(), identity.groups.data()) != 0) fail(identity, "setgroups");
  if (::setresgid(identity.gid, identity.gid, identity.gid) != 0) fail(identity, "setresgid");
  if (::setresuid(identity.uid, identity.uid, identity.uid) != 0) fail(identity, "setresuid");
  if (identity.uid != 0 && (::setuid(0) == 0 || ::seteuid(0) == 0)) {
    throw std::runtime_error("the user " + config::in_quotes(identity.user) + " can become root again; take CAP_SETUID from it");
  }
  if (death_signal != 0) ::prctl(PR_SET_PDEATHSIG, death_signal);
}

std::string warning_of(const std::optional<Identity>& identity) {
  if (!identity) {
    if (!may_change_identity()) return {};
    return "workers run as root, and so does what a client may find a way into; name a `user` for them in the configuration (or "
           "ROPEWAY_USER)";
  }
  if (may_change_identity() || (identity->uid == ::geteuid() && identity->gid == ::getegid())) return {};
  return "`user` has no effect: only root can become another user, and this is user " + std::to_string(::geteuid());
}

ActingAs::ActingAs(const std::optional<Identity>& identity) {
  if (!identity || identity->uid == 0 || !may_change_identity()) return;
  groups_.resize(static_cast<std::size_t>(std::max(0, ::getgroups(0, nullptr))));
  groups_.resize(static_cast<std::size_t>(std::max(0, ::getgroups(static_cast<int>(groups_.size()), groups_.data()))));
  gid_ = ::getegid();
  acts_ = true;
  const char* failed = nullptr;
  changed_groups_ = ::setgroups(identity->groups.size(), identity->groups.data()) == 0;
  if (!changed_groups_) {
    failed = "setgroups";
  } else if (::setegid(identity->gid) != 0) {
    failed = "setegid";
  } else if (::seteuid(identity->uid) != 0) {
    failed = "seteuid";
  }
  if (failed == nullptr) return;
  const int error = errno;
  go_back();
  errno = error;
  fail(*identity, failed);
}

ActingAs::~ActingAs() { go_back(); }

// What cannot go back must not go on as somebody else.
void ActingAs::go_back() noexcept {
  if (!std::exchange(acts_, false)) return;
  const bool is_root = ::geteuid() == 0 || ::seteuid(0) == 0;
  if (!is_root || ::setegid(gid_) != 0 || (changed_groups_ && ::setgroups(groups_.size(), groups_.data()) != 0)) std::abort();
}

void prepare_log_files(const config::LogConfig& log, const std::optional<Identity>& identity) {
  if (!identity || identity->uid == 0 || !may_change_identity()) return;
  prepare_log_file(*identity, log.file, STDERR_FILENO);
  prepare_log_file(*identity, log.access.file, STDOUT_FILENO);
}

}  // namespace ropeway::launcher
