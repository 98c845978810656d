#include "core/src/observability/calendar.hpp"

#include <array>
#include <ctime>
#include <string_view>

namespace ropeway::observability {
namespace {

constexpr std::array<std::string_view, 12> month_names = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

void append_digits(std::string& out, unsigned value, std::size_t width) {
  std::array<char, 8> digits{};
  for (std::size_t i = width; i > 0; --i, value /= 10) digits[i - 1] = static_cast<char>('0' + value % 10);
  out.append(digits.data(), width);
}

void append_clock(std::string& out, unsigned hours, unsigned minutes, unsigned seconds) {
  append_digits(out, hours, 2);
  out += ':';
  append_digits(out, minutes, 2);
  out += ':';
  append_digits(out, seconds, 2);
}

struct Civil {
  explicit Civil(std::chrono::sys_seconds second)
      : date(std::chrono::floor<std::chrono::days>(second)),
        seconds_of_day(static_cast<unsigned>((second - std::chrono::floor<std::chrono::days>(second)).count())) {}
  [[nodiscard]] unsigned year() const { return static_cast<unsigned>(static_cast<int>(date.year())); }
  [[nodiscard]] unsigned month() const { return static_cast<unsigned>(date.month()); }
  [[nodiscard]] unsigned day() const { return static_cast<unsigned>(date.day()); }
  void append_clock_to(std::string& out) const { append_clock(out, seconds_of_day / 3600, seconds_of_day / 60 % 60, seconds_of_day % 60); }
  std::chrono::year_month_day date;
  unsigned seconds_of_day;
};

}  // namespace

void append_iso_second(std::string& out, std::chrono::sys_seconds second) {
  const Civil civil(second);
  append_digits(out, civil.year(), 4);
  out += '-';
  append_digits(out, civil.month(), 2);
  out += '-';
  append_digits(out, civil.day(), 2);
  out += 'T';
  civil.append_clock_to(out);
}

void append_common_log_second(std::string& out, std::chrono::sys_seconds second) {
  const Civil civil(second);
  append_digits(out, civil.day(), 2);
  out += '/';
  out += month_names[civil.month() - 1];
  out += '/';
  append_digits(out, civil.year(), 4);
  out += ':';
  civil.append_clock_to(out);
  out += " +0000";
}

void append_local_second(std::string& out, std::chrono::sys_seconds second) {
  const std::time_t time = std::chrono::system_clock::to_time_t(second);
  std::tm local{};
  if (::localtime_r(&time, &local) == nullptr) return Civil(second).append_clock_to(out);
  append_clock(out, static_cast<unsigned>(local.tm_hour), static_cast<unsigned>(local.tm_min), static_cast<unsigned>(local.tm_sec));
}

void append_milliseconds(std::string& out, std::chrono::system_clock::time_point time) {
  const auto within = time - std::chrono::floor<std::chrono::seconds>(time);
  out += '.';
  append_digits(out, static_cast<unsigned>(std::chrono::duration_cast<std::chrono::milliseconds>(within).count()), 3);
}

}  // namespace ropeway::observability
