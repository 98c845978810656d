#include <ropeway/testing/scripted_websocket.hpp>

#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <ropeway/http_error.hpp>

#include "core/src/testing/event_loop.hpp"

namespace ropeway::testing {
namespace {

// Where messages go. Senders may keep it beyond the conversation.
class Record final : public WebSocketSender::Target {
 public:
  using Kind = WebSocketMessage::Kind;

  bool post(const SharedBytes& data, Kind kind, bool) override { return add(data.view, kind); }
  void close(std::uint16_t code, std::string_view reason) override { end({code, std::string(reason)}); }
  std::size_t queued() override { return 0; }
  bool is_open() override {
    const std::lock_guard lock(mutex_);
    return open_;
  }

  bool add(std::string_view data, Kind kind) {
    const std::lock_guard lock(mutex_);
    if (open_) conversation_.sent.push_back({kind, std::string(data)});
    return open_;
  }
  void end(WebSocketClose close) {
    const std::lock_guard lock(mutex_);
    if (std::exchange(open_, false)) conversation_.close = std::move(close);
  }
  [[nodiscard]] Conversation conversation() const {
    const std::lock_guard lock(mutex_);
    return conversation_;
  }

 private:
  mutable std::mutex mutex_;
  Conversation conversation_;
  bool open_ = true;
};

class ScriptedWebSocket final : public WebSocket {
 public:
  ScriptedWebSocket(std::shared_ptr<Record> record, std::vector<WebSocketMessage> messages, std::string_view protocol)
      : record_(std::move(record)), messages_(std::move(messages)), protocol_(protocol) {}

  awaitable<std::optional<Message>> receive() override {
    if (next_ == messages_.size() || !record_->is_open()) co_return std::nullopt;
    co_return messages_[next_++];
  }
  awaitable<void> send(std::string_view data, Kind kind) override {
    if (!record_->add(data, kind)) throw ConnectionLost("the WebSocket has been closed");
    co_return;
  }
  void close(std::uint16_t code, std::string_view reason) override { record_->close(code, reason); }
  WebSocketSender sender() override { return WebSocketSender(record_); }
  std::string_view protocol() const noexcept override { return protocol_; }
  WebSocketClose closed() const override { return record_->is_open() ? WebSocketClose{1000, {}} : record_->conversation().close; }

 private:
  std::shared_ptr<Record> record_;
  std::vector<WebSocketMessage> messages_;
  std::size_t next_ = 0;
  std::string protocol_;
};

}  // namespace

Conversation talk(const WebSocketHandler& handler, Request request, std::vector<WebSocketMessage> messages, std::string_view protocol) {
  const auto record = std::make_shared<Record>();
  ScriptedWebSocket socket(record, std::move(messages), protocol);
  const auto run = [&]() -> awaitable<bool> {
    co_await handler.handle(socket, request);
    co_return true;
  };
  try {
    (void)run_to_end(run());
    record->end({1000, {}});
  } catch (const std::exception& exception) { record->end({1011, exception.what()}); }
  return record->conversation();
}

Conversation talk(const WebSocketHandler& handler, Request request, std::initializer_list<std::string_view> texts) {
  std::vector<WebSocketMessage> messages;
  messages.reserve(texts.size());
  for (const std::string_view text : texts) messages.push_back({WebSocketMessage::Kind::text, std::string(text)});
  return talk(handler, std::move(request), std::move(messages));
}

}  // namespace ropeway::testing
