// Kills the workers of a server one after the other, each a random one, under the load of a strict client, and prints what the client saw.
//
//   kill_workers URL MASTER_PID [KILLS] [PACE_MS] [BODY]
//
// The server answers GET / with BODY ("answer"); its workers are the children of MASTER_PID, of this server or another. 256 connections are kept
// alive and ask as fast as they are answered, 100 a second are new ones. Default: 60 kills, one a second.

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
  if (argc < 3) {
    std::fprintf(stderr, "usage: %s URL MASTER_PID [KILLS] [PACE_MS] [BODY]\n", argv[0]);
    return 2;
  }
  const pid_t master = std::atoi(argv[2]);
  const int kills = argc > 3 ? std::atoi(argv[3]) : 60;
  const std::chrono::milliseconds pace(argc > 4 ? std::atoi(argv[4]) : 1000);
  StrictClient::Options options;
  options.keep_alive = 256;
  options.body = argc > 5 ? argv[5] : "answer";
  StrictClient client(SocketAddress::from_url(argv[1]), options);
  std::mt19937 random(42);
  int killed = 0;
  for (int i = 0; i < kills; ++i) {
    std::this_thread::sleep_for(pace);
    const auto workers = children(master);
    if (!workers.empty() && ::kill(workers[random() % workers.size()], SIGKILL) == 0) ++killed;
  }
  std::this_thread::sleep_for(pace);
  const StrictClient::Counts counts = client.finish();
  std::printf(
      "%d kills: %lu answered (%lu on connections of their own), %lu refused, %lu wrong, %lu cut, %lu late, %lu lost (%lu the first of its "
      "connection)\n",
      killed, counts.answered, counts.answered_once, counts.refused, counts.wrong, counts.truncated, counts.late, counts.unanswered,
      counts.first_unanswered);
  return 0;
}
