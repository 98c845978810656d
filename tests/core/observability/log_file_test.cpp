#include "core/src/observability/log_file.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <filesystem>
#include <system_error>

#include "tests/support/temporary_folder.hpp"

namespace log_file_test {
using ropeway::observability::LogFile;
using ropeway::testing::read_file;
using ropeway::testing::TemporaryFolder;
using namespace std::chrono_literals;

TEST_CASE("a log file is made with the mode 0640 and appended to") {
  const TemporaryFolder folder;
  const ::mode_t before = ::umask(0);
  LogFile file(folder / "a.log", STDERR_FILENO, 0ms);
  ::umask(before);
  struct stat status{};
  REQUIRE(::stat((folder / "a.log").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0640);
  CHECK(file.write("one\n") == 4);
  LogFile other(folder / "a.log", STDERR_FILENO, 0ms);
  CHECK(other.write("two\n") == 4);
  CHECK(file.write("three\n") == 6);
  CHECK(read_file(folder / "a.log") == "one\ntwo\nthree\n");
  CHECK_FALSE(file.is_terminal());
}

TEST_CASE("a log file that cannot be opened says which and why") {
  const TemporaryFolder folder;
  try {
    const LogFile file(folder / "missing/a.log", STDERR_FILENO, 0ms);
    FAIL("it was opened");
  } catch (const std::system_error& error) {
    CHECK(error.code().value() == ENOENT);
    CHECK(std::string(error.what()).find(folder / "missing/a.log") != std::string::npos);
    CHECK(std::string(error.what()).find("No such file or directory") != std::string::npos);
  }
}

TEST_CASE("reopening after a rename writes to the new file, and one that fails keeps the old") {
  const TemporaryFolder folder;
  LogFile file(folder / "a.log", STDERR_FILENO, 0ms);
  CHECK(file.write("before\n") == 7);
  std::filesystem::rename(folder / "a.log", folder / "a.log.1");
  CHECK(file.write("renamed\n") == 8);
  CHECK(file.reopen().empty());
  CHECK(file.write("after\n") == 6);
  CHECK(read_file(folder / "a.log.1") == "before\nrenamed\n");
  CHECK(read_file(folder / "a.log") == "after\n");

  std::filesystem::rename(folder / "a.log", folder / "a.log.2");
  std::filesystem::create_directory(folder / "a.log");  // not even root can open it for writing
  const std::string error = file.reopen();
  CHECK(error.find("a.log") != std::string::npos);
  CHECK(error.find("Is a directory") != std::string::npos);
  CHECK(file.write("still\n") == 6);
  CHECK(read_file(folder / "a.log.2") == "after\nstill\n");
}

TEST_CASE("a full disk takes nothing and holds nobody") {
  LogFile file("/dev/full", STDERR_FILENO, 0ms);
  CHECK(file.write("line\n") == 0);
}

namespace {

struct Pipe {
  Pipe() { REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0); }
  ~Pipe() {
    ::close(ends[0]);
    ::close(ends[1]);
  }
  [[nodiscard]] std::string drain() const {
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    std::string all;
    std::array<char, 65536> part{};
    for (ssize_t n = 0; (n = ::read(ends[0], part.data(), part.size())) > 0;) all.append(part.data(), static_cast<std::size_t>(n));
    return all;
  }
  std::array<int, 2> ends{};
};

}  // namespace

TEST_CASE("a pipe that nobody reads takes whole lines until it is full, and does not block") {
  const Pipe pipe;
  LogFile file("-", pipe.ends[1], 0ms);
  CHECK((::fcntl(pipe.ends[1], F_GETFL) & O_NONBLOCK) == 0);  // the stream of others stays as it was
  std::string lines;
  while (lines.size() < 256 * 1024) lines += "line " + std::to_string(lines.size()) + "\n";
  const std::size_t written = file.write(lines);
  CHECK(written > 4096);
  CHECK(written < lines.size());
  CHECK(lines[written - 1] == '\n');
  CHECK(pipe.drain() == lines.substr(0, written));
  CHECK(file.write("again\n") == 6);
  CHECK(pipe.drain() == "again\n");
}

TEST_CASE("after a line that was cut the next one begins on a line of its own") {
  const Pipe pipe;
  LogFile file("-", pipe.ends[1], 0ms);
  const std::string long_line = std::string(1024 * 1024, 'x') + "\n";
  const std::size_t written = file.write(long_line);
  CHECK(written > 0);
  CHECK(written < long_line.size());
  CHECK(pipe.drain().size() == written);
  CHECK(file.write("next\n") == 5);
  CHECK(pipe.drain() == "\nnext\n");
}

TEST_CASE("a socket as standard stream does not block either") {
  std::array<int, 2> ends{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
  {
    LogFile file("-", ends[1], 1ms);
    const std::string lines(8 * 1024 * 1024, '\n');
    CHECK(file.write(lines) < lines.size());
    ::close(ends[0]);
    CHECK(file.write("gone\n") == 0);  // EPIPE, and no SIGPIPE
  }
  ::close(ends[1]);
}

}  // namespace log_file_test
