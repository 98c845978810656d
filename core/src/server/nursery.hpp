#pragma once

#include <sys/types.h>

#include <span>

#include <ropeway/child_process.hpp>

#include "core/src/server/descriptor.hpp"

namespace ropeway::server {

/// A worker's nursery: the process that forks its children. The worker cannot, since it has threads; the nursery has one, and was forked when
/// the worker's handlers stood and its threads did not.
///
/// It waits for orders (`child_order.hpp`), starts a child for each, tells the worker how it ended, and kills what is left of its process
/// group. It kills a child when the worker closes that child's socket, and all of them, and itself, when the worker's end of the channel closes,
/// however that happens: so no child outlives its worker. It takes no signal but that of its children.
struct Nursery {
  pid_t pid = -1;
  Descriptor channel;  // the worker's end

  /// Forks it, and returns when it is ready. `tasks` are those that orders name by number. `not_needed`: descriptors that it closes first.
  /// Throws `std::system_error` where there is no process or descriptor left.
  [[nodiscard]] static Nursery start(std::span<const ChildTask> tasks, std::span<const int> not_needed);
};

}  // namespace ropeway::server
