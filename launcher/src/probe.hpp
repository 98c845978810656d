#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/src/observability/latency.hpp"

namespace ropeway::launcher {

/// A client that keeps a server busy and counts what became of every single request and connection. Some connections are kept alive and ask
/// as soon as they are answered; others are opened for one request each. What ends is opened again. Nothing waits for anything else: while
/// one connection is being made, the others go on.
class Probe {
 public:
  /// A numeric address and a port, or the path of a unix socket.
  struct Target {
    std::string host;
    std::uint16_t port = 0;
    std::string path;
  };
  struct Options {
    std::size_t keep_alive = 64;                  // connections
    std::chrono::microseconds new_every{10'000};  // between two connections for one request
    std::chrono::microseconds pause{0};           // of a connection that is kept alive, between an answer and the next request
    std::string target = "/";
    std::string host = "probe";       // the field
    std::optional<std::string> body;  // that every answer must have, with status 200; nothing: any answer with a status below 500
  };
  /// What became of requests and connections.
  struct Counts {
    std::uint64_t answered = 0;
    std::uint64_t answered_once = 0;     // of them on connections for one request
    std::uint64_t refused = 0;           // no connection came about
    std::uint64_t wrong = 0;             // answered with something else
    std::uint64_t truncated = 0;         // the answer began and did not end
    std::uint64_t unanswered = 0;        // the connection ended behind the request, without a byte of an answer
    std::uint64_t first_unanswered = 0;  // of them the first request of its connection
    std::uint64_t late = 0;              // not answered within `patience`
    std::uint64_t idle_lost = 0;         // the server ended a connection between two requests, and had not said so
    std::chrono::nanoseconds longest{};  // until an answer was there
    observability::LatencySum durations;
    /// What came afterwards.
    void add(const Counts& more);
  };
  static constexpr std::chrono::seconds patience{20};

  /// Begins at once, on a thread of its own.
  Probe(const Target& target, Options options);
  ~Probe();
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;

  /// How many requests were answered so far. Thread-safe.
  [[nodiscard]] std::uint64_t answered() const noexcept { return answered_.load(); }
  /// What was counted since the last call. Thread-safe.
  [[nodiscard]] Counts take();
  /// Lets requests that are out be answered, sends no more, and gives what was counted since the last `take`. To be called once.
  [[nodiscard]] Counts finish();

 private:
  struct Connection;
  void run();
  void open(Connection& connection);
  void refused(Connection& connection);
  void send_request(Connection& connection);
  void ready(Connection& connection);
  void ended(Connection& connection, bool by_answer);

  Target target_;
  Options options_;
  std::string request_;
  std::string once_request_;
  std::mutex mutex_;
  Counts counts_;  // guarded by `mutex_`
  std::vector<std::unique_ptr<Connection>> connections_;
  std::atomic<std::uint64_t> answered_{0};
  std::atomic<bool> finishing_{false};
  std::thread thread_;
};

}  // namespace ropeway::launcher
