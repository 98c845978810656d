#include "handlers/file_identity.hpp"

#include <array>
#include <charconv>
#include <cstdint>

namespace ropeway::handlers {

std::chrono::system_clock::time_point time_of(const timespec& time) {
  using std::chrono::system_clock;
  return system_clock::time_point(
      std::chrono::duration_cast<system_clock::duration>(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec)));
}

// "inode-mtime-size", in hexadecimal
std::string etag_of(const FileIdentity& identity) {
  const auto nanoseconds =
      static_cast<std::uint64_t>(identity.modified.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(identity.modified.tv_nsec);
  std::string etag = "\"";
  for (const std::uint64_t part : {static_cast<std::uint64_t>(identity.inode), nanoseconds, static_cast<std::uint64_t>(identity.size)}) {
    if (etag.size() > 1) etag += '-';
    std::array<char, 16> digits;
    etag.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), part, 16).ptr);
  }
  return etag += '"';
}

}  // namespace ropeway::handlers
