#pragma once

#include <cstdint>
#include <optional>

#include "core/src/server/descriptor.hpp"

namespace ropeway::server {

/// What the worker asks of its nursery: one child. All texts are in descriptors, so that an order is small whatever it is about.
struct ChildOrder {
  static constexpr std::uint64_t no_task = UINT64_MAX;

  std::uint64_t task = no_task;  // which of the nursery's; or a program
  std::uint64_t cpu_seconds = 0;
  std::uint64_t memory = 0;  // bytes; 0: no limit
  Descriptor input;          // a file from its beginning: standard input, or what a task is given
  Descriptor output;         // a pipe
  Descriptor error;          // a pipe
  /// A socket: the nursery writes a `ChildNews` when the child has ended, and kills the child when the other end is closed.
  Descriptor life;
  Descriptor program;  // a file that says which (`pack_program`); none for a task
};

/// What becomes of a child.
struct ChildNews {
  std::int32_t error = 0;   // errno, where it could not be started
  std::int32_t status = 0;  // as `waitpid` gives it
};

/// Sends an order; the receiver gets duplicates of the descriptors. Never waits; gives an errno, or 0.
[[nodiscard]] int send_order(int channel, const ChildOrder& order) noexcept;

enum class Received : std::uint8_t { order, nothing, end };
/// Takes the next order without waiting. One whose descriptors did not fit into this process is dropped, and the worker sees its socket close.
[[nodiscard]] Received receive_order(int channel, ChildOrder& order) noexcept;

}  // namespace ropeway::server
