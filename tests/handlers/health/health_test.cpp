#include "handlers/health/health.hpp"

#include <doctest/doctest.h>

#include <ropeway/testing/call.hpp>

namespace ropeway::handlers {

TEST_CASE("health says ok, and that nobody may keep the answer") {
  Response response = testing::call(Health{}, testing::RequestBuilder("GET", "/health"));
  CHECK(response.status() == Status::ok);
  CHECK(response.headers().find("Cache-Control") == "no-store");
  CHECK(testing::body_of(std::move(response)) == "ok\n");
}

}  // namespace ropeway::handlers
