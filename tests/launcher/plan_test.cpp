#include "launcher/src/plan.hpp"

#include <doctest/doctest.h>

namespace plan_test {
namespace {

using namespace ropeway;
using namespace ropeway::launcher;

Plan sample() {
  Plan plan;
  plan.processes = 0;
  plan.listen = {{config::ListenAddress::Family::ipv6, "::1", 65535, "/listen/0", "[::1]:65535"},
                 {config::ListenAddress::Family::unix_socket, "/run/a:b\n3:c", 0, "/listen/1", ""}};
  plan.listen.back().stream = 3;
  plan.log.level = LogLevel::error;
  plan.log.file = "/var/log/x.log";
  plan.log.format = config::LogConfig::Format::json;
  plan.log.access = {"-", config::AccessLogConfig::Format::terminal};
  plan.drain = std::chrono::minutes(5);
  plan.drain_grace = std::chrono::seconds(6);
  plan.connections = 12345;
  plan.blocking_threads = 7;
  plan.stall = {std::chrono::milliseconds(1), std::chrono::milliseconds(2), std::chrono::milliseconds(3)};
  plan.quarantine = {4, std::chrono::milliseconds(5), std::chrono::milliseconds(6)};
  plan.canary = {7, 10, std::chrono::milliseconds(8), std::chrono::milliseconds(9)};
  plan.recycle = {11, 12, std::chrono::milliseconds(13)};
  plan.shared = {15, 16, 17, 18};
  plan.scales = true;
  plan.most_processes = 14;
  plan.affinity = {config::AffinityConfig::Mode::list, {{0, 1}, {70}, {}}};
  plan.keeper = true;
  plan.development = true;
  plan.control = "/run/x.control";
  plan.pid_file = "/run/x.pid";
  plan.identity = Identity{"web", 0xFFFF'FFFE, 33, {33, 4}};
  plan.routes = {{"GET /a:b/{x}", "first"}, {"/", "second"}};
  return plan;
}

TEST_CASE("a plan arrives as it was sent") {
  const auto plan = decode(encode(sample()));
  REQUIRE(plan.has_value());
  CHECK(plan->processes == 0U);
  CHECK_FALSE(plan->listen.at(0).stream.has_value());
  CHECK(plan->listen.at(1).stream == 3U);
  CHECK(plan->drain_grace.count() == 6000);
  CHECK(plan->blocking_threads == 7);
  CHECK(plan->stall.warn.count() == 1);
  CHECK(plan->stall.rescue.count() == 2);
  CHECK(plan->stall.kill.count() == 3);
  CHECK(plan->quarantine.crashes == 4);
  CHECK(plan->quarantine.window.count() == 5);
  CHECK(plan->quarantine.release.count() == 6);
  CHECK(plan->recycle.requests == 11);
  CHECK(plan->recycle.memory == 12);
  CHECK(plan->recycle.age.count() == 13);
  CHECK(plan->shared.counters == 15);
  CHECK(plan->shared.rate_limits == 16);
  CHECK(plan->shared.cache_bytes == 17);
  CHECK(plan->shared.bus_bytes == 18);
  CHECK(plan->scales);
  CHECK(plan->most_processes == 14U);
  CHECK(plan->affinity.mode == config::AffinityConfig::Mode::list);
  CHECK(plan->affinity.cpus == std::vector<config::CpuList>{{0, 1}, {70}, {}});
  CHECK(plan->keeper);
  CHECK(plan->development);
  CHECK(plan->control == "/run/x.control");
  CHECK(plan->pid_file == "/run/x.pid");
  REQUIRE(plan->identity.has_value());
  CHECK(plan->identity->user == "web");
  CHECK(plan->identity->uid == 0xFFFF'FFFE);
  CHECK(plan->identity->gid == 33);
  CHECK(plan->identity->groups == std::vector<gid_t>{33, 4});
  CHECK(plan->canary.percent == 7);
  CHECK(plan->canary.slower == 10);
  CHECK(plan->canary.duration.count() == 8);
  CHECK(plan->canary.start.count() == 9);
  REQUIRE(plan->routes.size() == 2);
  CHECK(plan->routes[0].match == "GET /a:b/{x}");
  CHECK(plan->routes[1].handler == "second");
  CHECK_FALSE(plan->threads.has_value());
  REQUIRE(plan->listen.size() == 2);
  CHECK(plan->listen[0].family == config::ListenAddress::Family::ipv6);
  CHECK(plan->listen[0].host == "::1");
  CHECK(plan->listen[0].port == 65535);
  CHECK(plan->listen[0].text == "[::1]:65535");
  CHECK(plan->listen[1].host == "/run/a:b\n3:c");
  CHECK(plan->listen[1].pointer == "/listen/1");
  CHECK(plan->log.level == LogLevel::error);
  CHECK(plan->log.file == "/var/log/x.log");
  CHECK(plan->log.format == config::LogConfig::Format::json);
  CHECK(plan->log.access.file == "-");
  CHECK(plan->log.access.format == config::AccessLogConfig::Format::terminal);
  CHECK(plan->drain == std::chrono::minutes(5));
  CHECK(plan->connections == 12345);
}

TEST_CASE("a plan that was cut off anywhere is none") {
  const std::string bytes = encode(sample());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(decode(std::string_view(bytes).substr(0, size)).has_value());
  }
  CHECK_FALSE(decode(bytes + "1:x").has_value());
}

}  // namespace

}  // namespace plan_test
