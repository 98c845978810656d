#include "launcher/src/control_path.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "tests/support/temporary_folder.hpp"

namespace {

using namespace ropeway::launcher;
using ropeway::testing::TemporaryFolder;

TEST_CASE("the automatic path is the same however a file is named, and another one for each file") {
  const std::string path = automatic_control_path("ropeway.json", "/srv/site");
  CHECK(automatic_control_path("/srv/site/ropeway.json", "/elsewhere") == path);
  CHECK(automatic_control_path("../site/./ropeway.json", "/srv/other") == path);
  CHECK(automatic_control_path("ropeway.json", "/srv/other") != path);
  CHECK(path.find("/ropeway-") != std::string::npos);
  CHECK(path.size() < 100);
  CHECK(automatic_control_path(std::string(300, 'x') + ".json", "/srv").size() < 100);  // of the 107 that a socket may have
}

TEST_CASE("the folder is made for this user alone, and nobody else's is used") {
  const TemporaryFolder folder;
  const std::string path = folder / "run/a.control";
  make_control_folder(path);
  make_control_folder(path);
  struct stat status{};
  REQUIRE(::stat((folder / "run").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0700);
  REQUIRE(::chmod((folder / "run").c_str(), 0777) == 0);
  CHECK_THROWS_AS(make_control_folder(path), std::system_error);
  std::filesystem::create_directory_symlink(folder / "run", folder / "link");
  CHECK_THROWS_AS(make_control_folder(folder / "link/a.control"), std::system_error);
  CHECK_THROWS_AS(make_control_folder(folder / "no/where/a.control"), std::system_error);
}

}  // namespace
