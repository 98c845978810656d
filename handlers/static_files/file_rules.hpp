#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <ropeway/config_node.hpp>
#include <ropeway/headers.hpp>
#include <ropeway/setting.hpp>

#include "handlers/field_options.hpp"

namespace ropeway::handlers {

/// Whether `text` is what `pattern` stands for: `*` for any run of characters, also none and also with "/", `?` for one, the rest for itself.
[[nodiscard]] bool matches_glob(std::string_view pattern, std::string_view text) noexcept;

/// Which further fields a file gets, by its path below the root: the options `headers`, `cache_control` and `rules`.
class FileRules {
 public:
  static constexpr std::int64_t most_rules = 64;

  /// The declarations of the three options.
  static void declare(Settings& settings);
  FileRules() = default;
  /// Throws `ConfigErrors` with the fields that cannot be sent or that the server itself sets.
  explicit FileRules(const ConfigNode& options);

  /// Which rules a file falls under; to be kept with it.
  using Matched = std::uint64_t;
  [[nodiscard]] Matched match(std::string_view path) const noexcept;
  /// Puts the fields of the option `headers` and of those rules; a later rule's field replaces an earlier one's. For `Cache-Control` the
  /// first rule that has one counts, then the option. `Vary` adds to what is there.
  void apply(Matched matched, Headers& headers) const;
  /// The fields of the option `headers` alone.
  void apply_to_all(Headers& headers) const;

 private:
  struct Rule {
    std::string pattern;
    bool whole_path = false;  // or the name alone
    std::string cache_control;
    FieldList fields;
  };
  std::string cache_control_;
  FieldList fields_;
  std::vector<Rule> rules_;
};

}  // namespace ropeway::handlers
