// SPDX-License-Identifier: Apache-2.0
#include "daemon/config/values.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>
#include <vector>

namespace gatewitness::config {
namespace {

struct Unit {
  std::string_view name;
  int64_t microseconds;
};
constexpr int64_t kSecond = 1'000'000;
// Largest first.
constexpr Unit kUnits[] = {
    {"d", 86'400 * kSecond}, {"h", 3'600 * kSecond}, {"m", 60 * kSecond}, {"s", kSecond}, {"ms", 1'000}};
constexpr int64_t kLongest = 10'000 * 86'400 * kSecond;

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] != b[j]);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j + 1] + 1, row[j] + 1, replaced});
    }
  }
  return row[b.size()];
}

}  // namespace

bool has_leading_zero(std::string_view text) {
  return text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9';
}

std::optional<uint64_t> parse_count(std::string_view text) {
  if (has_leading_zero(text)) return std::nullopt;
  uint64_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> parse_real(std::string_view text) {
  const std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
  if (has_leading_zero(digits)) return std::nullopt;
  double value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<Duration> parse_duration(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto count = parse_count(text.substr(0, digits));
  if (!count) return std::nullopt;
  for (const Unit& unit : kUnits) {
    if (text.substr(digits) != unit.name) continue;
    if (*count > static_cast<uint64_t>(kLongest / unit.microseconds)) return std::nullopt;
    return Duration(static_cast<int64_t>(*count) * unit.microseconds);
  }
  return std::nullopt;
}

std::string duration_text(Duration duration) {
  for (const Unit& unit : kUnits)
    if (duration.count() != 0 && duration.count() % unit.microseconds == 0)
      return std::to_string(duration.count() / unit.microseconds) + std::string(unit.name);
  return "0s";
}

void Suggestion::offer(std::string_view candidate) {
  // A key from the file may be as long as the file.
  if (wanted_.size() > 64 || candidate.size() > 64) return;
  const std::size_t distance = edit_distance(wanted_, candidate);
  if (distance > std::max<std::size_t>(1, candidate.size() / 3)) return;
  if (best_ && best_distance_ <= distance) return;
  best_ = candidate;
  best_distance_ = distance;
}

}  // namespace gatewitness::config
