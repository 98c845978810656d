#include "launcher/src/dev.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "core/src/config/printable.hpp"
#include "launcher/src/cmake_project.hpp"
#include "launcher/src/descriptor.hpp"
#include "launcher/src/exit_code.hpp"
#include "launcher/src/file_watch.hpp"

namespace ropeway::launcher {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds quiet_time{40};       // an editor, or a tool, writes several files at a time
constexpr std::chrono::milliseconds end_patience{3'000};  // then the server is killed

using Words = std::vector<std::string>;

template <class... Parts>
void say(const Parts&... parts) {
  std::string line = "dev: ";
  (line.append(parts), ...);
  std::fprintf(stderr, "%s\n", config::printable(line).c_str());
}

std::string seconds_since(Clock::time_point begun) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f s", std::chrono::duration<double>(Clock::now() - begun).count());
  return text;
}

// What the server is told besides its configuration, where the user has not said otherwise.
constexpr std::array<std::pair<const char*, const char*>, 6> server_environment{{
    {"ROPEWAY_LOG_LEVEL", "warning"},
    {"ROPEWAY_DEVELOPMENT", "true"},
    {"ROPEWAY_LOG_ACCESS_FILE", "-"},
    {"ROPEWAY_LOG_ACCESS_FORMAT", "terminal"},
    {"ROPEWAY_TIMEOUTS_DRAIN", "500ms"},
    {"ROPEWAY_TIMEOUTS_DRAIN_GRACE", "0"},
}};

// A process of ours. It ends with this one, however that ends.
class Child {
 public:
  enum class Kind { builder, quiet, server };
  // A quiet one says only what is wrong. `descriptor` stays open in it; -1: none. Throws `std::system_error`.
  Child(const Words& words, Kind kind, int descriptor = -1) {
    std::fflush(nullptr);
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (pid_ == 0) execute(words, kind, descriptor, parent);
  }
  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  void signal(int number) const noexcept { ::kill(pid_, number); }

 private:
  [[noreturn]] static void execute(const Words& words, Kind kind, int descriptor, pid_t parent) noexcept {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(exit_code::failure);
    ::setpgid(0, 0);  // Ctrl+C is for the one who started it, who ends it in order
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    if (kind == Kind::quiet && ::freopen("/dev/null", "w", stdout) == nullptr) ::_exit(exit_code::failure);
    if (kind == Kind::server) {
      for (const auto& [name, value] : server_environment) ::setenv(name, value, 0);
    }
    if (descriptor >= 0) ::fcntl(descriptor, F_SETFD, 0);
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    ::execvp(arguments.front(), arguments.data());
    std::fprintf(stderr, "dev: %s cannot be executed: %s\n", arguments.front(), std::strerror(errno));
    ::_exit(127);
  }
  pid_t pid_ = -1;
};

/// What is worked on: how it is built, and how it is run.
class Project {
 public:
  explicit Project(const DevOptions& options) : options_(options), folder_(fs::canonical(options.folder)), build_(folder_ / options.build) {
    std::error_code ignored;
    is_built_ = fs::exists(folder_ / "CMakeLists.txt", ignored);
    config_ = options.config.empty() ? folder_ / "ropeway.json" : fs::absolute(options.config);
    if (options.config.empty() && !fs::exists(config_, ignored)) {
      if (is_built_) throw std::runtime_error(config_.string() + " is missing: name the configuration with --config FILE");
      config_.clear();
    }
    if (options.port && !config_.empty())
      throw std::runtime_error("--port is for a folder without a configuration; " + config_.string() + " says it");
  }

  [[nodiscard]] const fs::path& folder() const noexcept { return folder_; }
  [[nodiscard]] bool is_built() const noexcept { return is_built_; }
  // Names of files and folders whose changes mean nothing.
  [[nodiscard]] std::vector<std::string> ignored() const {
    std::vector<std::string> names = options_.ignored;
    if (is_built_) names.push_back(build_.filename().string());
    return names;
  }

  /// A command on the way to a server, and what is said where it fails.
  struct Step {
    Words words;
    const char* failure;
    bool is_quiet = false;
  };
  // What is to be done next: it is configured, built, and its configuration is tried; then nothing.
  [[nodiscard]] std::optional<Step> next_step() {
    if (is_built_ && next_ == Next::configure) {
      next_ = Next::build;
      ask_for_programs(build_);
      const bool has_cache = fs::exists(build_ / "CMakeCache.txt");
      if (!has_cache || programs_of(build_).empty()) return Step{configuration(!has_cache), "it cannot be configured"};
    }
    if (is_built_ && next_ == Next::build) {
      next_ = Next::check;
      program_ = choose_program(programs_of(build_), options_.target);
      return Step{{"cmake", "--build", build_.string(), "--target", program_.target}, "it cannot be built"};
    }
    if (next_ == Next::end) return std::nullopt;
    next_ = Next::end;
    if (config_.empty()) return std::nullopt;
    return Step{{program(), "check", "--config", config_.string()}, "the configuration has mistakes", true};
  }
  void begin_again() noexcept { next_ = Next::configure; }

  [[nodiscard]] Words server(int ready_descriptor) const {
    Words words{program()};
    if (config_.empty()) {
      words.insert(words.end(), {"serve", folder_.string(), "--quiet", "--bind", "127.0.0.1"});
      words.insert(words.end(), {"--port", std::to_string(options_.port.value_or(8000))});
    } else {
      words.insert(words.end(), {"run", "--config", config_.string()});
    }
    words.insert(words.end(), {"--ready-fd", std::to_string(ready_descriptor)});
    return words;
  }

 private:
  [[nodiscard]] std::string program() const { return is_built_ ? program_.file.string() : std::string("/proc/self/exe"); }

  [[nodiscard]] Words configuration(bool is_first) const {
    Words words{"cmake", "-S", folder_.string(), "-B", build_.string()};
    if (!is_first) return words;
    words.emplace_back("-DCMAKE_BUILD_TYPE=Debug");
    // Where this program is installed, the project finds the library.
    std::error_code ignored;
    const fs::path prefix = fs::read_symlink("/proc/self/exe", ignored).parent_path().parent_path();
    const bool is_installed = fs::exists(prefix / "include/ropeway/ropeway.hpp", ignored);
    if (is_installed && std::getenv("CMAKE_PREFIX_PATH") == nullptr) words.push_back("-DCMAKE_PREFIX_PATH=" + prefix.string());
    return words;
  }

  const DevOptions& options_;
  fs::path folder_;
  fs::path build_;
  fs::path config_;  // empty: there is none
  bool is_built_ = false;
  enum class Next { configure, build, check, end } next_ = Next::configure;
  CMakeProgram program_;
};

// Turns the signals that matter into reads.
Descriptor signal_descriptor() {
  sigset_t signals;
  ::sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD}) ::sigaddset(&signals, signal);
  ::sigprocmask(SIG_BLOCK, &signals, nullptr);
  Descriptor descriptor(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!descriptor) throw std::system_error(errno, std::generic_category(), "signalfd");
  return descriptor;
}

/// Builds and runs, whatever happens in between. What was built wrong leaves the server as it was.
class Developer {
 public:
  explicit Developer(const DevOptions& options)
      : project_(options), signals_(signal_descriptor()), watch_(project_.folder(), project_.ignored()) {}

  [[nodiscard]] int run() {
    begin();
    while (!ended_) {
      std::array<pollfd, 3> waits{{{signals_.get(), POLLIN, 0}, {watch_.get(), POLLIN, 0}, {ready_ ? ready_.get() : -1, POLLIN, 0}}};
      if (::poll(waits.data(), waits.size(), timeout()) < 0 && errno != EINTR)
        throw std::system_error(errno, std::generic_category(), "poll");
      take_signals();
      take_changes();
      if (ready_ && waits[2].revents != 0) tell_readiness();
      look_at_clock();
    }
    return exit_code::success;
  }

 private:
  [[nodiscard]] int timeout() const {
    std::optional<Clock::time_point> next = changed_at_ ? std::optional(*changed_at_ + quiet_time) : std::nullopt;
    if (kill_at_ && (!next || *kill_at_ < *next)) next = kill_at_;
    if (!next) return -1;
    return static_cast<int>(std::max<std::int64_t>(0, std::chrono::ceil<std::chrono::milliseconds>(*next - Clock::now()).count()));
  }

  void take_signals() {
    signalfd_siginfo signal{};
    while (::read(signals_.get(), &signal, sizeof signal) == static_cast<ssize_t>(sizeof signal)) {
      if (signal.ssi_signo != SIGCHLD) end();
    }
    for (int status = 0;;) {
      const pid_t child = ::waitpid(-1, &status, WNOHANG);
      if (child <= 0) return;
      if (builder_ && builder_->pid() == child) built(status);
      if (server_ && server_->pid() == child) server_ended(status);
    }
  }

  void take_changes() {
    const std::string file = watch_.take();
    if (file.empty()) return;
    changed_at_ = Clock::now();
    changed_ = fs::path(file).lexically_relative(project_.folder()).string();
  }

  void look_at_clock() {
    const Clock::time_point now = Clock::now();
    if (kill_at_ && now >= *kill_at_) {
      if (server_) server_->signal(SIGKILL);
      kill_at_.reset();
    }
    if (!changed_at_ || now < *changed_at_ + quiet_time || is_ending_) return;
    if (builder_) return;  // its end comes back to it
    changed_at_.reset();
    say(changed_, " has changed");
    begin();
  }

  // The first step of a build, or the server where nothing is to be built.
  void begin() {
    begun_ = Clock::now();
    project_.begin_again();
    next_step();
  }

  void next_step() {
    std::optional<Project::Step> step;
    try {
      step = project_.next_step();
    } catch (const std::exception& error) { return give_up(error.what()); }
    if (step) {
      failure_ = step->failure;
      builder_.emplace(step->words, step->is_quiet ? Child::Kind::quiet : Child::Kind::builder);
      return;
    }
    if (project_.is_built()) say("built in ", seconds_since(begun_));
    wants_server_ = true;
    server_ ? stop_server() : start_server();
  }

  void built(int status) {
    builder_.reset();
    if (is_ending_) return leave_when_done();
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return give_up(failure_);
    next_step();
  }

  void give_up(const std::string& reason) { say(reason, server_ ? "; the server goes on as it was" : "", "; waiting for a change"); }

  void start_server() {
    wants_server_ = false;
    started_ = Clock::now();
    Pipe pipe = make_pipe();
    server_.emplace(project_.server(pipe.write.get()), Child::Kind::server, pipe.write.get());
    ready_ = std::move(pipe.read);
  }

  void stop_server() {
    if (!kill_at_) kill_at_ = Clock::now() + end_patience;
    server_->signal(SIGTERM);
  }

  void server_ended(int status) {
    server_.reset();
    kill_at_.reset();
    if (is_ending_) return leave_when_done();
    if (wants_server_) return start_server();
    const std::string how = WIFSIGNALED(status) ? std::string("was ended by ") + ::strsignal(WTERMSIG(status))
                                                : "has ended with code " + std::to_string(WEXITSTATUS(status));
    say("the server ", how, "; waiting for a change");
  }

  void tell_readiness() {
    char buffer[4096];
    const ssize_t size = ::read(ready_.get(), buffer, sizeof buffer);
    if (size > 0) {
      std::string_view urls(buffer, static_cast<std::size_t>(size));
      while (!urls.empty()) {
        const std::size_t end = std::min(urls.find('\n'), urls.size());
        say("ready at ", urls.substr(0, end), ", after ", seconds_since(started_));
        urls.remove_prefix(std::min(end + 1, urls.size()));
      }
    }
    ready_.close();
  }

  void end() {
    is_ending_ = true;
    if (builder_) ::kill(-builder_->pid(), SIGTERM);
    if (server_) stop_server();
    leave_when_done();
  }

  void leave_when_done() { ended_ = !builder_ && !server_; }

  Project project_;
  Descriptor signals_;
  FileWatch watch_;
  std::optional<Child> builder_;
  std::optional<Child> server_;
  Descriptor ready_;
  const char* failure_ = "";
  std::string changed_;
  std::optional<Clock::time_point> changed_at_;  // something has, and nothing was done about it
  std::optional<Clock::time_point> kill_at_;
  Clock::time_point begun_;
  Clock::time_point started_;
  bool wants_server_ = false;  // as soon as the one that runs has ended
  bool is_ending_ = false;
  bool ended_ = false;
};

}  // namespace

int develop(const DevOptions& options) {
  try {
    Developer developer(options);
    return developer.run();
  } catch (const std::exception& error) {
    say(error.what());
    return exit_code::usage;
  }
}

}  // namespace ropeway::launcher
