#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <ropeway/body.hpp>
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
  /// Sends the client to `location`, a URI reference that is already percent-encoded.
  [[nodiscard]] static Response redirect(std::string_view location, Status status = Status::found);
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

 private:
  struct Parts;  // fields and body, recycled
  Status status_;
  std::unique_ptr<Parts> parts_;
};

}  // namespace ropeway
