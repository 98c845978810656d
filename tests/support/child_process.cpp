#include "tests/support/child_process.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <system_error>

namespace ropeway::testing {
namespace {

// The child between fork and exec: only calls that are safe there.
[[noreturn]] void become(char* const* arguments, const char* folder, const char* out, const char* error, int inherited,
                         const std::vector<int>& from_three) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGUSR1}) ::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int input = ::open("/dev/null", O_RDONLY);
  const int output = ::open(out, O_WRONLY | O_CREAT | O_APPEND, 0600);
  const int errors = ::open(error, O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (input < 0 || output < 0 || errors < 0 || ::chdir(folder) != 0) ::_exit(126);
  ::dup2(input, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(errors, STDERR_FILENO);
  unsigned first = STDERR_FILENO + 1;
  std::array<int, 8> copies{};
  if (from_three.size() > copies.size()) ::_exit(126);
  for (std::size_t i = 0; i < from_three.size(); ++i) copies[i] = ::fcntl(from_three[i], F_DUPFD, 100);  // out of each other's way
  for (std::size_t i = 0; i < from_three.size(); ++i) ::dup2(copies[i], static_cast<int>(first++));
  if (inherited < 0) {
    ::syscall(SYS_close_range, first, ~0U, 0U);
  } else {
    const auto kept = static_cast<unsigned>(inherited);
    if (kept > first) ::syscall(SYS_close_range, first, kept - 1, 0U);
    ::syscall(SYS_close_range, kept + 1, ~0U, 0U);
    ::fcntl(inherited, F_SETFD, 0);
  }
  ::execv(arguments[0], arguments);
  ::_exit(127);
}

int open_pid(pid_t process) { return static_cast<int>(::syscall(SYS_pidfd_open, process, 0U)); }

}  // namespace

ChildProcess::ChildProcess(std::vector<std::string> arguments, const std::string& folder, int inherited,
                           const std::vector<int>& from_three) {
  std::vector<char*> pointers;
  for (auto& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  const std::string out = output_ / "stdout";
  const std::string error = output_ / "stderr";
  for (const auto& file : {out, error}) std::ofstream(file).flush();
  pid_ = ::fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid_ == 0) become(pointers.data(), folder.c_str(), out.c_str(), error.c_str(), inherited, from_three);
  ::setpgid(pid_, pid_);  // whoever is first
}

ChildProcess::~ChildProcess() {
  ::kill(-pid_, SIGKILL);
  if (!ended_) ::waitpid(pid_, nullptr, 0);
}

void ChildProcess::signal(int number) const {
  if (!ended_ && ::kill(pid_, number) != 0) throw std::system_error(errno, std::generic_category(), "kill");
}

int ChildProcess::wait(std::chrono::milliseconds patience) {
  if (ended_) return exit_code_;
  if (!wait_for_end_of(pid_, patience)) {
    throw std::runtime_error("the program did not end in time; its standard error: " + standard_error());
  }
  int status = 0;
  if (::waitpid(pid_, &status, 0) != pid_) throw std::system_error(errno, std::generic_category(), "waitpid");
  ended_ = true;
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return exit_code_;
}

Finished run_to_end(std::vector<std::string> arguments, const std::string& folder, const std::vector<int>& from_three) {
  ChildProcess child(std::move(arguments), folder, -1, from_three);
  const int code = child.wait();
  return {code, child.standard_output(), child.standard_error()};
}

std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> children;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc"), ::closedir);
  if (folder == nullptr) throw std::system_error(errno, std::generic_category(), "/proc");
  while (const dirent* entry = ::readdir(folder.get())) {
    const int process = std::atoi(entry->d_name);
    if (process <= 0) continue;
    std::ifstream file("/proc/" + std::string(entry->d_name) + "/stat");
    std::string line;
    std::getline(file, line);
    const std::size_t name_end = line.rfind(") ");  // the name itself may hold anything
    if (name_end == std::string::npos || line.size() < name_end + 5) continue;
    const char state = line[name_end + 2];
    if (std::atoi(line.c_str() + name_end + 4) == parent && state != 'Z' && state != 'X') children.push_back(process);
  }
  return children;
}

bool wait_for_end_of(pid_t process, std::chrono::milliseconds patience) {
  const int descriptor = open_pid(process);
  if (descriptor < 0) {
    if (errno == ESRCH) return true;
    throw std::system_error(errno, std::generic_category(), "pidfd_open");
  }
  const auto until = std::chrono::steady_clock::now() + patience;
  int ready = 0;
  do {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    pollfd entry{descriptor, POLLIN, 0};
    ready = ::poll(&entry, 1, static_cast<int>(std::max<std::int64_t>(0, left.count())));
  } while (ready < 0 && errno == EINTR);
  ::close(descriptor);
  return ready == 1;
}

}  // namespace ropeway::testing
