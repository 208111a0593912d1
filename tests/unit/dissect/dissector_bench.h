// SPDX-License-Identifier: Apache-2.0
//
// A dissector under test with the records that came out of it: frames go in a millisecond apart, or when the
// test says. Owned by the tests of this folder.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "probes/dissect/dissector.h"
#include "tests/support/packet_builder.h"

namespace gatewitness::dissect {

struct DissectorBench {
  static constexpr Timestamp kStart{std::chrono::seconds(1'700'000'000)};

  explicit DissectorBench(DissectorLimits limits = {}, uint8_t evidence_frames = 0,
                          uint32_t evidence_per_second = 200)
      : dissector(config(limits, evidence_frames, evidence_per_second),
                  [this](TimedRecord&& record) { records.push_back(std::move(record)); }) {}

  static DissectorConfig config(DissectorLimits limits, uint8_t evidence_frames = 0,
                                uint32_t evidence_per_second = 200) {
    DissectorConfig config;
    config.limits = limits;
    config.evidence_frames = evidence_frames;
    config.evidence_per_second = evidence_per_second;
    config.use_ndpi = false;  // its own tests are in ../ndpi
    return config;
  }

  void frame(const test::Bytes& bytes, Duration after = std::chrono::milliseconds(1)) {
    now += after;
    dissector.frame(interface, LinkType::kEthernet, now, bytes, static_cast<uint32_t>(bytes.size()));
  }
  void tick(Duration after) {
    now += after;
    dissector.tick(now);
  }
  void finish() { dissector.finish(now); }

  uint64_t counter(std::string_view name) const {
    for (const auto& one : dissector.counters())
      if (one.name == name) return one.value;
    return UINT64_MAX;
  }
  template <typename Record>
  std::vector<Record> all() const {
    std::vector<Record> out;
    for (const auto& timed : records)
      if (const auto* record = std::get_if<Record>(&timed.record)) out.push_back(*record);
    return out;
  }
  std::vector<wire::Attempt> attempts() const { return all<wire::Attempt>(); }
  // The last revision of each attempt, in the order of their ids.
  std::vector<wire::Attempt> last_attempts() const {
    std::map<uint64_t, wire::Attempt> last;
    for (const auto& attempt : attempts()) last[attempt.id] = attempt;
    std::vector<wire::Attempt> out;
    for (const auto& [id, attempt] : last) out.push_back(attempt);
    return out;
  }

  std::string interface = "br-lan";
  Timestamp now = kStart;
  std::vector<TimedRecord> records;
  Dissector dissector;
};

}  // namespace gatewitness::dissect
