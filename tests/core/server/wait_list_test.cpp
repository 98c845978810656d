#include "core/src/server/wait_list.hpp"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>

namespace ropeway::server {
namespace {

using namespace std::chrono_literals;

TEST_CASE("who waits is woken by what happens, by the end of its patience, and not at all where it has happened already") {
  asio::io_context io;
  auto work = asio::make_work_guard(io);
  WaitList list;
  std::vector<std::string> ends;
  const auto wait = [&](const char* name, std::uint64_t ticket, std::chrono::nanoseconds longest) -> awaitable<void> {
    co_await list.wait(ticket, longest);
    ends.emplace_back(name);
  };
  asio::co_spawn(io, wait("late", list.ticket() - 1, WaitList::for_ever), asio::detached);
  io.poll();
  CHECK(ends == std::vector<std::string>{"late"});
  asio::co_spawn(io, wait("patient", list.ticket(), WaitList::for_ever), asio::detached);
  asio::co_spawn(io, wait("impatient", list.ticket(), 1ms), asio::detached);
  while (ends.size() < 2 && io.run_one_for(5s) > 0) {}
  CHECK(ends.back() == "impatient");
  list.wake_all();
  while (ends.size() < 3 && io.run_one_for(5s) > 0) {}
  CHECK(ends.back() == "patient");
  list.close();
  asio::co_spawn(io, wait("closed", list.ticket(), WaitList::for_ever), asio::detached);
  work.reset();
  io.run();
  CHECK(ends.back() == "closed");
}

TEST_CASE("of many threads, each waits for the other's sign without missing one") {
  asio::io_context io(4);
  WaitList list;
  std::atomic<int> number{0};
  constexpr int rounds = 2000;
  // Each waits for its turn, and then gives the next one its own.
  const auto play = [&](int who) -> awaitable<void> {
    for (;;) {
      const std::uint64_t ticket = list.ticket();
      const int now = number.load();
      if (now >= rounds) co_return;
      if (now % 4 == who) {
        number.store(now + 1);
        list.wake_all();
        continue;
      }
      co_await list.wait(ticket, WaitList::for_ever);
    }
  };
  for (int who = 0; who < 4; ++who) asio::co_spawn(io, play(who), asio::detached);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { io.run(); });
  for (std::thread& thread : threads) thread.join();
  CHECK(number == rounds);
}

}  // namespace
}  // namespace ropeway::server
