#include <ropeway/testing/scripted_websocket.hpp>

#include <doctest/doctest.h>

#include <stdexcept>

#include <ropeway/testing/call.hpp>

namespace ropeway::testing {
namespace {

/// Answers in capitals, closes at "bye", and throws at "fail".
class Shout final : public WebSocketHandler {
 public:
  awaitable<void> handle(WebSocket& socket, const Request& request) const override {
    socket.sender().send("hello " + std::string(request.param("name")) + std::string(socket.protocol()));
    while (auto message = co_await socket.receive()) {
      if (message->data == "bye") socket.close(4000, "as asked");
      if (message->data == "fail") throw std::runtime_error("it failed");
      if (message->data == "bye") continue;
      for (char& c : message->data) c = static_cast<char>(c - ('a' - 'A'));
      co_await socket.send(*message);
    }
  }
};

}  // namespace

TEST_CASE("a WebSocket's handler is tested without sockets: what it says, and how it ends") {
  const Conversation talked = talk(Shout{}, RequestBuilder("GET", "/").param("name", "Ann"), {"one", "two"});
  REQUIRE(talked.sent.size() == 3);
  CHECK(talked.sent[0].data == "hello Ann");
  CHECK(talked.sent[2].data == "TWO");
  CHECK(talked.close.code == 1000);

  const Conversation closed = talk(Shout{}, RequestBuilder("GET", "/"), {"bye", "more"});
  CHECK(closed.sent.size() == 1);
  CHECK(closed.close.code == 4000);
  CHECK(closed.close.reason == "as asked");

  const Conversation failed = talk(Shout{}, RequestBuilder("GET", "/"), {"fail"});
  CHECK(failed.close.code == 1011);
  CHECK(failed.close.reason == "it failed");

  CHECK(talk(Shout{}, RequestBuilder("GET", "/"), std::vector<WebSocketMessage>{}, "loud").sent.at(0).data == "hello loud");
}

}  // namespace ropeway::testing
