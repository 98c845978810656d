#include "core/src/http/path.hpp"

#include <bit>

#include "core/src/http/percent_encoding.hpp"
#include "core/src/http/word.hpp"

namespace ropeway::http {
namespace {

// Ends the last segment of `path`, which begins behind the slash at `slash`. A dot segment goes, and ".." takes the one before with it.
// Only the slash is left of them: what follows is either another slash, which takes its place, or the end.
bool end_segment(std::string& path, std::size_t slash) noexcept {
  const std::string_view segment = std::string_view(path).substr(slash + 1);
  if (segment == ".") {
    path.resize(slash);
  } else if (segment == "..") {
    if (slash == 0) return false;  // above the root
    path.resize(path.rfind('/', slash - 1));
  }
  return true;
}

}  // namespace

bool is_plain_path(std::string_view raw) noexcept {
  std::size_t i = 0;
  if constexpr (std::endian::native == std::endian::little) {
    Word slash_before = 0;  // whether the byte in front of the word is a slash, at the place of the word's first byte
    for (; i + sizeof(Word) <= raw.size(); i += sizeof(Word)) {
      const Word word = load_word(raw.data() + i);
      const Word slashes = bytes_equal(word, '/');
      const Word dots_behind_slash = bytes_equal(word, '.') & (slashes << 8 | slash_before);
      if ((bytes_equal(word, '%') | bytes_equal(word, '\0') | dots_behind_slash) != 0) return false;
      slash_before = slashes >> 56;
    }
  }
  for (char before = i > 0 ? raw[i - 1] : '\0'; i < raw.size(); before = raw[i++]) {
    if (raw[i] == '%' || raw[i] == '\0' || (raw[i] == '.' && before == '/')) return false;
  }
  return true;
}

bool normalise_path(std::string_view raw, std::string& path, RepeatedSlashes slashes) {
  path.clear();
  path.reserve(raw.size() + 1);
  std::size_t slash = 0;  // in front of the segment that is being written
  for (std::size_t i = 0; i < raw.size(); ++i) {
    char byte = raw[i];
    if (byte == '/') {
      if (slashes != RepeatedSlashes::keep && i > 0 && raw[i - 1] == '/') {
        if (slashes == RepeatedSlashes::refuse) return false;
        continue;
      }
      if (!path.empty() && !end_segment(path, slash)) return false;
      slash = path.size();
    } else if (byte == '%') {
      const int value = escaped_byte(raw, i);
      if (value <= 0) return false;
      if (value == '/') {
        path.append(raw.substr(i, 3));
        i += 2;
        continue;
      }
      byte = static_cast<char>(value);
      i += 2;
    } else if (byte == '\0') {
      return false;
    }
    path.push_back(byte);
  }
  // A dot segment at the end leaves the slash: "/a/." is "/a/" and "/a/b/.." is "/a/".
  const std::size_t written = path.size();
  if (!end_segment(path, slash)) return false;
  if (path.size() != written) path.push_back('/');
  return true;
}

std::string_view path_fault(std::string_view raw, RepeatedSlashes slashes) noexcept {
  if (slashes == RepeatedSlashes::refuse && raw.find("//") != std::string_view::npos) return "The path has slashes side by side.";
  if (raw.find('\0') != std::string_view::npos || raw.find("%00") != std::string_view::npos) return "The path holds a NUL.";
  for (std::size_t at = raw.find('%'); at != std::string_view::npos; at = raw.find('%', at + 1)) {
    if (escaped_byte(raw, at) < 0) return "The path has a malformed escape.";
  }
  return "The path leads above the root.";
}

}  // namespace ropeway::http
