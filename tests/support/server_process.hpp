#pragma once

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/child_process.hpp"
#include "tests/support/locations.hpp"
#include "tests/support/raw_client.hpp"
#include "tests/support/socket_address.hpp"

namespace ropeway::testing {

/// One of the ways in which processes and threads share the work; `processes` 0 is no supervisor.
struct Model {
  unsigned processes = 0;
  unsigned threads = 1;
  [[nodiscard]] std::string name() const { return std::to_string(processes) + " x " + std::to_string(threads); }
  /// How many processes accept connections.
  [[nodiscard]] unsigned workers() const noexcept { return processes == 0 ? 1 : processes; }
};

/// Every suite runs in all of them; under a sanitizer in those that it has something to say of.
[[nodiscard]] const std::vector<Model>& all_models();

/// The real program, listening: `ropeway run` or `ropeway serve` (or an example's own), started in a folder, ready when the constructor
/// returns.
class ServerProcess {
 public:
  /// `arguments` without the program's name and without `--ready-fd`, which is added here. Throws `std::runtime_error` with what
  /// the program wrote where it does not become ready.
  /// `sockets` are passed on as systemd does, with the variables `activation` (see `activated`).
  ServerProcess(std::vector<std::string> arguments, const std::string& folder, const std::string& executable = program(),
                const std::vector<int>& sockets = {}, const std::string& activation = {});
  /// Kills it where it has not ended. Where a test ends by an exception, what the program wrote is shown: why is likely to stand there.
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  /// `run` with the configuration `members` ("\"routes\": [...]", without braces) in the file ropeway.json of `folder`; processes,
  /// threads and, where `members` has no "listen", a free port of 127.0.0.1 are added.
  [[nodiscard]] static std::unique_ptr<ServerProcess> run(const Model& model, const TemporaryFolder& folder, const std::string& members,
                                                          std::vector<std::string> further_arguments = {},
                                                          const std::string& executable = program());

  [[nodiscard]] const std::vector<std::string>& urls() const noexcept { return urls_; }
  [[nodiscard]] SocketAddress address(std::size_t index = 0) const { return SocketAddress::from_url(urls_.at(index)); }
  [[nodiscard]] RawClient connect(std::size_t index = 0) const { return RawClient(address(index)); }

  /// The workers' processes that run now: the launcher's children, or the process itself without a supervisor.
  [[nodiscard]] std::vector<pid_t> workers(const Model& model) const;
  /// The keeper's process, where there is one.
  [[nodiscard]] std::vector<pid_t> keepers() const;
  [[nodiscard]] pid_t pid() const noexcept { return process_->pid(); }
  void signal(int number) const { process_->signal(number); }
  [[nodiscard]] int wait(std::chrono::milliseconds patience = ChildProcess::default_patience) { return process_->wait(patience); }
  [[nodiscard]] std::string standard_output() const { return process_->standard_output(); }
  [[nodiscard]] std::string standard_error() const { return process_->standard_error(); }
  /// The same without the line that workers are root, for tests that are and expect no other.
  [[nodiscard]] std::string complaints() const;

 private:
  std::unique_ptr<ChildProcess> process_;
  int exceptions_ = std::uncaught_exceptions();
  std::vector<std::string> urls_;
};

/// The command line that starts a program as systemd does, with the variables of socket activation: "LISTEN_PID=$$ LISTEN_FDS=1", where $$ is
/// the program's own process.
[[nodiscard]] std::vector<std::string> activated(std::vector<std::string> arguments, const std::string& variables);

/// Asks again and again, for what gives no sign of itself (a file's content, a process's children); false when the patience ends.
[[nodiscard]] bool eventually(const std::function<bool()>& holds, std::chrono::milliseconds patience = ChildProcess::default_patience);

}  // namespace ropeway::testing
