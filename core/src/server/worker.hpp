#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include <asio/io_context.hpp>

#include <ropeway/services.hpp>

#include "core/src/config/server_config.hpp"
#include "core/src/observability/access_log.hpp"
#include "core/src/observability/log_sink.hpp"
#include "core/src/observability/scoreboard.hpp"
#include "core/src/routing/site.hpp"
#include "core/src/server/hand_over.hpp"
#include "core/src/server/keep_table.hpp"
#include "core/src/server/listen_descriptor.hpp"
#include "core/src/shared/segment.hpp"

namespace ropeway::server {

/// What a worker is made of; everything outlives it but the descriptors that it may close.
struct WorkerOptions {
  config::LimitsConfig limits;
  config::TimeoutsConfig timeouts;
  config::BlockingConfig blocking;
  config::ProxiesConfig proxies;
  config::RepeatedSlashes repeated_slashes = config::RepeatedSlashes::keep;
  std::string server_name;
  unsigned threads = 1;
  observability::LogSink* log = nullptr;
  observability::AccessLog* access_log = nullptr;          // nullptr: none
  observability::WorkerRow* row = nullptr;                 // nullptr: one of its own
  std::span<observability::ThreadSlot> slots;              // of the I/O threads, then of the pool's; may be too few, or none
  std::span<observability::ThreadCounters> counters;       // of the I/O threads; further threads count nothing
  std::span<observability::RouteCounters> route_counters;  // the same number for each of them
  std::span<const std::atomic<bool>> closed_routes;        // by their numbers; those beyond are open
  const std::atomic<bool>* ending = nullptr;               // the whole server has been told to end; nullptr: nobody says so
  std::function<void()> on_thread;                         // called first by each I/O thread; may be empty
  HandOverChannel hand_over;                               // to and from its siblings
  config::SharedConfig shared_sizes;                       // where there is no `shared`
  shared::Segment* shared = nullptr;                       // what it has in common with its siblings; nullptr: one of its own
  KeepTable* keep_table = nullptr;                         // of the keeper; nullptr: none
  int keeper = -1;                                         // the channel to it
};

/// What `config` says of a worker; the rest is left to the caller.
[[nodiscard]] WorkerOptions worker_options(const config::ServerConfig& config);
/// The same where there is no configuration: every default.
[[nodiscard]] WorkerOptions default_worker_options();
/// The room in shared memory that a configuration asks for.
[[nodiscard]] shared::Sizes sizes_of(const config::SharedConfig& config) noexcept;

/// One worker: an io_context that several threads run, its listeners and its sessions. It is the same whether it is a process of a
/// supervisor's or a part of a program (`ropeway::Server`).
class Worker {
 public:
  explicit Worker(WorkerOptions options);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// What handlers may reach; alive as long as the worker. Handlers are constructed with it, then handed over by `serve`.
  [[nodiscard]] Services& services() noexcept;
  void set_site(std::unique_ptr<const routing::Site> site);
  /// Whether a handler of the site, or one that was constructed with `services`, starts children.
  [[nodiscard]] bool needs_nursery() const noexcept;
  /// Forks the process that starts them (`nursery.hpp`): after the handlers' constructors, before `run`. It closes `not_needed` first.
  /// `on_lost`: called on the event loop where it ends before the worker; until the worker is replaced, its children's requests are answered
  /// with 502. May be empty. Throws `std::system_error`.
  void start_nursery(std::span<const int> not_needed, std::function<void()> on_lost);
  /// Begins to accept from `listeners` (non-blocking sockets; not closed by the worker).
  void listen(const std::vector<ListenDescriptor>& listeners);
  /// Accepts from these besides, because nobody else does just now; from those of an earlier call that are not among them no more. In a
  /// drain of the whole server, only what waits in their queues; in one of this worker alone, nothing. One call at a time, on the event loop or before `run`.
  void rescue(const std::vector<ListenDescriptor>& listeners);
  /// Calls `on_readable` whenever `descriptor` can be read (the supervisor's pipe); it returns false to end the watch.
  void watch(int descriptor, std::function<bool()> on_readable);

  /// The event loop, for what else a program wants to run on it.
  [[nodiscard]] asio::io_context& io() noexcept;

  /// Runs `work` on one of its I/O threads, as soon as one is free. Thread-safe.
  void post(std::function<void()> work);

  /// Runs `threads` I/O threads (0: as many as the options say), this one included, until the worker has drained or was stopped.
  /// Says whether every request was answered. To be called once.
  bool run(unsigned threads = 0);
  /// Accepts what waits in the queues, then nothing more; closes idle connections, or hands them over to siblings where there is a channel,
  /// lets requests finish for at most `timeouts.drain`, then ends `run`. `close_listeners`: there are no siblings that serve on, so
  /// the kernel shall refuse newcomers from now on, and connections end here. Thread-safe.
  /// `on_begun`: called once nothing more is accepted from its own listeners; may be empty.
  void drain(bool close_listeners = false, std::function<void()> on_begun = {});
  /// Drains with the whole server after `grace`, until when everything goes on. To be called once; `drain` may come first. Thread-safe.
  void drain_after(std::chrono::milliseconds grace);
  /// Ends `run` at once. Thread-safe.
  void stop() noexcept;
  [[nodiscard]] std::size_t connections() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ropeway::server
