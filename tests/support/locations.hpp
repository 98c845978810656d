#pragma once

#include <string>
#include <string_view>

namespace ropeway::testing {

/// The root of the sources.
[[nodiscard]] std::string source_folder();

/// The path of the program under test.
[[nodiscard]] std::string program();

/// The path of the program whose handlers misbehave (tests/unruly).
[[nodiscard]] std::string unruly_program();

/// The path of a module for tests (tests/modules); `name` is that of its target.
[[nodiscard]] std::string test_module(std::string_view name);

/// The path of an example's program; `name` is that of its folder.
[[nodiscard]] std::string example_program(std::string_view name);

/// The path of the module `file` that the example in the folder `name` makes.
[[nodiscard]] std::string example_module(std::string_view name, std::string_view file);

}  // namespace ropeway::testing
