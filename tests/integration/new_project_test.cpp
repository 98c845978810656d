// `ropeway new` and `ropeway eject`; tests/build/run builds and tests what they make.

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/child_process.hpp"
#include "tests/support/locations.hpp"
#include "tests/support/server_process.hpp"

namespace new_project_test {

using namespace ropeway::testing;

namespace {

Finished make_project(const TemporaryFolder& folder, const std::string& name) {
  return run_to_end({program(), "new", name}, folder.path().string());
}

std::string content_of(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

std::size_t entries_in(const std::filesystem::path& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

}  // namespace

TEST_CASE("new makes a project that bears the name that was given, and says how to go on") {
  const TemporaryFolder folder;
  const Finished finished = make_project(folder, "sub-way/");
  CHECK(finished.exit_code == 0);
  CHECK(finished.output.find("build/sub-way\n") != std::string::npos);
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path() / "sub-way")) {
    if (!entry.is_regular_file()) continue;
    CAPTURE(entry.path().string());
    ++files;
    CHECK_FALSE(content_of(entry.path()).empty());
    CHECK(content_of(entry.path()).find("my_service") == std::string::npos);
  }
  CHECK(files == 8);
  CHECK(content_of(folder.path() / "sub-way/CMakeLists.txt").find("add_executable(sub-way ") != std::string::npos);
  CHECK(content_of(folder.path() / "sub-way/.gitignore") == "build/\n");
  CHECK(entries_in(folder.path()) == 1);
}

TEST_CASE("new takes an empty folder, and leaves one that holds something as it is") {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder.path() / "empty");
  CHECK(make_project(folder, "empty").exit_code == 0);
  const Finished again = make_project(folder, "empty");
  CHECK(again.exit_code == 1);
  CHECK(again.error == "empty is there already; name another folder, or remove it\n");
  folder.write("file", "content");
  CHECK(make_project(folder, "file").exit_code == 1);
  CHECK(content_of(folder.path() / "file") == "content");
  CHECK(entries_in(folder.path()) == 2);
}

TEST_CASE("new refuses what is no name, and says why where it cannot write") {
  const TemporaryFolder folder;
  for (const char* name : {"1st", "a b", "..", "/", "a;b", "-x", ""}) {
    CAPTURE(name);
    const Finished finished = run_to_end({program(), "new", "--", name}, folder.path().string());
    CHECK(finished.exit_code == 2);
    CHECK(finished.error.find("is no name for a project") != std::string::npos);
  }
  const Finished nowhere = make_project(folder, "missing/service");
  CHECK(nowhere.exit_code == 1);
  CHECK(nowhere.error.starts_with("missing/service cannot be made: "));
  CHECK(nowhere.error.find("No such file or directory") != std::string::npos);
  CHECK(entries_in(folder.path()) == 0);
}

TEST_CASE("eject makes a project that does what serve does with the same options") {
  const TemporaryFolder folder;
  folder.write("a \"site\"/index.html", "<p>the site");
  const std::vector<std::string> options = {"a \"site\"", "--port",    "0", "--bind",       "127.0.0.1", "--processes",
                                            "2",          "--threads", "1", "--no-listing", "-q"};
  std::vector<std::string> command = {program(), "eject", "my-site"};
  command.insert(command.end(), options.begin(), options.end());
  const Finished finished = run_to_end(command, folder.path().string());
  CHECK(finished.exit_code == 0);
  CHECK(finished.output.find("build/my-site\n") != std::string::npos);
  const auto project = folder.path() / "my-site";
  CHECK(content_of(project / "CMakeLists.txt").find("add_executable(my-site ") != std::string::npos);
  CHECK(content_of(project / "README.md").find("my_service") == std::string::npos);
  CHECK(content_of(project / "src/main.cpp").find("ropeway::launch") != std::string::npos);
  command = {"serve"};
  command.insert(command.end(), options.begin(), options.end());
  const ServerProcess serves(command, folder.path().string());
  const ServerProcess runs({"run"}, project.string());  // its ropeway.json, wherever that is
  for (const ServerProcess* server : {&serves, &runs}) {
    CHECK(server->workers({2, 1}).size() == 2);
    RawClient client = server->connect();
    CHECK(client.get("/").body == "<p>the site");
    CHECK(client.get("/missing").status == 404);
    CHECK(client.exchange("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\r\n").status == 405);
  }
  command = {program(), "eject", "my-site"};
  CHECK(run_to_end(command, folder.path().string()).error == "my-site is there already; name another folder, or remove it\n");
  command = {program(), "eject", "other", "missing"};
  const Finished missing = run_to_end(command, folder.path().string());
  CHECK(missing.exit_code == 2);
  CHECK(missing.error.find("cannot serve missing: ") != std::string::npos);
  CHECK(entries_in(folder.path()) == 2);
}

}  // namespace new_project_test
