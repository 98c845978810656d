#include "launcher/src/pid_file.hpp"

#include <doctest/doctest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "tests/support/temporary_folder.hpp"

namespace pid_file_test {
namespace {

using namespace ropeway::launcher;
using ropeway::testing::read_file;
using ropeway::testing::TemporaryFolder;
namespace fs = std::filesystem;

const std::string my_number = std::to_string(::getpid()) + "\n";

std::string refusal(const std::string& path) {
  try {
    const PidFile file(path);
  } catch (const std::runtime_error& error) { return error.what(); }
  return "";
}

bool mentions(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::size_t files_in(const TemporaryFolder& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()));
}

}  // namespace

TEST_CASE("a pid file holds the process number, can be read by all, and goes with its owner") {
  const TemporaryFolder folder;
  const std::string path = folder / "server.pid";
  {
    const PidFile file(path);
    CHECK(read_file(path) == my_number);
    CHECK(file.is_there());
    CHECK(files_in(folder) == 1);
  }
  CHECK_FALSE(fs::exists(path));
}

TEST_CASE("a stale pid file, also of a process that lives, is replaced; one that is locked names its process") {
  const TemporaryFolder folder;
  const std::string path = folder.write("server.pid", "1\n");
  std::optional<PidFile> first(path);
  CHECK(read_file(path) == my_number);
  CHECK(mentions(refusal(path), "is that of a server that runs, process " + std::to_string(::getpid()) + ";"));
  CHECK(read_file(path) == my_number);
  first.reset();
  CHECK(refusal(path) == "");
}

TEST_CASE("what is no pid file is left alone") {
  const TemporaryFolder folder;
  const std::string text = folder.write("ropeway.json", "{}");
  CHECK(mentions(refusal(text), "holds no process number"));
  CHECK(read_file(text) == "{}");
  const std::string number = folder.write("number", "123456789012345678901234567890");
  CHECK(mentions(refusal(number), "holds no process number"));
  fs::create_symlink(folder / "elsewhere", folder / "link");
  CHECK(mentions(refusal(folder / "link"), "is a link"));
  fs::create_directory(folder / "folder");
  CHECK(refusal(folder / "folder") != "");
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK(refusal(folder / "pipe") != "");
  CHECK(mentions(refusal(folder / "none/server.pid"), "cannot be written"));
  CHECK(files_in(folder) == 5);
}

TEST_CASE("a pid file that is somebody else's by now is not removed") {
  const TemporaryFolder folder;
  const std::string path = folder / "server.pid";
  {
    const PidFile file(path);
    fs::remove(path);
    folder.write("server.pid", "4711\n");
    CHECK_FALSE(file.is_there());
  }
  CHECK(read_file(path) == "4711\n");
}

TEST_CASE("a child that has the object does not remove the file") {
  const TemporaryFolder folder;
  const std::string path = folder / "server.pid";
  auto file = std::make_optional<PidFile>(path);
  const pid_t child = ::fork();
  if (child == 0) {
    file.reset();
    ::_exit(0);
  }
  REQUIRE(::waitpid(child, nullptr, 0) == child);
  CHECK(read_file(path) == my_number);
}

TEST_CASE("one that was passed on changes when it is published, and the former owner leaves it alone") {
  const TemporaryFolder folder;
  const std::string path = folder / "server.pid";
  std::optional<PidFile> heir;
  {
    const PidFile former(path);
    heir.emplace(path, Descriptor(::dup(former.descriptor())));
    const ino_t before = [&] {
      struct stat status{};
      ::stat(path.c_str(), &status);
      return status.st_ino;
    }();
    heir->publish();
    struct stat status{};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK(status.st_ino != before);
  }
  CHECK(read_file(path) == my_number);
  CHECK(mentions(refusal(path), "a server that runs"));
  heir.reset();
  CHECK_FALSE(fs::exists(path));
}

}  // namespace pid_file_test
