// SPDX-License-Identifier: Apache-2.0
#include "daemon/report/date.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <vector>

#include "daemon/report/ascii.h"
#include "daemon/report/lexer.h"

namespace gatewitness::report {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t kMaxTokens = 24;
constexpr const char* kNoDate = "is no date of RFC 5322 or RFC 3339";

constexpr std::array<std::string_view, 7> kDays = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                      "jul", "aug", "sep", "oct", "nov", "dec"};

// RFC 5322 section 4.3. The military letters are not in it: they were used with both signs.
struct Zone {
  std::string_view name;
  int hours;
};
constexpr std::array<Zone, 12> kZones = {{{"ut", 0},
                                          {"gmt", 0},
                                          {"utc", 0},
                                          {"z", 0},
                                          {"edt", -4},
                                          {"est", -5},
                                          {"cdt", -5},
                                          {"cst", -6},
                                          {"mdt", -6},
                                          {"mst", -7},
                                          {"pdt", -7},
                                          {"pst", -8}}};

template <std::size_t N>
std::optional<unsigned> place(const std::array<std::string_view, N>& names, std::string_view word) {
  const auto found = std::find_if(names.begin(), names.end(),
                                  [&](std::string_view name) { return same(name, word.substr(0, 3)); });
  if (found == names.end() || word.size() > 9) return std::nullopt;
  return static_cast<unsigned>(found - names.begin());
}

std::optional<minutes> zone_offset(std::string_view word) {
  if (word.size() == 5 && (word.front() == '+' || word.front() == '-')) {
    const auto digits = number(word.substr(1), 9959);
    if (!digits || *digits % 100 > 59) return std::nullopt;
    const minutes offset = hours(*digits / 100) + minutes(*digits % 100);
    return word.front() == '+' ? offset : -offset;
  }
  for (const auto& zone : kZones)
    if (same(zone.name, word)) return hours(zone.hours);
  return std::nullopt;
}

// RFC 5322 section 4.3: two digits are 1950 to 2049, three are years since 1900.
std::optional<int> year_of(std::string_view word) {
  const auto value = number(word, 9999);
  if (!value || word.size() < 2) return std::nullopt;
  const int year = static_cast<int>(*value);
  if (word.size() >= 4) return year;
  return year + (word.size() == 2 && year < 50 ? 2000 : 1900);
}

// Walks over the tokens; what is not there reads as nothing.
class Tokens {
 public:
  explicit Tokens(std::span<const Token> tokens) : rest_(tokens) {}
  std::string_view word() {
    if (rest_.empty() || !rest_.front().is_word()) return {};
    const auto text = rest_.front().text;
    rest_ = rest_.subspan(1);
    return text;
  }
  std::string_view peek() const {
    return rest_.empty() || !rest_.front().is_word() ? std::string_view{} : rest_.front().text;
  }
  bool accept(char delimiter) {
    if (rest_.empty() || !rest_.front().is_delimiter(delimiter)) return false;
    rest_ = rest_.subspan(1);
    return true;
  }
  bool at_end() const { return rest_.empty(); }

 private:
  std::span<const Token> rest_;
};

struct Parts {
  std::optional<unsigned> weekday, month, day, hour, minute, second;
  std::optional<int> year;
  std::string_view zone;
};

void read_clock(Tokens& tokens, Parts& parts) {
  parts.hour = number(tokens.word(), 23);
  if (!tokens.accept(':')) parts.hour.reset();
  parts.minute = number(tokens.word(), 59);
  parts.second = tokens.accept(':') ? number(tokens.word(), 60) : 0;
}

// "Mon, 2 Mar 2026 12:03:11 +0100", and asctime's "Mon Mar  2 12:03:11 2026", perhaps with a zone before the
// year.
Parts read_parts(Tokens& tokens) {
  Parts parts;
  if (!tokens.peek().empty() && !is_digit(tokens.peek().front())) {
    if (const auto weekday = place(kDays, tokens.peek())) {
      parts.weekday = weekday;
      (void)tokens.word();
      (void)tokens.accept(',');
    }
  }
  const bool month_first = place(kMonths, tokens.peek()).has_value();
  if (month_first) parts.month = place(kMonths, tokens.word());
  parts.day = number(tokens.word(), 31);
  if (!month_first) {
    parts.month = place(kMonths, tokens.word());
    parts.year = year_of(tokens.word());
  }
  read_clock(tokens, parts);
  if (month_first) {
    if (!tokens.peek().empty() && !is_digit(tokens.peek().front())) parts.zone = tokens.word();
    parts.year = year_of(tokens.word());
  }
  if (parts.zone.empty()) parts.zone = tokens.word();
  return parts;
}

std::expected<Moment, std::string> parse_mail_date(std::string_view text) {
  Lexer lexer(text, ",:");
  std::vector<Token> found;
  while (const auto token = lexer.next()) {
    if (found.size() == kMaxTokens) return std::unexpected(kNoDate);
    if (!token->is_comment()) found.push_back(*token);
  }
  Tokens tokens(found);
  const Parts parts = read_parts(tokens);
  if (!parts.day || !parts.month || !parts.year || !parts.hour || !parts.minute || !parts.second)
    return std::unexpected(kNoDate);
  const auto date =
      std::chrono::year(*parts.year) / static_cast<int>(*parts.month + 1) / static_cast<int>(*parts.day);
  if (!date.ok()) return std::unexpected("is of a date that does not exist");
  const auto day = std::chrono::sys_days(date);
  const auto offset = zone_offset(parts.zone);
  Moment moment;
  moment.zone_known = offset.has_value();
  moment.weekday_matches = !parts.weekday || std::chrono::weekday(day).c_encoding() == *parts.weekday;
  moment.time = Timestamp(day) + hours(*parts.hour) + minutes(*parts.minute) + seconds(*parts.second) -
                offset.value_or(minutes(0));
  return moment;
}

}  // namespace

std::expected<Moment, std::string> parse_date(std::string_view text) {
  text = trimmed(text);
  if (text.empty()) return std::unexpected("is empty");
  const bool rfc3339 =
      text.size() > 10 && text[4] == '-' && text[7] == '-' && number(text.substr(0, 4), 9999);
  if (!rfc3339) return parse_mail_date(text);
  if (text.size() > 64) return std::unexpected(kNoDate);
  if (const auto time = parse_timestamp(text)) return Moment{.time = *time};
  const auto time = parse_timestamp(std::string(text) + "Z");
  if (!time) return std::unexpected(kNoDate);
  return Moment{.time = *time, .zone_known = false};
}

}  // namespace gatewitness::report
