// SPDX-License-Identifier: Apache-2.0
//
// Devices repeat themselves; the daemon needs to hear a thing once, and again now and then so that it knows
// it still holds. Remembers what was said last for each key, bounded: the least recently heard key is
// forgotten first. Owned by the dissector.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "probes/dissect/keyed_hash.h"
#include "probes/wire/time.h"

namespace gatewitness::dissect {

class RepeatFilter {
 public:
  // key: of the hash function, since strangers choose the keys that are remembered.
  explicit RepeatFilter(std::size_t limit, const HashKey& key = {})
      : limit_(limit == 0 ? 1 : limit), index_(0, KeyedHash(key)) {}

  // True if key never had this value, or had it last published at least repeat ago, or in the future: the
  // clock was set back.
  bool is_news(std::string key, std::string_view value, Timestamp time, Duration repeat);
  std::size_t size() const { return entries_.size(); }
  uint64_t forgotten() const { return forgotten_; }

 private:
  struct Entry {
    std::string key;
    std::string value;
    Timestamp published;
  };
  std::size_t limit_;
  uint64_t forgotten_ = 0;
  std::list<Entry> entries_;  // least recently heard first
  std::unordered_map<std::string_view, std::list<Entry>::iterator, KeyedHash>
      index_;  // keys live in entries_
};

}  // namespace gatewitness::dissect
