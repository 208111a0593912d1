// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "daemon/detection/account.h"

namespace gatewitness {
namespace {

constexpr uint32_t kDay = 24 * 60;
constexpr uint32_t kBin = 30;  // minutes
constexpr uint32_t kBins = kDay / kBin;
constexpr std::size_t kMostPhases = 3;
constexpr std::size_t kFewest = 5;  // occasions; fewer have no rhythm
constexpr uint32_t kFewestDays = 3;

double log_choose(double n, double k) {
  return std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1);
}

// P(X >= k) of a binomial distribution.
double binomial_tail(uint32_t n, uint32_t k, double p) {
  double sum = 0;
  for (uint32_t i = k; i <= n; ++i)
    sum += std::exp(log_choose(n, i) + i * std::log(p) + (n - i) * std::log(1 - p));
  return std::min(1.0, sum);
}

}  // namespace

Rhythm rhythm_of(const std::vector<uint32_t>& minutes) {
  // A burst is one occasion, however many mails it has.
  std::set<uint32_t> occasions;
  for (const uint32_t minute : minutes) occasions.insert(minute / kBin);
  if (occasions.size() < kFewest) return {};
  std::array<uint32_t, kBins> bins{};
  std::set<uint32_t> days;
  for (const uint32_t occasion : occasions) {
    ++bins[occasion % kBins];
    days.insert(occasion / kBins);
  }
  if (days.size() < kFewestDays) return {};
  // A phase is a bin with its next one, so that a burst at a bin's edge is one phase.
  std::array<bool, kBins> used{};
  Rhythm rhythm;
  uint32_t inside = 0;
  while (rhythm.phases_min.size() < kMostPhases) {
    uint32_t best = 0, most = 0;
    for (uint32_t i = 0; i < kBins; ++i) {
      const uint32_t next = (i + 1) % kBins;
      const uint32_t here = (used[i] ? 0 : bins[i]) + (used[next] ? 0 : bins[next]);
      if (here > most) most = here, best = i;
    }
    if (most < 2) break;
    used[best] = used[(best + 1) % kBins] = true;
    inside += most;
    rhythm.phases_min.push_back((best + 1) % kBins * kBin);
  }
  if (rhythm.phases_min.empty()) return {};
  const auto phases = static_cast<double>(rhythm.phases_min.size());
  const auto all = static_cast<uint32_t>(occasions.size());
  // The phases were chosen to fit: paid for by the number of ways to choose them (Bonferroni).
  const double fits = binomial_tail(all, inside, 2 * phases / kBins);
  rhythm.chance = std::min(1.0, fits * std::exp(log_choose(kBins, phases)));
  rhythm.days = static_cast<uint32_t>(days.size());
  std::sort(rhythm.phases_min.begin(), rhythm.phases_min.end());
  return rhythm;
}

}  // namespace gatewitness
