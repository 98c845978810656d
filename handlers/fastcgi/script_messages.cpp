#include "handlers/fastcgi/script_messages.hpp"

#include <algorithm>
#include <cstdint>

namespace ropeway::handlers {

void ScriptMessages::add(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t end = std::min(bytes.find('\n'), bytes.size());
    if (line_.size() < most_bytes) line_.append(bytes.substr(0, std::min(end, most_bytes - line_.size())));
    if (end == bytes.size()) return;
    bytes.remove_prefix(end + 1);
    end_line();
  }
}

void ScriptMessages::end_line() noexcept {
  while (line_.ends_with('\r')) line_.pop_back();
  if (line_.empty()) return;
  if (++lines_ <= most_lines && log_.enabled(LogLevel::warning)) {
    const std::string_view route = route_;
    const std::string_view script = script_;
    if (request_.empty()) {
      log_.warning(line_, {{"route", route}, {"script", script}});
    } else {
      log_.warning(line_, {{"route", route}, {"script", script}, {"request_id", std::string_view(request_)}});
    }
  }
  line_.clear();
}

void ScriptMessages::finish() noexcept {
  end_line();
  if (lines_ > most_lines) {
    log_.warning(
        "a script wrote more to its standard error than is logged",
        {{"route", std::string_view(route_)}, {"script", std::string_view(script_)}, {"lines", static_cast<std::int64_t>(lines_)}});
  }
  lines_ = 0;
}

}  // namespace ropeway::handlers
