#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <ropeway/awaitable.hpp>

namespace ropeway {

/// Values by key that all workers of this server share, in memory that is bounded (`shared.cache_bytes`): where it is full, what nobody asks for
/// makes room. A cache may forget anything at any time. Values outlive workers, a reload, and an upgrade: where a new version of a program
/// writes them in another form, let the key say which. Keys and values are bytes. What is given is a copy. Thread-safe; texts that are
/// passed must live until the coroutine that is given has ended, as they do where it is awaited at once.
class Cache {
 public:
  virtual ~Cache() = default;
  /// As long as there is room.
  static constexpr std::chrono::milliseconds no_end = std::chrono::milliseconds::max();
  using Compute = std::function<awaitable<std::string>()>;

  /// The value of `key`, where there is one whose time is not over.
  [[nodiscard]] virtual awaitable<std::optional<std::string>> get(std::string_view key) = 0;
  /// Keeps `value` for `time`, in the place of an earlier one. False where it is too large (a key and its value may have a quarter of a shard
  /// together: 1 MiB less some bytes by default); then there is none any more.
  virtual awaitable<bool> set(std::string_view key, std::string_view value, std::chrono::milliseconds time = no_end) = 0;
  /// Forgets it; says whether it was there.
  virtual awaitable<bool> erase(std::string_view key) = 0;
  /// The value of `key`; where there is none, what `compute` gives, which is kept for `time`. Of all requests of this server that want it
  /// meanwhile, one computes, and the others wait for it; where it throws, or its worker dies, the next one does. What `compute` throws, this throws
  /// where it was called for this request.
  [[nodiscard]] virtual awaitable<std::string> get_or_compute(std::string key, std::chrono::milliseconds time, Compute compute) = 0;
};

}  // namespace ropeway
