#pragma once

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include <stdlib.h>

#include <ropeway/services.hpp>
#include <ropeway/static_files.hpp>
#include <ropeway/testing/call.hpp>
#include <ropeway/testing/fake_clock.hpp>

#include "tests/support/recording_services.hpp"

namespace ropeway::handlers {

/// A real folder for one test, removed with it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "ropeway-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a temporary folder");
    path_ = std::filesystem::canonical(name);
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

  /// Writes a file, with the folders above it.
  void write(std::string_view name, std::string_view content) const {
    const auto file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary | std::ios::trunc) << content;
  }

 private:
  std::filesystem::path path_;
};

/// What a handler may reach in a test: a clock that stands still, an hour after the files were written, so that they count as settled.
class TestServices final : public Services {
 public:
  Logger& logger() noexcept override { return logger_; }
  const testing::FakeClock& clock() const noexcept override { return clock_; }
  testing::FakeClock& clock() noexcept { return clock_; }
  BlockingPool& blocking_pool() noexcept override { return pool_; }
  bool ready() const noexcept override { return true; }
  ChildProcesses& child_processes() noexcept override { return children_; }
  Upstreams& upstreams() noexcept override { return shared_.upstreams(); }
  Counters& counters() noexcept override { return shared_.counters(); }
  RateLimits& rate_limits() noexcept override { return shared_.rate_limits(); }
  Cache& cache() noexcept override { return shared_.cache(); }
  Bus& bus() noexcept override { return shared_.bus(); }
  Jobs& jobs() noexcept override { return shared_.jobs(); }
  awaitable<Response> get(Request&, std::string) override { co_return Response(Status::not_found); }
  std::string url(std::string_view, const std::vector<UrlParameter>&) const override { return {}; }

 private:
  class NoChildren final : public ChildProcesses {
    std::shared_ptr<ChildPool> for_programs(std::string, const ChildLimits&) override { return nullptr; }
    std::shared_ptr<ChildPool> for_task(std::string, const ChildLimits&, ChildTask) override { return nullptr; }
  };
  NoChildren children_;
  class SilentLogger final : public Logger {
    bool enabled(LogLevel) const noexcept override { return false; }
    void log(LogLevel, std::string_view, std::initializer_list<LogField>) noexcept override {}
  };
  class NoPool final : public BlockingPool {
    awaitable<void> run_erased(std::function<void()> work) override {
      work();
      co_return;
    }
  };
  testing::RecordingServices shared_;
  SilentLogger logger_;
  NoPool pool_;
  testing::FakeClock clock_{std::chrono::system_clock::now() + std::chrono::hours(1)};
};

/// A `StaticFiles` over `folder`; `more` are further options, such as `"listing": true`.
class ServedFolder {
 public:
  explicit ServedFolder(const std::filesystem::path& folder, std::string_view more = "")
      : handler_(ConfigNode::from_json("{\"root\": \"" + folder.string() + "\"" + (more.empty() ? "" : ", ") + std::string(more) + "}",
                                       StaticFiles::settings()),
                 services_) {}

  [[nodiscard]] Response get(std::string_view target) const { return call(testing::RequestBuilder("GET", target)); }
  [[nodiscard]] Response call(const testing::RequestBuilder& request) const { return testing::call(handler_, request); }
  /// The status, and the body where it is 200: "200 hello".
  [[nodiscard]] std::string answer(std::string_view target) const {
    Response response = get(target);
    const std::string status = std::to_string(code(response.status()));
    return response.status() == Status::ok ? status + " " + testing::body_of(std::move(response)) : status;
  }
  [[nodiscard]] TestServices& services() noexcept { return services_; }
  [[nodiscard]] const StaticFiles& handler() const noexcept { return handler_; }

 private:
  TestServices services_;
  StaticFiles handler_;
};

/// Where `more` options have their first mistake; "accepted" where they have none.
[[nodiscard]] inline std::string place_of_mistake(const std::filesystem::path& folder, std::string_view more) {
  try {
    const ServedFolder served(folder, more);
  } catch (const ConfigError& error) { return error.pointer(); }
  return "accepted";
}

}  // namespace ropeway::handlers
