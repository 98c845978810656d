#include "launcher/src/symbols.hpp"

#include <cxxabi.h>
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "launcher/src/descriptor.hpp"

namespace ropeway::launcher {
namespace {

using SectionHeader = ElfW(Shdr);
using FileHeader = ElfW(Ehdr);
using SymbolEntry = ElfW(Sym);

struct Symbol {
  std::string name;  // mangled
  std::uint64_t offset = 0;
};

// A file, mapped.
class MappedFile {
 public:
  /// Nothing where the file has another inode; 0 is any.
  explicit MappedFile(const char* path, std::uint64_t inode) {
    const Descriptor file(::open(path, O_RDONLY | O_CLOEXEC));
    struct stat status{};
    if (!file || ::fstat(file.get(), &status) != 0 || status.st_size <= 0 || (inode != 0 && status.st_ino != inode)) return;
    const auto size = static_cast<std::size_t>(status.st_size);
    void* memory = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
    if (memory != MAP_FAILED) bytes_ = {static_cast<const std::byte*>(memory), size};
  }
  ~MappedFile() {
    if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
  }
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  /// `count` objects at `offset`; none where the file does not have all of them.
  template <class T>
  [[nodiscard]] std::span<const T> at(std::uint64_t offset, std::uint64_t count) const noexcept {
    const bool fits = offset <= bytes_.size() && offset % alignof(T) == 0 && count <= (bytes_.size() - offset) / sizeof(T);
    if (!fits) return {};
    return {reinterpret_cast<const T*>(bytes_.data() + offset), static_cast<std::size_t>(count)};
  }

 private:
  std::span<const std::byte> bytes_;
};

// The function of the file that has the virtual address `place`.
std::optional<Symbol> find_symbol(const char* path, std::uint64_t place, std::uint64_t inode = 0) {
  const MappedFile file(path, inode);
  const auto header = file.at<FileHeader>(0, 1);
  if (header.empty() || std::memcmp(header[0].e_ident, ELFMAG, SELFMAG) != 0 || header[0].e_shentsize != sizeof(SectionHeader)) return {};
  const auto sections = file.at<SectionHeader>(header[0].e_shoff, header[0].e_shnum);
  for (const SectionHeader& section : sections) {
    if (section.sh_type != SHT_SYMTAB || section.sh_link >= sections.size()) continue;
    const SectionHeader& names = sections[section.sh_link];
    const auto text = file.at<char>(names.sh_offset, names.sh_size);
    for (const SymbolEntry& entry : file.at<SymbolEntry>(section.sh_offset, section.sh_size / sizeof(SymbolEntry))) {
      const bool is_here = ELF64_ST_TYPE(entry.st_info) == STT_FUNC && place >= entry.st_value && place - entry.st_value < entry.st_size;
      if (!is_here || entry.st_name >= text.size()) continue;
      const auto name = text.subspan(entry.st_name);
      return Symbol{std::string(name.data(), ::strnlen(name.data(), name.size())), place - entry.st_value};
    }
  }
  return std::nullopt;
}

std::string with_offset(const std::string& name, std::uint64_t offset) {
  std::array<char, 24> text;
  std::snprintf(text.data(), text.size(), "0x%llx", static_cast<unsigned long long>(offset));
  return (name.empty() ? "" : name + "+") + text.data();
}

// "Handler::handle(Request const&)+0x1a (module.so+0x4321)"
std::string in_object(const observability::MappedObject& object, std::uint64_t address) {
  std::string path;
  for (const auto& letter : object.path) {
    if (letter == '\0') break;
    path += letter;
  }
  const std::uint64_t place = address - object.base;
  const std::string where = with_offset(std::filesystem::path(path).filename().string(), place);
  const auto symbol = find_symbol(path.c_str(), place, object.inode);
  return symbol ? with_offset(demangled(symbol->name), symbol->offset) + " (" + where + ")" : where;
}

observability::MappedObject* note_object(const dl_phdr_info& info, observability::MappedObject* object) {
  struct stat status{};
  const std::string_view path = info.dlpi_name == nullptr ? "" : info.dlpi_name;
  if (!path.starts_with('/') || path.size() > observability::MappedObject::longest_path || ::stat(info.dlpi_name, &status) != 0)
    return object;
  std::uint64_t begin = UINT64_MAX;
  std::uint64_t end = 0;
  for (const auto& header : std::span(info.dlpi_phdr, info.dlpi_phnum)) {
    if (header.p_type != PT_LOAD) continue;
    begin = std::min<std::uint64_t>(begin, info.dlpi_addr + header.p_vaddr);
    end = std::max<std::uint64_t>(end, info.dlpi_addr + header.p_vaddr + header.p_memsz);
  }
  for (std::size_t i = 0; i < path.size(); ++i) object->path[i] = path[i];
  object->path[path.size()] = '\0';
  object->begin = begin;
  object->base = info.dlpi_addr;
  object->inode = status.st_ino;
  object->end = end;
  return object + 1;
}

}  // namespace

std::string demangled(const std::string& symbol) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name(abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status), &std::free);
  return status == 0 ? name.get() : symbol;
}

std::optional<FilePlace> file_place(std::uint64_t address) {
  Dl_info info{};
  link_map* map = nullptr;
  const bool known = ::dladdr1(reinterpret_cast<void*>(address),  // NOLINT(performance-no-int-to-ptr): it is nothing but an address
                               &info, reinterpret_cast<void**>(&map), RTLD_DL_LINKMAP) != 0;
  if (!known || map == nullptr) return std::nullopt;
  FilePlace place;
  place.offset = address - map->l_addr;
  // The program itself has no name in the list.
  const bool is_program = map->l_name == nullptr || *map->l_name == '\0';
  std::error_code ignored;
  place.readable = is_program ? "/proc/" + std::to_string(::getpid()) + "/exe" : std::string(map->l_name);
  place.file = is_program ? std::filesystem::read_symlink(place.readable, ignored).string() : place.readable;
  if (info.dli_sname != nullptr) place.symbol = info.dli_sname;
  if (info.dli_sname != nullptr) place.behind = address - reinterpret_cast<std::uint64_t>(info.dli_saddr);
  return place;
}

void note_objects(std::span<observability::MappedObject> objects) {
  std::vector<dl_phdr_info> loaded;  // in the order in which they were
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* list) {
        static_cast<std::vector<dl_phdr_info>*>(list)->push_back(*info);
        return 0;
      },
      &loaded);
  for (auto& object : objects) object.end = 0;
  auto* place = objects.data();
  for (auto info = loaded.rbegin(); info != loaded.rend() && place != objects.data() + objects.size(); ++info)
    place = note_object(*info, place);
}

std::string describe_address(std::uint64_t address, std::span<const observability::MappedObject> others) {
  const auto place = file_place(address);
  if (!place) {
    const auto other = std::ranges::find_if(others, [&](const auto& object) { return address >= object.begin && address < object.end; });
    return other != others.end() ? in_object(*other, address) : with_offset("", address);
  }
  std::string where = with_offset(std::filesystem::path(place->file).filename().string(), place->offset);
  if (const auto symbol = find_symbol(place->readable.c_str(), place->offset)) {
    return with_offset(demangled(symbol->name), symbol->offset) + " (" + where + ")";
  }
  if (place->symbol.empty()) return where;
  return with_offset(demangled(place->symbol), place->behind) + " (" + where + ")";
}

}  // namespace ropeway::launcher
