#pragma once

#include <string>
#include <string_view>

namespace ropeway::server {

/// The fields that every response carries, as text: `Date` (RFC 9110 §6.6.1) and `Server`. Formatted once a second for each thread.
class CommonFields {
 public:
  /// `server_name` is the value of `Server`; "" sends none. It must be a valid field value.
  explicit CommonFields(std::string_view server_name);
  /// As of now. The view lives until the next call on the same thread.
  [[nodiscard]] std::string_view get() const;

 private:
  std::string server_field_;
};

}  // namespace ropeway::server
