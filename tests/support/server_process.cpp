#include "tests/support/server_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include "tests/support/sanitizers.hpp"

namespace ropeway::testing {
namespace {

struct Pipe {
  Pipe() {
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe2");
  }
  ~Pipe() {
    ::close(ends[0]);
    close_writer();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  // To where no descriptor stands that a child shall have.
  void move_writer() {
    const int moved = ::fcntl(ends[1], F_DUPFD_CLOEXEC, 32);
    if (moved < 0) throw std::system_error(errno, std::generic_category(), "fcntl");
    close_writer();
    ends[1] = moved;
  }
  void close_writer() {
    if (ends[1] >= 0) ::close(std::exchange(ends[1], -1));
  }
  // Everything until the writers have closed; false when the patience ends.
  [[nodiscard]] bool read_all(std::string& text, std::chrono::milliseconds patience) const {
    const auto until = std::chrono::steady_clock::now() + patience;
    for (;;) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
      pollfd entry{ends[0], POLLIN, 0};
      const int ready = ::poll(&entry, 1, static_cast<int>(std::max<std::int64_t>(0, left.count())));
      if (ready < 0 && errno == EINTR) continue;
      if (ready <= 0) return false;
      std::array<char, 4096> part;
      const ssize_t count = ::read(ends[0], part.data(), part.size());
      if (count == 0) return true;
      if (count > 0) text.append(part.data(), static_cast<std::size_t>(count));
    }
  }
  std::array<int, 2> ends{-1, -1};
};

}  // namespace

const std::vector<Model>& all_models() {
  // A sanitizer takes its time to start and to end each of the processes; what it looks for is no less in the models with the most of both.
  static const std::vector<Model> models = under_thread_sanitizer    ? std::vector<Model>{{1, 2}, {2, 2}}
                                           : under_address_sanitizer ? std::vector<Model>{{0, 1}, {1, 2}, {2, 2}}
                                                                     : std::vector<Model>{{0, 1}, {1, 1}, {1, 2}, {2, 1}, {2, 2}};
  return models;
}

ServerProcess::ServerProcess(std::vector<std::string> arguments, const std::string& folder, const std::string& executable,
                             const std::vector<int>& sockets, const std::string& activation) {
  Pipe ready;
  ready.move_writer();
  arguments.insert(arguments.begin(), executable);
  arguments.push_back("--ready-fd");
  arguments.push_back(std::to_string(ready.ends[1]));
  if (!activation.empty()) arguments = activated(std::move(arguments), activation);
  process_ = std::make_unique<ChildProcess>(std::move(arguments), folder, ready.ends[1], sockets);
  ready.close_writer();
  std::string text;
  const bool in_time = ready.read_all(text, ChildProcess::default_patience);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (end > 0) urls_.push_back(text.substr(0, end));
    text.erase(0, end + 1);
  }
  if (!in_time || urls_.empty()) {
    throw std::runtime_error("the server did not become ready; its standard error: " + process_->standard_error());
  }
}

ServerProcess::~ServerProcess() {
  if (std::uncaught_exceptions() <= exceptions_) return;
  const std::string text = standard_error();
  std::fprintf(stderr, "the program %d wrote:\n%s\n", static_cast<int>(pid()),
               text.substr(text.size() - std::min<std::size_t>(text.size(), 8000)).c_str());
}

std::unique_ptr<ServerProcess> ServerProcess::run(const Model& model, const TemporaryFolder& folder, const std::string& members,
                                                  std::vector<std::string> further_arguments, const std::string& executable) {
  std::filesystem::create_directory(folder / "site");  // what `static_files` serves in most of these configurations
  const std::string listen = members.find("\"listen\"") == std::string::npos ? "\"listen\": [\"127.0.0.1:0\"],\n" : "";
  const std::string file = folder.write("ropeway.json", "{\n\"processes\": " + std::to_string(model.processes) + ", \"threads\": " +
                                                            std::to_string(model.threads) + ",\n" + listen + members + "\n}\n");
  std::vector<std::string> arguments = {"run", "--config", file};
  arguments.insert(arguments.end(), further_arguments.begin(), further_arguments.end());
  return std::make_unique<ServerProcess>(std::move(arguments), folder.path().string(), executable);
}

namespace {

std::string name_of(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/comm");
  std::string name;
  std::getline(file, name);
  return name;
}

}  // namespace

std::vector<pid_t> ServerProcess::workers(const Model& model) const {
  if (model.processes == 0) return {pid()};
  std::vector<pid_t> children = children_of(pid());
  std::erase_if(children, [](pid_t child) { return name_of(child) == "ropeway keeper"; });
  return children;
}

std::vector<pid_t> ServerProcess::keepers() const {
  std::vector<pid_t> children = children_of(pid());
  std::erase_if(children, [](pid_t child) { return name_of(child) != "ropeway keeper"; });
  return children;
}

std::vector<std::string> activated(std::vector<std::string> arguments, const std::string& variables) {
  const std::vector<std::string> shell{"/bin/sh", "-c", variables + " exec \"$@\"", "sh"};
  arguments.insert(arguments.begin(), shell.begin(), shell.end());
  return arguments;
}

std::string ServerProcess::complaints() const {
  std::istringstream lines(standard_error());
  std::string result;
  for (std::string line; std::getline(lines, line);) {
    if (line.find("workers run as root") == std::string::npos) result += line + "\n";
  }
  return result;
}

bool eventually(const std::function<bool()>& holds, std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() >= until) return false;
    ::poll(nullptr, 0, 5);
  }
  return true;
}

}  // namespace ropeway::testing
