#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <ropeway/awaitable.hpp>
#include <ropeway/request.hpp>

namespace ropeway {

namespace http {
class MultipartDecoder;
}

/// What stands in front of one part of a form (RFC 7578 §4).
struct FormPart {
  std::string name;                     ///< of the field
  std::optional<std::string> filename;  ///< of a file, as sent: to be checked before it names anything
  std::string media_type;               ///< "text/plain" where the part has none
};

/// Bounds of a form; past them, status 413.
struct FormLimits {
  std::size_t parts = 1000;           ///< fields and files
  std::size_t head_bytes = 8 * 1024;  ///< fields in front of one part
};

/// Reads a form of the type multipart/form-data piece by piece, so that a file of any size takes no more memory than a piece. For an
/// `AsyncHandler`; one coroutine at a time. It lives no longer than the request.
///
///     FormReader form(request);
///     while (auto part = co_await form.next()) {
///       for (auto piece = co_await form.read(); !piece.empty(); piece = co_await form.read()) ...
///     }
class FormReader {
 public:
  /// Throws `HttpError`: 415 where the request has no content of that type, 400 where its boundary is missing or malformed.
  explicit FormReader(Request& request, const FormLimits& limits = {});
  ~FormReader();
  FormReader(const FormReader&) = delete;
  FormReader& operator=(const FormReader&) = delete;

  /// The next part, past what is left of the one before; nothing at the end. Throws `HttpError` 400 where the form is malformed or breaks
  /// off, 413 past the limits, and what `BodyReader::read` throws.
  [[nodiscard]] awaitable<std::optional<FormPart>> next();
  /// The next piece of the part's content, valid until the next call; empty at its end. Throws as `next` does.
  [[nodiscard]] awaitable<std::string_view> read();

 private:
  [[nodiscard]] awaitable<void> feed();

  Request& request_;
  std::unique_ptr<http::MultipartDecoder> decoder_;
  bool in_part_ = false;
};

}  // namespace ropeway
