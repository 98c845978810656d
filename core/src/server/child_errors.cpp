#include "core/src/server/child_errors.hpp"

#include <algorithm>

namespace ropeway::server {
namespace {

constexpr char level_mark = '\x01';  // begins a line whose second byte is its level

}  // namespace

void ChildErrors::add(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t end = std::min(bytes.find('\n'), bytes.size());
    if (line_.size() < most_bytes) line_.append(bytes.substr(0, std::min(end, most_bytes - line_.size())));
    if (end == bytes.size()) return;
    bytes.remove_prefix(end + 1);
    add_line(line_);
    line_.clear();
  }
}

void ChildErrors::finish() {
  if (!line_.empty()) add_line(line_);
  line_.clear();
  if (lines_ <= most_lines) return;
  log_->warning("a child wrote more to its standard error than is logged",
                {{"child", std::string_view(child_)}, {"lines", static_cast<std::int64_t>(lines_)}});
  lines_ = 0;
}

void ChildErrors::add_line(std::string_view line) {
  LogLevel level = LogLevel::warning;
  if (line.size() >= 2 && line.front() == level_mark) {
    level = static_cast<LogLevel>(std::clamp(line[1] - '0', 0, static_cast<int>(LogLevel::error)));
    line.remove_prefix(2);
  }
  while (line.ends_with('\r')) line.remove_suffix(1);
  if (line.empty()) return;
  last_.emplace_back(line);
  if (last_.size() > lines_kept) last_.pop_front();
  if (++lines_ > most_lines || !log_->enabled(level)) return;
  log_->log(level, line, {{"child", std::string_view(child_)}});
}

std::string ChildErrors::last_lines() const {
  std::string text;
  for (const std::string& line : last_) text += (text.empty() ? "" : " | ") + line;
  return text;
}

std::string child_log_line(LogLevel level, std::string_view text) {
  std::string line{level_mark, static_cast<char>('0' + static_cast<int>(level))};
  line.append(text).push_back('\n');
  return line;
}

}  // namespace ropeway::server
