#include "handlers/root.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/handlers/static_files/fixture.hpp"

namespace ropeway::handlers {
namespace {

namespace fs = std::filesystem;

/// Two folders side by side: what is outside must stay there.
struct Tree {
  TemporaryFolder folder;
  fs::path root = folder / "root";
  Tree() {
    folder.write("root/file", "inside");
    folder.write("root/deep/file", "deep");
    folder.write("outside/secret", "secret");
    folder.write("root-and-more/secret", "secret");
    fs::create_symlink("deep/file", root / "in");
    fs::create_symlink("../file", root / "deep/up");
    fs::create_directory_symlink("deep", root / "folder");
    fs::create_symlink(root / "file", root / "absolute-in");
    fs::create_symlink("../outside/secret", root / "out");
    fs::create_symlink(folder / "outside/secret", root / "absolute-out");
    fs::create_symlink("../root-and-more/secret", root / "sibling");
    fs::create_directory_symlink("../outside", root / "outside");
    fs::create_symlink("out", root / "chain");
    fs::create_symlink("loop", root / "loop");
    fs::create_symlink("nothing", root / "broken");
    fs::create_symlink("/proc/self/root/etc/passwd", root / "magic");
  }
};

}  // namespace

TEST_CASE("links are followed inside the root and refused outside, by the kernel and by comparison alike") {
  const Tree tree;
  const struct {
    const char* path;
    int error;
  } cases[] = {
      {"file", 0},
      {".", 0},
      {"deep", 0},
      {"in", 0},
      {"deep/up", 0},
      {"folder/file", 0},
      {"absolute-in", 0},
      {"out", EXDEV},
      {"../outside/secret", EXDEV},
      {"absolute-out", EXDEV},
      {"sibling", EXDEV},
      {"outside", EXDEV},
      {"outside/secret", EXDEV},
      {"chain", EXDEV},
      {"magic", EXDEV},
      {"..", EXDEV},
      {"/etc/passwd", EXDEV},
      {"loop", ELOOP},
      {"broken", ENOENT},
      {"nothing", ENOENT},
      {"file/x", ENOTDIR},
  };
  for (const auto resolution : {Root::Resolution::by_kernel_where_possible, Root::Resolution::by_comparison}) {
    const Root root(tree.root, Root::Links::confined, resolution);
    for (const auto purpose : {Root::Purpose::read, Root::Purpose::locate}) {
      for (const auto& [path, error] : cases) {
        CAPTURE(path);
        const Root::Opened opened = root.open(path, purpose);
        CHECK(opened.error == error);
        CHECK((opened.file != nullptr) == (error == 0));
      }
    }
  }
}

TEST_CASE("links out of the root work where they are to be followed") {
  const Tree tree;
  const Root root(tree.root, Root::Links::followed);
  for (const char* path : {"out", "absolute-out", "chain", "outside/secret"}) {
    CAPTURE(path);
    CHECK(root.open(path).file != nullptr);
  }
}

TEST_CASE("FIFOs, sockets and devices are refused without waiting for their other end") {
  const TemporaryFolder folder;
  REQUIRE(::mkfifo((folder / "fifo").c_str(), 0600) == 0);
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = (folder / "socket").string();
  REQUIRE(name.size() < sizeof address.sun_path);
  name.copy(address.sun_path, name.size());
  REQUIRE(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  ::close(listener);
  fs::create_symlink("/dev/zero", folder / "device");
  for (const auto links : {Root::Links::confined, Root::Links::followed}) {
    for (const auto resolution : {Root::Resolution::by_kernel_where_possible, Root::Resolution::by_comparison}) {
      const Root root(folder.path(), links, resolution);
      for (const char* path : {"fifo", "socket"}) CHECK(root.open(path).error == ENXIO);
      CHECK(root.open("device").error == (links == Root::Links::followed ? ENXIO : EXDEV));
    }
  }
}

TEST_CASE("the root stays the folder that was opened, also when it is renamed") {
  for (const auto resolution : {Root::Resolution::by_kernel_where_possible, Root::Resolution::by_comparison}) {
    const Tree tree;
    const Root root(tree.root, Root::Links::confined, resolution);
    fs::rename(tree.root, tree.folder / "elsewhere");
    CHECK(root.open("deep/file").file != nullptr);
    CHECK(root.open("out").error == EXDEV);
  }
}

TEST_CASE("a root that is no folder is an error of its own kind") {
  const TemporaryFolder folder;
  folder.write("file", "");
  const auto error_of = [](const fs::path& path) {
    try {
      const Root root(path, Root::Links::confined);
      return 0;
    } catch (const std::system_error& error) { return error.code().value(); }
  };
  CHECK(error_of(folder / "nothing") == ENOENT);
  CHECK(error_of(folder / "file") == ENOTDIR);
}

TEST_CASE("what is opened does not survive the start of another program") {
  const TemporaryFolder folder;
  folder.write("file", "");
  for (const auto resolution : {Root::Resolution::by_kernel_where_possible, Root::Resolution::by_comparison}) {
    const Root root(folder.path(), Root::Links::confined, resolution);
    CHECK((::fcntl(root.open("file").file->descriptor(), F_GETFD) & FD_CLOEXEC) != 0);
  }
}

TEST_CASE("a root follows its name to another folder, and stays where there is none") {
  const TemporaryFolder folder;
  folder.write("releases/1/file", "one");
  folder.write("releases/2/file", "second");
  fs::create_directory_symlink("releases/1", folder / "current");
  for (const auto resolution : {Root::Resolution::by_kernel_where_possible, Root::Resolution::by_comparison}) {
    const Root root(folder / "current", Root::Links::confined, resolution);
    const auto size = [&root] {
      struct stat status{};
      return root.status("file", status) == 0 ? status.st_size : -1;
    };
    CHECK(size() == 3);
    fs::remove(folder / "current");
    root.follow_name();
    CHECK(size() == 3);
    fs::create_directory_symlink("releases/2", folder / "current");
    CHECK(size() == 3);
    root.follow_name();
    CHECK(size() == 6);
    CHECK(root.open("file").file);
    CHECK(root.open("../1/file").error == EXDEV);
    fs::remove(folder / "current");
    fs::create_directory_symlink("releases/1", folder / "current");
  }
}

}  // namespace ropeway::handlers
