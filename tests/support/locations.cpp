#include "tests/support/locations.hpp"

namespace ropeway::testing {

// The only source that knows paths of the machine, so that every other compiles to the same everywhere and comes from a compiler cache.
std::string source_folder() { return ROPEWAY_SOURCE_DIR; }

std::string program() { return ROPEWAY_PROGRAM; }

std::string unruly_program() { return ROPEWAY_UNRULY; }

std::string test_module(std::string_view name) { return std::string(ROPEWAY_MODULES_DIR).append("/").append(name).append(".so"); }

std::string example_program(std::string_view name) {
  return std::string(ROPEWAY_EXAMPLES_DIR).append("/").append(name).append("/").append(name);
}

std::string example_module(std::string_view name, std::string_view file) {
  return std::string(ROPEWAY_EXAMPLES_DIR).append("/").append(name).append("/").append(file);
}

}  // namespace ropeway::testing
