#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include <ropeway/bus.hpp>

#include "core/src/shared/segment.hpp"

namespace ropeway::server {

/// `Bus` in shared memory. `segment` outlives it.
class SharedBus final : public Bus {
 public:
  /// `watch` is called when the first subscription is made: from then on, `deliver` is to be called whenever the bell rings.
  SharedBus(shared::Segment& segment, std::function<void()> watch);
  ~SharedBus() override;
  SharedBus(const SharedBus&) = delete;
  SharedBus& operator=(const SharedBus&) = delete;
  bool publish(std::string_view topic, std::string_view payload) noexcept override;
  [[nodiscard]] std::unique_ptr<Subscription> subscribe(std::string topic, std::size_t most) override;
  [[nodiscard]] std::unique_ptr<BusListener> listen(std::string topic, std::function<void(const BusMessage&)> told) override;

  /// Gives the subscribers of this process what has come, and asks to be woken by what comes next.
  void deliver() noexcept;
  /// Wakes all that wait for a message, for ever.
  void close() noexcept;

 private:
  class Receiver;
  class Queue;
  class Listener;
  class ListenerHandle;
  using Told = std::vector<std::shared_ptr<Listener>>;  // those that have something to do once no lock is held
  void enrol(Receiver& receiver);
  void forget(Receiver& receiver) noexcept;
  [[nodiscard]] bool has_subscribers() noexcept;
  void take_all(Told& told);

  shared::Segment& segment_;
  std::function<void()> watch_;
  std::mutex delivery_;                 // one at a time reads; taken before `mutex_`
  shared::MessageRing::Cursor cursor_;  // guarded by `delivery_`, and so is whether it is in use
  bool reads_ = false;
  std::mutex mutex_;
  bool closed_ = false;
  std::unordered_multimap<std::string, Receiver*> receivers_;
  std::atomic<std::uint64_t> missed_{0};  // by this process
};

}  // namespace ropeway::server
