#pragma once

#include <exception>
#include <vector>

namespace ropeway::launcher {

/// From now on, where exceptions are thrown is remembered, of the last few dozens. It costs some microseconds for each; until then, nothing but a look
/// at a flag. Thread-safe.
void remember_throws() noexcept;

/// The addresses behind the calls that led to the throw of `failure`, innermost first; none where that is not remembered (any more).
[[nodiscard]] std::vector<void*> frames_of_throw(const std::exception_ptr& failure);

}  // namespace ropeway::launcher
