#include "core/src/server/nursery.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <vector>

#include "core/src/server/child_order.hpp"
#include "core/src/server/child_start.hpp"

namespace ropeway::server {
namespace {

constexpr char ready_mark = 'r';

struct Child {
  pid_t pid;
  Descriptor life;
};

// Of the whole group: a child is its leader from its first moment but a few instructions.
void kill_group(pid_t leader) noexcept {
  ::kill(-leader, SIGKILL);
  ::kill(leader, SIGKILL);
}

class NurseryProcess {
 public:
  NurseryProcess(Descriptor channel, std::span<const ChildTask> tasks) : channel_(std::move(channel)), tasks_(tasks) {
    sigset_t children;
    ::sigemptyset(&children);
    ::sigaddset(&children, SIGCHLD);
    signals_ = Descriptor(::signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK));
  }

  [[noreturn]] void run() {
    if (!signals_) ::_exit(1);
    (void)::send(channel_.get(), &ready_mark, 1, MSG_NOSIGNAL);
    for (;;) {
      std::vector<pollfd> watched{{channel_.get(), POLLIN, 0}, {signals_.get(), POLLIN, 0}};
      for (const Child& child : children_) watched.push_back({child.life.get(), POLLIN, 0});  // -1 is passed over
      if (::poll(watched.data(), watched.size(), -1) < 0) continue;
      for (std::size_t i = 0; i < children_.size(); ++i) {
        if (watched[i + 2].revents != 0) give_up(children_[i]);
      }
      if (watched[1].revents != 0) bury();
      if (watched[0].revents != 0) take_orders();
    }
  }

 private:
  // Nobody waits for it any more. It is buried when it has ended.
  static void give_up(Child& child) noexcept {
    kill_group(child.pid);
    child.life.close();
  }

  void take_orders() {
    ChildOrder order;
    for (;;) {
      switch (receive_order(channel_.get(), order)) {
        case Received::order: start(order); break;
        case Received::nothing: return;
        case Received::end:
          for (const Child& child : children_) kill_group(child.pid);
          ::_exit(0);
      }
    }
  }

  void start(ChildOrder& order) {
    const pid_t nursery = ::getpid();
    const pid_t pid = ::fork();
    if (pid == 0) {
      channel_.close();
      signals_.close();
      children_.clear();
      run_child(order, tasks_, nursery);
    }
    if (pid < 0) {
      tell(order.life, {errno, 0});
    } else {
      children_.push_back({pid, std::move(order.life)});
    }
  }

  // What a child leaves running in its group goes with it. The group's number cannot be another's as long as the child is not reaped.
  void bury() {
    signalfd_siginfo info{};
    while (::read(signals_.get(), &info, sizeof info) > 0) {}
    for (;;) {
      siginfo_t ended{};
      if (::waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 || ended.si_pid == 0) return;
      kill_group(ended.si_pid);
      int status = 0;
      (void)::waitpid(ended.si_pid, &status, 0);
      const auto child = std::ranges::find(children_, ended.si_pid, &Child::pid);
      if (child == children_.end()) continue;
      if (child->life) tell(child->life, {0, status});
      children_.erase(child);
    }
  }

  static void tell(const Descriptor& life, const ChildNews& news) noexcept {
    (void)::send(life.get(), &news, sizeof news, MSG_DONTWAIT | MSG_NOSIGNAL);
  }

  Descriptor channel_;
  Descriptor signals_;
  std::span<const ChildTask> tasks_;
  std::vector<Child> children_;
};

// Nothing that the worker does about signals is right here: a terminal's SIGINT, or the record of a crash.
void forget_signals() noexcept {
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
}

}  // namespace

Nursery Nursery::start(std::span<const ChildTask> tasks, std::span<const int> not_needed) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    throw std::system_error(errno, std::generic_category(), "socketpair");
  }
  Nursery nursery;
  nursery.channel = Descriptor(ends[0]);
  Descriptor other(ends[1]);
  std::fflush(nullptr);  // or it would be written twice
  nursery.pid = ::fork();
  if (nursery.pid < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (nursery.pid == 0) {
    forget_signals();
    ::prctl(PR_SET_NAME, "ropeway nursery");
    nursery.channel.close();
    for (const int descriptor : not_needed) {
      if (descriptor != other.get()) ::close(descriptor);
    }
    NurseryProcess(std::move(other), tasks).run();
  }
  other.close();
  char mark = 0;
  ssize_t size = 0;
  do size = ::recv(nursery.channel.get(), &mark, 1, 0);
  while (size < 0 && errno == EINTR);
  if (size != 1) throw std::system_error(ECHILD, std::generic_category(), "the process that starts children has ended at once");
  return nursery;
}

}  // namespace ropeway::server
