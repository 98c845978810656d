#pragma once

#include <sys/types.h>

#include <span>
#include <string>

#include <ropeway/child_process.hpp>

#include "core/src/server/child_order.hpp"

namespace ropeway::server {

/// `program` as an order carries it.
[[nodiscard]] std::string pack_program(const Program& program);

/// The life of a child, right after the fork: limits, descriptors, signals, and then the program or the task. All descriptors of the nursery's
/// own are closed already. It dies with its parent, `nursery`.
[[noreturn]] void run_child(ChildOrder& order, std::span<const ChildTask> tasks, pid_t nursery);

/// Whether this process is a child that runs a task: then its log goes to standard error, as `child_log_line` has it.
[[nodiscard]] bool is_task_child() noexcept;

}  // namespace ropeway::server
