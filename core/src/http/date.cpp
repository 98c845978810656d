#include "core/src/http/date.hpp"

#include <algorithm>

namespace ropeway::http {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::sys_seconds;
using std::chrono::year_month_day;

constexpr std::string_view day_names = "SunMonTueWedThuFriSat";
constexpr std::string_view month_names = "JanFebMarAprMayJunJulAugSepOctNovDec";
constexpr std::string_view long_day_names[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};

char* put_text(char* out, std::string_view text) noexcept { return std::copy(text.begin(), text.end(), out); }

char* put_digits(char* out, unsigned value, unsigned count) noexcept {
  for (unsigned i = count; i-- > 0; value /= 10) out[i] = static_cast<char>('0' + value % 10);
  return out + count;
}

// Reads a date from left to right; after the first thing that is not as expected it has failed, and stays so.
class DateReader {
 public:
  explicit DateReader(std::string_view text) noexcept : rest_(text) {}

  void expect(std::string_view text) noexcept {
    if (rest_.starts_with(text))
      rest_.remove_prefix(text.size());
    else
      failed_ = true;
  }
  unsigned digits(std::size_t count) noexcept {
    if (rest_.size() < count) return fail();
    unsigned value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (rest_[i] < '0' || rest_[i] > '9') return fail();
      value = value * 10 + static_cast<unsigned>(rest_[i] - '0');
    }
    rest_.remove_prefix(count);
    return value;
  }
  // A day of the month of asctime: two digits, or a space and one.
  unsigned padded_day() noexcept {
    if (rest_.empty() || rest_[0] != ' ') return digits(2);
    rest_.remove_prefix(1);
    return digits(1);
  }
  // The number of a name of three letters in `names`. Case matters (RFC 9110 §5.6.7).
  unsigned name(std::string_view names) noexcept {
    for (std::size_t i = 0; i + 3 <= names.size() && rest_.size() >= 3; i += 3) {
      if (!rest_.starts_with(names.substr(i, 3))) continue;
      rest_.remove_prefix(3);
      return static_cast<unsigned>(i / 3);
    }
    return fail();
  }
  void time_of_day() noexcept {
    hour_ = digits(2);
    expect(":");
    minute_ = digits(2);
    expect(":");
    second_ = digits(2);
  }
  [[nodiscard]] std::optional<sys_seconds> finish(int year, unsigned month, unsigned day) const noexcept {
    const year_month_day date{std::chrono::year(year), std::chrono::month(month + 1), std::chrono::day(day)};
    // 60 is a leap second; it counts as the second that follows.
    if (failed_ || !rest_.empty() || !date.ok() || hour_ > 23 || minute_ > 59 || second_ > 60) return std::nullopt;
    return sys_days(date) + std::chrono::hours(hour_) + std::chrono::minutes(minute_) + std::chrono::seconds(second_);
  }

 private:
  unsigned fail() noexcept {
    failed_ = true;
    return 0;
  }
  std::string_view rest_;
  bool failed_ = false;
  unsigned hour_ = 0;
  unsigned minute_ = 0;
  unsigned second_ = 0;
};

// "Sun, 06 Nov 1994 08:49:37 GMT". The name of the day is not compared with the date: senders that have it wrong mean the date.
std::optional<sys_seconds> parse_fixed(std::string_view text) noexcept {
  DateReader reader(text);
  reader.name(day_names);
  reader.expect(", ");
  const unsigned day = reader.digits(2);
  reader.expect(" ");
  const unsigned month = reader.name(month_names);
  reader.expect(" ");
  const unsigned year = reader.digits(4);
  reader.expect(" ");
  reader.time_of_day();
  reader.expect(" GMT");
  return reader.finish(static_cast<int>(year), month, day);
}

// "Sun Nov  6 08:49:37 1994"
std::optional<sys_seconds> parse_asctime(std::string_view text) noexcept {
  DateReader reader(text);
  reader.name(day_names);
  reader.expect(" ");
  const unsigned month = reader.name(month_names);
  reader.expect(" ");
  const unsigned day = reader.padded_day();
  reader.expect(" ");
  reader.time_of_day();
  reader.expect(" ");
  const unsigned year = reader.digits(4);
  return reader.finish(static_cast<int>(year), month, day);
}

// "Sunday, 06-Nov-94 08:49:37 GMT", from the first digit on.
std::optional<sys_seconds> parse_rfc850(std::string_view text, sys_seconds now) noexcept {
  DateReader reader(text);
  const unsigned day = reader.digits(2);
  reader.expect("-");
  const unsigned month = reader.name(month_names);
  reader.expect("-");
  const unsigned short_year = reader.digits(2);
  reader.expect(" ");
  reader.time_of_day();
  reader.expect(" GMT");
  const int this_year = static_cast<int>(year_month_day(std::chrono::floor<days>(now)).year());
  // "More than 50 years in the future" is counted in whole years.
  int year = this_year - this_year % 100 + 100 + static_cast<int>(short_year);
  while (year > this_year + 50) year -= 100;
  return reader.finish(year, month, day);
}

}  // namespace

void format_date(sys_seconds time, std::span<char, date_size> out) noexcept {
  constexpr sys_seconds first = sys_days(std::chrono::year(0) / 1 / 1);
  constexpr sys_seconds last = sys_days(std::chrono::year(9999) / 12 / 31) + 24h - 1s;
  time = std::clamp(time, first, last);
  const auto day = std::chrono::floor<days>(time);
  const year_month_day date(day);
  const auto second = static_cast<unsigned>((time - day).count());
  char* to = put_text(out.data(), day_names.substr(std::chrono::weekday(day).c_encoding() * 3, 3));
  to = put_digits(put_text(to, ", "), static_cast<unsigned>(date.day()), 2);
  to = put_text(put_text(to, " "), month_names.substr((static_cast<unsigned>(date.month()) - 1) * 3, 3));
  to = put_digits(put_text(to, " "), static_cast<unsigned>(static_cast<int>(date.year())), 4);
  to = put_digits(put_text(to, " "), second / 3600, 2);
  to = put_digits(put_text(to, ":"), second / 60 % 60, 2);
  to = put_digits(put_text(to, ":"), second % 60, 2);
  put_text(to, " GMT");
}

std::optional<sys_seconds> parse_date(std::string_view text, sys_seconds now) noexcept {
  for (const std::string_view name : long_day_names) {
    if (text.starts_with(name) && text.substr(name.size()).starts_with(", ")) return parse_rfc850(text.substr(name.size() + 2), now);
  }
  return text.size() == date_size ? parse_fixed(text) : parse_asctime(text);
}

}  // namespace ropeway::http
