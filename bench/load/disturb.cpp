// Disturbs a server again and again under the load of a strict client, and prints what the client saw.
//
//   disturb kill|reload|upgrade URL MASTER_PID [TIMES] [PACE_MS] [BODY]
//
// `kill` sends SIGKILL to a random worker, that is a child of MASTER_PID, `reload` SIGHUP to the master itself; this server and others take both.
// `upgrade` sends SIGUSR2 to the master, and goes on with the one that takes its place.
// The server answers GET / with BODY ("answer"). 256 connections are kept alive and ask as fast as they are answered, 100 a second are
// new ones. Default: 60 times, one a second.

#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/strict_client.hpp"

namespace {

// All but the keeper.
std::vector<pid_t> children(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/task/" + std::to_string(process) + "/children");
  std::vector<pid_t> result;
  for (pid_t child = 0; file >> child;) {
    std::ifstream comm("/proc/" + std::to_string(child) + "/comm");
    std::string name;
    std::getline(comm, name);
    if (name != "ropeway keeper") result.push_back(child);
  }
  return result;
}

// Also where nobody has asked yet how it ended.
bool has_ended(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string text;
  std::getline(file, text);
  const std::size_t name_end = text.rfind(')');
  return name_end == std::string::npos || text.compare(name_end, 4, ") Z ") == 0;
}

// Has a master replaced by a child of its own, and waits for its end; the new one, or 0 where that does not happen in time.
pid_t replaced(pid_t master, std::chrono::milliseconds patience) {
  const auto before = children(master);
  ::kill(master, SIGUSR2);
  pid_t next = 0;
  for (const auto until = std::chrono::steady_clock::now() + patience; std::chrono::steady_clock::now() < until;) {
    for (const pid_t child : children(master)) {
      if (std::find(before.begin(), before.end(), child) == before.end()) next = child;
    }
    if (next != 0 && has_ended(master)) return next;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return 0;
}

}  // namespace

int main(int argc, char* argv[]) {
  using ropeway::testing::SocketAddress;
  using ropeway::testing::StrictClient;
  const std::string what = argc > 1 ? argv[1] : "";
  if (argc < 4 || (what != "kill" && what != "reload" && what != "upgrade")) {
    std::fprintf(stderr, "usage: %s kill|reload|upgrade URL MASTER_PID [TIMES] [PACE_MS] [BODY]\n", argv[0]);
    return 2;
  }
  pid_t master = std::atoi(argv[3]);
  const int times = argc > 4 ? std::atoi(argv[4]) : 60;
  const std::chrono::milliseconds pace(argc > 5 ? std::atoi(argv[5]) : 1000);
  StrictClient::Options options;
  options.keep_alive = 256;
  options.body = argc > 6 ? argv[6] : "answer";
  StrictClient client(SocketAddress::from_url(argv[2]), options);
  std::mt19937 random(42);
  int done = 0;
  StrictClient::Counts counts;
  std::uint64_t most_lost = 0;  // by one of them
  for (int i = 0; i < times; ++i) {
    std::this_thread::sleep_for(pace);
    const StrictClient::Counts since = client.take();
    most_lost = std::max(most_lost, since.unanswered);
    counts.add(since);
    if (what == "reload") {
      if (::kill(master, SIGHUP) == 0) ++done;
      continue;
    }
    if (what == "upgrade") {
      const pid_t next = replaced(master, std::chrono::seconds(10));
      if (next != 0) ++done;
      master = next != 0 ? next : master;
      continue;
    }
    const auto workers = children(master);
    if (!workers.empty() && ::kill(workers[random() % workers.size()], SIGKILL) == 0) ++done;
  }
  std::this_thread::sleep_for(pace);
  const StrictClient::Counts last = client.finish();
  most_lost = std::max(most_lost, last.unanswered);
  counts.add(last);
  std::printf(
      "%s, %d times: %lu answered (%lu on connections of their own), %lu refused, %lu wrong, %lu cut, %lu late, %lu lost (%lu at most by "
      "one; "
      "%lu the first of its connection)\n",
      what.c_str(), done, counts.answered, counts.answered_once, counts.refused, counts.wrong, counts.truncated, counts.late,
      counts.unanswered, most_lost, counts.first_unanswered);
  return 0;
}
