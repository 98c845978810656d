#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <ropeway/request.hpp>
#include <ropeway/response.hpp>
#include <ropeway/websocket.hpp>

#include "core/src/http/path.hpp"
#include "core/src/http/request_head.hpp"

namespace ropeway {

class SwitchPlan;  // the server's own

/// What the connection does for a request whose handler runs.
class RequestConnection {
 public:
  /// See `Request::interim`.
  [[nodiscard]] virtual awaitable<void> interim(Status status, const Headers& fields) = 0;
  /// Asks whether `size` more bytes of the body may be kept in memory until the request has ended (`limits.body_memory`).
  [[nodiscard]] virtual bool may_keep(std::size_t size) noexcept = 0;
  /// See `Request::client_gone`.
  [[nodiscard]] virtual bool client_gone() = 0;
  [[nodiscard]] virtual std::uint16_t local_port() const noexcept = 0;
  /// Answers a request for a WebSocket: where that is a 101, and is what the client gets in the end, the connection becomes one.
  /// `handler` and `protocols` outlive it.
  [[nodiscard]] virtual Response answer_websocket(const Request& request, const WebSocketHandler& handler,
                                                  const std::vector<std::string>& protocols) = 0;
  /// Whether the connection can become something else than HTTP behind a 101 to its request: that is of HTTP/1.1 and has no content
  /// (RFC 9110 §7.8).
  [[nodiscard]] virtual bool may_switch() const noexcept = 0;
  /// Where a 101 is what the client gets in the end, the connection becomes what `plan` makes of it; otherwise the plan is dropped.
  virtual void switch_by(std::unique_ptr<SwitchPlan> plan) = 0;
  [[nodiscard]] virtual std::string local_address() const = 0;
  /// See `Request::stop_token`; of a stream, `BodyWriter::stop_token`.
  [[nodiscard]] virtual std::stop_token stop_token() = 0;
  [[nodiscard]] virtual std::optional<std::chrono::steady_clock::time_point> deadline() const noexcept = 0;
  /// See `Request::limit_time`.
  virtual void limit_time(std::chrono::milliseconds time) noexcept = 0;

 protected:
  ~RequestConnection() = default;
};

/// How the framework fills and changes a `Request`; handlers cannot.
struct RequestAccess {
  /// Begins a new request: takes the head's values and swaps its fields in. `Request::path` is computed here.
  /// Says false where the path cannot be served: a malformed escape, NUL (RFC 3986 §2.1), dot segments above the root, or slashes side by
  /// side that are to be refused.
  [[nodiscard]] static bool assign(Request& request, http::RequestHead& head, http::RepeatedSlashes slashes = http::RepeatedSlashes::keep);
  /// The same with a path that was computed before, in another process.
  static void assign_as_read(Request& request, http::RequestHead& head, std::string_view path) noexcept;
  /// Forgets everything but memory that can be used again; gives the fields' memory back to `head`.
  static void recycle(Request& request, http::RequestHead& head) noexcept;

  static void set_body(Request& request, std::string_view body) noexcept { request.body_ = body; }
  /// Appends to the body that the request owns, and lets `body()` show it.
  static void append_body(Request& request, std::string_view data);
  static void set_body_reader(Request& request, BodyReader* reader) noexcept { request.body_reader_ = reader; }
  /// Puts `content` in the place of the body, and takes away the fields that told of the body's bytes.
  static void replace_content(Request& request, std::shared_ptr<BodyReader> content);
  /// The reader that the request owns, where a middleware has put one into the place of the connection's.
  [[nodiscard]] static std::shared_ptr<BodyReader> own_reader(const Request& request) noexcept { return request.own_reader_; }
  /// Has the same body read through `reader`.
  static void read_through(Request& request, std::shared_ptr<BodyReader> reader) noexcept {
    request.own_reader_ = std::move(reader);
    request.body_reader_ = request.own_reader_.get();
  }
  /// Reads what is left of the body, and keeps nothing of it.
  [[nodiscard]] static awaitable<void> drop_body(Request& request);
  [[nodiscard]] static RequestConnection* connection(const Request& request) noexcept { return request.connection_; }
  static void set_connection(Request& request, RequestConnection* connection) noexcept { request.connection_ = connection; }
  static void set_id(Request& request, RequestId id) noexcept { request.id_ = id; }
  static void set_peer(Request& request, std::string_view address, std::uint16_t port) noexcept;
  /// What trusted proxies have told of the client. An empty scheme or authority is one that they have not told.
  static void set_forwarded(Request& request, std::string_view address, std::string_view scheme, std::string_view authority);
  /// Makes `request` one that the server asks itself on behalf of `original`: same client, connection and id.
  static void follow(Request& request, const Request& original);
  /// How many requests stand between this one and the client's.
  [[nodiscard]] static std::uint8_t generation(const Request& request) noexcept { return request.generation_; }
  /// Path parameters; at most 16, further ones are refused by the router when it is built.
  static void clear_params(Request& request) noexcept { request.param_count_ = 0; }
  static void add_param(Request& request, std::string_view name, std::string_view value) noexcept;
  [[nodiscard]] static HeaderField param(const Request& request, std::uint8_t index) noexcept {
    return {request.params_[index].name, request.params_[index].value};
  }
  static void set_param_count(Request& request, std::uint8_t count) noexcept { request.param_count_ = count; }
  [[nodiscard]] static std::uint8_t param_count(const Request& request) noexcept { return request.param_count_; }
  /// Text that the request shall own; views into it stay valid when the request is moved.
  static std::string& own_text(Request& request);
};

}  // namespace ropeway
