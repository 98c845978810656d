// Two WebSocket handlers: one that sends back what it gets, and a chat whose rooms live in one process.

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include <ropeway/ropeway.hpp>

// `GET /echo`
class Echo final : public ropeway::WebSocketHandler {
 public:
  ropeway::awaitable<void> handle(ropeway::WebSocket& socket, const ropeway::Request&) const override {
    while (auto message = co_await socket.receive()) co_await socket.send(*message);
  }
};

// `GET /chat/{room}`: what one says, all others in the room hear. A client that does not keep up is closed, and may come again.
class Chat final : public ropeway::WebSocketHandler {
 public:
  std::vector<std::string> protocols() const override { return {"chat"}; }

  ropeway::awaitable<void> handle(ropeway::WebSocket& socket, const ropeway::Request& request) const override {
    const Seat seat(*this, std::string(request.param("room")), socket.sender());
    while (auto message = co_await socket.receive()) {
      if (message->is_text()) seat.say(message->data);
    }
  }

 private:
  // A place in a room, as long as it lives.
  class Seat {
   public:
    Seat(const Chat& chat, std::string room, ropeway::WebSocketSender sender) : chat_(chat), room_(std::move(room)) {
      const std::lock_guard lock(chat_.mutex_);
      number_ = ++chat_.seats_;
      chat_.rooms_[room_].emplace(number_, std::move(sender));
    }
    ~Seat() {
      const std::lock_guard lock(chat_.mutex_);
      auto& room = chat_.rooms_[room_];
      room.erase(number_);
      if (room.empty()) chat_.rooms_.erase(room_);
    }
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;

    void say(const std::string& text) const {
      const std::lock_guard lock(chat_.mutex_);
      for (const auto& [number, sender] : chat_.rooms_[room_]) {
        if (number != number_) sender.send(text);
      }
    }

   private:
    const Chat& chat_;
    std::string room_;
    int number_ = 0;
  };

  mutable std::mutex mutex_;
  mutable std::map<std::string, std::map<int, ropeway::WebSocketSender>> rooms_;
  mutable int seats_ = 0;
};

int main(int argc, char* argv[]) {
  return ropeway::launch(argc, argv, [](ropeway::Registry& registry) {
    registry.handler<Echo>("echo");
    registry.handler<Chat>("chat");
  });
}
