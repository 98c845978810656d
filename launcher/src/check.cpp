#include "launcher/src/check.hpp"

#include <sys/wait.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include "core/src/config/printable.hpp"
#include "core/src/server/worker.hpp"
#include "launcher/src/application.hpp"
#include "launcher/src/descriptor.hpp"
#include "launcher/src/exit_code.hpp"
#include "launcher/src/log_files.hpp"

namespace ropeway::launcher {
namespace {

void say(const std::string& text) { std::fprintf(stderr, "%s\n", text.c_str()); }

// The child's part; gives its exit code.
int check_here(const ConfigSource& source, const Register& register_handlers, int plan_descriptor) {
  const Application application(register_handlers);
  const config::Loaded loaded = application.load(source);
  std::vector<config::Diagnostic> diagnostics = loaded.diagnostics;
  const config::ServerConfig* config = loaded.config != nullptr ? loaded.config.get() : loaded.sound.get();
  if (config != nullptr) {
    config::LogConfig quiet;
    quiet.level = LogLevel::warning;
    quiet.file = "-";
    const auto log = open_log(quiet, "check", false);
    server::WorkerOptions options = server::worker_options(*config);
    options.log = log.get();
    server::Worker worker(options);
    std::vector<ConfigError> mistakes;
    (void)application.make_site(*config, worker.services(), mistakes);
    for (const ConfigError& mistake : mistakes) diagnostics.push_back(config::locate(mistake, source.text, source.file));
  }
  if (!diagnostics.empty()) {
    std::fputs(config::report(std::move(diagnostics), loaded.untold).c_str(), stderr);
    return exit_code::usage;
  }
  const std::string bytes = encode(plan_of(*loaded.config));
  return write_all(plan_descriptor, bytes.data(), bytes.size()) ? exit_code::success : exit_code::failure;
}

[[noreturn]] void run_child(const ConfigSource& source, const Register& register_handlers, int plan_descriptor) {
  int code = exit_code::failure;
  try {
    code = check_here(source, register_handlers, plan_descriptor);
  } catch (const std::exception& error) { say(std::string("the configuration cannot be tried: ") + error.what()); }
  std::exit(code);
}

std::string read_to_end(int descriptor) {
  std::string bytes;
  char buffer[4096];
  for (;;) {
    const ssize_t size = ::read(descriptor, buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return bytes;
    bytes.append(buffer, static_cast<std::size_t>(size));
  }
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
    run_child(source, register_handlers, pipe.write.get());
  }
  pipe.write.close();
  const std::string bytes = read_to_end(pipe.read.get());
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {}
  if (WIFEXITED(status) && WEXITSTATUS(status) == exit_code::success) {
    if (auto plan = decode(bytes)) return {std::move(plan), exit_code::success};
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == exit_code::usage) return {std::nullopt, exit_code::usage};
  say(source.file + ": the process that tried the configuration " + describe_end(status) + " while it constructed the handlers");
  return {std::nullopt, exit_code::failure};
}

}  // namespace ropeway::launcher
