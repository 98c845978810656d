#pragma once

#include <array>
#include <charconv>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include <ropeway/attributes.hpp>
#include <ropeway/body.hpp>
#include <ropeway/headers.hpp>
#include <ropeway/method.hpp>
#include <ropeway/request_id.hpp>
#include <ropeway/status.hpp>
#include <ropeway/text_value.hpp>

namespace ropeway {

class Form;               // <ropeway/form.hpp>
struct FormLimits;        // <ropeway/multipart.hpp>
class RequestConnection;  // the framework's own

/// Bounds of `Request::json`: parsed, a document takes up to some thirty times the memory of its text.
struct JsonLimits {
  std::size_t bytes = 1024 * 1024;  ///< past it, status 413
  unsigned depth = 64;              ///< of objects and arrays inside one another; past it, status 400
};

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
  /// The same as a T (see `value_from`): `query<int>("page")`. A value that is no T, and one that is not there, is `HttpError` 400 with a text that
  /// names it. `query<std::optional<int>>` may be missing, or empty where text is not asked for.
  template <class T>
  [[nodiscard]] T query(std::string_view name) const {
    static_assert(!std::same_as<T, std::string_view>, "a value of the query is decoded: ask for a std::string");
    return require_value<T>({"query parameter", name}, query(name));
  }
  /// `fallback` where it is missing.
  template <class T>
  [[nodiscard]] T query(std::string_view name, T fallback) const {
    return query<std::optional<T>>(name).value_or(std::move(fallback));
  }
  /// All values of that name, decoded, in their order.
  [[nodiscard]] std::vector<std::string> query_all(std::string_view name) const;
  [[nodiscard]] Version version() const noexcept { return version_; }

  [[nodiscard]] HeaderView headers() const noexcept { return HeaderView(fields_); }
  /// The value of the first field of that name; empty where there is none.
  [[nodiscard]] std::string_view header(std::string_view name) const noexcept { return headers().find(name).value_or(std::string_view()); }
  /// The host that the request is for, without port (RFC 9110 §7.2), as sent.
  [[nodiscard]] std::string_view host() const noexcept { return host_; }

  /// The value of the first cookie of that name (RFC 6265 §5.4), as sent; nothing where there is none. Pairs that are malformed hide no others.
  [[nodiscard]] std::optional<std::string_view> cookie(std::string_view name) const noexcept;

  /// Which of `offered` the client wants most by its `Accept` (RFC 9110 §12.5.1); of several that it wants the same, the first. Empty where it
  /// accepts none: answer with 406, or with what there is. Without the field, the first. Parameters ("; charset=utf-8") of what is offered count
  /// only where the client names them. An answer that depends on it should say `Vary: Accept`.
  [[nodiscard]] std::string_view accepts(std::initializer_list<std::string_view> offered) const noexcept;
  /// The same of languages by `Accept-Language` (RFC 9110 §12.5.4; a range stands for what is narrower, too: "de" for "de-AT").
  [[nodiscard]] std::string_view accepts_language(std::initializer_list<std::string_view> offered) const noexcept;

  /// A path parameter: what `{name}` in the route's `match` stood for, percent-decoded. Empty where the route has none of that name.
  [[nodiscard]] std::string_view param(std::string_view name) const noexcept;
  /// The same as a T (see `value_from`): `param<int>("id")`. A value that is no T is `HttpError` 400 with a text that names it. A name that the
  /// route does not have is a mistake in the program or its configuration: `std::logic_error`, so the client gets 500 and the log the names.
  template <class T>
  [[nodiscard]] T param(std::string_view name) const {
    if (!has_param(name)) refuse_name(name);
    return require_value<T>({"path parameter", name}, param(name));
  }
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
  /// What the client has said that the content is long, in bytes; nothing where it said nothing (there is none, or it is chunked).
  [[nodiscard]] std::optional<std::uint64_t> content_length() const noexcept { return parse_content_length(header("Content-Length")); }
  /// The body piece by piece, or nullptr where it has been read already.
  [[nodiscard]] BodyReader* body_reader() noexcept { return body_reader_; }

  /// The body, which must have been read, as JSON (include <ropeway/json.hpp>). Throws `HttpError`: 415 where the content is not said to be JSON
  /// (`application/json`, or a type that ends in "+json"), 413 and 400 past the limits, 400 with line and column where it is malformed.
  [[nodiscard]] nlohmann::json json() const;
  [[nodiscard]] nlohmann::json json(const JsonLimits& limits) const;
  /// The same as a T by nlohmann's `from_json`, with the JSON pointer of the member that is wrong. Defined in <ropeway/json.hpp>.
  template <class T>
  [[nodiscard]] T json() const;
  template <class T>
  [[nodiscard]] T json(const JsonLimits& limits) const;

  /// The body, which must have been read, as a form: `application/x-www-form-urlencoded` or `multipart/form-data`. Throws `HttpError`: 415 where it
  /// is neither, 413 past the limits, 400 where it is malformed. Files in it are in memory: `FormReader` takes large ones piece by piece.
  [[nodiscard]] Form form() const;
  [[nodiscard]] Form form(const FormLimits& limits) const;

  /// What middlewares have attached. It costs nothing where nobody does.
  [[nodiscard]] Attributes& attributes();
  [[nodiscard]] const Attributes& attributes() const noexcept;

  /// Sends an interim response (RFC 9110 §15.2) with `fields` while the answer is still being made. `status`: 102 to 199; 100 and 101 are the
  /// framework's. For `AsyncHandler` and `Middleware`; it does nothing elsewhere, and for a client of HTTP/1.0, which would not understand it.
  [[nodiscard]] awaitable<void> interim(Status status, const Headers& fields);
  /// The same as `103 Early Hints` (RFC 8297), with fields such as `Link: </style.css>; rel=preload`.
  [[nodiscard]] awaitable<void> early_hints(const Headers& fields) { return interim(Status::early_hints, fields); }

  /// Whether nobody waits for the answer any more: the client has gone, or the request was given up (`timeouts.handler`). For `AsyncHandler`
  /// and `Middleware`, while they run; a system call, so ask a few times a second. A client that has only ended its sending side still
  /// reads: of HTTP/1.1, it is sent `100 Continue` once, since one that has closed refuses that; of HTTP/1.0 it is taken to wait.
  [[nodiscard]] bool client_gone();

  /// Is asked to stop when nobody waits for the answer any more, as `client_gone` finds out by itself: within half a second. For handlers and
  /// middlewares that run for a while, of every kind but `Handler` and `IsolatedHandler`; elsewhere, and outside of a server, it is never asked.
  /// The connection is looked at from the first call on: not calling it costs nothing. Thread-safe.
  [[nodiscard]] std::stop_token stop_token() const;
  /// Gives this request less time than `timeouts.handler`: that long from now, and that long again whenever content has been read. More than there
  /// was is not given. For `AsyncHandler` and `Middleware`; it does nothing outside of a server.
  void limit_time(std::chrono::milliseconds time);
  /// When the server answers 503 in the handler's place (`timeouts.handler`); nothing where it does not wait, or outside of a server.
  [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> deadline() const noexcept;

  /// Whom the request came from: the peer, or where that is one of `trusted_proxies`, the client as these have told of it (`Forwarded`,
  /// `X-Forwarded-For`; see the setting `forwarded`). A numeric address without port, or "unix". The text lives as long as the request.
  [[nodiscard]] std::string_view client_address() const noexcept {
    return forwarded_ != nullptr && forwarded_->is_set ? forwarded_->address : peer_address();
  }
  /// "http" or "https": how the client asked, as far as this server or trusted proxies can tell.
  [[nodiscard]] std::string_view scheme() const noexcept {
    return forwarded_ != nullptr && forwarded_->is_set && !forwarded_->scheme.empty() ? std::string_view(forwarded_->scheme) : "http";
  }
  /// Host, and port where it is not the scheme's own, as the client asked for them: for links to this server (`scheme() + "://" + authority()`).
  /// The field `Host` says it, or a trusted proxy where `forwarded.host` lets it. Clients choose it freely: compare it with what you know.
  [[nodiscard]] std::string_view authority() const noexcept;

  /// The address and port that the request came to; "unix" and 0 on a unix socket, empty and 0 outside of a server.
  [[nodiscard]] std::string local_address() const;
  [[nodiscard]] std::uint16_t local_port() const noexcept;

  /// The address of the other end of the connection, for example "203.0.113.7" or "2001:db8::1"; "unix" on a unix socket. Behind a proxy it is the
  /// proxy's: see `client_address`. The text lives as long as the request.
  [[nodiscard]] std::string_view peer_address() const noexcept;
  [[nodiscard]] std::uint16_t peer_port() const noexcept { return peer_port_; }

  /// What the logs and `ropeway status` call this request; `RequestId::none` outside of a server. `to_string` gives its text.
  [[nodiscard]] RequestId id() const noexcept { return id_; }

 private:
  friend struct RequestAccess;  // core/src/http/request_access.hpp: how the framework fills a request

  struct Param {
    std::string_view name;  // belongs to the route
    std::string_view value;
  };
  struct Forwarded {  // what trusted proxies have told
    bool is_set = false;
    std::string address;
    std::string scheme;     // empty: nothing
    std::string authority;  // empty: nothing
  };
  [[noreturn]] void refuse_name(std::string_view param) const;

  Method method_ = Method::get;
  Version version_ = Version::http_1_1;
  std::uint8_t param_count_ = 0;
  std::uint8_t generation_ = 0;  // of those that the server asks itself; the client's own is 0
  std::uint16_t peer_port_ = 0;
  RequestId id_ = RequestId::none;
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
  std::unique_ptr<Forwarded> forwarded_;    // kept for reuse
  std::unique_ptr<Attributes> attributes_;  // where there are any
};

}  // namespace ropeway
