#include "core/src/module/module_loader.hpp"

#include <doctest/doctest.h>

#include <filesystem>

#include "core/src/module/module_file.hpp"
#include "tests/support/temporary_folder.hpp"

namespace module_loader_test {

using namespace ropeway::module;
using ropeway::ConfigError;
using ropeway::config::ModuleConfig;
using ropeway::testing::TemporaryFolder;

namespace {

std::string tagged(const std::string& name) {
  return "\1ropeway-module\1tag\1" + std::string(program_tag()) + '\0' + "\1ropeway-module\1name\1" + name + '\0';
}

std::vector<std::string> mistakes(const std::vector<std::string>& files) {
  std::vector<ModuleConfig> modules;
  for (const std::string& file : files) modules.push_back({file, "/modules/" + std::to_string(modules.size())});
  NamedRegistry registry;
  std::vector<std::string> words;
  for (const ConfigError& error : load_modules(modules, registry)) words.push_back(error.pointer() + ": " + error.what());
  CHECK(registry.handlers().empty());
  return words;
}

}  // namespace

TEST_CASE("what can be told of files without loading them is told of all of them at once") {
  const TemporaryFolder folder;
  const std::string text = folder.write("text.so", "no module");
  const std::string old = folder.write("old.so", std::string("\1ropeway-module\1tag\1Ropeway 0.0.1; module ABI 1") + '\0');
  const std::string broken = folder.write("broken.so", tagged("broken"));
  const std::string other = folder.write("other.so", tagged("broken"));
  std::filesystem::create_symlink("broken.so", folder / "link.so");
  const auto told = mistakes({text, old, broken, folder / "link.so", other, folder / "none.so"});
  REQUIRE(told.size() == 6);
  CHECK(told[0] == "/modules/0: \"" + text +
                       "\" is no Ropeway module: it has no ROPEWAY_MODULE. A module is built with ropeway_add_module (docs/modules.md)");
  CHECK(told[1].starts_with("/modules/1: \"" + old +
                            "\" does not fit this program: it was built for Ropeway 0.0.1, and this program has Ropeway "));
  CHECK(told[1].ends_with(". Build it again with this program's headers, compiler and flags"));
  CHECK(told[2] == "/modules/3: \"" + (folder / "link.so") + "\" is listed twice, first at /modules/2: remove one");
  CHECK(told[3] == "/modules/4: \"" + other + "\" calls itself \"broken\", as \"" + broken +
                       "\" does: give one of them another name (ROPEWAY_MODULE_NAME)");
  CHECK(told[4] == "/modules/5: \"" + (folder / "none.so") + "\" cannot be read: No such file or directory");
  CHECK(told[5].starts_with("/modules/2: \"" + broken + "\" cannot be loaded: "));  // it has marks, and is no shared object
}

TEST_CASE("a message of the dynamic linker becomes a sentence with the remedy") {
  CHECK(explain_linker("/x/a.so: undefined symbol: _ZN8accounts5ownerEi", true) ==
        "nothing defines \"accounts::owner(int)\". Link the module with what does, or name the module that does with ROPEWAY_MODULE_NEEDS");
  CHECK(explain_linker("/x/a.so: undefined symbol: _ZNK7ropeway8Response6statusEv, version V", true) ==
        "nothing defines \"ropeway::Response::status() const\", not this program either: call ropeway_exports(TARGET) in its "
        "CMakeLists.txt and build it again");
  CHECK(explain_linker("/x/a.so: undefined symbol: anything", false) ==
        "nothing defines \"anything\". This program shows modules none of its symbols: call ropeway_exports(TARGET) in its CMakeLists.txt "
        "and build it again");
  CHECK(explain_linker("libgone.so.1: cannot open shared object file: No such file or directory", true) ==
        "it needs the library \"libgone.so.1\", which is not found. Install it, or link the module with an rpath to it");
  CHECK(explain_linker("/x/a.so: file too short", true) == "/x/a.so: file too short");
}

}  // namespace module_loader_test
