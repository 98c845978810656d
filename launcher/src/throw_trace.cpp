// Stands between the program's `throw` and the C++ library's part of it (Itanium C++ ABI, exception handling §2.4.3), to see where it happens.

#include "launcher/src/throw_trace.hpp"

#include <cxxabi.h>
#include <dlfcn.h>
#include <execinfo.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <span>

namespace ropeway::launcher {
namespace {

constexpr int deepest = 48;
constexpr int own_frames = 2;  // `remember` and the function below

struct Throw {
  const void* exception = nullptr;
  std::array<void*, deepest> frames{};
  int count = 0;
};

// The last ones, of any thread.
struct Throws {
  std::mutex mutex;
  std::array<Throw, 64> last;
  std::size_t next = 0;
};

std::atomic<bool> remembers{false};

Throws& throws() {
  static Throws all;
  return all;
}

__attribute__((noinline)) void remember(const void* exception) noexcept {
  Throw seen;
  seen.exception = exception;
  seen.count = ::backtrace(seen.frames.data(), deepest);
  Throws& all = throws();
  const std::lock_guard lock(all.mutex);
  all.last[all.next++ % all.last.size()] = seen;
}

}  // namespace

void remember_throws() noexcept {
  (void)throws();
  std::array<void*, 1> frame{};
  (void)::backtrace(frame.data(), 1);  // loads what it needs
  remembers.store(true, std::memory_order_release);
}

std::vector<void*> frames_of_throw(const std::exception_ptr& failure) {
  const void* exception = nullptr;
  static_assert(sizeof failure == sizeof exception);  // the C++ library's holds nothing but the address of the exception
  std::memcpy(static_cast<void*>(&exception), static_cast<const void*>(&failure), sizeof exception);
  Throws& all = throws();
  const std::lock_guard lock(all.mutex);
  const Throw* newest = nullptr;
  for (std::size_t back = 1; back <= std::min(all.next, all.last.size()) && newest == nullptr; ++back) {
    const Throw& seen = all.last[(all.next - back) % all.last.size()];
    if (seen.exception == exception) newest = &seen;
  }
  if (newest == nullptr || newest->count <= own_frames) return {};
  const auto frames = std::span(newest->frames).first(static_cast<std::size_t>(newest->count)).subspan(own_frames);
  return {frames.begin(), frames.end()};
}

}  // namespace ropeway::launcher

// By its name for the linker, since compilers declare the other one themselves, each in its way. Weak: a program that has one of its own keeps that.
extern "C" __attribute__((weak, noinline, noreturn)) void ropeway_throw(void* exception, std::type_info* type,
                                                                        void (*destructor)(void*)) __asm__("__cxa_throw");
extern "C" void ropeway_throw(void* exception, std::type_info* type, void (*destructor)(void*)) {
  using Next = void (*)(void*, std::type_info*, void (*)(void*));
  static const auto next = reinterpret_cast<Next>(::dlsym(RTLD_NEXT, "__cxa_throw"));
  if (ropeway::launcher::remembers.load(std::memory_order_acquire)) ropeway::launcher::remember(exception);
  next(exception, type, destructor);
  std::abort();
}
