#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <sys/stat.h>

#include <ropeway/url.hpp>

#include "tests/handlers/static_files/fixture.hpp"

namespace ropeway::handlers {
namespace {

namespace fs = std::filesystem;

/// Not found, too, where the server refuses the path before any handler sees it.
Status status_of(const ServedFolder& served, const testing::RequestBuilder& request) {
  try {
    (void)request.build();
  } catch (const std::invalid_argument&) { return Status::not_found; }
  return served.call(request).status();
}

}  // namespace

TEST_CASE("no spelling of a path leads out of the root") {
  const TemporaryFolder folder;
  folder.write("root/file", "inside");
  folder.write("root/sub/file", "inside");
  folder.write("secret", "secret");
  folder.write("root-two/secret", "secret");
  const ServedFolder served(folder / "root", "\"listing\": true, \"dotfiles\": true");
  for (const std::string up : {"..", "%2e%2e", "%2E.", ".%2e", "%252e%252e", "..%00", "..;", "...", "%c0%ae%c0%ae", "%uff0e%uff0e"}) {
    for (const std::string slash : {"/", "%2f", "%2F", "%5c", "\\", "//", "/./", "%252f"}) {
      for (const std::string start : {"/", "/sub/", "/sub/../", "//", "/nothing/"}) {
        std::string climb;
        for (int depth = 1; depth <= 4; ++depth) {
          climb += up + slash;
          for (const std::string end : {"secret", "root-two/secret", "etc/passwd"}) {
            const std::string target = start + climb + end;
            for (const bool as_parameter : {false, true}) {
              testing::RequestBuilder request("GET", as_parameter ? "/x" : target);
              if (as_parameter) request.param("path", percent_decode(target.substr(1)).value_or("nothing"));
              CHECK_MESSAGE(status_of(served, request) == Status::not_found, target);
            }
          }
        }
      }
    }
  }
}

TEST_CASE("a path has one spelling, so that a route in front of a folder cannot be walked around") {
  const TemporaryFolder folder;
  folder.write("root/admin/file", "inside");
  const ServedFolder served(folder / "root", "\"listing\": true");
  CHECK(served.answer("/admin/file") == "200 inside");
  for (const char* target : {"//admin/file", "/admin//file", "/admin%2ffile", "/admin%2Ffile", "/%2fadmin/file", "/x/..//admin/file",
                             "/admin/file%2f", "/admin%2f", "//"}) {
    CAPTURE(target);
    CHECK(served.answer(target) == "404");
  }
  for (const auto& [target, parameter] : {std::pair{"/f//admin/file", "/admin/file"}, std::pair{"/f/admin%2ffile", "admin/file"}}) {
    CAPTURE(target);
    CHECK(served.call(testing::RequestBuilder("GET", target).param("path", parameter)).status() == Status::not_found);
  }
}

TEST_CASE("links inside the root are served; links out of it and loops do not exist, unless they are to be followed") {
  const TemporaryFolder folder;
  folder.write("root/file", "inside");
  folder.write("outside/secret", "secret");
  fs::create_symlink("file", folder / "root/in");
  fs::create_symlink(folder / "root/file", folder / "root/absolute");
  fs::create_symlink("../outside/secret", folder / "root/out");
  fs::create_directory_symlink("../outside", folder / "root/out-folder");
  fs::create_symlink("loop", folder / "root/loop");
  fs::create_symlink("/dev/zero", folder / "root/device");
  const ServedFolder confined(folder / "root", "\"listing\": true");
  const ServedFolder followed(folder / "root", "\"listing\": true, \"follow_symlinks\": true");
  const struct {
    const char* target;
    const char* confined;
    const char* followed;
  } cases[] = {
      {"/in", "200 inside", "200 inside"}, {"/absolute", "200 inside", "200 inside"},   {"/out", "404", "200 secret"},
      {"/out-folder", "404", "301"},       {"/out-folder/secret", "404", "200 secret"}, {"/loop", "404", "404"},
      {"/device", "404", "404"},
  };
  for (int round = 0; round < 2; ++round) {  // the second time from the cache
    for (const auto& [target, when_confined, when_followed] : cases) {
      CAPTURE(target);
      CHECK(confined.answer(target) == when_confined);
      CHECK(followed.answer(target) == when_followed);
    }
  }
  CHECK(confined.answer("/out-folder/") == "404");
}

TEST_CASE("a folder that was moved away and replaced by a link to it is outside after a second") {
  const TemporaryFolder folder;
  folder.write("root/sub/file", "was inside");
  ServedFolder served(folder / "root");
  CHECK(served.answer("/sub/file") == "200 was inside");
  fs::rename(folder / "root/sub", folder / "moved");
  fs::create_directory_symlink("../moved", folder / "root/sub");
  served.services().clock().advance(std::chrono::seconds(1));
  CHECK(served.answer("/sub/file") == "404");
}

TEST_CASE("dotfiles are hidden unless they are to be served") {
  const TemporaryFolder folder;
  folder.write(".env", "password");
  folder.write(".git/config", "config");
  folder.write(".well-known/index.html", "index");
  const ServedFolder hidden(folder.path(), "\"listing\": true");
  const ServedFolder served(folder.path(), "\"dotfiles\": true");
  for (const char* target : {"/.env", "/%2eenv", "/.git", "/.git/", "/.git/config", "/.well-known/"}) CHECK(hidden.answer(target) == "404");
  CHECK(hidden.answer("/").find("env") == std::string::npos);
  CHECK(served.answer("/.env") == "200 password");
  CHECK(served.answer("/.git/config") == "200 config");
  CHECK(served.answer("/.well-known/") == "200 index");
}

TEST_CASE("a FIFO does not exist, and nobody waits for its writer") {
  const TemporaryFolder folder;
  REQUIRE(::mkfifo((folder / "fifo").c_str(), 0600) == 0);
  fs::create_directory(folder / "sub");
  REQUIRE(::mkfifo((folder / "sub/index.html").c_str(), 0600) == 0);
  const ServedFolder served(folder.path(), "\"listing\": true");
  CHECK(served.answer("/fifo") == "404");
  CHECK(served.answer("/sub/") == "404");
  CHECK(served.answer("/").find("fifo") == std::string::npos);
}

TEST_CASE("eight threads get whole files from inside the root while everything changes") {
  const TemporaryFolder folder;
  const std::string versions[] = {std::string(4'000, 'a'), std::string(4'000, 'b'), std::string(60'000, 'c'), std::string(10, 'd')};
  folder.write("root/stable", "stable");
  folder.write("root/changing", versions[0]);
  folder.write("root/sub/file", "inside");
  folder.write("outside/file", "secret");
  const ServedFolder served(folder / "root", R"("listing": true, "cache": {"entries": 3, "descriptors": 1})");
  std::atomic<bool> done = false;
  std::atomic<int> wrong = 0;
  std::atomic<int> answers = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      while (!done) {
        if (served.answer("/stable") != "200 stable") ++wrong;
        const std::string changing = served.answer("/changing");
        bool whole = false;
        for (const std::string& version : versions) whole = whole || changing == "200 " + version;
        if (!whole) ++wrong;
        const std::string moving = served.answer("/sub/file");
        if (moving != "200 inside" && moving != "404") ++wrong;
        const std::string coming = served.answer("/coming");
        if (coming != "404" && !coming.starts_with("200")) ++wrong;
        if (!served.answer("/").starts_with("200")) ++wrong;
        ++answers;
      }
    });
  }
  for (int round = 0; round < 300 || answers < 100; ++round) {
    folder.write("new", versions[static_cast<std::size_t>(round) % std::size(versions)]);
    fs::rename(folder / "new", folder / "root/changing");
    folder.write("root/coming", std::string(static_cast<std::size_t>(round % 7) * 5'000, 'x'));
    fs::rename(folder / "root/sub", folder / "moved");
    fs::create_directory_symlink("../outside", folder / "root/sub");
    fs::remove(folder / "root/sub");
    fs::rename(folder / "moved", folder / "root/sub");
    fs::remove(folder / "root/coming");
  }
  done = true;
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}

}  // namespace ropeway::handlers
