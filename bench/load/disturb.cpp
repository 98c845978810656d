// Disturbs a server again and again under the load of a strict client, and prints what the client saw.
//
//   disturb kill|reload URL MASTER_PID [TIMES] [PACE_MS] [BODY]
//
// `kill` sends SIGKILL to a random worker, that is a child of MASTER_PID, `reload` SIGHUP to the master itself; this server and others take both.
// The server answers GET / with BODY ("answer"). 256 connections are kept alive and ask as fast as they are answered, 100 a second are
// new ones. Default: 60 times, one a second.

#include <signal.h>

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

std::vector<pid_t> children(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/task/" + std::to_string(process) + "/children");
  std::vector<pid_t> result;
  for (pid_t child = 0; file >> child;) result.push_back(child);
  return result;
}

}  // namespace

int main(int argc, char* argv[]) {
  using ropeway::testing::SocketAddress;
  using ropeway::testing::StrictClient;
  const std::string what = argc > 1 ? argv[1] : "";
  if (argc < 4 || (what != "kill" && what != "reload")) {
    std::fprintf(stderr, "usage: %s kill|reload URL MASTER_PID [TIMES] [PACE_MS] [BODY]\n", argv[0]);
    return 2;
  }
  const pid_t master = std::atoi(argv[3]);
  const int times = argc > 4 ? std::atoi(argv[4]) : 60;
  const std::chrono::milliseconds pace(argc > 5 ? std::atoi(argv[5]) : 1000);
  StrictClient::Options options;
  options.keep_alive = 256;
  options.body = argc > 6 ? argv[6] : "answer";
  StrictClient client(SocketAddress::from_url(argv[2]), options);
  std::mt19937 random(42);
  int done = 0;
  for (int i = 0; i < times; ++i) {
    std::this_thread::sleep_for(pace);
    if (what == "reload") {
      if (::kill(master, SIGHUP) == 0) ++done;
      continue;
    }
    const auto workers = children(master);
    if (!workers.empty() && ::kill(workers[random() % workers.size()], SIGKILL) == 0) ++done;
  }
  std::this_thread::sleep_for(pace);
  const StrictClient::Counts counts = client.finish();
  std::printf(
      "%s, %d times: %lu answered (%lu on connections of their own), %lu refused, %lu wrong, %lu cut, %lu late, %lu lost (%lu the first of "
      "its "
      "connection)\n",
      what.c_str(), done, counts.answered, counts.answered_once, counts.refused, counts.wrong, counts.truncated, counts.late,
      counts.unanswered, counts.first_unanswered);
  return 0;
}
