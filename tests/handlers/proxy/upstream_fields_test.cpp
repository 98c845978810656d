#include "handlers/proxy/upstream_fields.hpp"

#include <doctest/doctest.h>

#include <ropeway/testing/call.hpp>

#include "core/src/http/request_access.hpp"

using namespace ropeway;
using handlers::UpstreamFields;
using testing::RequestBuilder;

namespace {

std::string fields_of(const Request& request, std::string_view options = "{}") {
  return std::string(UpstreamFields(ConfigNode::from_json(options, UpstreamFields::settings())).of(request).wire());
}

Request from(std::string_view peer, RequestBuilder builder) {
  Request request = builder.build();
  RequestAccess::set_peer(request, peer, 1234);
  return request;
}

}  // namespace

TEST_CASE("a client's fields are passed on, but for what concerns its connection") {
  const Request request = from("192.0.2.1", RequestBuilder("GET", "/")
                                                .header("Host", "example.org:8080")
                                                .header("Accept", "text/html")
                                                .header("Connection", "keep-alive, X-Hop,  upgrade")
                                                .header("X-Hop", "1")
                                                .header("Keep-Alive", "timeout=5")
                                                .header("Upgrade", "websocket")
                                                .header("TE", "trailers")
                                                .header("Expect", "100-continue")
                                                .header("Proxy-Authorization", "Basic eA==")
                                                .header("Proxy", "http://evil")
                                                .header("Transfer-Encoding", "chunked")
                                                .header("Cookie", "a=b"));
  CHECK(fields_of(request) ==
        "Host: example.org:8080\r\nAccept: text/html\r\nCookie: a=b\r\nX-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: http\r\n"
        "X-Forwarded-Host: example.org:8080\r\nVia: 1.1 ropeway\r\n");
}

TEST_CASE("of the protocols that a client asks to change to, the allowed ones are passed on as it wrote them") {
  const auto upgrade = [](std::string_view options, std::string_view connection, std::string_view protocols, std::string_view more = "") {
    RequestBuilder builder("GET", "/");
    builder.header("Connection", connection).header("Upgrade", protocols);
    if (!more.empty()) builder.header("Upgrade", more);
    return UpstreamFields(ConfigNode::from_json(options, UpstreamFields::settings())).upgrade(builder.build());
  };
  CHECK(upgrade("{}", "Upgrade", "websocket") == "websocket");
  CHECK(upgrade("{}", "keep-alive,  UPGRADE", "WebSocket") == "WebSocket");
  CHECK(upgrade("{}", "keep-alive", "websocket") == "");
  CHECK(upgrade("{}", "Upgrade", "h2c") == "");
  CHECK(upgrade("{}", "Upgrade", "h2c, websocket,,", "tcp") == "websocket");
  CHECK(upgrade("{}", "Upgrade", "websocket/13") == "websocket/13");
  CHECK(upgrade("{}", "Upgrade", "web socket, websocket x, websocket/\"") == "");
  CHECK(upgrade(R"({"upgrade": []})", "Upgrade", "websocket") == "");
  CHECK(upgrade(R"({"upgrade": ["tcp", "IRC/6.9"]})", "Upgrade", "irc/6.9, irc", "TCP") == "irc/6.9, TCP");
  for (const char* mistake :
       {R"({"upgrade": ["h2c"]})", R"({"upgrade": ["HTTP/2.0"]})", R"({"upgrade": ["a b"]})", R"({"upgrade": ["/1"]})"}) {
    CAPTURE(std::string(mistake));
    CHECK_THROWS_AS((void)upgrade(mistake, "Upgrade", "websocket"), ConfigError);
  }
}

TEST_CASE("what a client says of itself as a proxy would is removed, however it is written") {
  const Request request = from("192.0.2.1", RequestBuilder("GET", "/")
                                                .header("Host", "h")
                                                .header("X-Forwarded-For", "10.0.0.1")
                                                .header("x_forwarded_for", "10.0.0.1")
                                                .header("X_Forwarded-Proto", "https")
                                                .header("X-Forwarded-Port", "443")
                                                .header("X-Real-IP", "10.0.0.1")
                                                .header("X_Real_IP", "10.0.0.1")
                                                .header("Forwarded", "for=10.0.0.1")
                                                .header("X-Forwarder", "kept"));
  CHECK(fields_of(request, R"({"forwarded": "none"})") == "Host: h\r\nX-Forwarder: kept\r\nVia: 1.1 ropeway\r\n");
  CHECK(fields_of(request, R"({"forwarded": "forwarded"})") ==
        "Host: h\r\nX-Forwarder: kept\r\nForwarded: for=192.0.2.1;host=\"h\";proto=http\r\nVia: 1.1 ropeway\r\n");
}

TEST_CASE("what trusted proxies have told is passed on from the client on, and what the client wrote before them is not") {
  Request request = from("10.0.0.2", RequestBuilder("GET", "/").header("X-Forwarded-For", "6.6.6.6, 192.0.2.1, 10.0.0.1"));
  RequestAccess::set_forwarded(request, "192.0.2.1", "https", "example.org");
  CHECK(fields_of(request, R"({"forwarded": "both"})") ==
        "X-Forwarded-For: 192.0.2.1, 10.0.0.1, 10.0.0.2\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: example.org\r\n"
        "Forwarded: for=192.0.2.1;host=\"example.org\";proto=https, for=10.0.0.2\r\nVia: 1.1 ropeway\r\n");
  Request other = from("unix", RequestBuilder("GET", "/"));
  RequestAccess::set_forwarded(other, "2001:db8::1", "http", "");
  CHECK(fields_of(other, R"({"forwarded": "both"})") ==
        "X-Forwarded-For: 2001:db8::1\r\nX-Forwarded-Proto: http\r\nForwarded: for=\"[2001:db8::1]\";proto=http, for=unknown\r\n"
        "Via: 1.1 ropeway\r\n");
}

TEST_CASE("the host is the client's or the server's own; fields of the options replace or remove others") {
  const Request request =
      from("unix", RequestBuilder("GET", "http://inner.example:81/a").header("Host", "h").header("A", "1").header("B", "2"));
  CHECK(fields_of(request, R"({"forwarded": "none"})") == "Host: inner.example:81\r\nA: 1\r\nB: 2\r\nVia: 1.1 ropeway\r\n");
  CHECK(fields_of(request, R"({"forwarded": "none", "host": "upstream", "fields": {"a": "x", "B": ""}})") ==
        "Via: 1.1 ropeway\r\na: x\r\n");
  for (const char* name : {"Host", "Content-Length", "Transfer-Encoding", "connection", "Upgrade"}) {
    CAPTURE(name);
    CHECK_THROWS_AS((void)fields_of(request, R"({"fields": {")" + std::string(name) + R"(": "x"}})"), ConfigError);
  }
}
