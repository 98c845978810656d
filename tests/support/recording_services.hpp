#pragma once

#include <initializer_list>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <ropeway/services.hpp>
#include <ropeway/testing/fake_clock.hpp>

#include "core/src/server/shared_state.hpp"

namespace ropeway::testing {

/// Keeps log lines for a test to look at: "error: message name=value name=value".
class RecordingLogger final : public Logger {
 public:
  bool enabled(LogLevel) const noexcept override { return true; }
  void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) noexcept override {
    static constexpr std::string_view names[] = {"debug", "info", "warning", "error", "off"};
    std::string line = std::string(names[static_cast<std::size_t>(level)]) + ": " + std::string(message);
    for (const LogField& field : fields) {
      line += ' ' + std::string(field.name) + '=';
      if (const auto* text = std::get_if<std::string_view>(&field.value)) line += *text;
      if (const auto* number = std::get_if<std::int64_t>(&field.value)) line += std::to_string(*number);
      if (const auto* real = std::get_if<double>(&field.value)) line += std::to_string(*real);
      if (const auto* flag = std::get_if<bool>(&field.value)) line += *flag ? "true" : "false";
    }
    const std::scoped_lock lock(mutex_);
    lines_.push_back(std::move(line));
  }
  [[nodiscard]] std::vector<std::string> lines() const {
    const std::scoped_lock lock(mutex_);
    return lines_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

/// Runs the work in the coroutine itself, and counts how often.
class InlinePool final : public BlockingPool {
 public:
  int runs = 0;
  std::chrono::milliseconds takes_over{0};
  [[nodiscard]] std::chrono::milliseconds take_over() const noexcept override { return takes_over; }

 private:
  awaitable<void> run_erased(std::function<void()> work) override {
    ++runs;
    work();
    co_return;
  }
};

/// Gives no children: tests of them have real processes.
class NoChildren final : public ChildProcesses {
 public:
  std::shared_ptr<ChildPool> for_programs(std::string, const ChildLimits&) override { return nullptr; }
  std::shared_ptr<ChildPool> for_task(std::string, const ChildLimits&, ChildTask) override { return nullptr; }
};

/// Groups of servers whose answer a test makes up.
class ScriptedUpstreams final : public Upstreams {
 public:
  struct Asked {
    std::string method;
    std::string target;
    std::string fields;
  };
  std::vector<Asked> asked;
  std::vector<UpstreamAddress> addresses;
  UpstreamOptions options;
  std::shared_ptr<Upstream> group(std::vector<UpstreamAddress> given, const UpstreamOptions& how) override {
    addresses = std::move(given);
    options = how;
    return std::make_shared<Group>(*this);
  }

 private:
  class Group final : public Upstream {
   public:
    explicit Group(ScriptedUpstreams& owner) : owner_(owner) {}
    awaitable<Response> forward(Request&, UpstreamRequest outgoing) override {
      owner_.asked.push_back({std::string(outgoing.method), outgoing.target, std::string(outgoing.headers.wire())});
      co_return Response::text("answer");
    }
    awaitable<std::unique_ptr<UpstreamStream>> connect(Request&, bool) override { co_return nullptr; }

   private:
    ScriptedUpstreams& owner_;
  };
};

/// Services for tests of one layer: nothing leaves the test.
class RecordingServices final : public Services {
 public:
  RecordingLogger& logger() noexcept override { return logger_; }
  FakeClock& clock() noexcept { return clock_; }
  const Clock& clock() const noexcept override { return clock_; }
  InlinePool& blocking_pool() noexcept override { return pool_; }
  bool ready() const noexcept override { return ready_; }
  /// From now on the server ends.
  void end() noexcept { ready_ = false; }
  NoChildren& child_processes() noexcept override { return children_; }
  ScriptedUpstreams& upstreams() noexcept override { return upstreams_; }
  server::SharedCounters& counters() noexcept override { return state_.counters; }
  server::SharedRateLimits& rate_limits() noexcept override { return state_.rate_limits; }
  server::SharedCache& cache() noexcept override { return state_.cache; }
  server::SharedBus& bus() noexcept override { return state_.bus; }
  server::SharedJobs& jobs() noexcept override { return state_.jobs; }
  server::SharedState& shared_state() noexcept { return state_; }
  awaitable<Response> get(Request&, std::string) override { co_return Response(Status::not_found); }
  std::string url(std::string_view name, const std::vector<UrlParameter>&) const override { return "/" + std::string(name); }

 private:
  bool ready_ = true;
  NoChildren children_;
  ScriptedUpstreams upstreams_;
  RecordingLogger logger_;
  FakeClock clock_;
  InlinePool pool_;
  shared::Segment shared_{shared::Sizes()};
  server::SharedState state_{shared_, clock_, logger_};
};

}  // namespace ropeway::testing
