#include "handlers/static_files/file_options.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>

#include <ropeway/json_document.hpp>

#include <ropeway/media_type.hpp>

#include "handlers/field_options.hpp"
#include "handlers/root_option.hpp"

namespace ropeway::handlers {
namespace {

constexpr std::string_view own_charset = "; charset=utf-8";  // in the server's table, behind every type of text

[[nodiscard]] std::string lower_case(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char byte) { return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a') : byte; });
  return result;
}

[[nodiscard]] std::vector<std::string> roots_from(const ConfigNode& options) {
  return options.json("root").is_array() ? options.strings("root") : std::vector<std::string>{options.path("root")};
}

[[nodiscard]] std::vector<std::string> index_names(const ConfigNode& options) {
  std::vector<std::string> names = options.strings("index");
  MistakeCollector mistakes;
  for (const std::string& name : names) {
    const bool plain = !name.empty() && name != "." && name != ".." && name.find_first_of(std::string_view("/\0", 2)) == std::string::npos;
    mistakes.collect([&] {
      if (!plain) throw options.error("index", "\"" + name + "\" is no file name: write a plain name such as \"index.html\"");
    });
  }
  mistakes.throw_if_any();
  return names;
}

[[nodiscard]] std::vector<std::string> excluded_names(const ConfigNode& options) {
  std::vector<std::string> patterns = options.strings("exclude");
  for (std::string& pattern : patterns) {
    if (pattern.find('/') != std::string::npos)
      throw options.error("exclude", "\"" + pattern + "\": names alone are compared, so leave \"/\" out");
    pattern = lower_case(pattern);
  }
  return patterns;
}

/// A path below the root, for a file that the options name: also a dotfile.
[[nodiscard]] std::string path_below_root(const ConfigNode& options, std::string_view name) {
  std::string path = options.string(name);
  RelativePath checked;
  if (!checked.assign(path, RelativePath::Dotfiles::served) || path.ends_with('/')) {
    throw options.error(name, "\"" + path + "\" is no path of a file below the root, such as \"index.html\"");
  }
  return path;
}

[[nodiscard]] std::map<unsigned, std::string> error_pages_from(const ConfigNode& options) {
  std::map<unsigned, std::string> pages;
  const ConfigNode map = options.object("error_pages");
  MistakeCollector mistakes;
  for (const std::string& name : map.keys()) {
    mistakes.collect([&] {
      unsigned code = 0;
      const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), code);
      if (error != std::errc() || end != name.data() + name.size() || code < 400 || code > 599) {
        throw map.error(name, "write the status of an error, 400 to 599, such as \"404\"");
      }
      pages[code] = path_below_root(map, name);
      if (pages[code].empty()) throw map.error(name, "name a file below the root, such as \"404.html\"");
    });
  }
  mistakes.throw_if_any();
  return pages;
}

[[nodiscard]] std::vector<ContentCoding> codings_from(const ConfigNode& options) {
  std::vector<ContentCoding> codings;
  for (const std::string& name : options.strings("precompressed")) codings.push_back(*content_coding_from(name));
  return codings;
}

[[nodiscard]] FileCache::Limits limits_from(const ConfigNode& cache) {
  return {static_cast<std::size_t>(cache.integer("entries")), static_cast<std::size_t>(cache.integer("descriptors")), cache.size("bytes"),
          cache.size("file_bytes")};
}

}  // namespace

void MediaTypes::declare(Settings& settings) {
  settings.push_back(Setting::map("media_types",
                                  "Media types by extension (\"md\": \"text/markdown\"); they come before the server's own table.",
                                  Setting::string("type", "A media type.").at_least(1))
                         .by_default("{}"));
  settings.push_back(
      Setting::string("charset", "What types of text say about their encoding; nothing where empty.").by_default("\"utf-8\""));
}

MediaTypes::MediaTypes(const ConfigNode& options) : charset_(options.string("charset")) {
  MistakeCollector mistakes;
  mistakes.collect([&] { require_field_value(options, "charset", charset_); });
  const ConfigNode types = options.object("media_types");
  for (const std::string& name : types.keys()) {
    mistakes.collect([&] { add(types, name); });
  }
  mistakes.throw_if_any();
}

void MediaTypes::add(const ConfigNode& types, const std::string& name) {
  const std::string extension = lower_case(std::string_view(name).substr(name.starts_with('.') ? 1 : 0));
  if (extension.empty() || extension.find_first_of("./") != std::string::npos) {
    throw types.error(name, "write a file name's extension, what stands behind its last dot, such as \"md\"");
  }
  std::string type = types.string(name);
  require_field_value(types, name, type);
  if (type.find('/') == std::string::npos) throw types.error(name, "a media type has the form \"text/markdown\"");
  const bool lacks_charset = lower_case(type).starts_with("text/") && type.find(';') == std::string::npos;
  if (lacks_charset && !charset_.empty()) type += "; charset=" + charset_;
  if (!by_extension_.emplace(extension, std::move(type)).second) throw types.error(name, "this extension stands there twice");
}

std::string MediaTypes::of(std::string_view path) const {
  const std::string_view name = path.substr(path.rfind('/') + 1);  // npos + 1 is 0
  const std::size_t dot = name.rfind('.');
  if (dot != std::string_view::npos && dot != 0 && !by_extension_.empty()) {
    const auto found = by_extension_.find(lower_case(name.substr(dot + 1)));
    if (found != by_extension_.end()) return found->second;
  }
  std::string_view type = media_type_for(path);
  if (charset_ == "utf-8" || !type.ends_with(own_charset)) return std::string(type);
  type.remove_suffix(own_charset.size());
  return charset_.empty() ? std::string(type) : std::string(type) + "; charset=" + charset_;
}

Settings FileOptions::declared() {
  Settings settings{
      Setting::path("root",
                    "The folder that is served, or a list of folders that lie over each other: the first that has the file counts. "
                    "Where its name comes to stand for another folder, that one is served within a second.")
          .at_least(1)
          .or_as(Setting::list("root", "Folders.", Setting::path("root", "A folder.").at_least(1)).at_least(1).at_most(64))
          .required(),
      Setting::list("index", "Files that answer for their folder; the first that exists counts.", Setting::string("name", "A file name."))
          .by_default("[\"index.html\"]"),
      Setting::boolean("listing", "Show the files of a folder without an index file (JSON for `Accept: application/json`).")
          .by_default("false"),
      Setting::integer(
          "listings",
          "How many listings of more than 64 KiB are being sent at once in each worker; further ones are answered with status 503.")
          .at_least(1)
          .at_most(100'000)
          .by_default("64"),
      Setting::string("fallback",
                      "A file below the root (\"index.html\") that answers, with status 200, for paths that name nothing and whose last "
                      "segment has no dot: the page of a single-page application.")
          .by_default("\"\""),
      Setting::map("error_pages", "Files below the root that are the content of errors: {\"404\": \"404.html\"}.",
                   Setting::string("page", "A path below the root."))
          .by_default("{}"),
      Setting::boolean("dotfiles", "Serve files and folders whose names begin with a dot.").by_default("false"),
      Setting::list(
          "exclude",
          "Names of files that are not found, as patterns (`*` stands for any characters, `?` for one; case does not count): scripts "
          "that another handler of `try` runs, and whose source nobody is to see.",
          Setting::string("pattern", "A pattern of names, such as \"*.php\".").at_least(1))
          .by_default("[]"),
      Setting::boolean("follow_symlinks", "Follow symbolic links that lead out of the root. Those that stay inside always work.")
          .by_default("false"),
      Setting::list(
          "precompressed",
          "Codings whose files beside the original (`.br`, `.zst`, `.gz`) are sent to clients that want them; the first is preferred.",
          Setting::string("coding", "A content coding.").one_of({"br", "zstd", "gzip"}))
          .by_default("[]"),
      Setting::string("prefix", "What to remove from the front of the path, in a route without `{path...}`.").by_default("\"\""),
  };
  FileRules::declare(settings);
  MediaTypes::declare(settings);
  settings.push_back(
      Setting::object("cache", "Files that were asked for lately. A change of a file is seen at once all the same.",
                      {Setting::integer("entries", "How many files; 0 for none.").at_least(0).at_most(1'000'000).by_default("1024"),
                       Setting::integer("descriptors", "How many files are kept open.").at_least(0).at_most(1'000'000).by_default("256"),
                       Setting::size("bytes", "How much memory.").by_default("\"16M\""),
                       Setting::size("file_bytes", "Files up to this size are kept in memory, larger ones are kept open.")
                           .at_most(1 << 20)
                           .by_default("\"16k\"")})
          .by_default("{}"));
  return settings;
}

bool FileOptions::is_excluded(std::string_view path) const {
  if (exclude.empty()) return false;
  const std::string name = lower_case(path.substr(path.rfind('/') + 1));  // npos + 1 is 0
  return std::ranges::any_of(exclude, [&name](const std::string& pattern) { return matches_glob(pattern, name); });
}

FileOptions::FileOptions(const ConfigNode& options, MistakeCollector& mistakes)
    : roots(roots_from(options)),
      links(options.boolean("follow_symlinks") ? Root::Links::followed : Root::Links::confined),
      index(mistakes.collect([&] { return index_names(options); })),
      listing(options.boolean("listing")),
      exclude(mistakes.collect([&] { return excluded_names(options); })),
      dotfiles(options.boolean("dotfiles") ? RelativePath::Dotfiles::served : RelativePath::Dotfiles::hidden),
      fallback(mistakes.collect([&] { return path_below_root(options, "fallback"); })),
      error_pages(mistakes.collect([&] { return error_pages_from(options); })),
      precompressed(codings_from(options)),
      prefix(mistakes.collect([&] { return prefix_from(options); })),
      rules(mistakes.collect([&] { return FileRules(options); })),
      media_types(mistakes.collect([&] { return MediaTypes(options); })),
      cache(limits_from(options.object("cache"))) {}

}  // namespace ropeway::handlers
