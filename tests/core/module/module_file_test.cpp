#include "core/src/module/module_file.hpp"

#include <doctest/doctest.h>

#include <system_error>

#include "tests/support/temporary_folder.hpp"

namespace module_file_test {

using namespace ropeway::module;
using ropeway::testing::TemporaryFolder;

namespace {

std::string marked(const std::string& key, const std::string& value) { return "\1ropeway-module\1" + key + "\1" + value + '\0'; }

}  // namespace

TEST_CASE("a file tells its tag, its name and whom it needs, wherever that stands in it") {
  const TemporaryFolder folder;
  const std::string marks = marked("tag", "Ropeway 9") + marked("needs", "a") + "between" + marked("needs", "b") + marked("name", "me");
  for (const std::size_t before : {0, 1, 1000, 256 * 1024 - 60, 256 * 1024 - 20, 256 * 1024 - 8, 256 * 1024, 700'001}) {
    CAPTURE(before);
    const ModuleFile file = read_module_file(folder.write("x.so", std::string(before, '\1') + marks + std::string(300, 'x')));
    CHECK(file.tag == "Ropeway 9");
    CHECK(file.name == "me");
    CHECK(file.needs == std::vector<std::string>{"a", "b"});
  }
}

TEST_CASE("the name of a module is that of its file, where it says no other") {
  const TemporaryFolder folder;
  for (const auto& [file, name] :
       {std::pair{"hello.so", "hello"}, {"libhello.so.2", "libhello"}, {"plain", "plain"}, {"a.so.d/b.so", "b"}}) {
    CHECK(read_module_file(folder.write(file, marked("tag", "t"))).name == name);
  }
}

TEST_CASE("what only looks like a mark says nothing") {
  const TemporaryFolder folder;
  const std::string mark = "\1ropeway-module\1";
  for (const std::string& content :
       {std::string(), std::string("ropeway-module tag Ropeway"), mark, mark + "tag", mark + "tag\1no end", mark + "tag" + '\0' + "x",
        mark + "tag\1" + std::string(2000, 'x') + '\0', mark + "other\1x" + '\0', std::string("\\1ropeway-module\\1tag\\1x") + '\0'}) {
    CAPTURE(content.size());
    CHECK(read_module_file(folder.write("x.so", content)).tag.empty());
  }
  CHECK_THROWS_AS((void)read_module_file(folder / "none.so"), std::system_error);
  CHECK_THROWS_AS((void)read_module_file(folder / "."), std::system_error);
}

TEST_CASE("of two tags, the parts that are not the same are told") {
  CHECK(tag_difference("Ropeway 1; Asio 2; none", "Ropeway 1; Asio 2; none").empty());
  CHECK(tag_difference("Ropeway 1; Asio 3; none", "Ropeway 1; Asio 2; none") == "it was built for Asio 3, and this program has Asio 2");
  CHECK(tag_difference("Ropeway 2; Asio 3", "Ropeway 1; Asio 2; none") ==
        "it was built for Ropeway 2, Asio 3, and this program has Ropeway 1, Asio 2, none");
  CHECK(tag_difference("Ropeway 1; a", "Ropeway 1") == "it was built for a, and this program has nothing more");
  CHECK(program_tag().starts_with("Ropeway "));
}

}  // namespace module_file_test
