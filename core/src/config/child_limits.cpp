#include <ropeway/child_process.hpp>

#include "core/src/config/units.hpp"

namespace ropeway {
namespace {

constexpr std::int64_t mega = 1024LL * 1024;

}  // namespace

Setting ChildLimits::setting() {
  return Setting::object(
      "limits", "What the child processes of this route may use.",
      {
          Setting::duration("time",
                            "How long a request may wait for its child in all; what a slow client takes does not count. Past it the child "
                            "is killed: status 504. Keep it below `timeouts.handler`.")
              .at_least(1)
              .at_most(24 * config::hour_ms)
              .by_default("\"30s\""),
          Setting::duration("cpu", "CPU time of a child, in whole seconds. Past it, it is killed: status 504.")
              .at_least(1000)
              .at_most(24 * config::hour_ms)
              .by_default("\"10s\""),
          Setting::size(
              "memory",
              "Address space of a child: of a program all of it, of an isolated handler what it adds to the worker's. Runtimes that "
              "reserve far more than they use (Node.js, Java, Go) need several gigabytes. 0 is no limit.")
              .at_least(0)
              .at_most(1024LL * 1024 * mega)
              .by_default("\"512M\""),
          Setting::integer("at_once", "Children that run at the same time in each worker; further requests wait.")
              .at_least(1)
              .at_most(10'000)
              .by_default("16"),
          Setting::integer("queue", "Requests that may wait in each worker; past it, status 503.")
              .at_least(0)
              .at_most(1'000'000)
              .by_default("64"),
      });
}

ChildLimits ChildLimits::from(const ConfigNode& options) {
  const ConfigNode node = options.object("limits");
  ChildLimits limits;
  limits.time = node.duration("time");
  limits.cpu = node.duration("cpu");
  limits.memory = node.size("memory");
  limits.at_once = static_cast<std::size_t>(node.integer("at_once"));
  limits.queue = static_cast<std::size_t>(node.integer("queue"));
  return limits;
}

}  // namespace ropeway
