// SPDX-License-Identifier: Apache-2.0
#include "daemon/alert/schedule.h"

#include <algorithm>
#include <charconv>
#include <string>

namespace gatewitness::alert {
namespace {

using namespace std::chrono_literals;

std::optional<int> digits(std::string_view text) {
  if (text.empty() || text.size() > 9 || text.find_first_not_of("0123456789") != text.npos)
    return std::nullopt;
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::optional<int> minute_of(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const auto hour = digits(text.substr(0, 2)), minute = digits(text.substr(3));
  if (!hour || !minute || *hour > 23 || *minute > 59) return std::nullopt;
  return *hour * 60 + *minute;
}

// "Tue, 24 Nov 2026 12:03:11 GMT"
std::optional<Timestamp> parse_http_date(std::string_view text) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() != 29 || text.substr(25) != " GMT" || text[3] != ',') return std::nullopt;
  const std::size_t month = kMonths.find(text.substr(8, 3));
  if (month == kMonths.npos || month % 3 != 0) return std::nullopt;
  std::string number = std::to_string(month / 3 + 1);
  if (number.size() < 2) number.insert(0, "0");
  const auto time =
      parse_timestamp(std::string(text.substr(12, 4)) + "-" + number + "-" + std::string(text.substr(5, 2)) +
                      "T" + std::string(text.substr(17, 8)) + "Z");
  if (!time) return std::nullopt;
  return *time;
}

}  // namespace

Outcome outcome_of(int status) {
  if (status >= 200 && status < 300) return Outcome::kDelivered;
  if (status == 0 || status == 408 || status == 425 || status == 429 || status >= 500) return Outcome::kRetry;
  return Outcome::kRefused;
}

Duration backoff(uint32_t tries, bool answered, std::optional<Duration> retry_after, double chance) {
  const Duration most = answered ? Duration(5min) : Duration(1min);
  const uint32_t doublings = std::min<uint32_t>(tries == 0 ? 0 : tries - 1, 16);
  const Duration step = std::min<Duration>(Duration(2s) * (int64_t{1} << doublings), most);
  const double share = 0.5 + 0.5 * std::clamp(chance, 0.0, 1.0);
  const Duration wait(static_cast<int64_t>(static_cast<double>(step.count()) * share));
  return retry_after ? std::max(wait, std::min<Duration>(*retry_after, 24h)) : wait;
}

std::optional<Duration> parse_retry_after(std::string_view value, Timestamp now) {
  while (!value.empty() &&
         (value.back() == ' ' || value.back() == '\t' || value.back() == '\r' || value.back() == '\n'))
    value.remove_suffix(1);
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
  if (const auto seconds = digits(value)) return std::chrono::seconds(*seconds);
  const auto date = parse_http_date(value);
  if (!date) return std::nullopt;
  return std::max(Duration::zero(), *date - now);
}

std::optional<QuietHours> parse_quiet_hours(std::string_view text) {
  if (text.size() != 11 || text[5] != '-') return std::nullopt;
  const auto from = minute_of(text.substr(0, 5)), to = minute_of(text.substr(6));
  if (!from || !to || *from == *to) return std::nullopt;
  return QuietHours{*from, *to};
}

bool is_quiet(const std::optional<QuietHours>& hours, int minute) {
  if (!hours) return false;
  if (hours->from < hours->to) return minute >= hours->from && minute < hours->to;
  return minute >= hours->from || minute < hours->to;
}

}  // namespace gatewitness::alert
