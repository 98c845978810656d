#include "core/src/server/child_pools.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <ropeway/http_error.hpp>

#include "core/src/server/child_order.hpp"
#include "core/src/server/child_places.hpp"
#include "core/src/server/child_start.hpp"
#include "core/src/server/running_child.hpp"

namespace ropeway::server {
namespace {

struct Ends {
  Descriptor ours;
  Descriptor childs;
};

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

// The child's end waits, ours does not.
Ends make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail("pipe");
  Ends pipe{Descriptor(ends[0]), Descriptor(ends[1])};
  ::fcntl(pipe.ours.get(), F_SETFL, O_NONBLOCK);
  return pipe;
}

Ends make_life() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) fail("socketpair");
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

// A file in memory, read from its beginning: so nobody has to feed the child while it writes.
Descriptor file_of(std::string_view content) {
  if (content.empty()) {
    Descriptor nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!nothing) fail("/dev/null");
    return nothing;
  }
  Descriptor file(::memfd_create("ropeway child input", MFD_CLOEXEC));
  if (!file) fail("memfd_create");
  while (!content.empty()) {
    const ssize_t size = ::write(file.get(), content.data(), content.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) fail("a file in memory cannot be written");
    content.remove_prefix(static_cast<std::size_t>(size));
  }
  ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

void refuse_nul(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) throw std::invalid_argument("NUL in what a program is to be started with");
}

}  // namespace

class WaitingChildPool final : public ChildPool {
 public:
  WaitingChildPool(std::string name, const ChildLimits& limits, std::uint64_t task, const Nursery& nursery, Logger& log)
      : name_(std::move(name)), limits_(limits), task_(task), nursery_(nursery), log_(log), places_(limits.at_once, limits.queue) {}

  awaitable<std::shared_ptr<ChildProcess>> start(Request& request, Program program, std::string_view input) override {
    for (const std::string* text : {&program.file, &program.folder}) refuse_nul(*text);
    for (const auto* texts : {&program.arguments, &program.environment}) {
      for (const std::string& text : *texts) refuse_nul(text);
    }
    std::string child = program.file;
    co_return co_await start_one(request, std::move(child), pack_program(program), input);
  }
  awaitable<std::shared_ptr<ChildProcess>> start(Request& request, std::string_view input) override {
    co_return co_await start_one(request, name_, {}, input);
  }

  void close() noexcept { places_.close(); }

 private:
  awaitable<std::shared_ptr<ChildProcess>> start_one(Request& request, std::string child, std::string program, std::string_view input) {
    std::shared_ptr<const void> place = co_await places_.take();
    if (place == nullptr) co_return nullptr;
    if (request.client_gone()) throw ConnectionLost("the client has gone before its child could start");
    try {
      co_return begin(std::move(place), std::move(child), program, input);
    } catch (const std::system_error& error) { throw HttpError(Status::bad_gateway, name_ + ": no child can be started: " + error.what()); }
  }

  std::shared_ptr<ChildProcess> begin(std::shared_ptr<const void> place, std::string child, const std::string& program,
                                      std::string_view input) {
    Ends output = make_pipe();
    Ends error = make_pipe();
    Ends life = make_life();
    ChildOrder order;
    order.task = task_;
    order.cpu_seconds = static_cast<std::uint64_t>(std::chrono::ceil<std::chrono::seconds>(limits_.cpu).count());
    order.memory = limits_.memory;
    order.input = file_of(input);
    order.output = std::move(output.childs);
    order.error = std::move(error.childs);
    order.life = std::move(life.childs);
    if (task_ == ChildOrder::no_task) order.program = file_of(program);
    auto running = std::make_shared<RunningChild>(std::move(output.ours), std::move(error.ours), std::move(life.ours), limits_.time,
                                                  ChildErrors(log_, std::move(child)), std::move(place));
    if (const int failure = send_order(nursery_.channel.get(), order); failure != 0) {
      throw std::system_error(failure, std::generic_category(), "the process that starts children takes no order");
    }
    return running;
  }

  const std::string name_;
  const ChildLimits limits_;
  const std::uint64_t task_;
  const Nursery& nursery_;
  Logger& log_;
  ChildPlaces places_;
};

ChildPools::~ChildPools() {
  nursery_.channel.close();
  if (nursery_.pid > 0) (void)::waitpid(nursery_.pid, nullptr, 0);
}

std::shared_ptr<ChildPool> ChildPools::for_programs(std::string name, const ChildLimits& limits) {
  pools_.push_back(std::make_shared<WaitingChildPool>(std::move(name), limits, ChildOrder::no_task, nursery_, log_));
  return pools_.back();
}

std::shared_ptr<ChildPool> ChildPools::for_task(std::string name, const ChildLimits& limits, ChildTask task) {
  tasks_.push_back(std::move(task));
  pools_.push_back(std::make_shared<WaitingChildPool>(std::move(name), limits, tasks_.size() - 1, nursery_, log_));
  return pools_.back();
}

void ChildPools::lost() noexcept {
  int status = 0;
  const pid_t pid = std::exchange(nursery_.pid, -1);
  (void)::waitpid(pid, &status, 0);  // its socket is closed, so it is ending
  const bool killed = WIFSIGNALED(status);
  log_.error(
      "the process that starts children has ended",
      {{"pid", std::int64_t{pid}}, {killed ? "signal" : "exit_code", std::int64_t{killed ? WTERMSIG(status) : WEXITSTATUS(status)}}});
}

void ChildPools::close() noexcept {
  for (const auto& pool : pools_) pool->close();
}

}  // namespace ropeway::server
