#pragma once

namespace ropeway::testing {

// g++ says it with macros, clang with features.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ROPEWAY_TESTS_UNDER_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define ROPEWAY_TESTS_UNDER_TSAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define ROPEWAY_TESTS_UNDER_ASAN 1
#endif
#if defined(__SANITIZE_THREAD__)
#define ROPEWAY_TESTS_UNDER_TSAN 1
#endif

#ifdef ROPEWAY_TESTS_UNDER_ASAN
inline constexpr bool under_address_sanitizer = true;
#else
inline constexpr bool under_address_sanitizer = false;
#endif
#ifdef ROPEWAY_TESTS_UNDER_TSAN
inline constexpr bool under_thread_sanitizer = true;
#else
inline constexpr bool under_thread_sanitizer = false;
#endif
/// They take signals and memory themselves, and end a process in their own way.
inline constexpr bool under_sanitizer = under_address_sanitizer || under_thread_sanitizer;

/// How often something is repeated that looks for what happens rarely: as often as it says in the optimised build, and a quarter of that here,
/// where each time takes many times as long.
constexpr int repeats(int times) { return under_sanitizer ? times / 4 : times; }

}  // namespace ropeway::testing
