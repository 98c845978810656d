#include "launcher/src/control_path.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace ropeway::launcher {
namespace {

namespace fs = std::filesystem;

// FNV-1a: the same in every version, so that a client finds the server of another one.
std::uint64_t hash_of(const std::string& text) noexcept {
  std::uint64_t hash = 0xCBF2'9CE4'8422'2325U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100'0000'01B3U;
  return hash;
}

std::string runtime_folder() {
  if (::geteuid() == 0) return "/run/ropeway";
  const char* folder = std::getenv("XDG_RUNTIME_DIR");
  if (folder != nullptr && folder[0] == '/') return std::string(folder) + "/ropeway";
  return "/tmp/ropeway-" + std::to_string(::geteuid());
}

}  // namespace

std::string directory_by_name() {
  struct stat named{};
  struct stat actual{};
  const char* name = std::getenv("PWD");
  const bool usable = name != nullptr && name[0] == '/' && ::stat(name, &named) == 0 && ::stat(".", &actual) == 0 &&
                      named.st_dev == actual.st_dev && named.st_ino == actual.st_ino;
  return usable ? name : fs::current_path().string();
}

std::string automatic_control_path(const std::string& file, const std::string& directory) {
  const fs::path whole = (fs::path(directory) / file).lexically_normal();
  char hash[17];
  std::snprintf(hash, sizeof hash, "%016llx", static_cast<unsigned long long>(hash_of(whole.string())));
  return runtime_folder() + "/" + whole.stem().string().substr(0, 24) + "-" + std::string(hash, 8) + ".control";
}

void make_control_folder(const std::string& path) {
  const std::string folder = fs::path(path).parent_path().string();
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) throw std::system_error(errno, std::generic_category(), folder);
  struct stat status{};
  if (::lstat(folder.c_str(), &status) != 0) throw std::system_error(errno, std::generic_category(), folder);
  const bool is_ours = S_ISDIR(status.st_mode) && status.st_uid == ::geteuid() && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
  if (!is_ours) throw std::system_error(EPERM, std::generic_category(), folder + " is not this user's alone");
}

}  // namespace ropeway::launcher
