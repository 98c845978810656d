#include "core/src/protocol/websocket/handshake.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <ropeway/testing/call.hpp>

namespace ropeway::protocol::websocket {
namespace {

using testing::RequestBuilder;

constexpr std::string_view key = "dGhlIHNhbXBsZSBub25jZQ==";

// A handshake with everything that it needs but what `left_out` names.
RequestBuilder handshake(std::string_view left_out = "", std::string_view method = "GET") {
  RequestBuilder builder(method, "/socket");
  const std::vector<std::pair<std::string_view, std::string_view>> fields{{"Host", "example.org:8000"},
                                                                          {"Upgrade", "h2c, WebSocket"},
                                                                          {"Connection", "keep-alive, Upgrade"},
                                                                          {"Sec-WebSocket-Key", key},
                                                                          {"Sec-WebSocket-Version", "13"}};
  for (const auto& [name, value] : fields) {
    if (name != left_out) builder.header(name, value);
  }
  return builder;
}

Response answer(const Request& request, const HandshakePolicy& policy = {}) {
  Agreement agreement;
  return answer_handshake(request, policy, agreement);
}

std::string_view field(const Response& response, std::string_view name) { return response.headers().find(name).value_or(""); }

}  // namespace

TEST_CASE("a handshake as RFC 6455 has it is answered with 101 and the proof") {
  const Response response = answer(handshake());
  CHECK(response.status() == Status::switching_protocols);
  CHECK(field(response, "Upgrade") == "websocket");
  CHECK(field(response, "Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  CHECK_FALSE(response.headers().contains("Sec-WebSocket-Protocol"));
  CHECK_FALSE(response.headers().contains("Sec-WebSocket-Extensions"));
}

TEST_CASE("what is no handshake is told what is missing") {
  CHECK(answer(handshake("Upgrade")).status() == Status::upgrade_required);
  CHECK(field(answer(handshake("Upgrade")), "Upgrade") == "websocket");
  CHECK(answer(handshake("Connection")).status() == Status::upgrade_required);
  CHECK(answer(handshake("", "POST")).status() == Status::method_not_allowed);
  CHECK(answer(handshake("Sec-WebSocket-Key")).status() == Status::bad_request);
  CHECK(answer(handshake("Sec-WebSocket-Key").header("Sec-WebSocket-Key", "short")).status() == Status::bad_request);
  CHECK(answer(handshake().header("Sec-WebSocket-Key", key)).status() == Status::bad_request);
  CHECK(answer(handshake("Sec-WebSocket-Version")).status() == Status::bad_request);
  CHECK(answer(handshake("Sec-WebSocket-Version").header("Sec-WebSocket-Version", "x")).status() == Status::bad_request);
  const Response old = answer(handshake("Sec-WebSocket-Version").header("Sec-WebSocket-Version", "8"));
  CHECK(old.status() == Status::upgrade_required);
  CHECK(field(old, "Sec-WebSocket-Version") == "13");
}

TEST_CASE("the client's first subprotocol that we have, too, is agreed on; a malformed list is refused") {
  const std::vector<std::string> ours{"a", "b"};
  const HandshakePolicy policy{.protocols = ours};
  CHECK(field(answer(handshake().header("Sec-WebSocket-Protocol", "x, b, a"), policy), "Sec-WebSocket-Protocol") == "b");
  CHECK(field(answer(handshake().header("Sec-WebSocket-Protocol", "x").header("Sec-WebSocket-Protocol", "a"), policy),
              "Sec-WebSocket-Protocol") == "a");
  const Response none = answer(handshake().header("Sec-WebSocket-Protocol", "x, A"), policy);
  CHECK(none.status() == Status::switching_protocols);
  CHECK_FALSE(none.headers().contains("Sec-WebSocket-Protocol"));
  CHECK(answer(handshake().header("Sec-WebSocket-Protocol", "a, a"), policy).status() == Status::bad_request);
  CHECK(answer(handshake().header("Sec-WebSocket-Protocol", "a b"), policy).status() == Status::bad_request);
}

TEST_CASE("pages may connect to their own host, or are listed") {
  const std::vector<std::string> none;
  const auto same = [&](std::string_view origin, std::string_view host) { return is_welcome_origin(origin, host, none); };
  CHECK(same("http://example.org:8000", "example.org:8000"));
  CHECK(same("https://EXAMPLE.org", "example.org"));
  CHECK(same("https://example.org", "example.org:443"));
  CHECK(same("http://example.org:80", "example.org"));
  CHECK_FALSE(same("http://example.org", "example.org:8000"));
  CHECK_FALSE(same("http://evil.org", "example.org"));
  CHECK_FALSE(same("http://example.org.evil.org", "example.org"));
  CHECK_FALSE(same("null", "example.org"));
  CHECK_FALSE(same("", ""));
  CHECK_FALSE(same("http://", ""));
  const std::vector<std::string> listed{"https://app.example.org", "null"};
  CHECK(is_welcome_origin("https://app.example.org", "api.example.org", listed));
  CHECK(is_welcome_origin("null", "api.example.org", listed));
  CHECK_FALSE(is_welcome_origin("https://api.example.org", "api.example.org", listed));
  const std::vector<std::string> all{"*"};
  CHECK(is_welcome_origin("https://anywhere.example", "api.example.org", all));

  CHECK(answer(handshake().header("Origin", "http://example.org:8000")).status() == Status::switching_protocols);
  CHECK(answer(handshake().header("Origin", "http://evil.example")).status() == Status::forbidden);
}

TEST_CASE("compression is agreed on with the first offer that can be met, and only where it is wanted") {
  struct Case {
    const char* offers;
    const char* answer;  // "": none is agreed on; nullptr: refused
  };
  constexpr const char* plain = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
  constexpr const char* nine = "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9";
  for (const Case& one : std::vector<Case>{
           {"permessage-deflate", plain},
           {"x-webkit-deflate-frame, permessage-deflate; client_max_window_bits", plain},
           {"permessage-deflate; client_max_window_bits=10; server_no_context_takeover", plain},
           {"permessage-deflate; server_max_window_bits=9", nine},
           {"permessage-deflate; server_max_window_bits=\"9\"", nine},
           {"permessage-deflate; server_max_window_bits=8, permessage-deflate; server_max_window_bits=9", nine},
           {"permessage-deflate; server_max_window_bits=8", ""},
           {"permessage-deflate; server_max_window_bits=16", ""},
           {"permessage-deflate; server_max_window_bits=09", ""},
           {"permessage-deflate; server_max_window_bits", ""},
           {"permessage-deflate; client_max_window_bits=7", ""},
           {"permessage-deflate; server_no_context_takeover=1", ""},
           {"permessage-deflate; client_no_context_takeover; client_no_context_takeover", ""},
           {"permessage-deflate; unknown", ""},
           {"something", ""},
           {"permessage-deflate; =1", nullptr},
           {"permessage deflate", nullptr},
           {"permessage-deflate; a=\"unended", nullptr},
       }) {
    CAPTURE(one.offers);
    Agreement agreement;
    const Response response =
        answer_handshake(handshake().header("Sec-WebSocket-Extensions", one.offers), {.compression = true}, agreement);
    if (one.answer == nullptr) {
      CHECK(response.status() == Status::bad_request);
    } else {
      CHECK(response.status() == Status::switching_protocols);
      CHECK(field(response, "Sec-WebSocket-Extensions") == one.answer);
      CHECK(agreement.deflate.has_value() == (*one.answer != '\0'));
    }
    if (one.answer != nullptr) {
      CHECK_FALSE(answer(handshake().header("Sec-WebSocket-Extensions", one.offers)).headers().contains("Sec-WebSocket-Extensions"));
    }
  }
}

}  // namespace ropeway::protocol::websocket
