#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <ropeway/multipart.hpp>

namespace ropeway::http {

/// The value of the parameter `boundary` of a media type multipart/form-data (RFC 2046 §5.1.1); nothing where it is another type, and empty
/// where there is no boundary, or none that may be.
[[nodiscard]] std::optional<std::string> form_boundary(std::string_view content_type);

/// Takes the multipart coding (RFC 2046 §5.1, RFC 7578) off a content that arrives in pieces. Line ends are CR LF. What stands in front of the
/// first delimiter and behind the last one is dropped. It holds at most the limits' `head_bytes` and one piece.
class MultipartDecoder {
 public:
  enum class Event : std::uint8_t {
    need_input,
    part,      ///< a part begins: `part()`
    data,      ///< of its content: `data()`, valid until the next call
    part_end,  ///< it has ended
    end,       ///< the form has
    malformed,
    too_large,  ///< past the limits
  };

  MultipartDecoder(std::string_view boundary, const FormLimits& limits);

  /// More of the content; all that was there before has been taken by `next`, which gave `need_input`.
  void feed(std::string_view piece) { buffer_.append(piece); }
  [[nodiscard]] Event next();

  [[nodiscard]] FormPart& part() noexcept { return part_; }
  [[nodiscard]] std::string_view data() const noexcept { return std::string_view(buffer_).substr(0, given_); }

 private:
  enum class State : std::uint8_t { preamble, delimiter, head, content, epilogue, failed };
  Event find_first();
  Event read_delimiter();
  Event read_head();
  Event read_content();
  Event fail(Event event) noexcept;
  [[nodiscard]] bool take_fields(std::string_view head);

  std::string delimiter_;  // CR LF "--" boundary
  FormLimits limits_;
  std::string buffer_;
  std::size_t given_ = 0;  // bytes at the front that `data` shows, dropped by the next call
  std::size_t parts_ = 0;
  State state_ = State::preamble;
  std::size_t skipped_ = 0;  // bytes at the front that are no content
  bool part_ended_ = false;  // to be told before the delimiter is looked at
  FormPart part_;
};

}  // namespace ropeway::http
