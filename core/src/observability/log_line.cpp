#include "core/src/observability/log_line.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "core/src/observability/calendar.hpp"
#include "core/src/observability/escaping.hpp"
#include "core/src/observability/terminal.hpp"

namespace ropeway::observability {
namespace {

struct LevelName {
  std::string_view padded;
  std::string_view full;
  std::string_view colour;
};

constexpr LevelName name_of(LogLevel level) noexcept {
  switch (level) {
    case LogLevel::debug: return {"debug", "debug", "\033[36m"};
    case LogLevel::info: return {"info ", "info", "\033[32m"};
    case LogLevel::warning: return {"warn ", "warning", "\033[33m"};
    case LogLevel::error:
    case LogLevel::off: break;
  }
  return {"error", "error", "\033[31m"};
}

void append_time(std::string& out, std::chrono::system_clock::time_point time) {
  append_iso_second(out, std::chrono::floor<std::chrono::seconds>(time));
  append_milliseconds(out, time);
  out += 'Z';
}

template <class Number>
void append_number(std::string& out, Number value) {
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

bool needs_quotes(std::string_view value) noexcept {
  return value.empty() || std::any_of(value.begin(), value.end(),
                                      [](unsigned char c) { return c <= ' ' || c == '"' || c == '=' || c == '\\' || c >= 0x7F; });
}

struct TextValue {
  std::string& out;
  void operator()(std::string_view value) const {
    if (!needs_quotes(value)) {
      out += value;
      return;
    }
    out += '"';
    append_readable(out, value, true);
    out += '"';
  }
  void operator()(bool value) const { out += value ? "true" : "false"; }
  void operator()(std::int64_t value) const { append_number(out, value); }
  void operator()(double value) const { append_number(out, value); }
};

struct JsonValue {
  std::string& out;
  void operator()(std::string_view value) const { append_json_string(out, value); }
  void operator()(bool value) const { out += value ? "true" : "false"; }
  void operator()(std::int64_t value) const { append_number(out, value); }
  void operator()(double value) const {
    if (std::isfinite(value)) {
      append_number(out, value);
    } else {
      out += "null";  // JSON has no name for it
    }
  }
};

}  // namespace

void append_text(std::string& out, const LogLine& line, bool coloured) {
  const LevelName level = name_of(line.level);
  if (coloured) out += dim;
  append_time(out, line.time);
  if (coloured) out += reset;
  out += ' ';
  if (coloured) out += level.colour;
  out += level.padded;
  if (coloured) out += reset;
  out += ' ';
  append_readable(out, line.process, false);
  out += " [";
  append_number(out, line.pid);
  out += "] ";
  append_readable(out, line.message, false);
  for (const LogField& field : line.fields) {
    out += ' ';
    if (coloured) out += dim;
    append_readable(out, field.name, false);
    out += '=';
    if (coloured) out += reset;
    std::visit(TextValue{out}, field.value);
  }
  out += '\n';
}

void append_json(std::string& out, const LogLine& line) {
  out += "{\"time\":\"";
  append_time(out, line.time);
  out += "\",\"level\":\"";
  out += name_of(line.level).full;
  out += "\",\"process\":";
  append_json_string(out, line.process);
  out += ",\"pid\":";
  append_number(out, line.pid);
  out += ",\"message\":";
  append_json_string(out, line.message);
  std::string_view separator = ",\"fields\":{";
  for (const LogField& field : line.fields) {
    out += separator;
    append_json_string(out, field.name);
    out += ':';
    std::visit(JsonValue{out}, field.value);
    separator = ",";
  }
  if (line.fields.size() > 0) out += '}';
  out += "}\n";
}

}  // namespace ropeway::observability
