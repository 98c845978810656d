#include "launcher/src/signals.hpp"

#include <signal.h>
#include <sys/signalfd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace ropeway::launcher {
namespace {

struct Row {
  int signal;
  SignalAction supervisor;
  SignalAction fixed_supervisor;
  SignalAction worker;
  SignalAction alone;
};

// The one table. Where there is nothing to be read again, SIGHUP means that the terminal has gone: it stops at once, unless the program
// was started with it ignored (nohup).
constexpr std::array table{
    Row{SIGTERM, SignalAction::drain, SignalAction::drain, SignalAction::drain, SignalAction::drain},
    Row{SIGINT, SignalAction::stop, SignalAction::stop, SignalAction::none, SignalAction::stop},
    Row{SIGQUIT, SignalAction::stop, SignalAction::stop, SignalAction::none, SignalAction::stop},
    Row{SIGHUP, SignalAction::reload, SignalAction::stop, SignalAction::none, SignalAction::stop},
    Row{SIGUSR1, SignalAction::reopen, SignalAction::reopen, SignalAction::reopen, SignalAction::reopen},
    Row{SIGUSR2, SignalAction::upgrade, SignalAction::upgrade, SignalAction::none, SignalAction::none},
    Row{SIGTTIN, SignalAction::more, SignalAction::more, SignalAction::none, SignalAction::none},
    Row{SIGTTOU, SignalAction::fewer, SignalAction::fewer, SignalAction::none, SignalAction::none},
    Row{SIGCHLD, SignalAction::reap, SignalAction::reap, SignalAction::none, SignalAction::none},
};

bool is_ignored(int signal) noexcept {
  struct sigaction current{};
  return ::sigaction(signal, nullptr, &current) == 0 && current.sa_handler == SIG_IGN;
}

}  // namespace

SignalAction action_of(int signal, Role role) noexcept {
  for (const Row& row : table) {
    if (row.signal != signal) continue;
    switch (role) {
      case Role::supervisor: return row.supervisor;
      case Role::fixed_supervisor: return row.fixed_supervisor;
      case Role::worker: return row.worker;
      case Role::alone: return row.alone;
    }
  }
  return SignalAction::none;
}

SignalDescriptor::SignalDescriptor(Role role) : role_(role) {
  sigset_t taken;
  sigset_t left_alone;
  ::sigemptyset(&taken);
  ::sigemptyset(&left_alone);
  for (const Row& row : table) {
    const bool wanted = action_of(row.signal, role) != SignalAction::none;
    if (row.signal == SIGCHLD) {
      ::signal(SIGCHLD, SIG_DFL);  // an inherited "ignore" would hide how children end
      ::sigaddset(wanted ? &taken : &left_alone, SIGCHLD);
    } else if (!wanted) {
      ::signal(row.signal, SIG_IGN);  // of a worker; and what came while it was blocked is dropped with it
      ::sigaddset(&left_alone, row.signal);
    } else if (action_of(row.signal, role) == SignalAction::reload || row.signal != SIGHUP || !is_ignored(SIGHUP)) {
      ::sigaddset(&taken, row.signal);
    }
  }
  ::pthread_sigmask(SIG_BLOCK, &taken, nullptr);
  ::pthread_sigmask(SIG_UNBLOCK, &left_alone, nullptr);
  descriptor_ = Descriptor(::signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!descriptor_) throw std::system_error(errno, std::generic_category(), "signalfd");
}

std::vector<SignalAction> SignalDescriptor::take() {
  std::vector<SignalAction> actions;
  signalfd_siginfo info{};
  while (::read(descriptor_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    actions.push_back(action_of(static_cast<int>(info.ssi_signo), role_));
  }
  return actions;
}

void ignore_write_signals() noexcept {
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);
}

}  // namespace ropeway::launcher
