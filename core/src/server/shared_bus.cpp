#include "core/src/server/shared_bus.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <thread>
#include <utility>

#include <ropeway/http_error.hpp>

#include "core/src/server/wait_list.hpp"

namespace ropeway::server {
namespace {

constexpr std::chrono::hours longest_patience(24 * 366 * 100);  // past it, there is none; in nanoseconds, it would be no number

}  // namespace

class SharedBus::Receiver {
 public:
  explicit Receiver(std::string its_topic) : topic(std::move(its_topic)) {}
  virtual ~Receiver() = default;
  /// Under the lock of the bus.
  virtual void add(std::shared_ptr<const BusMessage> message, Told& told) = 0;
  virtual void close() noexcept = 0;
  const std::string topic;
};

class SharedBus::Queue final : public Subscription, public Receiver {
 public:
  Queue(SharedBus& bus, std::string its_topic, std::size_t most)
      : Receiver(std::move(its_topic)), bus_(bus), most_(std::max<std::size_t>(1, most)), missed_before_(bus.missed_) {}
  ~Queue() override { bus_.forget(*this); }
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;

  awaitable<std::shared_ptr<const BusMessage>> next(std::chrono::milliseconds patience) override {
    const bool waits_on = patience >= longest_patience;
    const auto until = std::chrono::steady_clock::now() + (waits_on ? std::chrono::milliseconds(0) : patience);
    for (;;) {
      const std::uint64_t ticket = news_.ticket();
      if (auto message = take()) co_return message;
      if (news_.is_closed()) throw ConnectionLost("the worker ends");
      const auto left = until - std::chrono::steady_clock::now();
      if (!waits_on && left.count() <= 0) co_return nullptr;
      co_await news_.wait(ticket, waits_on ? WaitList::for_ever : left);
    }
  }
  std::uint64_t lost() const noexcept override { return lost_ + bus_.missed_ - missed_before_; }

  void add(std::shared_ptr<const BusMessage> message, Told&) override {
    {
      const std::lock_guard lock(mutex_);
      if (waiting_.size() >= most_) {
        ++lost_;
        return;
      }
      waiting_.push_back(std::move(message));
    }
    news_.wake_all();
  }
  void close() noexcept override { news_.close(); }

 private:
  std::shared_ptr<const BusMessage> take() {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) return nullptr;
    auto message = std::move(waiting_.front());
    waiting_.pop_front();
    return message;
  }

  SharedBus& bus_;
  const std::size_t most_;
  const std::uint64_t missed_before_;
  WaitList news_;
  std::mutex mutex_;
  std::deque<std::shared_ptr<const BusMessage>> waiting_;
  std::atomic<std::uint64_t> lost_{0};
};

// Its function is called without any lock, so that it may do what it likes with the bus; `runner_` keeps others out meanwhile.
class SharedBus::Listener final : public Receiver, public std::enable_shared_from_this<Listener> {
 public:
  Listener(std::string its_topic, std::function<void(const BusMessage&)> told) : Receiver(std::move(its_topic)), told_(std::move(told)) {}

  void add(std::shared_ptr<const BusMessage> message, Told& told) override {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= most_waiting) return;
    if (waiting_.empty()) told.push_back(shared_from_this());
    waiting_.push_back(std::move(message));
  }
  void close() noexcept override {}

  void run() noexcept {
    std::unique_lock lock(mutex_);
    if (runner_ != std::thread::id()) return;  // he takes these, too
    runner_ = std::this_thread::get_id();
    while (!waiting_.empty() && !ended_) {
      const auto message = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      try {
        told_(*message);
      } catch (...) {}  // NOLINT(bugprone-empty-catch): the caller has nobody to tell
      lock.lock();
    }
    runner_ = std::thread::id();
    idle_.notify_all();
  }

  void end() noexcept {
    std::unique_lock lock(mutex_);
    ended_ = true;
    waiting_.clear();
    idle_.wait(lock, [this] { return runner_ == std::thread::id() || runner_ == std::this_thread::get_id(); });
  }

 private:
  static constexpr std::size_t most_waiting = 256;
  const std::function<void(const BusMessage&)> told_;
  std::mutex mutex_;
  std::condition_variable idle_;
  std::thread::id runner_;  // who is calling
  bool ended_ = false;
  std::deque<std::shared_ptr<const BusMessage>> waiting_;
};

class SharedBus::ListenerHandle final : public BusListener {
 public:
  ListenerHandle(SharedBus& bus, std::shared_ptr<Listener> listener) : bus_(bus), listener_(std::move(listener)) {}
  ~ListenerHandle() override {
    bus_.forget(*listener_);
    listener_->end();
  }
  ListenerHandle(const ListenerHandle&) = delete;
  ListenerHandle& operator=(const ListenerHandle&) = delete;

 private:
  SharedBus& bus_;
  std::shared_ptr<Listener> listener_;
};

SharedBus::SharedBus(shared::Segment& segment, std::function<void()> watch) : segment_(segment), watch_(std::move(watch)) {}
SharedBus::~SharedBus() = default;

bool SharedBus::publish(std::string_view topic, std::string_view payload) noexcept {
  return segment_.messages().publish(topic, payload, [this] { segment_.ring(); });
}

std::unique_ptr<Subscription> SharedBus::subscribe(std::string topic, std::size_t most) {
  auto queue = std::make_unique<Queue>(*this, std::move(topic), most);
  enrol(*queue);
  return queue;
}

std::unique_ptr<BusListener> SharedBus::listen(std::string topic, std::function<void(const BusMessage&)> told) {
  auto listener = std::make_shared<Listener>(std::move(topic), std::move(told));
  auto handle = std::make_unique<ListenerHandle>(*this, listener);
  enrol(*listener);
  return handle;
}

void SharedBus::enrol(Receiver& receiver) {
  Told told;
  {
    // What the others have yet to be given is from before this one's time, and is not this one's.
    const std::lock_guard delivery(delivery_);
    take_all(told);
    const std::lock_guard lock(mutex_);
    if (!std::exchange(reads_, true)) {
      const std::uint64_t lost = cursor_.lost;
      cursor_ = segment_.messages().at_end();
      cursor_.lost = lost;
    }
    if (closed_) receiver.close();
    receivers_.emplace(receiver.topic, &receiver);
  }
  for (const auto& listener : told) listener->run();
  watch_();
  deliver();  // and be woken from now on
}

void SharedBus::forget(Receiver& receiver) noexcept {
  const std::lock_guard lock(mutex_);
  const auto [first, last] = receivers_.equal_range(receiver.topic);
  const auto found = std::find_if(first, last, [&](const auto& entry) { return entry.second == &receiver; });
  if (found != last) receivers_.erase(found);
}

void SharedBus::deliver() noexcept {
  Told told;
  try {
    const std::lock_guard delivery(delivery_);
    take_all(told);
    reads_ = has_subscribers();
    if (reads_) {  // otherwise there is nobody to be woken for
      segment_.messages().sleep();
      take_all(told);  // what came just before
    }
  } catch (const std::exception&) {}  // no memory for it: it is lost, as it is where a worker is too slow
  for (const auto& listener : told) listener->run();
}

bool SharedBus::has_subscribers() noexcept {
  const std::lock_guard lock(mutex_);
  return !receivers_.empty();
}

void SharedBus::take_all(Told& told) {
  if (!reads_) return;
  while (auto message = segment_.messages().read(cursor_)) {
    missed_.store(cursor_.lost, std::memory_order_relaxed);
    const std::lock_guard lock(mutex_);
    const auto [first, last] = receivers_.equal_range(message->topic);
    if (first == last) continue;
    const auto whole = std::make_shared<const BusMessage>(BusMessage{std::move(message->topic), std::move(message->payload)});
    for (auto each = first; each != last; ++each) each->second->add(whole, told);
  }
}

void SharedBus::close() noexcept {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  for (const auto& [topic, receiver] : receivers_) receiver->close();
}

}  // namespace ropeway::server
