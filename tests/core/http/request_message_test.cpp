#include "core/src/http/request_message.hpp"

#include <doctest/doctest.h>

#include <ropeway/testing/call.hpp>

#include "core/src/http/request_access.hpp"

namespace ropeway::http {

TEST_CASE("a request that was packed is the same again") {
  Request sent = testing::RequestBuilder("POST", "/a%20b/./c?x=%31")
                     .header("Host", "name:8")
                     .header("X-A", "1")
                     .header("X-A", "")
                     .param("p", "a b")
                     .body("content");
  RequestAccess::set_peer(sent, "2001:db8::1", 4711);
  RequestAccess::set_id(sent, static_cast<RequestId>(0xFEDCBA9876543210U));
  RequestAccess::set_forwarded(sent, "192.0.2.1", "https", "example.org:8443");
  const std::string message = pack_request(sent);
  Request request;
  REQUIRE(unpack_request(message, request));
  CHECK(request.method() == Method::post);
  CHECK(request.method_name() == "POST");
  CHECK(request.target() == "/a%20b/./c?x=%31");
  CHECK(request.raw_path() == "/a%20b/./c");
  CHECK(request.path() == "/a b/c");
  CHECK(request.query() == "x=%31");
  CHECK(request.query("x") == "1");
  CHECK(request.host() == "name");
  CHECK(request.version() == Version::http_1_1);
  CHECK(request.headers().size() == 3);
  CHECK(request.headers().count("x-a") == 2);
  CHECK(request.param("p") == "a b");
  CHECK(request.body() == "content");
  CHECK(request.peer_address() == "2001:db8::1");
  CHECK(request.peer_port() == 4711);
  CHECK(request.id() == sent.id());
  CHECK(request.client_address() == "192.0.2.1");
  CHECK(request.scheme() == "https");
  CHECK(request.authority() == "example.org:8443");
}

TEST_CASE("a message that breaks off is no request, wherever it does") {
  const Request sent = testing::RequestBuilder("GET", "/path?query").header("Host", "name").param("p", "v").body("content");
  const std::string message = pack_request(sent);
  for (std::size_t size = 0; size < message.size(); ++size) {
    CAPTURE(size);
    const std::string part = message.substr(0, size);
    Request request;
    CHECK_FALSE(unpack_request(part, request));
  }
}

}  // namespace ropeway::http
