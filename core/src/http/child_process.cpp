#include <ropeway/child_process.hpp>

#include <utility>

#include <ropeway/http_error.hpp>

namespace ropeway {
namespace {

constexpr std::size_t most_text = 256 * 1024;       // of an answer that is waited for as a whole
constexpr std::chrono::milliseconds most_wait{50};  // for such an answer, from its head to its end
constexpr std::chrono::milliseconds for_ever{86'400'000};

awaitable<void> copy(ChildProcess& child, BodyWriter& out) {
  for (;;) {
    // What has come is not kept for what may come later: a slow child's lines are seen as it writes them.
    std::optional<std::string_view> piece = co_await child.read_within(std::chrono::milliseconds(0), nullptr);
    if (!piece) {
      co_await out.flush();
      piece = co_await child.read();
    }
    if (piece->empty()) co_return;
    co_await out.write(*piece);
  }
}

}  // namespace

awaitable<std::string_view> ChildProcess::read(Request* request) {
  for (;;) {
    const std::optional<std::string_view> piece = co_await read_within(for_ever, request);
    if (piece) co_return *piece;
  }
}

awaitable<Response> with_rest_of(std::shared_ptr<ChildProcess> child, Response response, std::string begun, Request& request) {
  const auto until = std::chrono::steady_clock::now() + most_wait;
  while (begun.size() < most_text) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    const std::optional<std::string_view> piece = co_await child->read_within(std::max(left, std::chrono::milliseconds(0)), &request);
    if (!piece) break;
    if (piece->empty()) {
      response.body().assign(std::move(begun));
      co_return response;
    }
    begun += *piece;
  }
  response.body().assign(BodyStream([child = std::move(child), begun = std::move(begun)](BodyWriter& out) -> awaitable<void> {
    co_await out.write(begun);
    co_await copy(*child, out);
  }));
  co_return response;
}

Response ChildPool::busy() {
  return Response::error(Status::service_unavailable, "As many of these requests run as may; try again in a moment.")
      .header("Retry-After", "1");
}

}  // namespace ropeway
