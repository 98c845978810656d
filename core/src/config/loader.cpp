#include "core/src/config/loader.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <tuple>
#include <utility>

#include <ropeway/json_document.hpp>

#include "core/src/config/components.hpp"
#include "core/src/config/document.hpp"
#include "core/src/config/group.hpp"
#include "core/src/config/printable.hpp"
#include "core/src/config/settings.hpp"
#include "core/src/config/soundness.hpp"
#include "core/src/config/source_map.hpp"
#include "core/src/config/validate.hpp"

namespace ropeway::config {
namespace {

/// A configuration's text under the name that messages call it by.
struct NamedText {
  std::string_view text;
  const std::string& file;

  [[nodiscard]] Diagnostic at(std::size_t offset, std::string pointer, std::string message) const {
    const LineColumn place = line_and_column(text, offset);
    return {file, place.line, place.column, std::move(pointer), std::move(message), excerpt(text, offset)};
  }
};

/// Where to point for a mistake in a value. Options that are not written are shown at the name of what lacks them.
std::size_t offset_of(const SourceMap& map, const ValueMistake& mistake) {
  if (mistake.at == ValueMistake::At::key) return map.key(mistake.pointer);
  constexpr std::string_view options = "/options";
  const std::size_t found = mistake.pointer.rfind(options);
  if (found == std::string::npos || map.contains(mistake.pointer.substr(0, found + options.size()))) return map.value(mistake.pointer);
  const std::string component = mistake.pointer.substr(0, found);
  for (const char* name : {"handler", "name"}) {
    if (map.contains(pointer_to(component, name))) return map.value(pointer_to(component, name));
  }
  return map.value(component);
}

void sort_by_place(std::vector<Diagnostic>& diagnostics) {
  std::stable_sort(diagnostics.begin(), diagnostics.end(), [](const Diagnostic& left, const Diagnostic& right) {
    return std::tuple(left.line == 0, left.line, left.column) < std::tuple(right.line == 0, right.line, right.column);
  });
}

/// Applies the environment and checks the meaning of what came from there; returns what was refused.
std::vector<std::string> override_settings(nlohmann::json& root, const Environment& environment) {
  std::vector<std::string> refused = apply_environment(root, server_settings(), environment);
  const std::string name = variable_name("/server_name");
  if (!environment || environment(name.c_str()) == nullptr) return refused;
  ConfigNode::Document scratch;
  Validator validator(scratch);
  check_server_name(root, validator);
  for (const ValueMistake& mistake : validator.mistakes()) refused.push_back(name + ": " + mistake.message);
  return refused;
}

}  // namespace

std::string Diagnostic::text() const {
  std::string result = printable(file) + ":";
  if (line != 0) result += std::to_string(line) + ":" + std::to_string(column) + ":";
  result += " error: " + printable(message);
  for (std::string_view rest = excerpt; !rest.empty();) {
    const std::string_view shown = rest.substr(0, rest.find('\n'));
    result += "\n  " + std::string(shown);
    rest.remove_prefix(std::min(shown.size() + 1, rest.size()));
  }
  return result;
}

FileText read_text(const std::string& file) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> stream(std::fopen(file.c_str(), "rb"), &std::fclose);
  if (!stream) return {{}, errno};
  FileText result;
  constexpr std::size_t step = 64 * 1024;
  while (result.text.size() <= largest_text) {
    const std::size_t before = result.text.size();
    result.text.resize(before + step);
    const std::size_t count = std::fread(result.text.data() + before, 1, step, stream.get());
    const int error = errno;
    result.text.resize(before + count);
    if (std::ferror(stream.get()) != 0) return {{}, error};
    if (count < step) break;
  }
  return result;
}

Loaded load(std::string_view text, const std::string& file, const Catalogue& catalogue, const Environment& environment) {
  const NamedText named{text, file};
  Loaded loaded;
  Source source = read_source(text);
  for (TextMistake& mistake : source.mistakes) {
    loaded.diagnostics.push_back(named.at(mistake.offset, std::move(mistake.pointer), std::move(mistake.message)));
  }
  if (!source.value) {
    sort_by_place(loaded.diagnostics);
    return loaded;
  }

  auto document = std::make_shared<ConfigNode::Document>();
  document->folder = folder_of(file);
  document->root = std::move(*source.value);
  Validator validator(*document);
  validator.check(document->root, server_settings(), "");
  std::vector<std::string> refused;
  if (document->root.is_object()) {
    check_components(document->root, catalogue, validator);
    check_groups(document->root, validator);
    check_route_names(document->root, validator);
    check_addresses(document->root, document->folder, validator);
    check_processes(document->root, validator);
    check_affinity(document->root, validator);
    check_trusted_proxies(document->root, validator);
    check_server_name(document->root, validator);
    refused = override_settings(document->root, environment);
  }
  for (const ValueMistake& mistake : validator.mistakes()) {
    loaded.diagnostics.push_back(named.at(offset_of(source.map, mistake), mistake.pointer, mistake.message));
  }
  for (std::string& sentence : refused) loaded.diagnostics.push_back({"environment", 0, 0, {}, std::move(sentence), {}});
  sort_by_place(loaded.diagnostics);
  loaded.untold = validator.untold();
  if (loaded.diagnostics.empty()) {
    loaded.config = server_config(document, {});
    loaded.document = std::move(document);
  } else if (document->root.is_object() && loaded.untold == 0) {
    const Faults faults(validator.mistakes());
    replace_faulty(document->root, server_settings(), faults, validator);
    loaded.sound = server_config(std::move(document), faults);
  }
  return loaded;
}

Diagnostic locate(const ConfigError& error, std::string_view text, const std::string& file) {
  const Source source = read_source(text);
  if (!source.value) return {file, 0, 0, error.pointer(), error.what(), {}};
  const ValueMistake mistake{error.pointer(), error.what(), ValueMistake::At::value};
  return NamedText{text, file}.at(offset_of(source.map, mistake), error.pointer(), error.what());
}

std::string report(std::vector<Diagnostic> diagnostics, std::size_t untold) {
  sort_by_place(diagnostics);
  if (diagnostics.size() > most_mistakes) {
    untold += diagnostics.size() - most_mistakes;
    diagnostics.resize(most_mistakes);
  }
  std::string result;
  for (const Diagnostic& diagnostic : diagnostics) result += diagnostic.text() + '\n';
  if (untold > 0) result += "and " + std::to_string(untold) + (untold == 1 ? " mistake" : " mistakes") + " more\n";
  return result;
}

}  // namespace ropeway::config
