#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "core/src/observability/scoreboard.hpp"

namespace ropeway::launcher {

/// A symbol's or a type's name as it stands in a source; as it is where it is none of C++.
[[nodiscard]] std::string demangled(const std::string& symbol);

/// Where in a file an address of this process's memory comes from.
struct FilePlace {
  std::string file;          // its name
  std::string readable;      // a path that leads to it also where the program's own file has been replaced since; for any process
  std::uint64_t offset = 0;  // the address in the file's own terms
  std::string symbol;        // mangled, of those that other files can see; "" for none
  std::uint64_t behind = 0;  // how far the address is behind it
};
/// Nothing where no file is mapped.
[[nodiscard]] std::optional<FilePlace> file_place(std::uint64_t address);

/// Where an address of this process's memory is: "Handler::handle(Request const&)+0x1a (program+0x4321)", only the part in parentheses where
/// the file has no symbol for it, and only the number where no file is mapped there, and none of `others` has been. Reads the symbol table of the file, which also has
/// functions that other files cannot see; a stripped file has none. Allocates and reads files: not for signal handlers.
[[nodiscard]] std::string describe_address(std::uint64_t address, std::span<const observability::MappedObject> others = {});

/// Writes down the files that this process has loaded last, as many as there is room for in `objects`: another process knows then what an address here means.
void note_objects(std::span<observability::MappedObject> objects);

}  // namespace ropeway::launcher
