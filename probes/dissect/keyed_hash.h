// SPDX-License-Identifier: Apache-2.0
//
// Hash functions for tables whose keys strangers choose: keyed (SipHash-2-4), so that nobody can choose keys
// that all fall into one bucket and make every packet cost a walk through the table. Used by the flow table
// and the repeat filter.
#pragma once

#include <cstddef>
#include <string_view>

#include "probes/dissect/smtp_session.h"
#include "probes/wire/flow.h"

namespace gatewitness::dissect {

class KeyedHash {
 public:
  explicit KeyedHash(const HashKey& key = {}) : key_(key) {}
  std::size_t operator()(std::string_view text) const noexcept;
  std::size_t operator()(const FiveTuple& tuple) const noexcept;

 private:
  HashKey key_;
};

}  // namespace gatewitness::dissect
