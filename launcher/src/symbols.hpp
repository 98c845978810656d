#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "core/src/observability/scoreboard.hpp"

namespace ropeway::launcher {

/// Where an address of this process's memory is: "Handler::handle(Request const&)+0x1a (program+0x4321)", only the part in parentheses where
/// the file has no symbol for it, and only the number where no file is mapped there, and none of `others` has been. Reads the symbol table of the file, which also has
/// functions that other files cannot see; a stripped file has none. Allocates and reads files: not for signal handlers.
[[nodiscard]] std::string describe_address(std::uint64_t address, std::span<const observability::MappedObject> others = {});

/// Writes down the files that this process has loaded last, as many as there is room for in `objects`: another process knows then what an address here means.
void note_objects(std::span<observability::MappedObject> objects);

}  // namespace ropeway::launcher
