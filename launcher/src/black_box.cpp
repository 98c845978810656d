#include "launcher/src/black_box.hpp"

#include <execinfo.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>

#include "core/src/server/activity.hpp"
#include "core/src/server/peer_address.hpp"
#include "launcher/src/symbols.hpp"

namespace ropeway::launcher {
namespace {

using observability::StackRecord;

constexpr std::array fatal_signals{SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
constexpr std::size_t signal_stack_bytes = 64 * 1024;
// Of what `backtrace` finds: two functions of this file, and the kernel's way into them.
constexpr int frames_of_the_signal = 3;

StackRecord* crash_here = nullptr;
StackRecord* stall_here = nullptr;
std::span<const observability::ThreadSlot> threads_here;

// Runs in a signal handler, on a thread that may have broken anything: nothing but stores, and a walk over the stack.
[[gnu::noinline]] void write_stack(StackRecord& record, int signal, const siginfo_t& info) {
  const observability::ThreadSlot* slot = server::thread_slot();
  const bool known = slot >= threads_here.data() && slot < threads_here.data() + threads_here.size();
  record.thread = known ? static_cast<std::uint32_t>(slot - threads_here.data()) : UINT32_MAX;
  record.address = reinterpret_cast<std::uint64_t>(info.si_addr);
  record.frame_count = 0;
  record.signal = signal;  // before the walk, which may fail in turn
  std::array<void*, StackRecord::most_frames + frames_of_the_signal> frames;
  const int count = ::backtrace(frames.data(), static_cast<int>(frames.size()));
  for (int i = frames_of_the_signal; i < count; ++i) {
    record.frames[static_cast<std::size_t>(i - frames_of_the_signal)] =
        reinterpret_cast<std::uint64_t>(frames[static_cast<std::size_t>(i)]);
  }
  record.frame_count = static_cast<std::uint32_t>(std::max(0, count - frames_of_the_signal));
}

void on_fatal_signal(int signal, siginfo_t* info, void*) {
  static std::atomic_flag taken;  // the first thread's crash is the one that counts
  if (!taken.test_and_set()) write_stack(*crash_here, signal, *info);
  ::raise(signal);  // its action is the default one again: the process ends here, with a core dump where those are wanted
}

void on_stack_signal(int signal, siginfo_t* info, void*) {
  const int error = errno;
  write_stack(*stall_here, signal, *info);
  errno = error;
}

}  // namespace

void keep_crash_record(StackRecord& record, std::span<const observability::ThreadSlot> threads) {
  crash_here = &record;
  threads_here = threads;
  std::array<void*, 1> first;
  (void)::backtrace(first.data(), 1);  // the first call loads a library, which a signal handler may not
  for (const int signal : fatal_signals) {
    struct sigaction now{};
    if (::sigaction(signal, nullptr, &now) != 0 || (now.sa_flags & SA_SIGINFO) != 0 || now.sa_handler != SIG_DFL) continue;
    struct sigaction action{};
    action.sa_sigaction = on_fatal_signal;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | static_cast<int>(SA_RESETHAND) | SA_NODEFER;
    ::sigemptyset(&action.sa_mask);
    ::sigaction(signal, &action, nullptr);
  }
}

int stack_signal() noexcept { return SIGRTMIN + 7; }

void answer_stack_signal(StackRecord& record) {
  stall_here = &record;
  struct sigaction action{};
  action.sa_sigaction = on_stack_signal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(stack_signal(), &action, nullptr);
}

ActivityNames names_of(const observability::Activity& activity, const std::vector<Plan::Route>& routes) {
  const observability::RequestOrigin& origin = activity.origin();
  ActivityNames names{activity.request(), to_string(origin.id), server::to_string(origin.peer), "", ""};
  if (activity.route() < routes.size()) {
    names.route = routes[activity.route()].match;
    names.handler = routes[activity.route()].handler;
  }
  return names;
}

std::string stack_of(const StackRecord& record, std::span<const observability::MappedObject> others) {
  std::string text;
  for (const std::string& frame : frames_of(record, others)) text += (text.empty() ? "" : " < ") + frame;
  return text;
}

void give_signal_stack() {
  class Stack {
   public:
    Stack() : memory_(std::make_unique<char[]>(signal_stack_bytes)) {
      stack_t stack{};
      stack.ss_sp = memory_.get();
      stack.ss_size = signal_stack_bytes;
      ::sigaltstack(&stack, nullptr);
    }
    ~Stack() {
      stack_t none{};
      none.ss_flags = SS_DISABLE;
      ::sigaltstack(&none, nullptr);
    }
    Stack(const Stack&) = delete;
    Stack& operator=(const Stack&) = delete;

   private:
    std::unique_ptr<char[]> memory_;
  };
  stack_t now{};
  if (::sigaltstack(nullptr, &now) != 0 || (now.ss_flags & SS_DISABLE) == 0) return;  // a sanitizer's
  thread_local const Stack stack;
}

std::vector<std::string> frames_of(const StackRecord& record, std::span<const observability::MappedObject> others) {
  std::vector<std::string> result;
  const std::size_t count = std::min<std::size_t>(record.frame_count, StackRecord::most_frames);
  unsigned times = 1;
  const auto tell_times = [&] {
    if (times > 1) result.back() += ", " + std::to_string(times) + " times";
    times = 1;
  };
  for (std::size_t i = 0; i < count; ++i) {
    // All but the innermost are addresses to return to, and a call that does not return may be the last thing in its function.
    if (i > 0 && record.frames[i] == record.frames[i - 1]) {
      ++times;
      continue;
    }
    tell_times();
    result.push_back(describe_address(record.frames[i] - (i > 0 ? 1 : 0), others));
  }
  if (!result.empty()) tell_times();
  return result;
}

}  // namespace ropeway::launcher
