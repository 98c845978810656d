#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>

#include "core/src/server/address_counts.hpp"
#include "core/src/server/hand_over.hpp"

namespace ropeway::server {

class Session;
struct SessionContext;

/// What becomes of a connection that was accepted. Past `limits.connections` it is only told so, with 503, and past
/// `limits.connections_per_address` with 429.
struct Admission {
  enum class Kind : unsigned char {
    served,
    refused,          ///< and then lingers, so that a client that still sends can read the answer (RFC 9112 §9.6)
    refused_at_once,  ///< without lingering: enough of them do
  };
  Kind kind = Kind::served;
  bool by_address = false;  ///< it is its address that has too many
  ProxyHeader::State proxy_header = ProxyHeader::State::none;
  AddressCounts::Key address = 0;
  std::optional<std::uint32_t> stream{};  ///< at an address with a protocol of its own: which of the site's streams
};

/// Every open session of a worker, and its owner. Split into shards, each under a lock that is taken when a connection begins, is
/// registered, ends, and is swept: never for a request.
class SessionSet {
 public:
  static constexpr std::size_t shard_count = 16;
  struct Shard {
    std::mutex mutex;
    std::list<Session> sessions;
  };

  SessionSet();
  ~SessionSet();

  /// Makes a session for a connection that was accepted; it lives until it calls `remove`.
  Session& add(SessionContext& context, int descriptor, const void* address, std::size_t address_size, Admission admission);
  /// Destroys `session`; the last thing that it asks for.
  void remove(Session& session) noexcept;
  /// Wakes every session whose deadline has passed, and, with `wake_idle`, those that only wait for a next request (drain).
  void sweep(std::chrono::milliseconds now, bool wake_idle) noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return size_.load(std::memory_order_seq_cst); }
  /// How many of them are only told that they are too many.
  [[nodiscard]] std::size_t refused() const noexcept { return refused_.load(std::memory_order_relaxed); }
  /// Called by the thread that removes the last session.
  std::function<void()> on_empty;
  /// Wakes every session that waits.
  void wake_all() noexcept;
  /// Closes every socket; the sessions themselves end with this object, after the io_context and what it still holds of them.
  void detach_all() noexcept;

 private:
  std::array<Shard, shard_count> shards_;
  std::atomic<std::size_t> size_{0};
  std::atomic<std::size_t> refused_{0};
  std::atomic<std::size_t> next_shard_{0};
};

}  // namespace ropeway::server
