#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <ropeway/setting.hpp>

#include "core/src/config/environment.hpp"
#include "core/src/config/server_config.hpp"

namespace ropeway::config {

/// A mistake in a configuration file, ready to be shown.
struct Diagnostic {
  std::string file;        // "environment" for a mistake in a variable
  std::size_t line = 0;    // from 1; 0 where the mistake has no place in the text
  std::size_t column = 0;  // from 1, in bytes
  std::string pointer;     // RFC 6901
  std::string message;     // what is wrong, what was expected, and "did you mean"
  std::string excerpt;     // the line of the file, with a caret under the column; "" without a place
  /// "ropeway.json:3:5: error: ..." with the excerpt below.
  [[nodiscard]] std::string text() const;
};

/// What the loader must know about handlers and middlewares: which there are, and which settings each has.
struct Catalogue {
  struct Entry {
    std::string name;
    Settings settings;
  };
  std::vector<Entry> handlers;
  std::vector<Entry> middlewares;
  std::vector<Entry> stream_handlers{};
  /// There may be others, which are not known: a name that is not here is no mistake, and its options are as they were written.
  bool open = false;
  std::string hint{};  // about a name that is not here; empty: the names that are
};

/// The outcome: a configuration, or every mistake that was found.
struct Loaded {
  std::shared_ptr<const ConfigNode::Document> document;  // of `config`: for `changes_between`
  std::shared_ptr<const ServerConfig> config;            // nullptr where there are diagnostics
  std::vector<Diagnostic> diagnostics;
  std::size_t untold = 0;  // mistakes beyond the first hundred of a kind
  /// Where there are diagnostics: the rest, so that constructors of handlers can be tried, too. Faulty routes are left out, other
  /// settings with a mistake have their default. nullptr where the text is no JSON object. Not to be served.
  std::shared_ptr<const ServerConfig> sound;
};

/// The text of a file: 16 MiB and a little at most, which `load` refuses as too large.
struct FileText {
  std::string text;
  int error = 0;  // `errno` where it could not be read
};
[[nodiscard]] FileText read_text(const std::string& file);

/// Reads `text` (JSON, RFC 8259, with // and /* */ comments; `file` is its name for messages and the folder of relative paths). Finds
/// all mistakes at once (the first hundred): syntax, duplicate and unknown keys, types, ranges, addresses, unknown handlers, options of
/// each handler. Opens nothing. Variables of `environment` (ROPEWAY_THREADS, ROPEWAY_LIMITS_BODY_BYTES) override what the text says.
/// Whatever the text, it does not throw; a catalogue with a default that its own setting refuses is `std::logic_error`.
[[nodiscard]] Loaded load(std::string_view text, const std::string& file, const Catalogue& catalogue, const Environment& environment = {});

/// A mistake found later (a handler's constructor threw `ConfigError`), with its place in the text.
[[nodiscard]] Diagnostic locate(const ConfigError& error, std::string_view text, const std::string& file);
/// All that is wrong, as a person wants to see it: in the order of the text, a hundred at most, and how many more there are.
[[nodiscard]] std::string report(std::vector<Diagnostic> diagnostics, std::size_t untold);

/// The JSON Schema (draft 2020-12) of the whole configuration.
[[nodiscard]] std::string schema(const Catalogue& catalogue);
/// `docs/configuration.md`, from the same declarations.
[[nodiscard]] std::string reference_page(const Catalogue& catalogue);

}  // namespace ropeway::config
