// SPDX-License-Identifier: Apache-2.0
#include "daemon/attribution/evidence.h"

#include "probes/wire/names.h"

namespace gatewitness {
namespace {

using words::Language;
using words::Message;
using words::say;

void gap_reasons(const AttemptEvidence& evidence, std::vector<std::string>& missing, Language in) {
  if (evidence.attempt.mid_stream) missing.push_back(say(in, Message::kReasonMidStream));
  if (evidence.gaps.empty()) return;
  const auto& gap = evidence.gaps.front().gap;
  missing.push_back(say(in, Message::kReasonGap,
                        {{"gap", wire::to_string(gap.reason)}, {"probe", evidence.gaps.front().probe}}));
}

Graded without_frame(const AttemptEvidence& evidence, Language in) {
  if (evidence.device.kind == DeviceId::Kind::kGateway) {
    // Only the gateway can make a flow that has its own address inside and never was on the LAN.
    return {Grade::kStrong, {say(in, Message::kReasonGateway)}};
  }
  if (!evidence.tenure) {
    return {Grade::kUnknown, {say(in, Message::kReasonNoOwner)}};
  }
  return {Grade::kCircumstantial,
          {say(in, Message::kReasonByAddress, {{"source", to_string(evidence.tenure->source)}})}};
}

}  // namespace

bool passed_a_router(uint8_t ttl) {
  return ttl == 63 || ttl == 127 || ttl == 254;
}

Graded grade(const AttemptEvidence& evidence, uint32_t shared_mac_addresses, Language in) {
  if (!evidence.from_frame) return without_frame(evidence, in);
  if (evidence.device.kind != DeviceId::Kind::kMac) {
    return {Grade::kCircumstantial, {say(in, Message::kReasonNoMac)}};
  }
  Graded graded{Grade::kWitnessed, {}};
  if (!evidence.binding) {
    graded.reasons.push_back(
        say(in, evidence.bindings_watched ? Message::kReasonNotBound : Message::kReasonNoBinding));
  }
  gap_reasons(evidence, graded.reasons, in);
  if (evidence.rival) {
    graded.reasons.push_back(say(in, Message::kReasonRival, {{"mac", to_string(*evidence.rival)}}));
  }
  const std::size_t missing = graded.reasons.size();
  if (missing == 1) graded.grade = Grade::kStrong;
  if (missing > 1) graded.grade = Grade::kCircumstantial;
  if (evidence.addresses_behind >= shared_mac_addresses) {
    graded.grade = Grade::kCircumstantial;
    graded.reasons.push_back(
        say(in, Message::kReasonShared, {{"count", uint64_t{evidence.addresses_behind}}}));
  }
  if (passed_a_router(evidence.attempt.client_ttl)) {
    graded.grade = Grade::kCircumstantial;
    graded.reasons.push_back(
        say(in, Message::kReasonRouted, {{"ttl", uint64_t{evidence.attempt.client_ttl}}}));
  }
  return graded;
}

}  // namespace gatewitness
