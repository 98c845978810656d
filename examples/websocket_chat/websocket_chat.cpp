// A chat over all processes: whoever is in a room hears what is said there, whichever worker he is connected to.

#include <random>
#include <string>

#include <ropeway/ropeway.hpp>

// `GET /rooms/{room}`
class Chat final : public ropeway::WebSocketHandler {
 public:
  explicit Chat(ropeway::Services& services) : bus_(services.bus()) {}

  ropeway::awaitable<void> handle(ropeway::WebSocket& socket, const ropeway::Request& request) const override {
    const std::string topic = "room/" + std::string(request.param("room"));
    // Until this coroutine ends, the room's messages go to this client. One that does not keep up is closed, and may come again.
    const auto listener = bus_.listen(topic, [sender = socket.sender()](const ropeway::BusMessage& said) { sender.send(said.payload); });
    co_await socket.send("You are connected to worker " + name_ + ".");
    while (auto message = co_await socket.receive()) {
      if (message->is_text()) bus_.publish(topic, message->data);
    }
  }

 private:
  ropeway::Bus& bus_;
  const std::string name_ = std::to_string(std::random_device()());  // each worker makes a handler of its own
};

int main(int argc, char* argv[]) {
  return ropeway::launch(argc, argv, [](ropeway::Registry& registry) { registry.handler<Chat>("chat"); });
}
