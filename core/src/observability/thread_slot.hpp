#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include <ropeway/method.hpp>
#include <ropeway/request_id.hpp>

#include "core/src/observability/peer.hpp"

namespace ropeway::observability {

/// Which request it is, and whose.
struct RequestOrigin {
  RequestId id = RequestId::none;
  Peer peer;
};

/// What a thread works on, as far as the scoreboard keeps it: the route, the request's id and client, and its method and path, cut after
/// 80 bytes and without the query, which may hold secrets.
class Activity {
 public:
  static constexpr std::uint32_t no_route = UINT32_MAX;
  static constexpr std::size_t words = 10;
  static constexpr std::size_t capacity = words * sizeof(std::uint64_t);

  Activity() = default;
  /// `route`: its number in the configuration.
  Activity(std::uint32_t route, Method method, std::string_view path, const RequestOrigin& origin = {}) noexcept
      : route_(route), method_(method), size_(static_cast<std::uint8_t>(path.size() < capacity ? path.size() : capacity)), origin_(origin) {
    // Each request comes through here: whole words, and no call.
    const char* from = path.data();
    std::size_t left = size_;
    std::size_t word = 0;
    for (; left >= sizeof(std::uint64_t); left -= sizeof(std::uint64_t), from += sizeof(std::uint64_t)) text_[word++] = load(from);
    if (left == 0) return;
    if (size_ >= sizeof(std::uint64_t)) {  // the last eight bytes, of which some are in the word before
      text_[word] = load(from + left - sizeof(std::uint64_t)) >> (8 * (sizeof(std::uint64_t) - left));
    } else {
      std::uint64_t value = 0;
      for (std::size_t i = left; i > 0; --i) value = value << 8U | static_cast<unsigned char>(from[i - 1]);
      text_[word] = value;
    }
  }

  [[nodiscard]] std::uint32_t route() const noexcept { return route_; }
  [[nodiscard]] const RequestOrigin& origin() const noexcept { return origin_; }
  /// "GET /path"; a method that is not one of the common ones is "other". Of a stream, the address.
  [[nodiscard]] std::string request() const {
    std::string path(capacity, '\0');
    for (std::size_t word = 0; word < words; ++word)
      std::memcpy(path.data() + word * sizeof(std::uint64_t), &text_[word], sizeof(std::uint64_t));
    path.resize(size_);
    const std::string_view name = to_string(method_);
    if (name.empty() && !path.starts_with('/')) return path;  // the address of a stream
    return (name.empty() ? std::string("other") : std::string(name)) + " " + path;
  }

 private:
  friend class ThreadSlot;
  static_assert(std::endian::native == std::endian::little, "the first byte is a word's lowest");
  static std::uint64_t load(const char* from) noexcept {
    std::uint64_t value = 0;
    std::memcpy(&value, from, sizeof value);
    return value;
  }
  [[nodiscard]] std::size_t used_words() const noexcept { return (size_ + sizeof(std::uint64_t) - 1) / sizeof(std::uint64_t); }

  std::uint32_t route_ = no_route;
  Method method_ = Method::other;
  std::uint8_t size_ = 0;
  RequestOrigin origin_;
  std::array<std::uint64_t, words> text_;  // NOLINT: as much of it is set as `size_` says
};

/// What one thread of a worker runs now, and since when. One thread writes, any process reads at any time, also after the writer's death:
/// lock-free words, of which the time is written last.
class alignas(64) ThreadSlot {
 public:
  /// The system's number of the thread, once it has begun; 0 before.
  void set_thread(std::int32_t number) noexcept { thread_.store(number, std::memory_order_relaxed); }
  [[nodiscard]] std::int32_t thread() const noexcept { return thread_.load(std::memory_order_relaxed); }

  /// `now`: of the steady clock; it may be a coarse one.
  void begin(const Activity& activity, std::chrono::milliseconds now) noexcept {
    about_.store(std::uint64_t{activity.route_} << 32U | std::uint64_t{activity.origin_.peer.port} << 16U |
                     std::uint64_t{static_cast<std::uint8_t>(activity.method_)} << 8U | activity.size_,
                 std::memory_order_relaxed);
    id_.store(static_cast<std::uint64_t>(activity.origin_.id), std::memory_order_relaxed);
    peer_[0].store(activity.origin_.peer.address[0], std::memory_order_relaxed);
    peer_[1].store(activity.origin_.peer.address[1], std::memory_order_relaxed);
    for (std::size_t word = 0; word < activity.used_words(); ++word) text_[word].store(activity.text_[word], std::memory_order_relaxed);
    since_.store(now.count(), std::memory_order_release);
  }
  void end() noexcept { since_.store(idle, std::memory_order_release); }

  /// When the request was begun; `idle` (0) where there is none.
  [[nodiscard]] std::chrono::milliseconds since() const noexcept {
    return std::chrono::milliseconds(since_.load(std::memory_order_acquire));
  }
  /// The request; only as good as the moment while the thread lives on.
  [[nodiscard]] Activity activity() const noexcept {
    const std::uint64_t about = about_.load(std::memory_order_relaxed);
    Activity result;
    result.route_ = static_cast<std::uint32_t>(about >> 32U);
    result.method_ = static_cast<Method>(about >> 8U & 0xFFU);
    const auto size = static_cast<std::uint8_t>(about & 0xFFU);
    result.size_ = size < Activity::capacity ? size : std::uint8_t{Activity::capacity};
    result.origin_.id = static_cast<RequestId>(id_.load(std::memory_order_relaxed));
    result.origin_.peer.address = {peer_[0].load(std::memory_order_relaxed), peer_[1].load(std::memory_order_relaxed)};
    result.origin_.peer.port = static_cast<std::uint16_t>(about >> 16U & 0xFFFFU);
    for (std::size_t word = 0; word < Activity::words; ++word) result.text_[word] = text_[word].load(std::memory_order_relaxed);
    return result;
  }
  static constexpr std::int64_t idle = 0;

 private:
  std::atomic<std::int64_t> since_{idle};
  std::atomic<std::uint64_t> about_{0};  // route, the client's port, method, size of the text
  std::atomic<std::uint64_t> id_{0};
  std::array<std::atomic<std::uint64_t>, 2> peer_{};
  std::atomic<std::int32_t> thread_{0};
  std::array<std::atomic<std::uint64_t>, Activity::words> text_{};
};

static_assert(sizeof(ThreadSlot) == 128, "two cache lines");

}  // namespace ropeway::observability
