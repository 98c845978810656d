#include "launcher/src/signals.hpp"

#include <doctest/doctest.h>
#include <signal.h>

using namespace ropeway::launcher;

TEST_CASE("each role has its own meaning for a signal") {
  struct Case {
    int signal;
    SignalAction supervisor, fixed, worker, alone;
  };
  for (const Case& test : {Case{SIGTERM, SignalAction::drain, SignalAction::drain, SignalAction::drain, SignalAction::drain},
                           Case{SIGINT, SignalAction::stop, SignalAction::stop, SignalAction::none, SignalAction::stop},
                           Case{SIGQUIT, SignalAction::stop, SignalAction::stop, SignalAction::none, SignalAction::stop},
                           Case{SIGHUP, SignalAction::reload, SignalAction::stop, SignalAction::none, SignalAction::stop},
                           Case{SIGUSR1, SignalAction::reopen, SignalAction::reopen, SignalAction::reopen, SignalAction::reopen},
                           Case{SIGUSR2, SignalAction::upgrade, SignalAction::upgrade, SignalAction::none, SignalAction::none},
                           Case{SIGCHLD, SignalAction::reap, SignalAction::reap, SignalAction::none, SignalAction::none},
                           Case{SIGWINCH, SignalAction::none, SignalAction::none, SignalAction::none, SignalAction::none}}) {
    CAPTURE(test.signal);
    CHECK(action_of(test.signal, Role::supervisor) == test.supervisor);
    CHECK(action_of(test.signal, Role::fixed_supervisor) == test.fixed);
    CHECK(action_of(test.signal, Role::worker) == test.worker);
    CHECK(action_of(test.signal, Role::alone) == test.alone);
  }
}
