#include "core/src/server/worker.hpp"

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <list>
#include <mutex>
#include <optional>
#include <thread>

#include <asio/executor_work_guard.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>

#include "core/src/server/activity.hpp"
#include "core/src/server/blocking_pool.hpp"
#include "core/src/server/child_pools.hpp"
#include "core/src/server/handler_log.hpp"
#include "core/src/server/listener.hpp"
#include "core/src/server/peer_address.hpp"
#include "core/src/server/session.hpp"
#include "core/src/server/shared_state.hpp"
#include "core/src/server/system_clock.hpp"
#include "core/src/server/thread_meter.hpp"
#include "core/src/server/upstream_set.hpp"

namespace ropeway::server {
namespace {

constexpr std::chrono::milliseconds tick_interval{250};      // the coarseness of every deadline
constexpr std::chrono::milliseconds hand_over_interval{10};  // until connections are offered to siblings again
constexpr int taken_in_a_row = 16;                           // connections of siblings, before those that are here have their turn

protocol::Limits protocol_limits(const config::LimitsConfig& limits) {
  protocol::Limits result;
  result.header_bytes = limits.header_bytes;
  result.header_count = limits.header_count;
  result.target_bytes = limits.target_bytes;
  result.body_bytes = limits.body_bytes;
  return result;
}

http::RepeatedSlashes rule_for_slashes(config::RepeatedSlashes rule) noexcept {
  switch (rule) {
    case config::RepeatedSlashes::keep: return http::RepeatedSlashes::keep;
    case config::RepeatedSlashes::merge: return http::RepeatedSlashes::merge;
    case config::RepeatedSlashes::refuse: break;
  }
  return http::RepeatedSlashes::refuse;
}

// How many connections a listener may take: `limits.connections`, or fewer where the limit of open files is low, so that descriptors are
// left for the files and sockets of handlers.
std::size_t connection_limit(std::size_t configured) noexcept {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY) return configured;
  return std::max<std::size_t>(1, std::min<std::size_t>(configured, files.rlim_cur / 5 * 3));
}

class WorkerServices final : public Services {
 public:
  WorkerServices(Logger& logger, const config::BlockingConfig& blocking, std::span<observability::ThreadSlot> slots,
                 const std::atomic<bool>* ending, shared::Segment& shared)
      : logger_(logger),
        pool_({blocking.threads, blocking.queue, blocking.wait, blocking.take_over}, slots),
        ending_(ending != nullptr ? *ending : draining),
        children_(logger),
        upstreams_(logger),
        shared_(shared, clock_, logger_) {}
  [[nodiscard]] Logger& logger() noexcept override { return logger_; }
  [[nodiscard]] ChildPools& child_processes() noexcept override { return children_; }
  [[nodiscard]] UpstreamSet& upstreams() noexcept override { return upstreams_; }
  [[nodiscard]] SharedCounters& counters() noexcept override { return shared_.counters; }
  [[nodiscard]] SharedRateLimits& rate_limits() noexcept override { return shared_.rate_limits; }
  [[nodiscard]] SharedCache& cache() noexcept override { return shared_.cache; }
  [[nodiscard]] SharedBus& bus() noexcept override { return shared_.bus; }
  [[nodiscard]] SharedJobs& jobs() noexcept override { return shared_.jobs; }
  [[nodiscard]] const Clock& clock() const noexcept override { return clock_; }
  [[nodiscard]] BlockingPool& blocking_pool() noexcept override { return pool_; }
  [[nodiscard]] bool ready() const noexcept override {
    return !draining.load(std::memory_order_relaxed) && !ending_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] awaitable<Response> get(Request& request, std::string target) override { return site_->get(request, std::move(target)); }
  [[nodiscard]] std::string url(std::string_view name, const std::vector<UrlParameter>& parameters) const override {
    if (site_ == nullptr) throw std::logic_error("there are no URLs before all handlers are constructed");
    return site_->url(name, parameters);
  }
  void set_site(const routing::Site& site) noexcept { site_ = &site; }
  void begin(asio::io_context& io, Readiness::Context& readiness, const std::function<void()>& on_busy) {
    upstreams_.begin(io, readiness, on_busy);
    shared_.begin(io);
  }
  void end() noexcept {
    upstreams_.detach();
    shared_.end();
  }
  void sweep(std::chrono::milliseconds now) {
    pool_.refuse_late(now);
    upstreams_.sweep(now);
  }
  void join() noexcept {
    upstreams_.end();
    shared_.close();
    pool_.join();
    children_.close();
  }
  std::atomic<bool> draining{false};  // with the whole server

 private:
  HandlerLog logger_;
  SystemClock clock_;
  BoundedBlockingPool pool_;
  const std::atomic<bool>& ending_;
  ChildPools children_;
  UpstreamSet upstreams_;
  SharedState shared_;
  const routing::Site* site_ = nullptr;  // there is one before there is a request
};

}  // namespace

// The order of members is the order of ends, backwards: the io_context (and with it every coroutine) goes before what coroutines refer to.
struct Worker::State {
  explicit State(WorkerOptions given)
      : options(std::move(given)),
        own_shared(options.shared == nullptr ? std::optional<shared::Segment>(std::in_place, sizes_of(options.shared_sizes))
                                             : std::nullopt),
        services(*options.log, options.blocking, options.slots.subspan(std::min<std::size_t>(options.threads, options.slots.size())),
                 options.ending, own_shared ? *own_shared : *options.shared),
        keep(options.keep_table != nullptr ? std::optional<Keep>(std::in_place, *options.keep_table, options.keeper) : std::nullopt),
        context{.io = io,
                .readiness = readiness,
                .sessions = sessions,
                .limits = protocol_limits(options.limits),
                .send_buffer_bytes = options.limits.send_buffer_bytes,
                .requests_per_connection = options.limits.requests_per_connection,
                .body_memory = http::BodyMemory(options.limits.body_memory),
                .timeouts = options.timeouts,
                .repeated_slashes = rule_for_slashes(options.repeated_slashes),
                .common_fields = CommonFields(options.server_name),
                .log = *options.log,
                .access_log = options.access_log,
                .row = options.row != nullptr ? *options.row : own_row,
                .closed_routes = options.closed_routes,
                .throttle = {},
                .addresses = AddressCounts(options.limits.connections_per_address),
                .trusted_proxies = TrustedProxies(options.proxies),
                .on_busy = [this] { start_ticking(); },
                .hand_over = options.hand_over,
                .keep = keep ? &*keep : nullptr,
                .site = nullptr,
                .drain = Drain::none,
                .stopping = false,
                .hand_over_was_full = false},
        io(static_cast<int>(std::max(1U, options.threads))),
        work(io.get_executor()),
        readiness(io),
        taker(io),
        tick(io),
        drain_grace(io),
        drain_deadline(io) {
    sessions.on_empty = [this] {
      if (draining()) finish(true);
    };
  }

  [[nodiscard]] bool draining() const noexcept { return context.drain.load(std::memory_order_acquire) != Drain::none; }

  // The tick runs only while there is something to sweep, so that an idle server sleeps.
  void start_ticking() {
    if (ticking.exchange(true, std::memory_order_seq_cst)) return;
    context.row.turned.store(coarse_steady_time().count(), std::memory_order_relaxed);
    asio::post(io, [this] { arm_tick(); });
  }
  void arm_tick() {
    tick.expires_after(context.hand_over_was_full.exchange(false, std::memory_order_relaxed) ? hand_over_interval : tick_interval);
    tick.async_wait([this](const asio::error_code& error) {
      if (!error) on_tick();
    });
  }
  void on_tick() {
    context.row.turned.store(coarse_steady_time().count(), std::memory_order_relaxed);
    sessions.sweep(coarse_steady_time(), draining());
    services.sweep(coarse_steady_time());
    if (options.access_log != nullptr) flush_access_log();
    for (Listener& listener : listeners) listener.resume();
    for (Listener* listener : all_rescued()) listener->resume();
    resume_taking();
    if (busy()) return arm_tick();
    ticking.exchange(false, std::memory_order_seq_cst);
    if (busy()) return start_ticking();  // it became so just before
    if (options.access_log != nullptr) flush_access_log();
  }

  [[nodiscard]] bool busy() noexcept {
    const auto paused = [](const Listener& listener) { return listener.paused(); };
    if (sessions.size() > 0 || services.upstreams().is_busy() || std::ranges::any_of(listeners, paused)) return true;
    const std::lock_guard lock(rescue_mutex);
    return std::ranges::any_of(rescued, paused);
  }

  void flush_access_log() {
    options.access_log->flush();
    const std::uint64_t dropped = options.access_log->dropped();
    if (dropped == reported_dropped) return;
    const std::string reason = options.access_log->reason();
    options.log->warning("lines of the access log were dropped",
                         {{"lines", static_cast<std::int64_t>(dropped - reported_dropped)}, {"reason", std::string_view(reason)}});
    reported_dropped = dropped;
  }

  void begin_drain(bool close_listeners) {
    closes_listeners.store(close_listeners, std::memory_order_relaxed);
    const Drain drain = close_listeners || context.hand_over.give < 0 ? Drain::closes : Drain::hands_over;
    if (context.drain.exchange(drain, std::memory_order_acq_rel) != Drain::none) return;
    services.jobs().hand_on();
    if (close_listeners) services.draining.store(true, std::memory_order_relaxed);
    if (drain == Drain::closes) {  // with the whole server; what others have handed over goes to nobody else
      while (take_connection()) {}
    }
    context.row.state.store(observability::WorkerState::draining, std::memory_order_relaxed);
    for (Listener& listener : listeners) listener.finish(close_listeners);
    for (Listener* listener : all_rescued()) {
      if (listener->is_wanted()) listener->finish(close_listeners);
    }
    drain_deadline.expires_after(options.timeouts.drain);
    drain_deadline.async_wait([this](const asio::error_code& error) {
      if (!error) finish(false);
    });
    sessions.sweep(coarse_steady_time(), true);
    start_ticking();
    if (sessions.size() == 0) finish(true);
  }

  // They are never removed, so they can be used without the lock.
  [[nodiscard]] std::vector<Listener*> all_rescued() {
    const std::lock_guard lock(rescue_mutex);
    std::vector<Listener*> result;
    for (Listener& listener : rescued) result.push_back(&listener);
    return result;
  }

  Listener& rescued_listener(const ListenDescriptor& given) {
    const std::lock_guard lock(rescue_mutex);
    const auto found = std::ranges::find(rescued, given.descriptor, &Listener::descriptor);
    return found != rescued.end() ? *found
                                  : rescued.emplace_back(context, given, connection_limit(options.limits.connections), options.threads > 1);
  }

  void rescue(const std::vector<ListenDescriptor>& wanted) {
    for (Listener* listener : all_rescued()) {
      if (std::ranges::find(wanted, listener->descriptor(), &ListenDescriptor::descriptor) == wanted.end()) listener->release();
    }
    for (const ListenDescriptor& given : wanted) {
      const bool leaves = draining() && !closes_listeners.load(std::memory_order_relaxed);
      if (leaves) return;  // siblings see to it; who has said that nothing more is accepted here relies on it
      Listener& listener = rescued_listener(given);
      listener.start();
      if (draining()) listener.finish(closes_listeners.load(std::memory_order_relaxed));
    }
  }

  // Takes a connection that another worker has handed over; says whether there was one.
  bool take_connection() {
    const auto handed = server::take_connection(context.hand_over.take);
    if (!handed) return false;
    // At once: between two workers, nobody answers for it.
    const Keep::Place kept = keep ? keep->adopt(*handed) : Keep::Place();
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (::getpeername(handed->descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) {  // the client has gone
      if (kept.slot != nullptr) keep->forget(kept);
      ::shutdown(handed->descriptor, SHUT_RDWR);
      ::close(handed->descriptor);
      return true;
    }
    const ProxyHeader& header = handed->proxy_header;
    if (header.state == ProxyHeader::State::told) {
      const sockaddr_in6 client = socket_address_of(header.client);
      std::memcpy(&address, &client, size = sizeof client);
    }
    const bool from_proxy = context.trusted_proxies.covers(&address, size);  // all of its clients come from one address
    const bool is_counted = !from_proxy && header.state != ProxyHeader::State::expected;
    const AddressCounts::Entry entry = is_counted ? context.addresses.enter(&address, size) : AddressCounts::Entry();
    Session& session =
        sessions.add(context, handed->descriptor, &address, size, {Admission::Kind::served, entry.too_many, header.state, entry.key});
    start_ticking();
    session.take_over(*handed, kept);
    return true;
  }

  // Takes connections when there are some, for ever; but with as many as it may have, it leaves them to others until the tick finds room.
  void await_connections() {
    taker.async_wait(asio::posix::stream_descriptor::wait_read, [this](const asio::error_code& error) {
      if (!error) take_connections();
    });
  }
  void take_connections() {
    const std::size_t most = connection_limit(options.limits.connections);
    for (int left = taken_in_a_row; left > 0 && !draining(); --left) {
      if (sessions.size() >= most) return taker_rests.store(true, std::memory_order_release);
      if (!take_connection()) break;
    }
    if (!draining()) await_connections();
  }
  void resume_taking() {
    if (sessions.size() < connection_limit(options.limits.connections) && taker_rests.exchange(false, std::memory_order_acquire)) {
      await_connections();
    }
  }

  void finish(bool all_answered) {
    if (context.stopping.load(std::memory_order_relaxed)) return;  // the end has begun, and runs what is left
    answered_all.store(all_answered, std::memory_order_relaxed);
    io.stop();
  }

  void count_on_this_thread(unsigned number) const noexcept {
    if (number >= options.counters.size()) return thread_meter().attach(nullptr, {});
    const std::size_t routes = options.route_counters.size() / options.counters.size();
    thread_meter().attach(&options.counters[number], options.route_counters.subspan(number * routes, routes));
  }

  template <class Run>
  void guarded(Run run) noexcept {
    for (;;) {
      try {
        run();
        return;
      } catch (const std::exception& exception) {  // out of a program's own work on this loop; sessions let none through
        options.log->error("an exception left the event loop", {{"error", std::string_view(exception.what())}});
      } catch (...) { options.log->error("an exception left the event loop"); }
    }
  }

  WorkerOptions options;
  observability::WorkerRow own_row;
  std::optional<shared::Segment> own_shared;
  std::unique_ptr<const routing::Site> site;
  WorkerServices services;
  std::optional<Keep> keep;
  SessionContext context;  // refers to what comes next
  SessionSet sessions;
  asio::io_context io;
  asio::executor_work_guard<asio::io_context::executor_type> work;
  Readiness::Context readiness;
  std::list<Listener> listeners;
  std::mutex rescue_mutex;
  std::list<Listener> rescued;  // of siblings; once there they stay, accepting or not. Guarded by `rescue_mutex`.
  std::list<asio::posix::stream_descriptor> watched;
  asio::posix::stream_descriptor taker;  // of connections that are handed over
  std::atomic<bool> taker_rests{false};  // there is no room for them
  asio::steady_timer tick;
  asio::steady_timer drain_grace;
  asio::steady_timer drain_deadline;
  std::uint64_t reported_dropped = 0;         // of the access log; only the tick has it
  std::atomic<bool> closes_listeners{false};  // in a drain
  std::atomic<bool> ticking{false};
  std::atomic<bool> answered_all{false};
};

Worker::Worker(WorkerOptions options) : state_(std::make_unique<State>(std::move(options))) {}

Worker::~Worker() {
  State& state = *state_;
  // Every wait that is pending is ended in order, because its operation is part of its session; what coroutines still hold of
  // the sessions goes with the io_context.
  state.context.stopping.store(true, std::memory_order_relaxed);
  for (Listener& listener : state.listeners) listener.stop();
  for (Listener& listener : state.rescued) listener.stop();
  state.services.join();
  state.io.restart();
  state.sessions.wake_all();
  state.guarded([&state] { state.io.poll(); });
  state.sessions.detach_all();
  state.services.end();
  for (auto& descriptor : state.watched) descriptor.release();
  if (state.taker.is_open()) state.taker.release();
  if (state.options.access_log != nullptr) state.options.access_log->flush();
}

Services& Worker::services() noexcept { return state_->services; }

void Worker::set_site(std::unique_ptr<const routing::Site> site) {
  state_->site = std::move(site);
  state_->context.site = state_->site.get();
  if (state_->site) state_->services.set_site(*state_->site);
}

bool Worker::needs_nursery() const noexcept { return state_->services.child_processes().in_use(); }

void Worker::start_nursery(std::span<const int> not_needed, std::function<void()> on_lost) {
  ChildPools& children = state_->services.child_processes();
  children.start(not_needed);
  watch(children.channel(), [&children, on_lost = std::move(on_lost)] {  // it says nothing, so this is its end
    children.lost();
    if (on_lost) on_lost();
    return false;
  });
}

void Worker::listen(const std::vector<ListenDescriptor>& listeners) {
  for (const ListenDescriptor& listener : listeners) {
    state_->listeners
        .emplace_back(state_->context, listener, connection_limit(state_->options.limits.connections), state_->options.threads > 1)
        .start();
  }
  if (state_->context.hand_over.take >= 0) {
    state_->taker.assign(state_->context.hand_over.take);
    state_->await_connections();
  }
}

void Worker::rescue(const std::vector<ListenDescriptor>& listeners) { state_->rescue(listeners); }

void Worker::watch(int descriptor, std::function<bool()> on_readable) {
  auto& watched = state_->watched.emplace_back(state_->io, descriptor);
  struct Watch {
    asio::posix::stream_descriptor& watched;
    std::function<bool()> on_readable;
    void operator()(const asio::error_code& error) {
      if (error || !on_readable()) return;
      asio::posix::stream_descriptor& again = watched;
      again.async_wait(asio::posix::stream_descriptor::wait_read, std::move(*this));
    }
  };
  watched.async_wait(asio::posix::stream_descriptor::wait_read, Watch{watched, std::move(on_readable)});
}

asio::io_context& Worker::io() noexcept { return state_->io; }

void Worker::post(std::function<void()> work) { asio::post(state_->io, std::move(work)); }

bool Worker::run(unsigned threads) {
  State& state = *state_;
  if (threads == 0) threads = std::max(1U, state.options.threads);
  state.services.begin(state.io, state.readiness, state.context.on_busy);
  std::vector<std::thread> others;
  others.reserve(threads - 1);
  const auto serve = [&state](unsigned number) {
    set_thread_slot(number < std::min<std::size_t>(state.options.threads, state.options.slots.size()) ? &state.options.slots[number]
                                                                                                      : nullptr);
    state.count_on_this_thread(number);
    if (state.options.on_thread) state.options.on_thread();
    state.guarded([&state] { state.io.run(); });
  };
  for (unsigned i = 1; i < threads; ++i) others.emplace_back([&serve, i] { serve(i); });
  serve(0);
  for (std::thread& thread : others) thread.join();
  set_thread_slot(nullptr);
  thread_meter().attach(nullptr, {});
  return state.answered_all.load(std::memory_order_relaxed);
}

void Worker::drain(bool close_listeners, std::function<void()> on_begun) {
  asio::post(state_->io, [state = state_.get(), close_listeners, on_begun = std::move(on_begun)] {
    state->begin_drain(close_listeners);
    if (on_begun) on_begun();
  });
}

void Worker::drain_after(std::chrono::milliseconds grace) {
  asio::post(state_->io, [state = state_.get(), grace] {
    state->drain_grace.expires_after(grace);
    state->drain_grace.async_wait([state](const asio::error_code& error) {
      if (!error) state->begin_drain(true);
    });
  });
}

void Worker::stop() noexcept { state_->finish(false); }

std::size_t Worker::connections() const noexcept { return state_->sessions.size(); }

}  // namespace ropeway::server
