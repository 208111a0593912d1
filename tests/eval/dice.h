// SPDX-License-Identifier: Apache-2.0
//
// Chance that comes out the same on every machine: splitmix64 and a few distributions (the standard library's
// differ between implementations). Owned by a simulated home.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

namespace gatewitness::eval {

class Dice {
 public:
  explicit Dice(uint64_t seed) : state_(seed) {}

  uint64_t next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  // In [0, 1).
  double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  bool chance(double probability) { return unit() < probability; }
  // In [low, high].
  uint32_t between(uint32_t low, uint32_t high) {
    return low + static_cast<uint32_t>(next() % (uint64_t{high} - low + 1));
  }
  double real(double low, double high) { return low + (high - low) * unit(); }
  double exponential(double mean) { return -mean * std::log(1 - unit()); }
  double normal() { return std::sqrt(-2 * std::log(1 - unit())) * std::cos(6.283185307179586 * unit()); }
  // With that median; sigma is of the logarithm.
  double log_normal(double median, double sigma) { return median * std::exp(sigma * normal()); }
  uint32_t poisson(double mean) {
    if (mean > 60) return static_cast<uint32_t>(std::max(0.0, mean + std::sqrt(mean) * normal() + 0.5));
    const double limit = std::exp(-mean);
    uint32_t count = 0;
    for (double product = unit(); product > limit; product *= unit()) ++count;
    return count;
  }
  template <typename T>
  const T& pick(const std::vector<T>& from) {
    return from[next() % from.size()];
  }

 private:
  uint64_t state_;
};

}  // namespace gatewitness::eval
