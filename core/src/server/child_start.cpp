#include "core/src/server/child_start.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>
#include <string_view>
#include <vector>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include "core/src/http/packed.hpp"

namespace ropeway::server {
namespace {

constexpr int could_not_execute = 127;  // as a shell has it
constexpr rlim_t program_files = 1024;  // what programs that use select() can bear; the server's own limit is raised

bool task_child = false;

void limit(int resource, rlim_t soft, rlim_t hard) noexcept {
  rlimit now{};
  ::getrlimit(resource, &now);
  const rlimit wanted{std::min(soft, now.rlim_max), std::min(hard, now.rlim_max)};
  ::setrlimit(static_cast<__rlimit_resource_t>(resource), &wanted);
}

// Bytes of address space that this process has by now.
std::uint64_t address_space() noexcept {
  std::array<char, 32> text{};  // the first number is enough
  if (std::FILE* file = std::fopen("/proc/self/statm", "re")) {
    (void)std::fgets(text.data(), static_cast<int>(text.size()), file);
    std::fclose(file);
  }
  std::uint64_t pages = 0;
  std::from_chars(text.data(), text.data() + text.size(), pages);
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

void set_limits(const ChildOrder& order, std::uint64_t memory_before) noexcept {
  limit(RLIMIT_CPU, order.cpu_seconds, order.cpu_seconds + 1);  // SIGXCPU, and for who takes no notice of it SIGKILL
  if (order.memory > 0) limit(RLIMIT_AS, memory_before + order.memory, memory_before + order.memory);
}

// Where memory runs out, children go before their worker.
void offer_to_the_oom_killer() noexcept {
  const int file = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  (void)!::write(file, "500", 3);
  ::close(file);
}

void take_signals() noexcept {
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

std::string content_of(int descriptor) {
  struct stat status{};
  if (::fstat(descriptor, &status) != 0) return {};
  std::string content(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t have = 0;
  while (have < content.size()) {
    const ssize_t size = ::pread(descriptor, content.data() + have, content.size() - have, static_cast<off_t>(have));
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    have += static_cast<std::size_t>(size);
  }
  content.resize(have);
  return content;
}

[[noreturn]] void execute(ChildOrder& order) {
  const std::string packed = content_of(order.program.get());
  http::Unpacker unpacker(packed);
  const std::string file(unpacker.text());
  const std::string folder(unpacker.text());
  const auto texts = [&unpacker] {
    std::vector<std::string> result;
    for (std::uint32_t left = unpacker.number(); left > 0 && !unpacker.failed(); --left) result.emplace_back(unpacker.text());
    return result;
  };
  const auto pointers = [](std::vector<std::string>& from) {
    std::vector<char*> result;
    for (std::string& text : from) result.push_back(text.data());
    result.push_back(nullptr);
    return result;
  };
  std::vector<std::string> arguments = texts();
  std::vector<std::string> environment = texts();
  const std::vector<char*> argument_pointers = pointers(arguments);
  const std::vector<char*> environment_pointers = pointers(environment);
  ::dup2(order.input.get(), STDIN_FILENO);
  ::dup2(order.output.get(), STDOUT_FILENO);
  ::dup2(order.error.get(), STDERR_FILENO);
  if (::syscall(SYS_close_range, 3U, ~0U, 0U) != 0) {  // before Linux 5.9
    for (long number = ::sysconf(_SC_OPEN_MAX) - 1; number > 2; --number) ::close(static_cast<int>(number));
  }
  if (::chdir(folder.c_str()) != 0) {
    ::dprintf(STDERR_FILENO, "cannot go to the folder %s: %s\n", folder.c_str(), std::strerror(errno));
    ::_exit(could_not_execute);
  }
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  limit(RLIMIT_NOFILE, std::min(program_files, files.rlim_cur), files.rlim_max);
  set_limits(order, 0);
  take_signals();
  ::execve(file.c_str(), argument_pointers.data(), environment_pointers.data());
  ::dprintf(STDERR_FILENO, "cannot execute %s: %s%s\n", file.c_str(), std::strerror(errno),
            errno == ENOEXEC ? " (does it begin with #! and its interpreter?)" : "");
  ::_exit(could_not_execute);
}

// The answer's way to the worker. It may wait: nothing else runs here.
class PipeWriter final : public BodyWriter {
 public:
  explicit PipeWriter(int pipe) noexcept : pipe_(pipe) {}
  awaitable<void> write(std::string_view data) override {
    while (!data.empty()) {
      const ssize_t size = ::write(pipe_, data.data(), data.size());
      if (size < 0 && errno == EINTR) continue;
      if (size < 0) ::_exit(1);  // nobody reads
      data.remove_prefix(static_cast<std::size_t>(size));
    }
    co_return;
  }
  awaitable<void> flush() override { co_return; }
  Headers& trailers() override { return trailers_; }
  std::stop_token stop_token() override { return {}; }  // the worker kills it where nobody waits

 private:
  int pipe_;
  Headers trailers_;  // of a stream; they go no further
};

// A task's standard output is not its answer: what a handler prints must not get into it.
[[noreturn]] void run_task(ChildOrder& order, const ChildTask& task) {
  task_child = true;
  ::prctl(PR_SET_NAME, "ropeway child");
  ::dup2(order.error.get(), STDOUT_FILENO);
  ::dup2(order.error.get(), STDERR_FILENO);
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  if (const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC); nothing >= 0) {
    ::dup2(nothing, STDIN_FILENO);
    ::close(nothing);
  }
  order.error.close();
  order.life.close();
  const std::string input = content_of(order.input.get());
  order.input.close();
  const std::uint64_t memory_before = address_space();
  set_limits(order, memory_before);
  take_signals();
  int code = 0;
  try {
    asio::io_context loop(1);
    PipeWriter output(order.output.get());
    asio::co_spawn(loop, task(input, output), [&code](std::exception_ptr error) {
      if (!error) return;
      code = 1;
      std::rethrow_exception(error);
    });
    loop.run();
  } catch (const std::bad_alloc&) {
    ::dprintf(STDERR_FILENO, "there was no memory left (limits.memory)\n");
    code = 1;
  } catch (const std::exception& error) {
    ::dprintf(STDERR_FILENO, "%s\n", error.what());
    code = 1;
  }
  std::fflush(stdout);
  ::_exit(code);
}

}  // namespace

std::string pack_program(const Program& program) {
  http::Packer packer;
  packer.put(program.file);
  packer.put(program.folder);
  for (const auto* texts : {&program.arguments, &program.environment}) {
    packer.put(static_cast<std::uint32_t>(texts->size()));
    for (const std::string& text : *texts) packer.put(text);
  }
  return packer.take();
}

void run_child(ChildOrder& order, std::span<const ChildTask> tasks, pid_t nursery) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != nursery) ::_exit(1);  // it died before it could be watched
  ::setsid();
  offer_to_the_oom_killer();
  if (order.task == ChildOrder::no_task) execute(order);
  if (order.task < tasks.size()) run_task(order, tasks[order.task]);
  ::_exit(1);
}

bool is_task_child() noexcept { return task_child; }

}  // namespace ropeway::server
