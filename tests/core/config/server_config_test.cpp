#include "core/src/config/server_config.hpp"

#include <doctest/doctest.h>

#include "tests/core/config/sample_catalogue.hpp"

namespace ropeway::config {

using namespace std::chrono_literals;

TEST_CASE("an empty configuration is the defaults") {
  const Loaded loaded = load_sample("{}");
  REQUIRE(loaded.config != nullptr);
  const ServerConfig& config = *loaded.config;
  CHECK_FALSE(config.processes.has_value());
  CHECK_FALSE(config.threads.has_value());
  REQUIRE(config.listen.size() == 1);
  CHECK(config.listen[0].host == "0.0.0.0");
  CHECK(config.listen[0].port == 8000);
  CHECK(config.routes.empty());
  CHECK(config.middlewares.empty());
  CHECK(config.limits.header_bytes == 16 * 1024);
  CHECK(config.limits.header_count == 100);
  CHECK(config.limits.target_bytes == 8 * 1024);
  CHECK(config.limits.body_bytes == 16 * 1024 * 1024);
  CHECK(config.limits.connections == 16384);
  CHECK(config.limits.body_memory == 256 * 1024 * 1024);
  CHECK(config.limits.connections_per_address == 0);
  CHECK(config.limits.requests_per_connection == 0);
  CHECK(config.limits.send_buffer_bytes == 256 * 1024);
  CHECK(config.timeouts.header == 10s);
  CHECK(config.timeouts.idle == 60s);
  CHECK(config.timeouts.handler == 60s);
  CHECK(config.timeouts.send == 30s);
  CHECK(config.timeouts.linger == 5s);
  CHECK(config.timeouts.drain == 30s);
  CHECK(config.timeouts.body_rate == 240);
  CHECK(config.timeouts.body_grace == 10s);
  CHECK(config.blocking.threads == 16);
  CHECK(config.blocking.queue == 1024);
  CHECK(config.blocking.wait == 30s);
  CHECK(config.blocking.take_over == 1s);
  CHECK(config.stall.warn == 1s);
  CHECK(config.stall.rescue == 250ms);
  CHECK(config.stall.kill == 60s);
  CHECK(config.quarantine.crashes == 3);
  CHECK(config.quarantine.window == 1min);
  CHECK(config.quarantine.release == 1min);
  CHECK(config.log.level == LogLevel::info);
  CHECK(config.log.file == "-");
  CHECK(config.log.format == LogConfig::Format::text);
  CHECK(config.log.access.file.empty());
  CHECK(config.log.access.format == AccessLogConfig::Format::combined);
  CHECK(config.server_name == "ropeway");
}

TEST_CASE("every setting arrives where it is read") {
  const Loaded loaded = load_sample(R"({
    "$schema": "ropeway.schema.json",
    "processes": 0, "threads": 8, "listen": ["127.0.0.1:0", "[::1]:9", {"address": "unix:/s", "proxy_protocol": true}, {"address": ":10"}],
    "trusted_proxies": ["unix"],
    "routes": [
      {"match": "GET /a", "handler": "hello"},
      {"match": "/files/{path...}", "handler": "static", "options": {"root": "/srv", "index": []},
       "middlewares": ["compress", {"name": "token", "options": {"secret": "s"}}]}
    ],
    "middlewares": [{"name": "compress", "options": {"minimum": "2k"}}],
    "limits": {"header_bytes": "32k", "header_count": 7, "target_bytes": 100, "body_bytes": 0, "connections": 9, "send_buffer_bytes": "1M"},
    "timeouts": {"header": "1s", "idle": 2, "handler": "3m", "send": "4s",
                 "linger": 0, "drain": "1h", "body_rate": "1k", "body_grace": 0.5},
    "blocking": {"threads": 3, "queue": 4, "wait": "5s", "take_over": "0s"},
    "stall": {"warn": "2s", "rescue": "300ms", "kill": 0},
    "quarantine": {"crashes": 5, "window": "2m", "release": "3s"},
    "log": {"level": "debug", "file": "e.log", "format": "json", "access": {"file": "-", "format": "terminal"}},
    "server_name": ""
  })");
  REQUIRE(loaded.diagnostics.empty());
  const ServerConfig& config = *loaded.config;
  CHECK(config.processes == 0);
  CHECK(config.threads == 8);
  REQUIRE(config.listen.size() == 4);
  CHECK(config.listen[2].host == "/s");
  CHECK(config.listen[2].text == "unix:/s");
  CHECK(config.listen[2].pointer == "/listen/2");
  for (std::size_t i = 0; i < 4; ++i) CHECK(config.listen[i].proxy_protocol == (i == 2));
  CHECK(config.listen[1].family == ListenAddress::Family::ipv6);
  CHECK(config.listen[1].pointer == "/listen/1");
  CHECK(config.listen[1].text == "[::1]:9");
  REQUIRE(config.routes.size() == 2);
  CHECK(config.routes[0].match == "GET /a");
  CHECK(config.routes[0].pointer == "/routes/0");
  CHECK(config.routes[0].handler.name == "hello");
  CHECK(config.routes[0].handler.options->pointer() == "/routes/0/options");
  const RouteConfig& files = config.routes[1];
  CHECK(files.handler.pointer == "/routes/1/handler");
  CHECK(files.handler.options->path("root") == "/srv");
  CHECK(files.handler.options->boolean("listing"));
  CHECK(files.handler.options->strings("index").empty());
  REQUIRE(files.middlewares.size() == 2);
  CHECK(files.middlewares[0].name == "compress");
  CHECK(files.middlewares[0].options->size("minimum") == 1024);
  CHECK(files.middlewares[1].name == "token");
  CHECK(files.middlewares[1].options->string("secret") == "s");
  REQUIRE(config.middlewares.size() == 1);
  CHECK(config.middlewares[0].options->size("minimum") == 2048);
  CHECK(config.limits.header_bytes == 32768);
  CHECK(config.limits.header_count == 7);
  CHECK(config.limits.target_bytes == 100);
  CHECK(config.limits.body_bytes == 0);
  CHECK(config.limits.connections == 9);
  CHECK(config.limits.send_buffer_bytes == 1048576);
  CHECK(config.timeouts.header == 1s);
  CHECK(config.timeouts.idle == 2s);
  CHECK(config.timeouts.handler == 3min);
  CHECK(config.timeouts.send == 4s);
  CHECK(config.timeouts.linger == 0s);
  CHECK(config.timeouts.drain == 1h);
  CHECK(config.timeouts.body_rate == 1024);
  CHECK(config.timeouts.body_grace == 500ms);
  CHECK(config.blocking.threads == 3);
  CHECK(config.blocking.queue == 4);
  CHECK(config.blocking.wait == 5s);
  CHECK(config.blocking.take_over == 0s);
  CHECK(config.stall.warn == 2s);
  CHECK(config.stall.rescue == 300ms);
  CHECK(config.stall.kill == 0s);
  CHECK(config.quarantine.crashes == 5);
  CHECK(config.quarantine.window == 2min);
  CHECK(config.quarantine.release == 3s);
  CHECK(config.log.level == LogLevel::debug);
  CHECK(config.log.file == "/etc/ropeway/e.log");
  CHECK(config.log.format == LogConfig::Format::json);
  CHECK(config.log.access.file == "-");
  CHECK(config.log.access.format == AccessLogConfig::Format::terminal);
  CHECK(config.server_name.empty());
}

TEST_CASE("options outlive everything but themselves") {
  std::optional<ConfigNode> options;
  {
    const Loaded loaded = load_sample(R"({"routes": [{"match": "/", "handler": "redirect", "options": {"status": 301}}]})");
    options = loaded.config->routes[0].handler.options;
  }
  CHECK(options->integer("status") == 301);
}

}  // namespace ropeway::config
