#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ropeway/body.hpp>
#include <ropeway/headers.hpp>
#include <ropeway/method.hpp>

namespace ropeway {

class RequestConnection;  // the framework's own

/// The version of HTTP that a request was sent in.
enum class Version : std::uint8_t { http_1_0, http_1_1 };

/// One request, valid while its handler runs (for a coroutine: until it has ended). All views that it gives live as long as it does.
/// Safe to read from several threads; the framework changes it only between middlewares.
class Request {
 public:
  Request() = default;
  Request(Request&&) noexcept = default;
  Request& operator=(Request&&) noexcept = default;

  [[nodiscard]] Method method() const noexcept { return method_; }
  /// The method as sent, for example "GET".
  [[nodiscard]] std::string_view method_name() const noexcept { return method_name_; }
  /// The request target as sent (RFC 9112 §3.2), for example "/a%20b?x=1".
  [[nodiscard]] std::string_view target() const noexcept { return target_; }
  /// The path, percent-decoded once, dot segments removed (RFC 3986 §5.2.4); always begins with "/". `%2F` stays encoded,
  /// so that a decoded "/" always separates segments.
  [[nodiscard]] std::string_view path() const noexcept { return path_; }
  /// The path as sent, without the query.
  [[nodiscard]] std::string_view raw_path() const noexcept { return raw_path_; }
  /// What stands behind "?", as sent; empty without one.
  [[nodiscard]] std::string_view query() const noexcept { return query_; }
  /// The first value of that name in the query, decoded ("+" is a space); nothing where it is absent.
  [[nodiscard]] std::optional<std::string> query(std::string_view name) const;
  [[nodiscard]] Version version() const noexcept { return version_; }

  [[nodiscard]] HeaderView headers() const noexcept { return HeaderView(fields_); }
  /// The value of the first field of that name; empty where there is none.
  [[nodiscard]] std::string_view header(std::string_view name) const noexcept { return headers().find(name).value_or(std::string_view()); }
  /// The host that the request is for, without port (RFC 9110 §7.2), as sent.
  [[nodiscard]] std::string_view host() const noexcept { return host_; }

  /// A path parameter: what `{name}` in the route's `match` stood for, percent-decoded. Empty where the route has none of that name.
  [[nodiscard]] std::string_view param(std::string_view name) const noexcept;
  /// Whether the route has a path parameter of that name, also where it stands for nothing (`{rest...}` at the end of the path).
  [[nodiscard]] bool has_param(std::string_view name) const noexcept {
    for (std::uint8_t i = 0; i < param_count_; ++i) {
      if (params_[i].name == name) return true;
    }
    return false;
  }

  /// The whole body, where it was read before the handler began (`Handler`, `BlockingHandler`) or after `read_body`.
  [[nodiscard]] std::string_view body() const noexcept { return body_; }
  /// Reads the rest of the body and gives the whole of it, at most `limits.body_bytes`. For `AsyncHandler` and `Middleware`;
  /// elsewhere the body is already there, and this is the same as `body()`. Throws what `BodyReader::read` throws.
  [[nodiscard]] awaitable<std::string_view> read_body();
  /// The body piece by piece, or nullptr where it has been read already.
  [[nodiscard]] BodyReader* body_reader() noexcept { return body_reader_; }

  /// Sends `103 Early Hints` (RFC 8297) with `fields`, such as `Link: </style.css>; rel=preload`, while the answer is still being made. For
  /// `AsyncHandler` and `Middleware`; it does nothing elsewhere, and for a client of HTTP/1.0, which would not understand it.
  [[nodiscard]] awaitable<void> early_hints(const Headers& fields);

  /// Whether nobody waits for the answer any more: the client has gone, or the request was given up (`timeouts.handler`). For `AsyncHandler`
  /// and `Middleware`, while they run; a system call, so ask a few times a second. A client that has only ended its sending side still
  /// reads: of HTTP/1.1, it is sent `100 Continue` once, since one that has closed refuses that; of HTTP/1.0 it is taken to wait.
  [[nodiscard]] bool client_gone();

  /// The port that the request came to; 0 on a unix socket, and outside of a server.
  [[nodiscard]] std::uint16_t local_port() const noexcept;

  /// The address of the client's end, for example "203.0.113.7" or "2001:db8::1"; "unix" on a unix socket. The text lives as long as the request.
  [[nodiscard]] std::string_view peer_address() const noexcept;
  [[nodiscard]] std::uint16_t peer_port() const noexcept { return peer_port_; }

 private:
  friend struct RequestAccess;  // core/src/http/request_access.hpp: how the framework fills a request

  struct Param {
    std::string_view name;  // belongs to the route
    std::string_view value;
  };

  Method method_ = Method::get;
  Version version_ = Version::http_1_1;
  std::uint8_t param_count_ = 0;
  std::uint8_t generation_ = 0;  // of those that the server asks itself; the client's own is 0
  std::uint16_t peer_port_ = 0;
  std::string_view method_name_;
  std::string_view target_;
  std::string_view path_;
  std::string_view raw_path_;
  std::string_view query_;
  std::string_view host_;
  std::string_view body_;
  BodyReader* body_reader_ = nullptr;
  std::shared_ptr<BodyReader> own_reader_;  // where a middleware put another in the place of the connection's
  RequestConnection* connection_ = nullptr;
  std::vector<HeaderField> fields_;
  std::array<Param, 16> params_{};
  std::unique_ptr<std::string> path_text_;  // where the decoded path differs from the raw one
  std::unique_ptr<std::string> body_text_;  // where the body arrived in pieces
  std::unique_ptr<std::string> wire_text_;  // of a request that owns its bytes (tests, and requests that outlive the buffer)
  std::array<char, 48> peer_text_{};
  std::uint8_t peer_text_size_ = 0;
};

}  // namespace ropeway
