#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/src/observability/scoreboard.hpp"
#include "launcher/src/plan.hpp"

namespace ropeway::launcher {

/// Has a worker that dies of SIGSEGV, SIGBUS, SIGILL, SIGFPE or SIGABRT leave in `record` which of `threads` did it and where it was; then
/// the signal ends the process as it would have. Signals that something else (a sanitizer) already handles are left to it. Once in a process.
void keep_crash_record(observability::StackRecord& record, std::span<const observability::ThreadSlot> threads);

/// Has any thread of this process that gets `stack_signal` write into `record` where it is, and go on. Once in a process, after
/// `keep_crash_record`.
void answer_stack_signal(observability::StackRecord& record);
[[nodiscard]] int stack_signal() noexcept;

/// A request that a thread works on, in words for a log.
struct ActivityNames {
  std::string request;  // "GET /path"
  std::string id;       // of the request; "" where it has none
  std::string peer;     // "203.0.113.7:4711"
  std::string route;    // "" where it has none
  std::string handler;
};
[[nodiscard]] ActivityNames names_of(const observability::Activity& activity, const std::vector<Plan::Route>& routes);
/// The frames of `record` in one line.
[[nodiscard]] std::string stack_of(const observability::StackRecord& record, std::span<const observability::MappedObject> others);

/// Gives the calling thread, which has none, a stack on which a signal can be handled also where the thread has used up its own.
/// It stays until the thread ends.
void give_signal_stack();

/// The frames of `record`, innermost first, as `describe_address` has them. The addresses are those of a child of this process that
/// executed no other program, so this process knows what is there; what the child alone has loaded is in `others`.
[[nodiscard]] std::vector<std::string> frames_of(const observability::StackRecord& record,
                                                 std::span<const observability::MappedObject> others = {});

}  // namespace ropeway::launcher
