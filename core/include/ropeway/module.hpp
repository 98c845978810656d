#pragma once

#include <asio/version.hpp>

#include <ropeway/registry.hpp>
#include <ropeway/version.hpp>

/// A module is a shared object with handlers and middlewares, for a program that is built already:
///
///     ROPEWAY_MODULE(registry) { registry.handler<Hello>("hello"); }
///
/// `"modules": ["./hello.so"]` in a configuration has each worker load it before it looks at the routes. CMake's `ropeway_add_module`
/// (find_package(ropeway)) makes one.
///
/// - The body is called as `launch` calls a program's own function: in each worker, and wherever a configuration is tried or explained; never in
///   the supervisor. At that time the process has one thread, and what the modules in `ROPEWAY_MODULE_NEEDS` have registered is registered.
/// - What it throws, and a name that is taken already, is a mistake of the configuration, with its place in "modules".
/// - A module is never unloaded: what it hands out may refer to its code and its static data as long as the process lives. A reload loads the new
///   file into new processes.
/// - It has no framework of its own but calls that of the program. So it must be built with the same version of these headers and of Asio, and
///   with a compiler and flags that lay objects out in the same way. The text `ROPEWAY_MODULE_TAG` says with which it was; a program
///   compares that before it runs any code of the module, and refuses another one.
/// - Names of classes and functions that other modules may have, too, belong in a namespace of the module's own.
// NOLINTBEGIN(bugprone-macro-parentheses): the name of a parameter has none
#define ROPEWAY_MODULE(registry)                                                                                          \
  ROPEWAY_MODULE_RETAINED static const char ropeway_module_tag[] = ROPEWAY_MODULE_MARK "tag\1" ROPEWAY_MODULE_TAG;        \
  extern "C" [[gnu::visibility("default")]] void ropeway_register_module([[maybe_unused]] ::ropeway::Registry& registry); \
  extern "C" [[gnu::visibility("default")]] void ropeway_register_module([[maybe_unused]] ::ropeway::Registry& registry)
// NOLINTEND(bugprone-macro-parentheses)

/// What other modules call this one: `ROPEWAY_MODULE_NAME("accounts");`, once and outside of functions. Without it, it is the file's name without
/// folder and ".so". No two modules of a configuration have the same.
#define ROPEWAY_MODULE_NAME(name) ROPEWAY_MODULE_RETAINED static const char ropeway_module_name[] = ROPEWAY_MODULE_MARK "name\1" name

/// Another module that has to be loaded before this one, because its functions are called or because its handlers are counted on:
/// `ROPEWAY_MODULE_NEEDS("accounts");`, outside of functions, once for each on a line of its own. Where it is missing in "modules", or needs this one in turn,
/// that is a mistake of the configuration. The order of "modules" is of no importance.
#define ROPEWAY_MODULE_NEEDS(name) \
  ROPEWAY_MODULE_RETAINED static const char ROPEWAY_MODULE_JOINED(ropeway_module_needs_, __LINE__)[] = ROPEWAY_MODULE_MARK "needs\1" name

/// How a module and a program are laid out, as text: parts that have to be the same in both.
#define ROPEWAY_MODULE_TAG                                                   \
  "Ropeway " ROPEWAY_VERSION "; module ABI 1; C++ ABI " ROPEWAY_MODULE_TEXT( \
      __GXX_ABI_VERSION) "; " ROPEWAY_MODULE_LIBRARY "; Asio " ROPEWAY_MODULE_TEXT(ASIO_VERSION) "; sanitizer " ROPEWAY_MODULE_SANITIZER

// What the macros above are made of. The marks are found in the file before it is loaded; the control characters set them apart from the same words
// in other texts.
#define ROPEWAY_MODULE_MARK "\1ropeway-module\1"
#define ROPEWAY_MODULE_TEXT_OF(words) #words
#define ROPEWAY_MODULE_TEXT(words) ROPEWAY_MODULE_TEXT_OF(words)
#define ROPEWAY_MODULE_JOINED_OF(left, right) left##right
#define ROPEWAY_MODULE_JOINED(left, right) ROPEWAY_MODULE_JOINED_OF(left, right)

#if __has_cpp_attribute(gnu::retain)
#define ROPEWAY_MODULE_RETAINED [[gnu::used, gnu::retain]]
#else
#define ROPEWAY_MODULE_RETAINED [[gnu::used]]
#endif

#if defined(_GLIBCXX_DEBUG)
#define ROPEWAY_MODULE_LIBRARY "libstdc++ strings " ROPEWAY_MODULE_TEXT(_GLIBCXX_USE_CXX11_ABI) " with _GLIBCXX_DEBUG"
#elif defined(__GLIBCXX__)
#define ROPEWAY_MODULE_LIBRARY "libstdc++ strings " ROPEWAY_MODULE_TEXT(_GLIBCXX_USE_CXX11_ABI)
#elif defined(_LIBCPP_ABI_VERSION)
#define ROPEWAY_MODULE_LIBRARY "libc++ " ROPEWAY_MODULE_TEXT(_LIBCPP_ABI_VERSION)
#else
#define ROPEWAY_MODULE_LIBRARY "another standard library"
#endif

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ROPEWAY_MODULE_SANITIZER "address"
#elif __has_feature(thread_sanitizer)
#define ROPEWAY_MODULE_SANITIZER "thread"
#elif __has_feature(memory_sanitizer)
#define ROPEWAY_MODULE_SANITIZER "memory"
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define ROPEWAY_MODULE_SANITIZER "address"
#elif defined(__SANITIZE_THREAD__)
#define ROPEWAY_MODULE_SANITIZER "thread"
#endif
#ifndef ROPEWAY_MODULE_SANITIZER
#define ROPEWAY_MODULE_SANITIZER "none"
#endif
