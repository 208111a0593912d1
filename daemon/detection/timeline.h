// SPDX-License-Identifier: Apache-2.0
//
// Time to reckon with. A router starts in 1970 and is set by NTP minutes later; taken at its word, all that
// was learned would be half a century old, or not yet have happened. This timeline goes on by what passed
// between records and takes a step of the clock for no time at all. Owned by the detector. Value.
#pragma once

#include "probes/wire/time.h"

namespace gatewitness {

class Timeline {
 public:
  // A longer gap between two records than this is a clock that was set; so is a step back by more than kBack.
  static constexpr Duration kGap = std::chrono::hours(24 * 60);
  static constexpr Duration kBack = std::chrono::minutes(10);

  // The clock shows that; records come about in order.
  void advance(Timestamp shown) {
    if (newest_ != Timestamp{} && (shown - newest_ > kGap || newest_ - shown > kBack)) {
      offset_ += newest_ - shown;
      newest_ = shown;
    } else if (newest_ == Timestamp{} || shown > newest_) {
      newest_ = shown;
    }
  }
  // What the clock shows, as time to reckon with.
  Timestamp at(Timestamp shown) const { return shown + offset_; }
  // And back.
  Timestamp shown(Timestamp reckoned) const { return reckoned - offset_; }

  Duration offset() const { return offset_; }
  Timestamp newest() const { return newest_; }
  void put_back(Duration offset, Timestamp newest) { offset_ = offset, newest_ = newest; }

 private:
  Duration offset_{};
  Timestamp newest_;
};

}  // namespace gatewitness
