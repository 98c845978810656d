// Workers that are another user than the launcher. Most of it needs root, as the server does.

#include <doctest/doctest.h>

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <ropeway/json_document.hpp>

#include "tests/support/server_process.hpp"

namespace privileges_test {

using namespace ropeway::testing;

namespace {

namespace fs = std::filesystem;

constexpr Model model{2, 1};
constexpr uid_t stranger = 64321;  // with no entry in the user database
const std::string as_stranger = R"("user": 64321, "group": "64322", )";
const std::string quick = R"("control": "control", "canary": {"percent": 0}, )";
const std::string route = R"("routes": [{"match": "/", "handler": "fixed_response", "options": {"body": "answer"}}])";
const std::string files = R"("routes": [{"match": "GET /{path...}", "handler": "static_files", "options": {"root": "site"}}])";

bool is_root() {
  if (::geteuid() == 0) return true;
  MESSAGE("skipped: only root can start a server whose workers are another user");
  return false;
}

// "Uid" of a process: its real, effective, saved and file system's one; likewise "Gid", "Groups", "CapPrm".
std::string of_process(pid_t process, const std::string& field) {
  std::ifstream file("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(field + ":")) continue;
    std::istringstream words(line.substr(field.size() + 1));
    std::string result;
    for (std::string word; words >> word;) result += (result.empty() ? "" : " ") + word;
    return result;
  }
  return "no such field";
}

bool all_are(const std::vector<pid_t>& processes, const std::string& uid) {
  return !processes.empty() && std::ranges::all_of(processes, [&](pid_t process) {
    return of_process(process, "Uid") == uid + " " + uid + " " + uid + " " + uid;
  });
}

// Where strangers may look into.
struct OpenFolder : TemporaryFolder {
  OpenFolder() { fs::permissions(path(), fs::perms(0755)); }
};

struct stat status_of(const std::string& file) {
  struct stat status{};
  REQUIRE(::lstat(file.c_str(), &status) == 0);
  return status;
}

void write_configuration(const TemporaryFolder& folder, const std::string& members) {
  std::ofstream(folder / "ropeway.json") << R"({"processes": 2, "threads": 1, "listen": ["127.0.0.1:0"], )" << members << "}";
}

Finished command(const TemporaryFolder& folder, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), program());
  return run_to_end(std::move(arguments), folder / ".");
}

bool mentions(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("workers and the keeper are the user that is named, with no way back, and the launcher is root") {
  if (!is_root()) return;
  const OpenFolder folder;
  const auto server = ServerProcess::run(model, folder, as_stranger + R"("keeper": true, )" + quick + route);
  CHECK(server->connect().get("/").body == "answer");
  std::vector<pid_t> processes = server->workers(model);
  const auto keepers = server->keepers();
  REQUIRE(keepers.size() == 1);
  CHECK(eventually([&] { return all_are(keepers, "64321"); }));
  processes.insert(processes.end(), keepers.begin(), keepers.end());
  CHECK(all_are(processes, "64321"));
  for (const pid_t process : processes) {
    CHECK(of_process(process, "Gid") == "64322 64322 64322 64322");
    CHECK(of_process(process, "Groups") == "64322");
    CHECK(of_process(process, "CapPrm") == "0000000000000000");
  }
  CHECK(of_process(server->pid(), "Uid") == "0 0 0 0");
  const struct stat control = status_of(folder / "control");
  CHECK(control.st_uid == 0);
  CHECK((control.st_mode & 0777) == 0600);
  CHECK_FALSE(mentions(server->standard_error(), "as root"));
}

TEST_CASE("a user's own group and further groups are taken from the user database") {
  if (!is_root()) return;
  const OpenFolder folder;
  const auto server = ServerProcess::run(model, folder, R"("user": "nobody", )" + quick + route);
  const std::string uid = run_to_end({"/usr/bin/id", "-u", "nobody"}, folder / ".").output;
  const std::string groups = run_to_end({"/usr/bin/id", "-G", "nobody"}, folder / ".").output;
  CHECK(all_are(server->workers(model), uid.substr(0, uid.size() - 1)));
  CHECK(of_process(server->workers(model).front(), "Groups") + "\n" == groups);
}

TEST_CASE("a reload changes the user; a replacement is the same as the worker before") {
  if (!is_root()) return;
  const OpenFolder folder;
  const auto server = ServerProcess::run(model, folder, as_stranger + quick + route);
  const pid_t killed = server->workers(model).front();
  ::kill(killed, SIGKILL);
  CHECK(eventually([&] {
    const auto workers = server->workers(model);
    return workers.size() == 2 && std::ranges::find(workers, killed) == workers.end() && all_are(workers, "64321");
  }));
  write_configuration(folder, R"("user": "64400", "group": 64400, )" + quick + route);
  CHECK(command(folder, {"reload", "--wait"}).exit_code == 0);
  CHECK(eventually([&] { return server->workers(model).size() == 2 && all_are(server->workers(model), "64400"); }));
}

TEST_CASE("without a supervisor, the process itself becomes the user once it listens") {
  if (!is_root()) return;
  const OpenFolder folder;
  const auto server = ServerProcess::run({0, 2}, folder, as_stranger + R"("log": {"file": "server.log"}, )" + route);
  CHECK(all_are({server->pid()}, "64321"));
  CHECK(server->connect().get("/").body == "answer");
  CHECK(status_of(folder / "server.log").st_uid == stranger);
}

TEST_CASE("workers can open what their user can, and nothing else") {
  if (!is_root()) return;
  const OpenFolder folder;
  const auto server = ServerProcess::run(model, folder, as_stranger + quick + files);
  for (const char* name : {"secret", "open"}) folder.write(std::string("site/") + name, name);
  fs::permissions(folder / "site/secret", fs::perms(0600));
  CHECK(server->connect().get("/open").body == "open");
  CHECK(server->connect().get("/secret").status == 403);
}

TEST_CASE("a new configuration is checked with the rights of a worker") {
  if (!is_root()) return;
  const OpenFolder folder;
  const auto server = ServerProcess::run(model, folder, as_stranger + quick + route);
  fs::create_directories(folder / "closed/site");
  fs::permissions(folder / "closed", fs::perms(0700));
  write_configuration(
      folder,
      as_stranger + quick + R"("routes": [{"match": "GET /{path...}", "handler": "static_files", "options": {"root": "closed/site"}}])");
  const Finished reload = command(folder, {"reload", "--wait"});
  CHECK(reload.exit_code == 2);
  CHECK(mentions(reload.error, "Permission denied"));
  CHECK(command(folder, {"check"}).exit_code == 2);
  CHECK(server->connect().get("/").body == "answer");
}

TEST_CASE("logs in a folder of root's are made, and made again after a rotation, for the user to write") {
  if (!is_root()) return;
  const OpenFolder folder;
  fs::create_directory(folder / "logs");
  const std::string logs = R"("log": {"file": "logs/server.log", "access": {"file": "logs/access.log"}}, )";
  const auto server = ServerProcess::run(model, folder, as_stranger + logs + quick + route);
  const auto is_written = [&] {
    for (const char* name : {"logs/server.log", "logs/access.log"}) {
      CAPTURE(name);
      CHECK(status_of(folder / name).st_uid == stranger);
      CHECK((status_of(folder / name).st_mode & 0777 & ~0640) == 0);
    }
    // Again and again: the worker that answers may be one that still has the file of before.
    CHECK(eventually([&] {
      CHECK(server->connect().get("/").body == "answer");
      return mentions(read_file(folder / "logs/access.log"), "GET / HTTP/1.1");
    }));
  };
  is_written();
  for (const char* name : {"logs/server.log", "logs/access.log"}) fs::rename(folder / name, folder / (std::string(name) + ".1"));
  server->signal(SIGUSR1);
  REQUIRE(eventually([&] {  // it is made, and then given away
    const auto is_there = [&](const char* name) { return fs::exists(folder / name) && status_of(folder / name).st_uid == stranger; };
    return is_there("logs/server.log") && is_there("logs/access.log");
  }));
  is_written();
  CHECK_FALSE(mentions(read_file(folder / "logs/server.log"), "cannot be opened"));
}

TEST_CASE("a log that the user cannot write is an error that names it") {
  if (!is_root()) return;
  const OpenFolder folder;
  folder.write("mine.log", "");
  write_configuration(folder, as_stranger + R"("log": {"access": {"file": "mine.log"}}, )" + route);
  const Finished ended = command(folder, {"run"});
  CHECK(ended.exit_code == 1);
  CHECK(mentions(ended.error, "the user \"64321\", who the workers are, cannot write the log file \"" + (folder / "mine.log")));
  CHECK(status_of(folder / "mine.log").st_uid == 0);
}

TEST_CASE("where the user may write, a link in the place of a log leads root nowhere") {
  if (!is_root()) return;
  const OpenFolder folder;
  const std::string victim = folder.write("victim", "untouched");
  fs::permissions(victim, fs::perms(0600));
  fs::create_directory(folder / "logs");
  REQUIRE(::chown((folder / "logs").c_str(), stranger, stranger) == 0);
  const auto server = ServerProcess::run(model, folder, as_stranger + R"("log": {"file": "logs/server.log"}, )" + quick + route);
  fs::rename(folder / "logs/server.log", folder / "logs/server.log.1");
  fs::create_symlink(victim, folder / "logs/server.log");
  server->signal(SIGUSR1);
  CHECK(eventually([&] { return mentions(read_file(folder / "logs/server.log.1"), "cannot write the log file"); }));
  CHECK(command(folder, {"stop", "--wait"}).exit_code == 0);
  CHECK(read_file(victim) == "untouched");
  CHECK(status_of(victim).st_uid == 0);
}

TEST_CASE("a user or a group that does not exist is an error with its place, for everyone") {
  const TemporaryFolder folder;
  struct Case {
    std::string members;
    std::string place;
    std::string part;
  };
  for (const Case& c : {Case{R"("user": "no-such-user", )", ":2:9: error: ", "this machine has no user \"no-such-user\""},
                        {R"("user": "0", "group": "no-such-group", )", ":2:23: error: ", "this machine has no group \"no-such-group\""},
                        {R"("group": "0", )", ":2:10: error: ", "name their \"user\", too"},
                        {R"("user": 64321, )", ":2:9: error: ", "name a \"group\", too"},
                        {R"("user": 4294967295, )", ":2:9: error: ", "from 0 to 4294967294"},
                        {R"("user": true, )", ":2:9: error: ", "expected a string"}}) {
    CAPTURE(c.members);
    folder.write("ropeway.json", "{\n" + c.members + route + "\n}");
    const Finished check = command(folder, {"check"});
    CHECK(check.exit_code == 2);
    CAPTURE(check.error);
    CHECK(mentions(check.error, "ropeway.json" + c.place));
    CHECK(mentions(check.error, c.part));
  }
}

TEST_CASE("workers that are root without being asked to are warned of; where that is asked for, they are not") {
  if (!is_root()) return;
  const TemporaryFolder folder;
  CHECK(mentions(ServerProcess::run(model, folder, route)->standard_error(), "workers run as root"));
  CHECK_FALSE(mentions(ServerProcess::run(model, folder, R"("user": "root", )" + route)->standard_error(), "root,"));
}

TEST_CASE("where the server is not root, `user` is told to have no effect, and it serves") {
  const OpenFolder folder;
  write_configuration(folder, R"("user": "root", )" + route);
  std::vector<std::string> arguments{"run"};
  std::string executable = program();
  if (::geteuid() == 0) {
    const Finished reachable =
        run_to_end({"/usr/bin/setpriv", "--reuid=64321", "--regid=64321", "--clear-groups", program(), "--version"}, folder / ".");
    if (reachable.exit_code != 0) {
      MESSAGE("skipped: no setpriv, or the program is where no other user can start it");
      return;
    }
    executable = "/usr/bin/setpriv";
    arguments = {"--reuid=64321", "--regid=64321", "--clear-groups", program(), "run"};
  }
  const ServerProcess server(arguments, folder / ".", executable);
  CHECK(mentions(server.standard_error(), "`user` has no effect"));
  CHECK(server.connect().get("/").body == "answer");
}

}  // namespace privileges_test
