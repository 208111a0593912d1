// SPDX-License-Identifier: Apache-2.0
#include "daemon/attribution/gather.h"

namespace gatewitness {
namespace {

// Another MAC on the same address counts as a rival if it was there this near in time.
constexpr Duration kRivalWindow = std::chrono::seconds(10);

// Stands for a probe's name in the key of an attempt that only conntrack knows; no probe can have this name.
constexpr const char* kFromBinding = "(binding)";

wire::Outcome outcome_of(const wire::Binding& binding) {
  if (!binding.replied) return wire::Outcome::kSynOnly;
  if (binding.tcp_state == "CLOSE" && !binding.assured) return wire::Outcome::kRefused;
  if (binding.ended) return wire::Outcome::kClosed;
  return wire::Outcome::kEstablished;
}

// What conntrack alone can say of an attempt.
wire::Attempt attempt_from(const wire::Binding& binding) {
  wire::Attempt attempt;
  attempt.id = binding.id;
  attempt.flow = binding.inside;
  attempt.started = binding.started;
  attempt.last = binding.ended.value_or(binding.started);
  attempt.outcome = outcome_of(binding);
  attempt.final = binding.ended.has_value();
  attempt.at_least = true;
  return attempt;
}

}  // namespace

bool is_from_binding(const AttemptKey& key) {
  return key.probe == kFromBinding;
}

AttemptEvidence gather(const AttemptKey& key, const wire::Attempt& attempt, const Knowledge& known) {
  AttemptEvidence evidence;
  evidence.key = key;
  evidence.attempt = attempt;
  const auto& source = attempt.flow.source.address;
  const bool has_mac = !attempt.client_mac.is_zero();
  evidence.device = has_mac ? DeviceId::of(attempt.client_mac) : DeviceId::of(source);
  if (const auto* binding = known.bindings.find(attempt, kBindingTolerance)) evidence.binding = *binding;
  evidence.bindings_watched = known.sight.has_probe_with_bindings();
  evidence.gaps = known.sight.between(attempt.started, attempt.last, attempt.interface);
  if (!has_mac) return evidence;
  evidence.rival = attempt.other_client_macs.empty()
                       ? known.addresses.rival(source, attempt.client_mac, attempt.started, kRivalWindow)
                       : std::optional(attempt.other_client_macs.front());
  evidence.addresses_behind = known.addresses.addresses_held(attempt.client_mac, attempt.last);
  return evidence;
}

AttemptEvidence gather(const wire::Binding& binding, const DeviceId& device, const Knowledge& known) {
  AttemptEvidence evidence;
  evidence.attempt = attempt_from(binding);
  evidence.from_frame = false;
  evidence.binding = binding;
  evidence.bindings_watched = true;
  evidence.device = device;
  if (device.kind != DeviceId::Kind::kGateway) {
    if (const Tenure* tenure = known.addresses.who_had(binding.inside.source.address, binding.started)) {
      evidence.tenure = *tenure;
      evidence.device = DeviceId::of(tenure->mac);
    }
  }
  evidence.gaps = known.sight.between(evidence.attempt.started, evidence.attempt.last, "");
  evidence.key = {kFromBinding, binding.id,
                  static_cast<uint64_t>(binding.started.time_since_epoch().count())};
  return evidence;
}

}  // namespace gatewitness
