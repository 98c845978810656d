#pragma once

#include <chrono>
#include <cstdint>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>

#include <sys/stat.h>

#include <ropeway/body.hpp>
#include <ropeway/content_coding.hpp>
#include <ropeway/file_response.hpp>

#include "handlers/file_identity.hpp"
#include "handlers/static_files/file_rules.hpp"

namespace ropeway::handlers {

/// Some of the content codings.
class CodingSet {
 public:
  void add(ContentCoding coding) noexcept { bits_ = static_cast<std::uint8_t>(bits_ | 1U << static_cast<unsigned>(coding)); }
  [[nodiscard]] bool contains(ContentCoding coding) const noexcept { return (bits_ >> static_cast<unsigned>(coding) & 1U) != 0; }
  [[nodiscard]] bool empty() const noexcept { return bits_ == 0; }

 private:
  std::uint8_t bits_ = 0;
};

/// What the name of a sibling in that coding ends in: ".br", ".zst", ".gz".
[[nodiscard]] std::string_view sibling_suffix(ContentCoding coding) noexcept;

/// A regular file, ready to be answered with. Immutable; shared by the cache and by the responses that send from it.
struct ServedFile {
  FileIdentity identity;
  std::uint64_t size;
  std::chrono::system_clock::time_point modified;
  std::string etag;  // with its quotes
  std::string media_type;
  std::shared_ptr<const OpenFile> file;  // of a large file
  std::string bytes;                     // of a small one, which needs no descriptor
  bool is_small;
  CodingSet siblings;                              // the codings in which it also stands beside itself; empty where nobody asked
  FileRules::Matched rules;                        // those that it falls under
  bool settled;                                    // old enough when it was read that a later change must change the identity too
  std::chrono::steady_clock::time_point resolved;  // when its name was resolved below the root
};

/// The moment at which a file is loaded, on both clocks.
struct Moment {
  std::chrono::system_clock::time_point calendar;
  std::chrono::steady_clock::time_point steady;
};

/// What a file's name says about it.
struct NameFacts {
  std::string media_type;
  CodingSet siblings;
  FileRules::Matched rules = 0;
};

/// Reads what there is to know about `file`; up to `small_bytes` also its content. `facts` go into the result.
/// `now` must have been taken before the call. Gives nullptr, with errno set, where the file cannot be read; EISDIR for a folder.
[[nodiscard]] std::shared_ptr<const ServedFile> load_file(std::shared_ptr<const OpenFile> file, std::uint64_t small_bytes, Moment now,
                                                          NameFacts facts = {});

/// The response to `request` for it: 200, or what its conditions and ranges ask for. `media_type` is that of the content.
[[nodiscard]] Response respond_with(const Request& request, const std::shared_ptr<const ServedFile>& served, std::string_view media_type);

}  // namespace ropeway::handlers
