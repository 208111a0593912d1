// SPDX-License-Identifier: Apache-2.0
//
// Scalars of the configuration, read strictly from their text: yaml-cpp would take 010 for eight, 1e3 for a
// whole number and .nan for a rate. Private to this folder.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "probes/wire/time.h"

namespace gatewitness::config {

// Decimal digits without sign or leading zero.
std::optional<uint64_t> parse_count(std::string_view text);
// A finite decimal number, "0.1" or "1e-5".
std::optional<double> parse_real(std::string_view text);
// A count and its unit: ms, s, m, h or d ("90s", "10m"); nothing beyond 10000 days.
std::optional<Duration> parse_duration(std::string_view text);
// In the largest unit that divides it: 600 s is "10m".
std::string duration_text(Duration duration);

bool has_leading_zero(std::string_view text);

// The nearest of the candidates by edit distance, if it is near enough to be a slip of the pen.
class Suggestion {
 public:
  explicit Suggestion(std::string_view wanted) : wanted_(wanted) {}
  void offer(std::string_view candidate);
  const std::optional<std::string>& best() const { return best_; }

 private:
  std::string wanted_;
  std::optional<std::string> best_;
  std::size_t best_distance_ = 0;
};

}  // namespace gatewitness::config
