#include "launcher/src/upgrade.hpp"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <utility>

#include "launcher/src/exit_code.hpp"

namespace ropeway::launcher {
namespace {

// In the child: executes the program, or says why it cannot.
[[noreturn]] void execute(const Invocation& invocation, const Inheritance& inheritance) noexcept {
  std::vector<char*> arguments;
  for (const std::string& argument : invocation.arguments) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  // What tells it to end does so at any time; other signals that come before the program is ready for them wait.
  sigset_t ends;
  ::sigemptyset(&ends);
  for (const int signal : {SIGTERM, SIGINT, SIGQUIT}) ::sigaddset(&ends, signal);
  ::pthread_sigmask(SIG_UNBLOCK, &ends, nullptr);
  if (std::getenv("WATCHDOG_PID") != nullptr) ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
  if (::chdir(invocation.directory.c_str()) == 0 && inheritance.pass_on()) ::execvp(arguments.front(), arguments.data());
  std::fprintf(stderr, "ropeway: %s cannot be executed: %s\n", arguments.front(), std::strerror(errno));
  ::_exit(exit_code::failure);
}

}  // namespace

Upgrade::Upgrade(const Invocation& invocation, Inheritance inheritance, Time deadline) : deadline_(deadline) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) {
    throw std::system_error(errno, std::generic_category(), "socketpair");
  }
  news_ = Descriptor(ends[0]);
  const Descriptor theirs(ends[1]);
  inheritance.news = theirs.get();
  std::fflush(nullptr);
  pid_ = ::fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid_ == 0) execute(invocation, inheritance);
}

bool Upgrade::is_ready() noexcept {
  char byte = 0;
  return ::recv(news_.get(), &byte, 1, MSG_DONTWAIT) == 1;
}

void Upgrade::tell_left() noexcept {
  const char byte = 'L';
  ::send(news_.get(), &byte, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void Upgrade::signal(int number) const noexcept {
  if (!ended_) ::kill(pid_, number);
}

void Upgrade::end() noexcept { signal(std::exchange(told_to_end_, true) ? SIGKILL : SIGTERM); }

}  // namespace ropeway::launcher
