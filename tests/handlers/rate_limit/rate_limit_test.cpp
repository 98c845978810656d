#include "handlers/rate_limit/rate_limit.hpp"

#include <doctest/doctest.h>

#include <ropeway/testing/call.hpp>

#include "handlers/rate_limit/client_network.hpp"
#include "tests/support/recording_services.hpp"

namespace ropeway::handlers::rate_limit_test {
namespace {

using namespace std::chrono_literals;
using testing::RequestBuilder;

class Answer final : public Handler {
 public:
  Response handle(const Request&) const override { return Response::text("answer"); }
};

struct Fixture {
  explicit Fixture(std::string_view options) : middleware(ConfigNode::from_json(options, RateLimiting::settings()), services) {
    services.clock().advance(1h);
  }
  [[nodiscard]] Response get(const RequestBuilder& request = RequestBuilder("GET", "/")) const {
    return call(middleware, Answer(), request);
  }
  [[nodiscard]] bool allowed(const RequestBuilder& request = RequestBuilder("GET", "/")) const {
    return get(request).status() == Status::ok;
  }
  static std::string field(const Response& response, std::string_view name) {
    return std::string(response.headers().find(name).value_or("(none)"));
  }

  testing::RecordingServices services;
  RateLimiting middleware;
};

std::string mistake(std::string_view options) {
  testing::RecordingServices services;
  try {
    const RateLimiting middleware(ConfigNode::from_json(options, RateLimiting::settings()), services);
  } catch (const ConfigError& error) { return error.pointer() + ": " + error.what(); }
  return "(none)";
}

TEST_CASE("past the burst, requests are refused until the rate has given more, and are told when") {
  Fixture f(R"({"rate": 2, "per": "1m", "burst": 3})");
  for (int left = 2; left >= 0; --left) {
    const Response response = f.get();
    CHECK(response.status() == Status::ok);
    CHECK(f.field(response, "RateLimit") == "\"default\";r=" + std::to_string(left) + ";t=" + std::to_string(30 * (3 - left)));
    CHECK(f.field(response, "RateLimit-Policy") == "\"default\";q=3;w=90");
    CHECK(f.field(response, "Retry-After") == "(none)");
  }
  f.services.clock().advance(29s);
  const Response refused = f.get();
  CHECK(refused.status() == Status::too_many_requests);
  CHECK(f.field(refused, "Retry-After") == "1");
  CHECK(f.field(refused, "RateLimit") == "\"default\";r=0;t=61");
  CHECK(f.services.counters().counter("rate_limit.refused").value() == 1);
  f.services.clock().advance(1s);
  CHECK(f.allowed());
  CHECK_FALSE(f.allowed());
}

TEST_CASE("without a burst it is as many as the rate; without fields nothing is told but when to come again") {
  Fixture f(R"({"rate": 5, "fields": false})");
  for (int i = 0; i < 5; ++i) CHECK(f.allowed());
  const Response refused = f.get();
  CHECK(refused.status() == Status::too_many_requests);
  CHECK(f.field(refused, "RateLimit") == "(none)");
  CHECK(f.field(refused, "RateLimit-Policy") == "(none)");
  CHECK(f.field(refused, "Retry-After") == "1");
}

TEST_CASE("values of a header have buckets of their own, and a request without it counts for its address") {
  Fixture f(R"({"rate": 1, "by": "header", "header": "X-Api-Key"})");
  const auto with_key = [](const char* key) { return RequestBuilder("GET", "/").header("x-api-key", key); };
  CHECK(f.allowed(with_key("one")));
  CHECK_FALSE(f.allowed(with_key("one")));
  CHECK(f.allowed(with_key("two")));
  CHECK(f.allowed());
  CHECK_FALSE(f.allowed(with_key("")));
}

TEST_CASE("places of the same name count together, those without one alone") {
  Fixture f(R"({"rate": 1, "name": "api"})");
  const RateLimiting same(ConfigNode::from_json(R"({"rate": 1, "name": "api", "by": "everyone"})", RateLimiting::settings()), f.services);
  const RateLimiting everyone(ConfigNode::from_json(R"({"rate": 1, "name": "api", "by": "everyone"})", RateLimiting::settings()),
                              f.services);
  const RateLimiting alone(ConfigNode::from_json(R"({"rate": 1, "by": "everyone"})", RateLimiting::settings()), f.services);
  CHECK(call(same, Answer(), RequestBuilder("GET", "/")).status() == Status::ok);
  CHECK(call(everyone, Answer(), RequestBuilder("GET", "/")).status() == Status::too_many_requests);
  CHECK(call(alone, Answer(), RequestBuilder("GET", "/")).status() == Status::ok);
  CHECK(f.field(f.get(), "RateLimit-Policy") == "\"api\";q=1;w=1");
}

TEST_CASE("a mistake in the options names its place") {
  CHECK(mistake(R"({"rate": 1, "by": "header"})") == R"(/by: name the field in "header")");
  CHECK(mistake(R"({"rate": 1, "header": "X"})") == R"(/header: it is used with "by": "header" alone)");
  CHECK(mistake(R"({"rate": 1, "name": "a b"})").starts_with("/name: "));
  CHECK(mistake(R"({"rate": 1, "per": "24h", "burst": 1000})") ==
        "/rate: a burst of 1000 takes more than a year to come back at this rate");
  CHECK(mistake(R"({"rate": 1000000000, "per": "1ms", "burst": 1000000000})") == "(none)");
}

TEST_CASE("a client is an IPv4 address, or a /64 of IPv6") {
  CHECK(client_network("192.0.2.1") == client_network("::ffff:192.0.2.1"));
  CHECK(client_network("192.0.2.1") != client_network("192.0.2.2"));
  CHECK(client_network("2001:db8:1:2::1") == client_network("2001:db8:1:2:ffff::9"));
  CHECK(client_network("2001:db8:1:2::1") != client_network("2001:db8:1:3::1"));
  CHECK(client_network("fe80::1%eth0") == client_network("fe80::2"));
  CHECK(client_network("unix") == "unix");
  CHECK(client_network("").empty());
}

}  // namespace
}  // namespace ropeway::handlers::rate_limit_test
