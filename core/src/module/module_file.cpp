#include "core/src/module/module_file.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <system_error>

#include <ropeway/module.hpp>

namespace ropeway::module {
namespace {

constexpr std::string_view mark = ROPEWAY_MODULE_MARK;
constexpr std::size_t longest_value = 1024;
constexpr std::size_t piece_size = std::size_t{256} * 1024;

// "/a/hello.so" -> "hello", "libhello.so.2" -> "libhello".
std::string stem_of(std::string_view path) {
  path.remove_prefix(path.rfind('/') + 1);  // npos + 1 is 0
  return std::string(path.substr(0, path.find(".so")));
}

// `text` is "tag\1Ropeway 0.1.0; ...": what stands between a mark and the zero behind it.
void take(ModuleFile& file, std::string_view text) {
  const std::size_t separator = text.find('\1');
  if (separator == std::string_view::npos) return;
  const std::string_view key = text.substr(0, separator);
  const std::string_view value = text.substr(separator + 1);
  if (key == "tag") file.tag = value;
  if (key == "name") file.name = value;
  if (key == "needs") file.needs.emplace_back(value);
}

// Takes what is marked in `bytes`; gives how many of them need not be seen again. At the end of the file nothing more comes.
std::size_t scan(std::string_view bytes, bool at_end, ModuleFile& file) {
  std::size_t done = 0;
  for (;;) {
    const void* found = ::memmem(bytes.data() + done, bytes.size() - done, mark.data(), mark.size());
    if (found == nullptr) return std::max(done, bytes.size() - std::min(bytes.size(), mark.size() - 1));
    const auto begin = static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
    const std::string_view rest = bytes.substr(begin + mark.size(), longest_value);
    const std::size_t end = rest.find('\0');
    if (end == std::string_view::npos && rest.size() < longest_value && !at_end) return begin;
    if (end != std::string_view::npos) take(file, rest.substr(0, end));
    done = begin + mark.size();
  }
}

std::vector<std::string_view> parts_of(std::string_view tag) {
  std::vector<std::string_view> parts;
  while (!tag.empty()) {
    const std::size_t end = std::min(tag.find("; "), tag.size());
    parts.push_back(tag.substr(0, end));
    tag.remove_prefix(std::min(end + 2, tag.size()));
  }
  return parts;
}

}  // namespace

ModuleFile read_module_file(const std::string& path) {
  const auto fail = [](int error) { throw std::system_error(error, std::generic_category()); };
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> stream(std::fopen(path.c_str(), "rb"), &std::fclose);
  if (!stream) fail(errno);
  ModuleFile file;
  std::string bytes;
  for (bool at_end = false; !at_end;) {
    const std::size_t before = bytes.size();
    bytes.resize(before + piece_size);
    const std::size_t count = std::fread(bytes.data() + before, 1, piece_size, stream.get());
    if (std::ferror(stream.get()) != 0) fail(errno);
    bytes.resize(before + count);
    at_end = count < piece_size;
    bytes.erase(0, scan(bytes, at_end, file));
  }
  if (file.name.empty()) file.name = stem_of(path);
  return file;
}

std::string_view program_tag() noexcept { return ROPEWAY_MODULE_TAG; }

std::string tag_difference(std::string_view module, std::string_view program) {
  if (module == program) return {};
  const std::vector<std::string_view> its = parts_of(module);
  const std::vector<std::string_view> ours = parts_of(program);
  std::string of_module;
  std::string of_program;
  for (std::size_t i = 0; i < std::max(its.size(), ours.size()); ++i) {
    if (i < its.size() && i < ours.size() && its[i] == ours[i]) continue;
    if (i < its.size()) of_module.append(of_module.empty() ? "" : ", ").append(its[i]);
    if (i < ours.size()) of_program.append(of_program.empty() ? "" : ", ").append(ours[i]);
  }
  const auto told = [](const std::string& parts) { return parts.empty() ? std::string("nothing more") : parts; };
  return "it was built for " + told(of_module) + ", and this program has " + told(of_program);
}

}  // namespace ropeway::module
