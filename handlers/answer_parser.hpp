#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <ropeway/response.hpp>

namespace ropeway::handlers {

/// How a script's answer begins (RFC 3875 §6): fields up to an empty line, each line ended by LF or CR LF. It may come in any pieces, and
/// is malformed past a bound. What it becomes (§6.2):
/// - `Status` and the like, and `Content-Type`: a document, 200 without `Status`;
/// - `Location` with a URL: a redirect for the client, 302 without `Status`;
/// - `Location` with a path and nothing else: another resource of this server is to be sent, and `local` is where it is. With other fields, or
///   with `Status`, it is for the client.
class AnswerParser {
 public:
  enum class State : std::uint8_t { incomplete, complete, malformed };
  static constexpr std::size_t most_bytes = 64 * 1024;
  static constexpr std::size_t most_fields = 200;

  AnswerParser() = default;
  /// Of at most so many bytes.
  explicit AnswerParser(std::size_t bytes) noexcept : most_bytes_(bytes) {}

  /// To be called until it is no longer `incomplete`.
  [[nodiscard]] State add(std::string_view bytes);
  /// What is wrong, for the log.
  [[nodiscard]] std::string_view mistake() const noexcept { return mistake_; }

  /// After `complete`: status and fields; and what of the content has come already.
  [[nodiscard]] Response take_response() noexcept { return std::move(response_); }
  [[nodiscard]] std::string take_rest() noexcept { return std::move(text_); }
  /// Path and query of another resource that is the answer; empty where there is none.
  [[nodiscard]] const std::string& local() const noexcept { return local_; }

 private:
  [[nodiscard]] State malformed(std::string_view mistake) noexcept;
  [[nodiscard]] bool read_field(std::string_view line);
  [[nodiscard]] bool read_status(std::string_view value);
  [[nodiscard]] State finish();

  std::size_t most_bytes_ = most_bytes;
  std::string text_;
  std::size_t line_begin_ = 0;
  std::size_t looked_at_ = 0;  // no line ends before
  std::size_t fields_ = 0;
  bool has_status_ = false;
  std::string local_;
  std::string_view mistake_;
  Response response_{Status::ok};
};

}  // namespace ropeway::handlers
