// SPDX-License-Identifier: Apache-2.0
//
// What the judge counts, by kind of home, and the page that it prints. PURE.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/eval/kinds.h"
#include "tests/eval/play.h"

namespace gatewitness::eval {

// How one detector did against one kind of sender.
struct Caught {
  uint32_t alarmed = 0;
  std::vector<double> attempts;  // of the device until the alarm, the alarming one included
  std::vector<double> seconds;   // from its first bad attempt
};

struct SenderRow {
  std::string name;
  uint32_t homes = 0;
  uint32_t noticed = 0;  // by gatewitness: at least a notice
  Caught witness;
  std::vector<Caught> incumbents;
};

struct InnocentRow {
  std::string name;
  double home_years = 0;
  uint64_t alarms = 0;
  uint64_t notices = 0;
  std::vector<uint64_t> incumbents;
};

struct Tally {
  std::vector<SenderRow> senders;
  std::vector<InnocentRow> innocents;  // the last: what stands beside, in every home

  void judge_sender(SenderRow& row, InnocentRow& beside, const Home& home, const Played& played);
  void judge_innocent(InnocentRow& row, InnocentRow& beside, const Home& home, const Played& played);
};

// The exact interval for a Poisson rate, 95 %.
struct Interval {
  double low = 0;
  double high = 0;
};
Interval poisson_interval(uint64_t count, double exposure);

// With so many digits after the point.
std::string number(double value, int digits);
double recall(const Caught& caught, uint32_t homes);
double quantile(std::vector<double> values, double q);

// Two tables in Markdown.
std::string page(const Tally& tally);
// Sums for a sweep: one line.
std::string summary(const Tally& tally);

}  // namespace gatewitness::eval
