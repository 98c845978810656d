#include "core/src/server/session_set.hpp"

#include "core/src/server/session.hpp"

namespace ropeway::server {

SessionSet::SessionSet() = default;
SessionSet::~SessionSet() = default;

Session& SessionSet::add(SessionContext& context, int descriptor, const void* address, std::size_t address_size, Admission admission) {
  Shard& shard = shards_[next_shard_.fetch_add(1, std::memory_order_relaxed) % shard_count];
  std::list<Session> made;
  made.emplace_back(context, shard, descriptor, address, address_size, admission);
  Session& session = made.back();
  session.position = made.begin();
  size_.fetch_add(1, std::memory_order_seq_cst);
  if (session.is_refused()) refused_.fetch_add(1, std::memory_order_relaxed);
  context.row.connections.fetch_add(1, std::memory_order_relaxed);
  const std::lock_guard lock(shard.mutex);
  shard.sessions.splice(shard.sessions.begin(), made);
  return session;
}

void SessionSet::remove(Session& session) noexcept {
  SessionContext& context = session.context();
  std::list<Session> removed;
  {
    Shard& shard = session.shard();
    const std::lock_guard lock(shard.mutex);
    removed.splice(removed.begin(), shard.sessions, session.position);
  }
  if (session.is_refused()) refused_.fetch_sub(1, std::memory_order_relaxed);
  removed.clear();
  context.row.connections.fetch_sub(1, std::memory_order_relaxed);
  if (size_.fetch_sub(1, std::memory_order_acq_rel) == 1 && on_empty) on_empty();
}

void SessionSet::sweep(std::chrono::milliseconds now, bool wake_idle) noexcept {
  for (Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    for (Session& session : shard.sessions) session.check_deadline(now, wake_idle);
  }
}

void SessionSet::wake_all() noexcept {
  for (Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    for (Session& session : shard.sessions) session.wake();
  }
}

void SessionSet::detach_all() noexcept {
  for (Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    for (Session& session : shard.sessions) session.detach();
  }
}

}  // namespace ropeway::server
