#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <ropeway/awaitable.hpp>

namespace ropeway {

/// What was published.
struct BusMessage {
  std::string topic;
  std::string payload;
};

/// Messages of one topic, from its making on, for one coroutine at a time. It must not outlive the bus.
class Subscription {
 public:
  virtual ~Subscription() = default;
  static constexpr std::chrono::milliseconds for_ever = std::chrono::milliseconds::max();
  /// The next message, in the order in which they were published; nullptr where `patience` is over first. Throws `ConnectionLost` where
  /// the worker ends.
  [[nodiscard]] virtual awaitable<std::shared_ptr<const BusMessage>> next(std::chrono::milliseconds patience = for_ever) = 0;
  /// How many messages of the topic it has not given because too many waited, and how many of any topic this worker was too slow for,
  /// since it was made.
  [[nodiscard]] virtual std::uint64_t lost() const noexcept = 0;
};

/// As long as it lives, a function is told of messages. Its end waits for a call that another thread is in. It must not outlive the bus.
class BusListener {
 public:
  virtual ~BusListener() = default;
};

/// Topics of this server: what one worker publishes, subscribers in all workers get, also in those of another generation during a reload.
/// At most once: there is no memory of what was, a worker that dies takes what it has not read with it, and one that is too slow loses the oldest
/// (`shared.bus_bytes`), which it learns. Nobody waits for it. What one worker publishes comes in its order. Thread-safe.
class Bus {
 public:
  virtual ~Bus() = default;
  /// Does not wait. False where topic and payload have more than a quarter of `shared.bus_bytes`, and where it was lost for another reason.
  virtual bool publish(std::string_view topic, std::string_view payload) noexcept = 0;
  /// `most`: messages that may wait to be asked for; further ones are lost.
  [[nodiscard]] virtual std::unique_ptr<Subscription> subscribe(std::string topic, std::size_t most = 256) = 0;
  /// Has `told` called with each message, in their order, by one thread at a time: an I/O thread, so it must not block. What it throws is dropped.
  /// For passing messages on: `bus.listen("news", [sender = socket.sender()](const BusMessage& news) { sender.send(news.payload); })`.
  [[nodiscard]] virtual std::unique_ptr<BusListener> listen(std::string topic, std::function<void(const BusMessage&)> told) = 0;
};

}  // namespace ropeway
