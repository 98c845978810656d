#include "launcher/src/keeper.hpp"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include "launcher/src/exit_code.hpp"

namespace ropeway::launcher {
namespace {

using server::KeptState;

// Numbers of the two channels among those of connections.
constexpr std::uint64_t connections_number = 0;
constexpr std::uint64_t deaths_number = 1;
constexpr std::uint64_t first_connection = 2;

constexpr std::chrono::milliseconds give_interval{2};    // until the workers have taken some of what waits
constexpr std::chrono::milliseconds lost_interval{250};  // between two looks at who has what was given
constexpr std::chrono::seconds lost_after{2};
constexpr int taken_in_a_row = 256;

void watch(int poll, int descriptor, std::uint32_t events, std::uint64_t number) noexcept {
  epoll_event event{};
  event.events = events;
  event.data.u64 = number;
  ::epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event);
}

}  // namespace

KeeperSetup::KeeperSetup(std::size_t size, server::HandOverChannel to_workers)
    : table(size), connections(make_message_pipe()), deaths(make_message_pipe()), workers(to_workers) {}

Keeper::Keeper(KeeperSetup& setup) : setup_(setup), poll_(::epoll_create1(EPOLL_CLOEXEC)), last_(first_connection) {
  if (!poll_) throw std::system_error(errno, std::generic_category(), "epoll");
  watch(poll_.get(), setup_.connections.read.get(), EPOLLIN, connections_number);
  watch(poll_.get(), setup_.deaths.read.get(), EPOLLIN, deaths_number);
}

bool Keeper::step(std::chrono::milliseconds at_most) {
  std::array<epoll_event, 64> events;
  auto timeout = to_give_.empty() ? at_most : std::min(at_most, give_interval);
  if (!lent_.empty()) timeout = std::min(timeout, lost_interval);
  const int count = ::epoll_wait(poll_.get(), events.data(), static_cast<int>(events.size()), static_cast<int>(timeout.count()));
  for (int i = 0; i < count; ++i) {
    const std::uint64_t number = events[static_cast<std::size_t>(i)].data.u64;
    if (number >= first_connection) drop(number);  // it has ended at both sides
    if (number == connections_number) take();
    if (number != deaths_number) continue;
    pid_t worker = 0;
    const ssize_t size = ::recv(setup_.deaths.read.get(), &worker, sizeof worker, MSG_DONTWAIT);
    if (size == 0) return false;
    if (size == static_cast<ssize_t>(sizeof worker)) bury(worker);
  }
  give();
  if (!lent_.empty()) end_lost();
  return true;
}

void Keeper::take() {
  for (int left = taken_in_a_row; left > 0; --left) {
    const auto given = server::take_connection(setup_.connections.read.get());
    if (!given) return;
    const std::uint64_t number = last_++;
    Held& held = held_[number];
    held.descriptor = Descriptor(given->descriptor);
    held.index = static_cast<std::uint32_t>(given->slot);
    held.serial = static_cast<std::uint32_t>(given->slot >> 32U);
    held.proxy_header = given->proxy_header;
    watch(poll_.get(), given->descriptor, EPOLLET, number);  // its end (EPOLLHUP) alone, which is always reported
  }
}

// What other processes have open, too, is watched until it is said otherwise, also when it is closed here; and under its old number, should it
// come again.
void Keeper::unwatch(const Held& held) noexcept { ::epoll_ctl(poll_.get(), EPOLL_CTL_DEL, held.descriptor.get(), nullptr); }

void Keeper::drop(std::uint64_t number) noexcept {
  const auto found = held_.find(number);
  if (found == held_.end()) return;
  unwatch(found->second);
  held_.erase(found);
}

// What a dead worker has given, it had given before it died; so that is taken first.
void Keeper::bury(pid_t worker) {
  for (std::size_t before = held_.size() + 1; before != held_.size();) {
    before = held_.size();
    take();
  }
  for (auto each = held_.begin(); each != held_.end();) {
    auto& [number, held] = *each;
    server::KeptSlot& slot = setup_.table[held.index];
    // Of a connection that was given a second time, after the keeper had changed, there is nothing to be done.
    const bool is_void = slot.serial.load(std::memory_order_relaxed) != held.serial;
    const bool is_its = slot.owner.load(std::memory_order_acquire) == worker;
    const server::KeptState state = slot.state.load(std::memory_order_acquire);
    if (!is_void && is_its && state == KeptState::idle) {
      slot.owner.store(0, std::memory_order_release);
      to_give_.push_back(number);
    } else if (is_void || is_its) {
      if (!is_void && state == KeptState::busy) ::shutdown(held.descriptor.get(), SHUT_RDWR);
      if (!is_void) slot.state.store(KeptState::none, std::memory_order_release);
      unwatch(held);
      each = held_.erase(each);
      continue;
    } else if (slot.owner.load(std::memory_order_relaxed) == 0) {  // on its way; or it died over that
      lent_.push_back({number, std::chrono::steady_clock::now()});
    }
    ++each;
  }
  setup_.table.free_blocks_of(worker);
}

void Keeper::give() {
  std::size_t given = 0;
  for (; given < to_give_.size(); ++given) {
    const auto found = held_.find(to_give_[given]);
    if (found == held_.end()) continue;  // its client has gone
    const Held& held = found->second;
    const std::uint64_t requests = setup_.table[held.index].requests.load(std::memory_order_relaxed);
    const server::HandedConnection connection{held.descriptor.get(), requests, server::Keep::number_of(held.index, held.serial),
                                              setup_.table.keeper(), held.proxy_header};
    if (!server::give_connection(setup_.workers.give, connection)) break;
    lent_.push_back({to_give_[given], std::chrono::steady_clock::now()});
  }
  to_give_.erase(to_give_.begin(), to_give_.begin() + static_cast<std::ptrdiff_t>(given));
}

// What nobody has said to be its own a while after it was taken, belongs to a worker that has no keeper, or has another; or its worker has died
// in that very moment, and the connection ends when it is closed here.
void Keeper::end_lost() {
  char byte = 0;
  const bool some_wait = ::recv(setup_.workers.take, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
  const auto now = std::chrono::steady_clock::now();
  std::erase_if(lent_, [&](const Lent& lent) {
    const auto found = held_.find(lent.number);
    if (found == held_.end()) return true;
    const Held& held = found->second;
    server::KeptSlot& slot = setup_.table[held.index];
    if (slot.serial.load() != held.serial || slot.owner.load() != 0) return true;  // somebody has it
    if (some_wait || now - lent.since < lost_after) return false;
    slot.state.store(server::KeptState::none, std::memory_order_release);
    drop(lent.number);
    return true;
  });
}

void run_keeper(KeeperSetup& setup, pid_t supervisor, const std::optional<Identity>& identity) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != supervisor) ::_exit(exit_code::failure);
  ::prctl(PR_SET_NAME, "ropeway keeper");
  for (const int signal : {SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2}) ::signal(signal, SIG_IGN);  // they are the supervisor's
  setup.deaths.write.close();  // its end is the supervisor's end
  setup.connections.write.close();
  try {
    if (identity) assume(*identity);
    Keeper keeper(setup);
    while (keeper.step(std::chrono::hours(1))) {}
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ropeway: the keeper cannot go on: %s\n", error.what());
    ::_exit(exit_code::failure);
  }
  ::_exit(exit_code::success);
}

}  // namespace ropeway::launcher
