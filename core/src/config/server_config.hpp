#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ropeway/config_node.hpp>
#include <ropeway/logger.hpp>

#include "core/src/config/cpu_list.hpp"
#include "core/src/config/network.hpp"

namespace ropeway::config {

/// An address to listen on.
struct ListenAddress {
  /// `activated`: sockets that systemd has opened.
  enum class Family : std::uint8_t { ipv4, ipv6, unix_socket, activated };
  Family family = Family::ipv4;
  std::string host;        // numeric address, the path of a unix socket, or the name of an activated one; "": of all
  std::uint16_t port = 0;  // 0: a free one
  std::string pointer;     // its place in the configuration
  std::string text;        // as written
  bool proxy_protocol = false;
  std::optional<std::uint32_t> stream{};  // which of `streams` it has; nothing: HTTP
};

/// A handler or middleware that a route or an address names.
struct ComponentConfig {
  std::string name;
  std::optional<ConfigNode> options;  // nothing only where there is a mistake in it or in the name (`Loaded::sound`)
  std::string pointer;                // of the name
};

/// An address with a protocol of its own.
struct StreamConfig {
  ComponentConfig handler;
  std::string address;  // as written
};

struct RouteConfig {
  std::string match;  // with the prefix of its group
  ComponentConfig handler;
  std::vector<ComponentConfig> middlewares;
  std::string pointer;                 // "/routes/0", "/groups/0/routes/0"
  std::vector<ComponentConfig> tried;  // in the place of `handler`, which has their names then, and nothing else
  std::string name;                    // for URLs; empty: none
  std::optional<std::size_t> group;    // its place in `groups`
};

/// What routes of a group have in common.
struct GroupConfig {
  std::string prefix;
  std::vector<ComponentConfig> middlewares;
};

struct LimitsConfig {
  std::size_t header_bytes = 0, header_count = 0, target_bytes = 0;
  std::uint64_t body_bytes = 0;
  std::size_t connections = 0;              // per worker
  std::size_t connections_per_address = 0;  // 0: no limit
  std::uint64_t body_memory = 0;            // per worker: the contents of all requests that are kept whole
  std::size_t requests_per_connection = 0;  // 0: no limit
  std::size_t send_buffer_bytes = 0;        // per connection: what a slow client can make us hold
};

struct TimeoutsConfig {
  std::chrono::milliseconds header{}, idle{}, handler{}, send{}, linger{}, drain{}, drain_grace{};
  std::uint64_t body_rate = 0;             // bytes per second that a request's body must bring on average
  std::chrono::milliseconds body_grace{};  // before body_rate is asked for
};

struct AccessLogConfig {
  std::string file;  // "" off, "-" standard output, otherwise a path
  enum class Format : std::uint8_t { combined, json, terminal } format = Format::combined;
};

struct LogConfig {
  LogLevel level = LogLevel::info;
  std::string file;  // "-" standard error, otherwise a path
  enum class Format : std::uint8_t { text, json } format = Format::text;
  AccessLogConfig access;
};

struct BlockingConfig {
  std::size_t threads = 0;  // of the pool, in each worker
  std::size_t queue = 0;
  std::chrono::milliseconds wait{};       // for a thread; 0: as long as `timeouts.handler` lets
  std::chrono::milliseconds take_over{};  // what handlers may hold of their event loops before they run on the pool; 0: whatever
};

/// What is done about a worker whose event loop stands still. 0: nothing.
struct StallConfig {
  std::chrono::milliseconds warn{}, rescue{}, kill{};
};

/// When a route whose handler ends workers is closed, and for how long. No crashes: never.
struct QuarantineConfig {
  std::size_t crashes = 0;
  std::chrono::milliseconds window{}, release{};
};

/// How a new configuration is tried before it replaces the one that runs. No percent: not at all.
struct CanaryConfig {
  unsigned percent = 0;
  unsigned slower = 0;  // 0: how long answers take is not compared
  std::chrono::milliseconds duration{}, start{};
};

/// When a worker has grown old. 0: not for that reason.
struct RecycleConfig {
  std::uint64_t requests = 0;
  std::uint64_t memory = 0;  // bytes, resident
  std::chrono::milliseconds age{};
};

/// How much the memory that all workers share has room for.
struct SharedConfig {
  std::size_t counters = 0;
  std::size_t rate_limits = 0;
  std::size_t cache_bytes = 0;
  std::size_t bus_bytes = 0;
};

/// On which CPUs workers run.
struct AffinityConfig {
  enum class Mode : std::uint8_t { none, automatic, list };
  Mode mode = Mode::none;
  std::vector<CpuList> cpus;  // of a list: for the first worker, the second and so on, and from the beginning again
};

/// Whom proxies speak for, and how they say it.
struct ProxiesConfig {
  std::vector<Network> trusted;
  enum class Fields : std::uint8_t { x_forwarded, forwarded } fields = Fields::x_forwarded;
  bool host = false;  // they are believed the host, too
};

/// What becomes of slashes side by side in a path.
enum class RepeatedSlashes : std::uint8_t { keep, merge, refuse };

/// A configuration that was read, checked and is never changed.
struct ServerConfig {
  std::optional<unsigned> processes;       // nothing: auto; 0: no supervisor
  bool scales = false;                     // the number follows the load, from `processes` to `most_processes`
  std::optional<unsigned> most_processes;  // nothing: auto
  std::optional<unsigned> threads;         // nothing: auto
  std::vector<ListenAddress> listen;
  std::vector<StreamConfig> streams;
  std::vector<RouteConfig> routes;  // those of groups behind the others
  std::vector<GroupConfig> groups;
  std::vector<ComponentConfig> middlewares;  // in front of every route
  LimitsConfig limits;
  TimeoutsConfig timeouts;
  BlockingConfig blocking;
  StallConfig stall;
  QuarantineConfig quarantine;
  CanaryConfig canary;
  RecycleConfig recycle;
  SharedConfig shared;
  AffinityConfig affinity;
  bool keeper = false;
  bool development = false;
  std::string user, group;  // names or numbers; "": as the server was started
  std::string pid_file;     // "": none
  std::string control;      // the control socket's path; "auto": see the setting; "": none
  LogConfig log;
  ProxiesConfig proxies;
  RepeatedSlashes repeated_slashes = RepeatedSlashes::keep;
  std::string server_name;  // value of the `Server` field; "" sends none
};

class Faults;

/// The typed form of a document that was checked; it keeps the document alive. Routes and components with a mistake are left out; their
/// pointers do not move.
[[nodiscard]] std::shared_ptr<const ServerConfig> server_config(std::shared_ptr<const ConfigNode::Document> document, const Faults& faults);

}  // namespace ropeway::config
