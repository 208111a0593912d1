// SPDX-License-Identifier: Apache-2.0
//
// How many within the last so long, in a fixed number of bytes: the window in slots, each a counter. Counts
// the newest kSlots slots, so a window is up to one slot (a thirtieth) shorter than asked for. Value; the
// window's length is the caller's.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>

#include "probes/wire/time.h"

namespace gatewitness {

class SlidingCount {
 public:
  static constexpr int64_t kSlots = 30;

  // by: 1, or -1 for what turned out not to count. Times older than the window are let go.
  void add(Timestamp time, Duration window, int by) {
    const int64_t slot = slot_of(time, window);
    roll(slot);
    if (slot <= newest_ - kSlots) return;
    uint16_t& count = slots_[static_cast<std::size_t>(slot % kSlots)];
    if (by > 0 ? count < 0xffff : count > 0) count = static_cast<uint16_t>(count + by);
  }
  uint32_t within(Timestamp now, Duration window) {
    roll(slot_of(now, window));
    return std::accumulate(slots_.begin(), slots_.end(), 0U);
  }

  const std::array<uint16_t, kSlots>& slots() const { return slots_; }
  int64_t newest() const { return newest_; }
  void put_back(const std::array<uint16_t, kSlots>& slots, int64_t newest) {
    slots_ = slots, newest_ = newest;
  }

 private:
  static int64_t slot_of(Timestamp time, Duration window) {
    const int64_t width = std::max<int64_t>(1, window.count() / kSlots);
    return std::max<int64_t>(0, time.time_since_epoch().count() / width);
  }
  void roll(int64_t slot) {
    if (slot <= newest_) return;
    if (slot - newest_ >= kSlots) {
      slots_.fill(0);
    } else {
      for (int64_t gone = newest_ + 1; gone <= slot; ++gone)
        slots_[static_cast<std::size_t>(gone % kSlots)] = 0;
    }
    newest_ = slot;
  }

  std::array<uint16_t, kSlots> slots_{};
  int64_t newest_ = 0;  // number of the newest slot since 1970
};

}  // namespace gatewitness
