#include "core/src/server/exchange.hpp"

#include <utility>

#include "core/src/http/free_list.hpp"
#include "core/src/http/request_access.hpp"

namespace ropeway::server {
namespace {

constexpr unsigned kept_exchanges = 64;  // for each thread

}  // namespace

Exchange::Pointer Exchange::acquire() {
  auto taken = http::FreeList<Exchange, kept_exchanges>::take();
  return Pointer(taken ? taken.release() : std::make_unique<Exchange>().release());
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
  owned->client_asked = false;
  owned->time_limit.reset();
  owned->plan.reset();
  owned->trailers.clear();
  if (owned->kept > 0) owned->body_memory->give_back(std::exchange(owned->kept, 0));
  owned->body_memory = nullptr;
  owned->response_size = 0;
  owned->started.reset();
  owned->response.body().clear();  // files and shared bytes are not held longer than they are sent
  http::FreeList<Exchange, kept_exchanges>::give_back(std::move(owned));
}

bool Exchange::may_keep(std::size_t size) noexcept {
  if (body_memory == nullptr || !body_memory->take(size)) return false;
  kept += size;
  return true;
}

bool Exchange::append_body(std::string_view data) {
  if (unowned_body.empty() && request.body().empty()) {  // the usual case: no copy, and nothing to count
    unowned_body = data;
    RequestAccess::set_body(request, data);
    return true;
  }
  own_body();
  if (!may_keep(data.size())) return false;
  RequestAccess::append_body(request, data);
  return true;
}

void Exchange::own_body() {
  if (unowned_body.empty()) return;
  const std::string_view piece = unowned_body;
  unowned_body = {};
  RequestAccess::set_body(request, {});
  RequestAccess::append_body(request, piece);
}

}  // namespace ropeway::server
