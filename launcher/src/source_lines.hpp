#pragma once

#include <span>
#include <string>
#include <vector>

namespace ropeway::launcher {

/// A call, as the debug information has it.
struct SourceLine {
  std::string function;
  std::string file;   // "" where it is not known, and then there is no line either
  unsigned line = 0;  // from 1
};

/// The calls behind return addresses of this process, innermost first, those that were inlined among them. What needs debug information is asked
/// of addr2line, a program of binutils; where there is none, of the symbol table. Runs that program, and reads files.
[[nodiscard]] std::vector<SourceLine> source_lines(std::span<void* const> frames);

}  // namespace ropeway::launcher
