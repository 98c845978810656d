#pragma once

#include <concepts>
#include <memory>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include <ropeway/body.hpp>
#include <ropeway/cookie.hpp>
#include <ropeway/headers.hpp>
#include <ropeway/status.hpp>

namespace ropeway {

/// What a handler answers: a value that is made, changed and returned. It cannot be sent twice or forgotten.
///
/// `Content-Length`, `Transfer-Encoding`, `Connection` and `Date` are the framework's business: it sets them, and what a handler set
/// under these names is dropped. Movable, not copyable. Not safe for use from several threads at once.
/// Its memory comes from a free list of the thread and goes back there, so that a plain answer allocates nothing.
class Response {
 public:
  /// An empty answer with that status.
  explicit Response(Status status = Status::ok);
  ~Response();
  Response(Response&& other) noexcept;
  Response& operator=(Response&& other) noexcept;

  /// `text/plain; charset=utf-8`.
  [[nodiscard]] static Response text(std::string_view content);
  [[nodiscard]] static Response text(const char* content) { return text(std::string_view(content)); }
  [[nodiscard]] static Response text(std::string&& content);
  /// `text/html; charset=utf-8`.
  [[nodiscard]] static Response html(std::string_view content);
  [[nodiscard]] static Response html(const char* content) { return html(std::string_view(content)); }
  [[nodiscard]] static Response html(std::string&& content);
  /// `application/json`; `content` is JSON already.
  [[nodiscard]] static Response json(std::string_view content);
  [[nodiscard]] static Response json(const char* content) { return json(std::string_view(content)); }
  [[nodiscard]] static Response json(std::string&& content);
  /// `value` as JSON (a `nlohmann::json` or `ordered_json`: include <ropeway/json.hpp>). What is no UTF-8 in its strings becomes U+FFFD.
  template <class Json>
    requires(std::same_as<Json, nlohmann::json> || std::same_as<Json, nlohmann::ordered_json>)
  [[nodiscard]] static Response json(const Json& value) {
    return dump(value);
  }
  /// Sends the client to `location`, a URI reference that is already percent-encoded. Not for one that a client has brought: see `local_redirect`.
  [[nodiscard]] static Response redirect(std::string_view location, Status status = Status::found);
  /// The answer to a form that was sent: the client gets `location` (303).
  [[nodiscard]] static Response see_other(std::string_view location) { return redirect(location, Status::see_other); }
  /// The same request again elsewhere, with its method and content (307; 308 for good).
  [[nodiscard]] static Response temporary_redirect(std::string_view location) { return redirect(location, Status::temporary_redirect); }
  [[nodiscard]] static Response permanent_redirect(std::string_view location) { return redirect(location, Status::permanent_redirect); }
  /// To a place that the client has named itself (`?next=/cart`): throws `HttpError` 400 where that leads to another host, or to what is no URI
  /// reference (`is_local_reference`).
  [[nodiscard]] static Response local_redirect(std::string_view location, Status status = Status::see_other);
  /// A short page in the format that errors have everywhere: status and explanation as text.
  [[nodiscard]] static Response error(Status status, std::string_view explanation = {});
  /// A body that is produced while it is sent; see `BodyStream`.
  [[nodiscard]] static Response stream(std::string_view media_type, BodyStream stream);

  [[nodiscard]] Status status() const noexcept { return status_; }
  [[nodiscard]] Headers& headers() noexcept;
  [[nodiscard]] const Headers& headers() const noexcept;
  [[nodiscard]] Body& body() noexcept;
  [[nodiscard]] const Body& body() const noexcept;

  Response& status(Status status) & noexcept {
    status_ = status;
    return *this;
  }
  Response&& status(Status status) && noexcept {
    status_ = status;
    return std::move(*this);
  }
  /// Replaces the fields of that name. Throws `std::invalid_argument` as `Headers::set` does.
  Response& header(std::string_view name, std::string_view value) &;
  Response&& header(std::string_view name, std::string_view value) &&;

  /// Has the client keep a cookie. Throws `std::invalid_argument` where it would be refused or mean something else: an unfit name, value, path or
  /// domain, a prefix whose rules it breaks, `SameSite=None` without `Secure`, or more than 4096 bytes.
  Response& set_cookie(const Cookie& cookie) &;
  Response&& set_cookie(const Cookie& cookie) && { return std::move(set_cookie(cookie)); }
  /// Has the client forget the cookie of that name, path and domain: all three are what it was set with.
  Response& delete_cookie(std::string_view name, std::string_view path = "/", std::string_view domain = {}) &;
  Response&& delete_cookie(std::string_view name, std::string_view path = "/", std::string_view domain = {}) && {
    return std::move(delete_cookie(name, path, domain));
  }

 private:
  [[nodiscard]] static Response dump(const nlohmann::json& value);
  [[nodiscard]] static Response dump(const nlohmann::ordered_json& value);
  struct Parts;  // fields and body, recycled
  Status status_;
  std::unique_ptr<Parts> parts_;
};

}  // namespace ropeway
