#include "handlers/live_reload/live_reload.hpp"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <optional>
#include <string>

#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <ropeway/event_stream.hpp>
#include <ropeway/headers.hpp>

namespace ropeway::handlers {
namespace {

constexpr std::string_view script_path = "/.ropeway/live.js";
constexpr std::uint64_t largest_page = 8U << 20U;

// The browser opens a stream that has broken again by itself.
constexpr std::string_view script_text = R"((() => {
  const page = new URL(document.currentScript.src).search.slice(1);
  const live = new EventSource("/.ropeway/live");
  live.onmessage = (message) => { if (message.data !== page) location.reload(); };
  addEventListener("pagehide", () => live.close());
})();
)";

// HTTP's names of types know no case (RFC 9110 §8.3.1).
bool is_page(const Response& response) {
  const auto type = response.headers().find("Content-Type");
  if (!type || response.headers().contains("Content-Encoding")) return false;
  std::string_view name = type->substr(0, type->find(';'));
  while (name.ends_with(' ')) name.remove_suffix(1);
  return same_field_name(name, "text/html");
}

// The whole content; nothing where it is a stream, too large, or cannot be read.
std::optional<std::string> content_of(Response& response) {
  const FileSlice* slice = response.body().file();
  if (slice == nullptr) {
    if (response.body().is_stream() || response.body().parts() != nullptr) return std::nullopt;
    return std::string(response.body().text());
  }
  if (slice->length > largest_page) return std::nullopt;
  std::string text(slice->length, '\0');
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t count =
        ::pread(slice->file->descriptor(), text.data() + done, text.size() - done, static_cast<off_t>(slice->offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return std::nullopt;
    done += static_cast<std::size_t>(count);
  }
  return text;
}

}  // namespace

Settings LiveReload::settings() {
  return {Setting::string("instance", "Of which server pages are. `development` sets it.").by_default("\"\"")};
}

LivePages::LivePages(const ConfigNode& options)
    : tag_("<script src=\"" + std::string(script_path) + "?" + options.string("instance") + "\"></script>") {}

Response LiveReload::handle(const Request& request) const {
  const std::string_view part = request.param("part");
  if (part == "live.js") {
    Response response = Response::text(script_text);
    response.headers().set("Content-Type", "text/javascript; charset=utf-8");
    response.headers().set("Cache-Control", "no-store");
    return response;
  }
  if (part != "live") return Response::error(Status::not_found);
  return event_stream(request, [instance = instance_](EventStream& events) -> awaitable<void> {
    co_await events.send(ServerEvent{instance, {}, {}, std::chrono::milliseconds(300)});
    asio::steady_timer timer(co_await asio::this_coro::executor);
    timer.expires_at(asio::steady_timer::time_point::max());
    co_await timer.async_wait(asio::use_awaitable);  // cancelled when the client has gone, or the server ends
  });
}

awaitable<Response> LivePages::handle(Request& request, Next next) const {
  Response response = co_await next(request);
  response.headers().set("Cache-Control", "no-store");
  const bool is_whole = code(response.status()) != 206 && !is_bodiless(response.status());
  if (!is_whole || !is_page(response)) co_return response;
  std::optional<std::string> page = content_of(response);
  if (!page || page->find(script_path) != std::string::npos) co_return response;
  const std::size_t end = page->rfind("</body>");
  page->insert(end == std::string::npos ? page->size() : end, tag_);
  response.body().assign(std::move(*page));
  for (const std::string_view name : {"ETag", "Last-Modified", "Accept-Ranges"}) response.headers().remove(name);
  co_return response;
}

}  // namespace ropeway::handlers
