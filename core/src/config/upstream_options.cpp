#include <ropeway/upstream.hpp>

#include <algorithm>

#include "core/src/config/units.hpp"

namespace ropeway {

Settings UpstreamOptions::settings() {
  return {
      Setting::string("policy",
                      "Which of several servers gets the next request: one after another, or the one that has the fewest to answer.")
          .one_of({"round_robin", "least_connections"})
          .by_default("\"round_robin\""),
      Setting::integer("connections", "Connections to each server, of each worker; further requests wait.")
          .at_least(1)
          .at_most(100'000)
          .by_default("128"),
      Setting::integer("queue", "Requests that may wait for a connection, in each worker; past it, status 503.")
          .at_least(0)
          .at_most(1'000'000)
          .by_default("256"),
      Setting::duration("queue_time", "How long a request may wait for a connection; past it, status 503.")
          .at_least(1)
          .at_most(24 * config::hour_ms)
          .by_default("\"10s\""),
      Setting::duration(
          "keep",
          "How long a connection stays open between two requests. Keep it below what the servers do themselves. 0: a connection for each "
          "request.")
          .at_least(0)
          .at_most(24 * config::hour_ms)
          .by_default("\"30s\""),
      Setting::duration("connect_timeout", "How long it may take to connect; past it, another server is tried, or the status is 502.")
          .at_least(1)
          .at_most(config::hour_ms)
          .by_default("\"5s\""),
      Setting::duration("response_timeout",
                        "From the end of the request to the head of the answer; past it, status 504. Keep it below `timeouts.handler`, "
                        "which answers 503.")
          .at_least(1)
          .at_most(24 * config::hour_ms)
          .by_default("\"55s\""),
      Setting::duration("idle_timeout", "How long a server may let pass between two pieces of content that it sends or takes.")
          .at_least(1)
          .at_most(24 * config::hour_ms)
          .by_default("\"60s\""),
      Setting::duration(
          "tunnel_idle",
          "How long a connection that has changed to another protocol (`upgrade`) stays open without a byte from either side. Once "
          "one side has ended its direction, `idle_timeout` is enough.")
          .at_least(1)
          .at_most(24 * 365 * config::hour_ms)
          .by_default("\"1h\""),
      Setting::size("head_bytes", "Status line and fields of an answer together; past it, status 502.")
          .at_least(1024)
          .at_most(1024LL * 1024)
          .by_default("\"32k\""),
      Setting::integer(
          "failures",
          "Failures in a row after which a server is left out for `pause`, as long as there is another one: no connection, no answer, or a "
          "malformed one. 0: never.")
          .at_least(0)
          .at_most(1'000'000)
          .by_default("3"),
      Setting::duration("pause", "How long a server that fails is left out.")
          .at_least(1)
          .at_most(24 * config::hour_ms)
          .by_default("\"10s\""),
  };
}

Setting UpstreamHealth::setting() {
  return Setting::object(
             "health", "Checks that find out whether a server is well without a client's request. Each worker asks for itself.",
             {
                 Setting::string("path",
                                 "What a server is asked for (GET), behind its own path; any status below 400 will do. Empty: "
                                 "none is asked.")
                     .by_default("\"\""),
                 Setting::duration("interval", "From one check to the next.").at_least(10).at_most(config::hour_ms).by_default("\"5s\""),
                 Setting::duration("timeout", "How long the answer may take.").at_least(1).at_most(config::hour_ms).by_default("\"2s\""),
                 Setting::integer("failures",
                                  "Checks in a row that a server must fail to be left out, as long as there is another one; the "
                                  "first of all counts at once.")
                     .at_least(1)
                     .at_most(1000)
                     .by_default("2"),
                 Setting::integer("successes", "Checks in a row that it must pass to get requests again.")
                     .at_least(1)
                     .at_most(1000)
                     .by_default("2"),
             })
      .by_default("{}");
}

UpstreamHealth UpstreamHealth::from(const ConfigNode& health) {
  UpstreamHealth result;
  result.path = health.string("path");
  const bool is_path = result.path.empty() || (result.path.front() == '/' &&
                                               std::ranges::all_of(result.path, [](char c) { return c > ' ' && c < '\x7f' && c != '#'; }));
  if (!is_path) throw health.error("path", "expected a path such as \"/healthz\", percent-encoded, or nothing");
  result.interval = health.duration("interval");
  result.timeout = health.duration("timeout");
  result.failures = static_cast<unsigned>(health.integer("failures"));
  result.successes = static_cast<unsigned>(health.integer("successes"));
  return result;
}

UpstreamOptions UpstreamOptions::from(const ConfigNode& options) {
  UpstreamOptions result;
  result.policy = options.string("policy") == "round_robin" ? Policy::round_robin : Policy::least_connections;
  result.connections = static_cast<std::size_t>(options.integer("connections"));
  result.queue = static_cast<std::size_t>(options.integer("queue"));
  result.queue_time = options.duration("queue_time");
  result.keep = options.duration("keep");
  result.connect_timeout = options.duration("connect_timeout");
  result.response_timeout = options.duration("response_timeout");
  result.idle_timeout = options.duration("idle_timeout");
  result.tunnel_idle = options.duration("tunnel_idle");
  result.head_bytes = static_cast<std::size_t>(options.size("head_bytes"));
  result.failures = static_cast<unsigned>(options.integer("failures"));
  result.pause = options.duration("pause");
  return result;
}

}  // namespace ropeway
