// SPDX-License-Identifier: Apache-2.0
#include "probes/dissect/repeat_filter.h"

#include <iterator>
#include <utility>

namespace gatewitness::dissect {

bool RepeatFilter::is_news(std::string key, std::string_view value, Timestamp time, Duration repeat) {
  const auto found = index_.find(key);
  if (found != index_.end()) {
    Entry& entry = *found->second;
    entries_.splice(entries_.end(), entries_, found->second);
    const bool recent = time >= entry.published && time - entry.published < repeat;
    if (entry.value == value && recent) return false;
    entry.value = value;
    entry.published = time;
    return true;
  }
  if (entries_.size() >= limit_) {
    index_.erase(entries_.front().key);
    entries_.pop_front();
    ++forgotten_;
  }
  entries_.push_back({std::move(key), std::string(value), time});
  index_.emplace(entries_.back().key, std::prev(entries_.end()));
  return true;
}

}  // namespace gatewitness::dissect
