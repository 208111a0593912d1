// SPDX-License-Identifier: Apache-2.0
#include "probes/wire/time.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <optional>

namespace gatewitness {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// Reads fixed-width fields one after the other; the first thing that does not fit latches.
class Fields {
 public:
  explicit Fields(std::string_view text) : rest_(text) {}
  unsigned digits(std::size_t count) {
    unsigned value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (rest_.empty() || rest_.front() < '0' || rest_.front() > '9') {
        ok_ = false;
        return 0;
      }
      value = value * 10 + static_cast<unsigned>(rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    return value;
  }
  bool accept(std::string_view any_of) {
    if (rest_.empty() || any_of.find(rest_.front()) == any_of.npos) return false;
    taken_ = rest_.front();
    rest_.remove_prefix(1);
    return true;
  }
  void require(std::string_view any_of) { ok_ = accept(any_of) && ok_; }
  bool next_is_digit() const { return !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; }
  char taken() const { return taken_; }
  bool at_end() const { return rest_.empty(); }
  bool ok() const { return ok_; }

 private:
  std::string_view rest_;
  char taken_ = 0;
  bool ok_ = true;
};

Duration read_fraction(Fields& fields) {
  int64_t value = 0;
  int digits = 0;
  for (; digits < 9 && fields.next_is_digit(); ++digits) {
    const unsigned digit = fields.digits(1);
    if (digits < 6) value = value * 10 + digit;
  }
  if (digits == 0) (void)fields.digits(1);  // a point without digits is no fraction
  for (; digits < 6; ++digits) value *= 10;
  return Duration(value);
}

// What to subtract from the local time to get UTC; nullopt: absent or out of range.
std::optional<minutes> read_offset(Fields& fields) {
  if (fields.accept("Zz")) return minutes(0);
  if (!fields.accept("+-")) return std::nullopt;
  const bool east = fields.taken() == '+';
  const unsigned hour = fields.digits(2);
  (void)fields.accept(":");
  const unsigned minute = fields.digits(2);
  if (!fields.ok() || hour > 23 || minute > 59) return std::nullopt;
  const minutes offset = hours(hour) + minutes(minute);
  return east ? offset : -offset;
}

}  // namespace

std::string to_string(Timestamp time) {
  using std::chrono::year_month_day;
  constexpr Timestamp kFirst = std::chrono::sys_days(std::chrono::year(0) / 1 / 1);
  constexpr Timestamp kLast = std::chrono::sys_days(std::chrono::year(10000) / 1 / 1) - Duration(1);
  time = std::clamp(time, kFirst, kLast);
  const auto day = std::chrono::floor<days>(time);
  const year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
                static_cast<int>(clock.subseconds().count()));
  return text.data();
}

std::string to_the_minute(Timestamp time) {
  std::string text = to_string(time).substr(0, 16);
  text[10] = ' ';
  return text + " UTC";
}

std::expected<Timestamp, std::string> parse_timestamp(std::string_view text) {
  Fields fields(text);
  const auto year = static_cast<int>(fields.digits(4));
  fields.require("-");
  const unsigned month = fields.digits(2);
  fields.require("-");
  const unsigned day = fields.digits(2);
  fields.require("Tt ");
  const unsigned hour = fields.digits(2);
  fields.require(":");
  const unsigned minute = fields.digits(2);
  fields.require(":");
  const unsigned second = fields.digits(2);
  const Duration fraction = fields.accept(".") ? read_fraction(fields) : Duration(0);
  if (!fields.ok()) return std::unexpected("must look like 2026-11-24T12:03:11Z");
  const auto offset = read_offset(fields);
  if (!offset || !fields.at_end()) return std::unexpected("must end in Z or an offset such as +01:00");
  const auto date = std::chrono::year(year) / static_cast<int>(month) / static_cast<int>(day);
  // 60 is a leap second (RFC 3339 section 5.6); it is counted as the next second.
  if (!date.ok() || hour > 23 || minute > 59 || second > 60)
    return std::unexpected("is not a date and time that exists");
  return Timestamp(std::chrono::sys_days(date)) + hours(hour) + minutes(minute) + seconds(second) + fraction -
         *offset;
}

}  // namespace gatewitness
