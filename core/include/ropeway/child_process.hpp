#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ropeway/awaitable.hpp>
#include <ropeway/body.hpp>
#include <ropeway/config_node.hpp>
#include <ropeway/request.hpp>
#include <ropeway/response.hpp>
#include <ropeway/setting.hpp>

namespace ropeway {

/// What the children of one handler may use.
struct ChildLimits {
  std::chrono::milliseconds time{30'000};         ///< that a request waits for its child, in all; what a slow client takes does not count
  std::chrono::milliseconds cpu{10'000};          ///< of one process; counted in whole seconds, rounded up
  std::uint64_t memory = 512ULL * 1024U * 1024U;  ///< bytes of address space of one process; 0: no limit
  std::size_t at_once = 16;                       ///< children that run at the same time, in each worker
  std::size_t queue = 64;                         ///< requests that may wait for one of these places

  /// The setting `limits`, an object, for the options of a handler that starts children.
  [[nodiscard]] static Setting setting();
  /// What `options`, which declare `setting()`, say.
  [[nodiscard]] static ChildLimits from(const ConfigNode& options);
};

/// A program to execute, without a shell. No text may hold NUL.
struct Program {
  std::string file;                      ///< an absolute path
  std::vector<std::string> arguments;    ///< with the name that it is called by as the first
  std::vector<std::string> environment;  ///< "NAME=value": all that it gets
  std::string folder;                    ///< where it is started
};

/// What a child does that is this program itself: it gets `input` and writes its answer to `output`. It runs on an event loop of its own,
/// in a process that has one thread and all that the handlers' constructors have made but their threads. What it prints is logged.
using ChildTask = std::function<awaitable<void>(std::string_view input, BodyWriter& output)>;

/// A child that was started. It, and every process of its group, is killed when this object ends, if it has not ended before.
/// One call at a time.
class ChildProcess {
 public:
  virtual ~ChildProcess() = default;

  /// The next piece of what it writes to its standard output, valid until the next call; empty when it has ended, and then `end` tells how.
  /// Nothing where `patience` is over first. Where `request` is given, its client is watched: throws `ConnectionLost` when that has gone.
  /// Throws `HttpError`: 504 past `ChildLimits::time` or `cpu`, 502 where a signal killed it.
  [[nodiscard]] virtual awaitable<std::optional<std::string_view>> read_within(std::chrono::milliseconds patience, Request* request) = 0;
  /// The same without a bound of its own.
  [[nodiscard]] awaitable<std::string_view> read(Request* request = nullptr);

  /// How it ended, for a log line or an exception: "it exited with code 3", and the last lines that it wrote to its standard error. To be
  /// called after `read` has given the end.
  [[nodiscard]] virtual std::string end() const = 0;
  /// Its exit code, after `read` has given the end.
  [[nodiscard]] virtual int exit_code() const noexcept = 0;
};

/// Gives `response` the rest of what `child` writes as its content, behind `begun`: as text where the child ends soon and it is not much, so
/// that a crash is still a 502; otherwise as a stream, which is cut off where the child fails.
[[nodiscard]] awaitable<Response> with_rest_of(std::shared_ptr<ChildProcess> child, Response response, std::string begun, Request& request);

/// Children of one handler, with their limits. It may be used by many threads.
class ChildPool {
 public:
  virtual ~ChildPool() = default;

  /// Waits for a place, then starts `program` with `input` as its standard input. Gives nullptr where too many wait already (`busy` is the
  /// answer then). Throws `ConnectionLost` where the client of `request` has gone meanwhile, and `HttpError` 502 where no child can be had.
  [[nodiscard]] virtual awaitable<std::shared_ptr<ChildProcess>> start(Request& request, Program program, std::string_view input) = 0;
  /// The same for the task of a pool that has one.
  [[nodiscard]] virtual awaitable<std::shared_ptr<ChildProcess>> start(Request& request, std::string_view input) = 0;

  /// 503 with `Retry-After`.
  [[nodiscard]] static Response busy();
};

/// Starts children for handlers, safely out of a process with many threads: a process of one thread, forked before the worker has others,
/// forks them. To be asked for pools in the constructors of handlers, and only there.
class ChildProcesses {
 public:
  virtual ~ChildProcesses() = default;
  /// Children that execute programs. `name` is for log lines.
  [[nodiscard]] virtual std::shared_ptr<ChildPool> for_programs(std::string name, const ChildLimits& limits) = 0;
  /// Children that run `task`.
  [[nodiscard]] virtual std::shared_ptr<ChildPool> for_task(std::string name, const ChildLimits& limits, ChildTask task) = 0;
};

}  // namespace ropeway
