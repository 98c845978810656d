#include "core/src/server/exchange.hpp"

#include <vector>

#include "core/src/http/request_access.hpp"

namespace ropeway::server {
namespace {

constexpr std::size_t max_free = 64;  // for each thread

// Whether this thread's list can still be used: an exchange may end while the thread's variables are being destroyed.
thread_local bool free_list_ended = false;

struct FreeList {
  std::vector<std::unique_ptr<Exchange>> exchanges;
  FreeList() { exchanges.reserve(max_free); }
  ~FreeList() { free_list_ended = true; }
};

FreeList& free_list() {
  thread_local FreeList list;
  return list;
}

}  // namespace

Exchange::Pointer Exchange::acquire() {
  auto& exchanges = free_list().exchanges;
  if (exchanges.empty()) return Pointer(std::make_unique<Exchange>().release());
  Pointer exchange(exchanges.back().release());
  exchanges.pop_back();
  return exchange;
}

void Exchange::Recycle::operator()(Exchange* exchange) const noexcept {
  std::unique_ptr<Exchange> owned(exchange);
  http::RequestHead unused;
  RequestAccess::recycle(owned->request, owned->head != nullptr ? *owned->head : unused);
  owned->match = {};
  owned->head = nullptr;
  owned->unowned_body = {};
  owned->body_ended = false;
  owned->body_failed = false;
  owned->response_size = 0;
  owned->response.body().clear();  // files and shared bytes are not held longer than they are sent
  if (free_list_ended) return;
  auto& exchanges = free_list().exchanges;
  if (exchanges.size() < max_free) exchanges.push_back(std::move(owned));
}

void Exchange::append_body(std::string_view data) {
  if (unowned_body.empty() && request.body().empty()) {
    unowned_body = data;
    RequestAccess::set_body(request, data);
    return;
  }
  own_body();
  RequestAccess::append_body(request, data);
}

void Exchange::own_body() {
  if (unowned_body.empty()) return;
  const std::string_view piece = unowned_body;
  unowned_body = {};
  RequestAccess::set_body(request, {});
  RequestAccess::append_body(request, piece);
}

}  // namespace ropeway::server
