// SPDX-License-Identifier: Apache-2.0
#include "daemon/attribution/evidence.h"

#include "probes/wire/names.h"

namespace gatewitness {
namespace {

void gap_reasons(const AttemptEvidence& evidence, std::vector<std::string>& missing) {
  if (evidence.attempt.mid_stream) missing.emplace_back("the flow had begun before the capture did");
  if (evidence.gaps.empty()) return;
  const auto& gap = evidence.gaps.front().gap;
  missing.push_back("the capture is incomplete in that time (" + std::string(wire::to_string(gap.reason)) +
                    " of probe " + evidence.gaps.front().probe + ")");
}

Graded without_frame(const AttemptEvidence& evidence) {
  if (evidence.device.kind == DeviceId::Kind::kGateway) {
    // Only the gateway can make a flow that has its own address inside and never was on the LAN.
    Graded graded{Grade::kStrong, {"no frame can show it: the gateway's own packets never cross the LAN"}};
    return graded;
  }
  if (!evidence.tenure) {
    return {Grade::kUnknown,
            {"no frame was captured, and nothing says which device had the address at that time"}};
  }
  return {Grade::kCircumstantial,
          {"no frame of this flow was captured (hardware offload, or it began before the capture); the "
           "device is known only by "
           "its address, through " +
           std::string(to_string(evidence.tenure->source))}};
}

}  // namespace

bool passed_a_router(uint8_t ttl) {
  return ttl == 63 || ttl == 127 || ttl == 254;
}

Graded grade(const AttemptEvidence& evidence, uint32_t shared_mac_addresses) {
  if (!evidence.from_frame) return without_frame(evidence);
  if (evidence.device.kind != DeviceId::Kind::kMac) {
    return {Grade::kCircumstantial,
            {"the capture's link layer carries no MAC: the device is known only by its address"}};
  }
  Graded graded{Grade::kWitnessed, {}};
  if (!evidence.binding) {
    graded.reasons.emplace_back(evidence.bindings_watched ? "the gateway's NAT table showed no binding for it"
                                                          : "no NAT binding was recorded");
  }
  gap_reasons(evidence, graded.reasons);
  if (evidence.rival) {
    graded.reasons.push_back("another device (" + to_string(*evidence.rival) +
                             ") used the same address at that time");
  }
  const std::size_t missing = graded.reasons.size();
  if (missing == 1) graded.grade = Grade::kStrong;
  if (missing > 1) graded.grade = Grade::kCircumstantial;
  if (evidence.addresses_behind >= shared_mac_addresses) {
    graded.grade = Grade::kCircumstantial;
    graded.reasons.push_back(
        "something behind this device may have done it: " + std::to_string(evidence.addresses_behind) +
        " addresses share its MAC, as behind a repeater or a second router");
  }
  if (passed_a_router(evidence.attempt.client_ttl)) {
    graded.grade = Grade::kCircumstantial;
    graded.reasons.push_back(
        "something behind this device may have done it: its packets had passed another router (TTL " +
        std::to_string(evidence.attempt.client_ttl) + ")");
  }
  return graded;
}

}  // namespace gatewitness
