#pragma once

#include <mutex>
#include <optional>

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>

namespace ropeway::server {

/// See `readiness.hpp`.
class Readiness {
 public:
  using Callback = void (*)(void* owner) noexcept;

  class Context {
   public:
    explicit Context(asio::io_context& io) : io_(io) {}

   private:
    friend class Readiness;
    asio::io_context& io_;
  };

  Readiness(Context& context, int descriptor, std::mutex& registration, Callback callback, void* owner)
      : registration_(registration), callback_(callback), owner_(owner), number_(descriptor), io_(context.io_) {}
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;

  void wait_readable(bool /*goes_on*/ = false) { wait(asio::posix::stream_descriptor::wait_read, callback_, owner_); }
  void wait_writable() { wait(asio::posix::stream_descriptor::wait_write, callback_, owner_); }
  class Second {
   public:
    Second(Callback callback, void* owner) noexcept : callback_(callback), owner_(owner) {}
    Second(const Second&) = delete;
    Second& operator=(const Second&) = delete;
    void wait_writable(Readiness& readiness) { readiness.wait(asio::posix::stream_descriptor::wait_write, callback_, owner_); }

   private:
    Callback callback_;
    void* owner_;
  };

  void cancel();
  void close(bool stays_open = false) noexcept;
  void forget() noexcept {}
  [[nodiscard]] bool failed() const noexcept { return failed_; }
  [[nodiscard]] bool registered() const noexcept { return registered_; }

 private:
  void wait(asio::posix::stream_descriptor::wait_type kind, Callback callback, void* owner);

  std::mutex& registration_;
  Callback callback_;
  void* owner_;
  int number_;
  bool registered_ = false;  // written under registration_
  bool failed_ = false;
  asio::io_context& io_;
  std::optional<asio::posix::stream_descriptor> descriptor_;  // while registered
};

}  // namespace ropeway::server
