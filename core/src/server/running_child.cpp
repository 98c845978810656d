#include "core/src/server/running_child.hpp"

#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

#include <asio/posix/stream_descriptor.hpp>
#include <asio/redirect_error.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <ropeway/http_error.hpp>

#include "core/src/server/child_order.hpp"

namespace ropeway::server {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds client_interval{250};  // how often it is asked whether the client is still there
constexpr milliseconds end_patience{1000};    // for the end of a child whose output has ended
constexpr std::size_t piece_bytes = 64 * 1024;
constexpr int errors_in_a_row = 16;  // pieces of standard error, before the output has its turn

/// A descriptor of somebody else's, known to the io_context as long as this lives.
class Lent {
 public:
  Lent(const asio::any_io_executor& executor, int descriptor) : descriptor_(executor, descriptor) {}
  ~Lent() { descriptor_.release(); }
  Lent(const Lent&) = delete;
  Lent& operator=(const Lent&) = delete;
  asio::posix::stream_descriptor& operator*() noexcept { return descriptor_; }

 private:
  asio::posix::stream_descriptor descriptor_;
};

Descriptor made(int number, const char* what) {
  if (number < 0) throw std::system_error(errno, std::generic_category(), what);
  return Descriptor(number);
}

std::string signal_name(int signal) {
  const char* name = ::sigabbrev_np(signal);
  return name == nullptr ? "signal " + std::to_string(signal) : "SIG" + std::string(name);
}

}  // namespace

RunningChild::RunningChild(Descriptor output, Descriptor error, Descriptor life, milliseconds time, ChildErrors errors,
                           std::shared_ptr<const void> place)
    : place_(std::move(place)),
      epoll_(made(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      timer_(made(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC), "timerfd_create")),
      output_(std::move(output)),
      error_(std::move(error)),
      life_(std::move(life)),
      time_left_(time),
      errors_(std::move(errors)) {
  for (const Descriptor* descriptor : {&timer_, &output_, &error_, &life_}) watch(*descriptor);
}

void RunningChild::watch(const Descriptor& descriptor) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = descriptor.get();
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor.get(), &event) != 0) {
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
  }
}

// By its number: another process may have it open, and then closing it here would not take it out of the set.
void RunningChild::forget(Descriptor& descriptor) noexcept {
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, descriptor.get(), nullptr);
  descriptor.close();
}

awaitable<void> RunningChild::wait(milliseconds at_most) {
  itimerspec until{};
  const auto nanoseconds = std::chrono::nanoseconds(std::max(at_most, milliseconds(1))).count();
  until.it_value.tv_sec = nanoseconds / 1'000'000'000;
  until.it_value.tv_nsec = nanoseconds % 1'000'000'000;
  ::timerfd_settime(timer_.get(), 0, &until, nullptr);  // also takes back that it was readable
  Lent set(co_await asio::this_coro::executor, epoll_.get());
  asio::error_code error;
  co_await (*set).async_wait(asio::posix::stream_descriptor::wait_read, asio::redirect_error(asio::use_awaitable, error));
}

awaitable<std::optional<std::string_view>> RunningChild::read_within(milliseconds patience, Request* request) {
  const Time begun = std::chrono::steady_clock::now();
  for (;;) {
    // In this order: what the child had written when it ended is there when its end is known.
    take_news();
    read_errors();
    const std::optional<std::string_view> piece = take_output();
    const Time now = std::chrono::steady_clock::now();
    const auto waited = std::chrono::duration_cast<milliseconds>(now - begun);
    if (piece) {
      time_left_ -= std::min(waited, time_left_);
      if (piece->empty()) conclude();
      co_return piece;
    }
    if (waited >= time_left_) time_is_over("it did not end in time (limits.time)");
    if (request != nullptr && request->client_gone()) throw ConnectionLost("the client has gone; its child is killed");
    if (waited >= patience) {
      time_left_ -= waited;
      co_return std::nullopt;
    }
    const milliseconds longest = std::min(patience, time_left_) - waited;
    co_await wait(std::min(longest, client_interval));
  }
}

void RunningChild::take_news() noexcept {
  if (ended_ || !life_) return;
  ChildNews news;
  ssize_t size = 0;
  do size = ::recv(life_.get(), &news, sizeof news, MSG_DONTWAIT);
  while (size < 0 && errno == EINTR);
  if (size < 0) return;
  ended_ = true;
  forsaken_ = size != static_cast<ssize_t>(sizeof news);
  if (!forsaken_) {
    start_error_ = news.error;
    status_ = news.status;
  }
  forget(life_);
}

void RunningChild::read_errors() {
  std::array<char, 4096> bytes;
  for (int round = 0; error_ && round < errors_in_a_row; ++round) {
    const ssize_t size = ::read(error_.get(), bytes.data(), bytes.size());
    if (size < 0 && errno == EINTR) continue;
    if (size > 0) {
      errors_.add({bytes.data(), static_cast<std::size_t>(size)});
      continue;
    }
    if (size == 0) forget(error_);
    return;
  }
}

// The next piece; an empty one at the end of all, when the end of the child is known, too, or is not to be waited for.
std::optional<std::string_view> RunningChild::take_output() {
  while (output_) {
    piece_.resize(piece_bytes);
    const ssize_t size = ::read(output_.get(), piece_.data(), piece_.size());
    if (size < 0 && errno == EINTR) continue;
    if (size > 0) return std::string_view(piece_.data(), static_cast<std::size_t>(size));
    if (size < 0 && !ended_) return std::nullopt;
    forget(output_);  // also where a process that the child has left behind still has the pipe
    output_ended_ = std::chrono::steady_clock::now();
  }
  const bool given_up = std::chrono::steady_clock::now() - output_ended_ >= end_patience;
  return ended_ || given_up ? std::optional<std::string_view>(std::in_place) : std::nullopt;
}

void RunningChild::conclude() {
  read_errors();
  errors_.finish();
  if (life_) forget(life_);
  if (forsaken_) throw HttpError(Status::bad_gateway, errors_.child() + ": the process that starts children has ended");
  if (start_error_ != 0) {
    throw HttpError(Status::bad_gateway,
                    errors_.child() + ": no process could be started: " + std::generic_category().message(start_error_));
  }
  if (!WIFSIGNALED(status_)) return;
  if (WTERMSIG(status_) == SIGXCPU) time_is_over("it has used its CPU time up (limits.cpu)");
  throw HttpError(Status::bad_gateway, end());
}

// The nursery kills it when it sees the socket closed.
void RunningChild::time_is_over(const char* why) {
  if (life_) forget(life_);
  errors_.finish();
  const std::string last = errors_.last_lines();
  throw HttpError(Status::gateway_timeout, errors_.child() + ": " + why + (last.empty() ? "" : "; it last wrote: " + last));
}

std::string RunningChild::end() const {
  std::string text = errors_.child() + ": ";
  if (!ended_) {
    text += "it closed its output and did not end";
  } else if (WIFSIGNALED(status_)) {
    text += "it was killed by " + signal_name(WTERMSIG(status_));
  } else {
    text += "it exited with code " + std::to_string(WEXITSTATUS(status_));
  }
  const std::string last = errors_.last_lines();
  return last.empty() ? text : text + "; it last wrote: " + last;
}

int RunningChild::exit_code() const noexcept { return WIFEXITED(status_) ? WEXITSTATUS(status_) : -1; }

}  // namespace ropeway::server
