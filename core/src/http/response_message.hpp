#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <ropeway/response.hpp>

namespace ropeway::http {

/// Status and fields of a response, for another process; its content follows them.
[[nodiscard]] std::string pack_response_head(const Response& response);

/// Finds them again at the front of what has come so far, however it was cut.
class ResponseHeadReader {
 public:
  enum class State : std::uint8_t { incomplete, complete, malformed };
  static constexpr std::size_t most_bytes = 1024 * 1024;

  [[nodiscard]] State add(std::string_view bytes);
  /// After `complete`: the response without its content, and what of that has come already.
  [[nodiscard]] Response take_response() noexcept { return std::move(response_); }
  [[nodiscard]] std::string take_rest() noexcept { return std::move(text_); }

 private:
  [[nodiscard]] bool read_fields(std::string_view fields);
  std::string text_;
  Response response_{Status::ok};
};

}  // namespace ropeway::http
