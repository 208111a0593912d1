// SPDX-License-Identifier: Apache-2.0
#include "daemon/attribution/sight.h"

#include <algorithm>

namespace gatewitness {

bool Sight::heard(const wire::Header& header, Timestamp now) {
  auto found = probes_.find(header.probe);
  if (found == probes_.end()) {
    if (probes_.size() >= kMaxProbes) {
      ++refused_;
      return false;
    }
    found = probes_.emplace(header.probe, ProbeView{}).first;
    found->second.epoch = header.epoch;
    // Its first record need not be number 0: the daemon may be the younger one. What was missed is a gap all
    // the same.
    found->second.last_time = header.time;
  }
  ProbeView& probe = found->second;
  if (probe.epoch != header.epoch) {
    find(header.probe,
         {"", probe.last_time, std::max(probe.last_time, header.time), wire::GapReason::kProbeStart, 0});
    probe.epoch = header.epoch;
    probe.next_sequence = 0;
    ++probe.restarts;
  }
  if (header.sequence < probe.next_sequence) {
    ++refused_;
    return false;
  }
  if (header.sequence > probe.next_sequence) {
    const uint64_t missing = header.sequence - probe.next_sequence;
    probe.lost += missing;
    find(header.probe,
         {"", std::min(probe.last_time, header.time), header.time, wire::GapReason::kSequence, missing});
  }
  probe.next_sequence = header.sequence + 1;
  ++probe.records;
  probe.last_heard = now;
  probe.last_time = std::max(probe.last_time, header.time);
  return true;
}

void Sight::status(const std::string& probe, const wire::ProbeStatus& status) {
  const auto found = probes_.find(probe);
  if (found == probes_.end()) return;
  found->second.has_status = true;
  found->second.status = status;
}

void Sight::find(const std::string& probe, const wire::CaptureGap& gap) {
  this->gap(probe, gap);
  if (found_.size() < kMaxGaps) found_.push_back({probe, gap});
}

void Sight::gap(const std::string& probe, const wire::CaptureGap& gap) {
  if (gaps_.size() >= kMaxGaps) gaps_.pop_front();
  gaps_.push_back({probe, gap});
}

std::vector<KnownGap> Sight::between(Timestamp from, Timestamp to, const std::string& interface) const {
  std::vector<KnownGap> out;
  for (const KnownGap& known : gaps_) {
    const bool overlaps = known.gap.from <= to && known.gap.to >= from;
    const bool here = known.gap.interface.empty() || interface.empty() || known.gap.interface == interface;
    // A probe's first start hides nothing that it could have seen.
    const bool empty = known.gap.reason == wire::GapReason::kProbeStart && known.gap.from == known.gap.to;
    if (overlaps && here && !empty) out.push_back(known);
  }
  return out;
}

}  // namespace gatewitness
