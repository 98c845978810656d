#include "core/src/http/mime_types_file.hpp"

#include <algorithm>

#include "core/src/http/field_value.hpp"

namespace ropeway::http {
namespace {

// The next word of `line`, which moves behind it.
std::string_view take_word(std::string_view& line) noexcept {
  line.remove_prefix(std::min(line.find_first_not_of(" \t\r"), line.size()));
  const std::string_view word = line.substr(0, line.find_first_of(" \t\r"));
  line.remove_prefix(word.size());
  return word;
}

bool is_media_type(std::string_view text) noexcept {
  const std::size_t slash = text.find('/');
  return slash != std::string_view::npos && is_token(text.substr(0, slash)) && is_token(text.substr(slash + 1));
}

}  // namespace

MediaTypes parse_mime_types(std::string_view text) {
  MediaTypes types;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    line = line.substr(0, line.find('#'));
    const std::string_view name = take_word(line);
    if (!is_media_type(name)) continue;
    std::string type(name);
    if (name.starts_with("text/")) type += "; charset=utf-8";
    while (true) {
      std::string extension(take_word(line));
      if (extension.empty()) break;
      for (char& byte : extension) byte = byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte | 0x20) : byte;
      types.emplace(std::move(extension), type);
    }
  }
  return types;
}

}  // namespace ropeway::http
