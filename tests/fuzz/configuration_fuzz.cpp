// Whatever the text, loading it gives a configuration or diagnostics, never an exception, and each diagnostic points into the text.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "tests/core/config/sample_catalogue.hpp"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

/// Whether line and column are those of a byte of `text`, or of the place just behind a line.
bool is_inside(std::string_view text, std::size_t line, std::size_t column) {
  while (line > 1) {
    const std::size_t newline = text.find('\n');
    if (newline == std::string_view::npos) return false;
    text.remove_prefix(newline + 1);
    --line;
  }
  return line == 1 && column >= 1 && column <= text.substr(0, text.find('\n')).size() + 1;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const ropeway::config::Catalogue catalogue = ropeway::config::sample_catalogue();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const ropeway::config::Loaded loaded = ropeway::config::load(text, "ropeway.json", catalogue);
  require((loaded.config != nullptr) == loaded.diagnostics.empty());
  std::size_t line = 1;
  for (const ropeway::config::Diagnostic& diagnostic : loaded.diagnostics) {
    require(is_inside(text, diagnostic.line, diagnostic.column));
    require(diagnostic.line >= line && !diagnostic.message.empty() && !diagnostic.text().empty());
    line = diagnostic.line;
  }
  return 0;
}
