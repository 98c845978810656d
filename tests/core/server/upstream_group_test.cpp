#include "core/src/server/upstream_group.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <utility>

#include <ropeway/testing/call.hpp>

#include "tests/support/recording_services.hpp"

namespace ropeway::server {
namespace {

// Passes on what it was made with.
class Asks final : public AsyncHandler {
 public:
  explicit Asks(UpstreamRequest outgoing) : outgoing_(std::move(outgoing)) {}
  awaitable<Response> handle(Request& request) const override {
    UpstreamRequest outgoing = outgoing_;
    co_return Response::text(co_await mistake_in(request, std::move(outgoing)));
  }

 private:
  awaitable<std::string> mistake_in(Request& request, UpstreamRequest outgoing) const {
    Readiness::Context* const none = nullptr;
    testing::RecordingLogger log;
    UpstreamGroup group({UpstreamAddress::from("unix:/nowhere")}, {}, none, log);
    std::string mistake = "none";
    try {
      (void)co_await group.forward(request, std::move(outgoing));
    } catch (const std::invalid_argument& error) { mistake = error.what(); }
    co_return mistake;
  }
  UpstreamRequest outgoing_;
};

std::string mistake_in(std::string_view method, std::string target, std::string_view field = "X") {
  UpstreamRequest outgoing{method, std::move(target), {}};
  outgoing.headers.add(field, "1");
  return testing::body_of(testing::call(Asks(std::move(outgoing)), testing::RequestBuilder("GET", "/")));
}

}  // namespace

TEST_CASE("a request to a server behind can neither inject a line nor frame the message itself") {
  CHECK(mistake_in("GET /\r\n", "/").find("method") != std::string::npos);
  for (const char* target : {"", "a", "/a b", "/\r\nX: y", "/a#b", "http://a/"}) {
    CAPTURE(std::string(target));
    CHECK(mistake_in("GET", target).find("target") != std::string::npos);
  }
  for (const char* field : {"content-length", "Transfer-Encoding", "Connection", "Upgrade", "Expect"}) {
    CAPTURE(std::string(field));
    CHECK(mistake_in("GET", "/", field).find("framework's business") != std::string::npos);
  }
}

TEST_CASE("what a server behind may change to are names of protocols") {
  for (const char* upgrade : {"a b", "websocket\r\nX: y", "\"a\""}) {
    CAPTURE(std::string(upgrade));
    UpstreamRequest outgoing{"GET", "/", {}, upgrade};
    CHECK(testing::body_of(testing::call(Asks(std::move(outgoing)), testing::RequestBuilder("GET", "/"))).find("protocol") !=
          std::string::npos);
  }
}

TEST_CASE("a host without an address is found out at the start") {
  Readiness::Context* const none = nullptr;
  testing::RecordingLogger log;
  CHECK_THROWS_WITH_AS(UpstreamGroup({UpstreamAddress::from("http://no.such.host.invalid")}, {}, none, log),
                       doctest::Contains("no.such.host.invalid"), std::invalid_argument);
}

}  // namespace ropeway::server
