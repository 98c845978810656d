#include "core/src/server/common_fields.hpp"

#include <array>
#include <chrono>
#include <cstdint>

#include "core/src/http/date.hpp"
#include "core/src/server/system_clock.hpp"

namespace ropeway::server {

CommonFields::CommonFields(std::string_view server_name) {
  if (!server_name.empty()) server_field_ = "Server: " + std::string(server_name) + "\r\n";
}

std::string_view CommonFields::get() const {
  struct Cached {
    const CommonFields* owner = nullptr;
    std::int64_t second = -1;
    std::string text;
  };
  thread_local Cached cached;
  const auto now = std::chrono::floor<std::chrono::seconds>(coarse_system_time());
  const std::int64_t second = now.time_since_epoch().count();
  if (cached.second != second || cached.owner != this) {
    cached.owner = this;
    cached.second = second;
    std::array<char, http::date_size> date;
    http::format_date(now, date);
    cached.text.assign("Date: ").append(date.data(), date.size()).append("\r\n").append(server_field_);
  }
  return cached.text;
}

}  // namespace ropeway::server
