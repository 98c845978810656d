#pragma once

#include <atomic>
#include <mutex>

#include <asio/io_context.hpp>
// After it, because its parts depend on each other's order.
#include <asio/detail/reactor.hpp>
#include <asio/detail/reactor_op.hpp>
#include <asio/detail/scheduler.hpp>

namespace ropeway::server {

/// See `readiness.hpp`. The operation is part of the object, so a wait allocates nothing.
///
/// The descriptor is registered by the first wait and not before: a connection whose only request was there when it was accepted never
/// meets epoll. Registration queues the operation first and adds the descriptor to the (edge-triggered) set second, so no edge is lost;
/// it happens under the lock that also guards `cancel`, because the callback may run before it returns. The reactor uses its records of
/// descriptors again, so an event of a socket that was closed can wake a wait that is just being registered; such a callback waits for the lock.
class Readiness : private asio::detail::reactor_op {
 public:
  using Callback = void (*)(void* owner) noexcept;

  /// What all objects of one io_context share.
  class Context {
   public:
    explicit Context(asio::io_context& io)
        : reactor_(asio::use_service<asio::detail::reactor>(io)), scheduler_(asio::use_service<asio::detail::scheduler>(io)) {
      reactor_.init_task();
    }

   private:
    friend class Readiness;
    asio::detail::reactor& reactor_;
    asio::detail::scheduler& scheduler_;
  };

  Readiness(Context& context, int descriptor, std::mutex& registration, Callback callback, void* owner) noexcept
      : reactor_op(asio::error_code(), &Readiness::perform_ready, &Readiness::complete_ready),
        context_(context),
        registration_(registration),
        callback_(callback),
        owner_(owner),
        descriptor_(descriptor) {}
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;

  void wait_readable(bool goes_on = false);
  void wait_writable();
  /// A wait of its own for the same descriptor, beside the other: for a connection that reads and writes at the same time.
  class Second : private asio::detail::reactor_op {
   public:
    Second(Callback callback, void* owner) noexcept
        : reactor_op(asio::error_code(), &Readiness::perform_ready, &Second::complete_ready), callback_(callback), owner_(owner) {}
    Second(const Second&) = delete;
    Second& operator=(const Second&) = delete;
    void wait_writable(Readiness& readiness);

   private:
    static void complete_ready(void* owner, asio::detail::operation* operation, const asio::error_code&, std::size_t);
    Callback callback_;
    void* owner_;
  };

  /// Ends all waits that are pending. The caller holds the lock that was given as `registration`.
  void cancel();
  /// Ends the registration. No wait may be pending. The descriptor itself is closed by the owner between `close` and `forget`, or stays
  /// open, and may be waited for again after `forget`.
  void close(bool stays_open = false) noexcept;
  void forget() noexcept;
  /// Whether the descriptor could not be registered (the kernel is out of memory, or of watches): the owner has to give up.
  [[nodiscard]] bool failed() const noexcept { return failed_; }
  [[nodiscard]] bool registered() const noexcept { return registered_; }

 private:
  static status perform_ready(reactor_op*) noexcept { return done_and_exhausted; }
  static void complete_ready(void* owner, asio::detail::operation* operation, const asio::error_code&, std::size_t);
  void start(int kind, asio::detail::reactor_op* operation, bool goes_on = false);
  void register_descriptor();

  Context& context_;
  std::mutex& registration_;
  Callback callback_;
  void* owner_;
  asio::detail::reactor::per_descriptor_data data_ = nullptr;
  int descriptor_;
  bool registered_ = false;  // written under registration_
  bool failed_ = false;
  std::atomic<bool> registering_{false};
};

}  // namespace ropeway::server
