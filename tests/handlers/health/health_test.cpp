#include "handlers/health/health.hpp"

#include <doctest/doctest.h>

#include <ropeway/testing/call.hpp>

#include "tests/support/recording_services.hpp"

namespace ropeway::handlers::health_test {
namespace {

ConfigNode options(std::string_view json) { return ConfigNode::from_json(json, Health::settings()); }

}  // namespace

TEST_CASE("health says ok, and that nobody may keep the answer") {
  testing::RecordingServices services;
  Response response = testing::call(Health(options("{}"), services), testing::RequestBuilder("GET", "/health"));
  CHECK(response.status() == Status::ok);
  CHECK(response.headers().find("Cache-Control") == "no-store");
  CHECK(testing::body_of(std::move(response)) == "ok\n");
}

TEST_CASE("a server that ends is live, and not ready") {
  testing::RecordingServices services;
  const Health live(options(R"({"check": "live"})"), services);
  const Health ready(options(R"({"check": "ready"})"), services);
  CHECK(testing::call(ready, testing::RequestBuilder("GET", "/readyz")).status() == Status::ok);
  services.end();
  CHECK(testing::call(live, testing::RequestBuilder("GET", "/livez")).status() == Status::ok);
  Response response = testing::call(ready, testing::RequestBuilder("GET", "/readyz"));
  CHECK(response.status() == Status::service_unavailable);
  CHECK(response.headers().find("Cache-Control") == "no-store");
  CHECK(testing::body_of(std::move(response)) == "ending\n");
}

}  // namespace ropeway::handlers::health_test
