#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include <ropeway/child_process.hpp>
#include <ropeway/logger.hpp>

#include "core/src/server/child_errors.hpp"
#include "core/src/server/descriptor.hpp"

namespace ropeway::server {

/// The worker's view of a child. It has the reading ends of the child's pipes, and the socket whose end is the child's end.
///
/// It waits for all of them, and for time, through one descriptor: an epoll set of its own, with a timer in it. So a wait is one operation,
/// whatever wakes it, and there is nothing to cancel and no strand. Between two waits the io_context knows nothing of it: the object may go
/// with a response, later than the io_context.
class RunningChild final : public ChildProcess {
 public:
  /// Throws `std::system_error` where there are no descriptors left. `place` is given back with this object.
  RunningChild(Descriptor output, Descriptor error, Descriptor life, std::chrono::milliseconds time, ChildErrors errors,
               std::shared_ptr<const void> place);
  ~RunningChild() override = default;
  RunningChild(const RunningChild&) = delete;
  RunningChild& operator=(const RunningChild&) = delete;

  [[nodiscard]] awaitable<std::optional<std::string_view>> read_within(std::chrono::milliseconds patience, Request* request) override;
  [[nodiscard]] std::string end() const override;
  [[nodiscard]] int exit_code() const noexcept override;

 private:
  using Time = std::chrono::steady_clock::time_point;

  [[nodiscard]] awaitable<void> wait(std::chrono::milliseconds at_most);
  void watch(const Descriptor& descriptor);
  void forget(Descriptor& descriptor) noexcept;
  void take_news() noexcept;
  void read_errors();
  [[nodiscard]] std::optional<std::string_view> take_output();
  void conclude();
  [[noreturn]] void time_is_over(const char* why);

  std::shared_ptr<const void> place_;  // first: the next child begins when this one's descriptors are closed
  Descriptor epoll_;
  Descriptor timer_;
  Descriptor output_;  // closed at its end
  Descriptor error_;
  Descriptor life_;  // closed when the child has ended; and where it was given up, to end it
  std::chrono::milliseconds time_left_;
  ChildErrors errors_;
  std::string piece_;
  Time output_ended_{};
  bool ended_ = false;     // the nursery has said so, or is gone
  bool forsaken_ = false;  // the nursery is gone
  int start_error_ = 0;
  int status_ = 0;
};

}  // namespace ropeway::server
