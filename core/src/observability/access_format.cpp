#include "core/src/observability/access_format.hpp"

#include <array>
#include <charconv>
#include <concepts>

#include "core/src/observability/calendar.hpp"
#include "core/src/observability/escaping.hpp"
#include "core/src/observability/terminal.hpp"

namespace ropeway::observability {
namespace {

void append_number(std::string& out, std::integral auto value) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

void append_or_dash(std::string& out, std::string_view text) {
  if (text.empty()) {
    out += '-';
  } else {
    append_quotable(out, text);
  }
}

// `value` tenths: "1.2", "120".
void append_tenths(std::string& out, std::uint64_t value) {
  append_number(out, value / 10);
  if (value >= 1000) return;
  out += '.';
  append_number(out, value % 10);
}

void append_size(std::string& out, std::uint64_t bytes) {
  constexpr std::array<std::string_view, 5> units = {" KiB", " MiB", " GiB", " TiB", " PiB"};
  if (bytes < 1024) {
    append_number(out, bytes);
    out += " B";
    return;
  }
  std::size_t unit = 0;
  std::uint64_t scale = 1024;
  while (unit + 1 < units.size() && bytes / scale >= 1024) scale *= 1024, ++unit;
  append_tenths(out, bytes / scale * 10 + bytes % scale * 10 / scale);
  out += units[unit];
}

void append_duration(std::string& out, std::chrono::nanoseconds duration) {
  const auto microseconds = static_cast<std::uint64_t>(std::max<std::int64_t>(0, duration.count() / 1000));
  if (microseconds < 1000) {
    append_number(out, microseconds);
    out += " us";
  } else if (microseconds < 1'000'000) {
    append_tenths(out, microseconds / 100);
    out += " ms";
  } else {
    append_tenths(out, microseconds / 100'000);
    out += " s";
  }
}

std::string_view client_of(const AccessRecord& record) noexcept {
  return record.client_address.empty() ? record.peer_address : record.client_address;
}

std::string_view colour(unsigned status) noexcept {
  if (status < 200) return "\033[36m";
  if (status < 300) return "\033[32m";
  if (status < 400) return "\033[36m";
  if (status < 500) return "\033[33m";
  return "\033[31m";
}

void append_member(std::string& out, std::string_view name, std::string_view value) {
  out += ",\"";
  out += name;
  out += "\":";
  append_json_string(out, value);
}

void append_member(std::string& out, std::string_view name, std::integral auto value) {
  out += ",\"";
  out += name;
  out += "\":";
  append_number(out, value);
}

}  // namespace

void AccessFormatter::append(std::string& out, const AccessRecord& record) {
  switch (format_) {
    case AccessLog::Format::combined: return append_combined(out, record);
    case AccessLog::Format::json: return append_json(out, record);
    case AccessLog::Format::terminal: return append_terminal(out, record);
  }
}

const std::string& AccessFormatter::second_text(std::chrono::sys_seconds second) {
  if (second != second_) {
    second_text_.clear();
    switch (format_) {
      case AccessLog::Format::combined: append_common_log_second(second_text_, second); break;
      case AccessLog::Format::json: append_iso_second(second_text_, second); break;
      case AccessLog::Format::terminal: append_local_second(second_text_, second); break;
    }
    second_ = second;
  }
  return second_text_;
}

// Apache's "combined": %h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-agent}i".
void AccessFormatter::append_combined(std::string& out, const AccessRecord& record) {
  append_or_dash(out, client_of(record));
  out += " - - [";
  out += second_text(std::chrono::floor<std::chrono::seconds>(record.time));
  out += "] \"";
  append_or_dash(out, record.method);
  if (!record.method.empty()) {
    out += ' ';
    append_or_dash(out, record.target);
    out += ' ';
    append_or_dash(out, record.version);
  }
  out += "\" ";
  append_number(out, code(record.status));
  out += ' ';
  if (record.body_bytes == 0) {
    out += '-';
  } else {
    append_number(out, record.body_bytes);
  }
  out += " \"";
  append_or_dash(out, record.referer);
  out += "\" \"";
  append_or_dash(out, record.user_agent);
  out += "\"\n";
}

void AccessFormatter::append_json(std::string& out, const AccessRecord& record) {
  out += "{\"time\":\"";
  out += second_text(std::chrono::floor<std::chrono::seconds>(record.time));
  append_milliseconds(out, record.time);
  out += "Z\"";
  append_member(out, "duration_us", std::chrono::duration_cast<std::chrono::microseconds>(record.duration).count());
  append_member(out, "peer", record.peer_address);
  append_member(out, "client", client_of(record));
  append_member(out, "method", record.method);
  append_member(out, "target", record.target);
  append_member(out, "version", record.version);
  append_member(out, "host", record.host);
  append_member(out, "status", code(record.status));
  append_member(out, "bytes", record.body_bytes);
  append_member(out, "referer", record.referer);
  append_member(out, "user_agent", record.user_agent);
  append_member(out, "handler", record.handler);
  append_member(out, "request_id", to_string(record.id));
  out += "}\n";
}

void AccessFormatter::append_terminal(std::string& out, const AccessRecord& record) {
  const auto paint = [&](std::string_view sequence) {
    if (coloured_) out += sequence;
  };
  paint(dim);
  out += second_text(std::chrono::floor<std::chrono::seconds>(record.time));
  paint(reset);
  out += "  ";
  paint(colour(code(record.status)));
  append_number(out, code(record.status));
  paint(reset);
  out += "  ";
  append_or_dash(out, record.method);
  for (std::size_t width = record.method.size(); width < 4; ++width) out += ' ';
  out += ' ';
  append_or_dash(out, record.target);
  paint(dim);
  out += "  ";
  append_size(out, record.body_bytes);
  out += "  ";
  append_duration(out, record.duration);
  paint(reset);
  out += '\n';
}

}  // namespace ropeway::observability
