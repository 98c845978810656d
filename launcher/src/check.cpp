#include "launcher/src/check.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include "core/src/config/change.hpp"
#include "core/src/config/printable.hpp"
#include "core/src/server/worker.hpp"
#include "launcher/src/affinity.hpp"
#include "launcher/src/application.hpp"
#include "launcher/src/descriptor.hpp"
#include "launcher/src/exit_code.hpp"
#include "launcher/src/log_files.hpp"

namespace ropeway::launcher {
namespace {

void say(const std::string& text) { std::fprintf(stderr, "%s\n", text.c_str()); }

void add_changes_that_need_a_restart(std::vector<config::Diagnostic>& diagnostics, const config::Loaded& running,
                                     const config::Loaded& outline, const ConfigSource& source) {
  if (!running.document || !outline.document) return;
  for (const config::Change& change : config::changes_between(*running.document, *outline.document)) {
    if (change.cost != Setting::Cost::restart) continue;
    diagnostics.push_back(config::locate(ConfigError(change.pointer, config::needs_restart(change.name)), source.text, source.file));
  }
}

// The child's part; gives its exit code. `running` may be none.
int check_here(const ConfigSource& source, const Register& register_handlers, const ConfigSource* running, int plan_descriptor) {
  // Whom workers are is known before the first code of a module runs: what that user cannot open cannot be opened here.
  const config::Loaded outline = load_outline(source);
  std::vector<ConfigError> mistakes;
  std::optional<Identity> identity;
  if (const auto& outlined = outline.config != nullptr ? outline.config : outline.sound) {
    identity = identity_of(*outlined, mistakes);
    if (identity) assume(*identity);
  }
  const Application application(register_handlers, source);
  const config::Loaded loaded = application.load(source);
  std::vector<config::Diagnostic> diagnostics = loaded.diagnostics;
  const config::ServerConfig* config = loaded.config != nullptr ? loaded.config.get() : loaded.sound.get();
  if (config != nullptr) {
    config::LogConfig quiet;
    quiet.level = LogLevel::warning;
    quiet.file = "-";
    const auto log = open_log(quiet, "check");
    server::WorkerOptions options = server::worker_options(*config);
    options.log = log.get();
    server::Worker worker(options);
    check_affinity(config->affinity, allowed_cpus(), mistakes);
    (void)application.make_site(*config, worker.services(), mistakes);
  }
  for (const ConfigError& mistake : mistakes) diagnostics.push_back(config::locate(mistake, source.text, source.file));
  if (running != nullptr) add_changes_that_need_a_restart(diagnostics, load_outline(*running), outline, source);
  if (!diagnostics.empty()) {
    std::fputs(config::report(std::move(diagnostics), loaded.untold).c_str(), stderr);
    return exit_code::usage;
  }
  Plan plan = plan_of(*loaded.config);
  plan.identity = std::move(identity);
  const std::string bytes = encode(plan);
  return write_all(plan_descriptor, bytes.data(), bytes.size()) ? exit_code::success : exit_code::failure;
}

[[noreturn]] void run_child(const ConfigSource& source, const Register& register_handlers, const ConfigSource* running,
                            int plan_descriptor) {
  int code = exit_code::failure;
  try {
    code = check_here(source, register_handlers, running, plan_descriptor);
  } catch (const std::exception& error) { say(std::string("the configuration cannot be tried: ") + error.what()); }
  std::exit(code);
}

// Appends what can be read: to the end, or as long as there is something where the descriptor does not wait. Past `most`, it is dropped.
void read_into(std::string& bytes, int descriptor, std::size_t most) {
  char buffer[4096];
  for (;;) {
    const ssize_t size = ::read(descriptor, buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return;
    bytes.append(buffer, std::min(static_cast<std::size_t>(size), most - std::min(most, bytes.size())));
  }
}

constexpr std::size_t most_plan = 64U << 20U;
constexpr std::size_t most_text = 64U << 10U;

std::string how_it_ended(const ConfigSource& source, int status) {
  return source.file + ": the process that tried the configuration " + describe_end(status) + " while it constructed the handlers";
}

}  // namespace

std::optional<ConfigSource> read_source(const std::string& file) {
  config::FileText read = config::read_text(file);
  if (read.error == 0) return ConfigSource{file, std::move(read.text)};
  say(config::printable(file) + ": " + std::strerror(read.error));
  if (read.error == ENOENT) say("Name the configuration with --config FILE, or start where a ropeway.json stands.");
  return std::nullopt;
}

Checked check_in_child(const ConfigSource& source, const Register& register_handlers) {
  Pipe pipe = make_pipe();
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (child == 0) {
    pipe.read.close();
    run_child(source, register_handlers, nullptr, pipe.write.get());
  }
  pipe.write.close();
  std::string bytes;
  read_into(bytes, pipe.read.get(), most_plan);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {}
  if (WIFEXITED(status) && WEXITSTATUS(status) == exit_code::success) {
    if (auto plan = decode(bytes)) return {std::move(plan), exit_code::success};
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == exit_code::usage) return {std::nullopt, exit_code::usage};
  say(how_it_ended(source, status));
  return {std::nullopt, exit_code::failure};
}

CheckProcess::CheckProcess(ConfigSource source, const Register& register_handlers, const ConfigSource& running)
    : source_(std::move(source)) {
  Pipe plan = make_pipe();
  Pipe report = make_pipe();
  std::fflush(nullptr);
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent || ::dup2(report.write.get(), STDERR_FILENO) < 0) ::_exit(exit_code::failure);
    run_child(source_, register_handlers, &running, plan.write.get());
  }
  plan_pipe_ = std::move(plan.read);
  report_ = std::move(report.read);
  for (const Descriptor* pipe : {&plan_pipe_, &report_}) ::fcntl(pipe->get(), F_SETFL, O_NONBLOCK);
}

void CheckProcess::read() noexcept {
  read_into(bytes_, plan_pipe_.get(), most_plan);
  read_into(text_, report_.get(), most_text);
}

void CheckProcess::ended(int status) {
  read();
  ended_ = true;
  if (WIFEXITED(status) && WEXITSTATUS(status) == exit_code::success) plan_ = decode(bytes_);
  if (plan_ || (WIFEXITED(status) && WEXITSTATUS(status) == exit_code::usage)) return;
  text_ += how_it_ended(source_, status);
}

void CheckProcess::kill() noexcept {
  if (!ended_) ::kill(pid_, SIGKILL);
}

}  // namespace ropeway::launcher
