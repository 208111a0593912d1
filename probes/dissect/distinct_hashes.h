// SPDX-License-Identifier: Apache-2.0
//
// How many distinct values went by, told by their keyed hashes. Exact up to its limit, a lower bound beyond.
// Owned by the SMTP session.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace gatewitness::dissect {

class DistinctHashes {
 public:
  explicit DistinctHashes(std::size_t limit) : limit_(limit) {}

  // Whether the hash is new. At the limit nothing is new any more, and overflowed() says so.
  bool add(uint64_t hash) {
    if (std::find(hashes_.begin(), hashes_.end(), hash) != hashes_.end()) return false;
    if (hashes_.size() >= limit_) {
      overflowed_ = true;
      return false;
    }
    hashes_.push_back(hash);
    return true;
  }
  uint32_t count() const { return static_cast<uint32_t>(hashes_.size()); }
  bool overflowed() const { return overflowed_; }

 private:
  std::size_t limit_;
  std::vector<uint64_t> hashes_;
  bool overflowed_ = false;
};

}  // namespace gatewitness::dissect
