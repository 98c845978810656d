#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <ropeway/testing/client.hpp>

#include "service.hpp"

using ropeway::Status;
using ropeway::testing::Client;

TEST_CASE("whoever is named is greeted") {
  Client client = Client::from_file(CONFIGURATION, register_service);
  const auto answer = client.get("/hello/Ann");
  CHECK(answer.status == Status::ok);
  CHECK(answer.headers.find("Content-Type") == "application/json");
  CHECK(answer.body == R"({"greeting":"Hello, Ann!"})");
}

TEST_CASE("what is not there is not found, and what cannot be done is not allowed") {
  Client client = Client::from_file(CONFIGURATION, register_service);
  CHECK(client.get("/nothing").status == Status::not_found);
  CHECK(client.post("/hello/Ann", "text/plain", "x").status == Status::method_not_allowed);
}
