#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

#include <ropeway/awaitable.hpp>

namespace ropeway::server {

/// Places for children of one kind: so many at once, and a queue of coroutines that wait for one, first come, first served. Thread-safe.
class ChildPlaces {
 public:
  ChildPlaces(std::size_t at_once, std::size_t queue) : state_(std::make_shared<State>(at_once, queue)) {}

  /// Waits for a place, which is given back with its last owner, also after this object's end; nullptr where too many wait already.
  [[nodiscard]] awaitable<std::shared_ptr<const void>> take();
  /// Drops those that wait, and takes no more. Before their event loop ends.
  void close() noexcept { state_->close(); }

 private:
  using Resume = std::function<void(bool has_place)>;

  class State {
   public:
    State(std::size_t at_once, std::size_t queue) : at_once_(at_once), queue_(queue) {}
    [[nodiscard]] bool take_free();
    [[nodiscard]] bool wait_or_take(Resume resume);
    void give_back() noexcept;
    void close() noexcept;

   private:
    const std::size_t at_once_;
    const std::size_t queue_;
    std::mutex mutex_;
    std::deque<Resume> waiting_;
    std::size_t taken_ = 0;
    bool closed_ = false;
  };

  class Place {
   public:
    explicit Place(std::shared_ptr<State> state) : state_(std::move(state)) {}
    ~Place() { state_->give_back(); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

   private:
    std::shared_ptr<State> state_;
  };

  std::shared_ptr<State> state_;
};

}  // namespace ropeway::server
