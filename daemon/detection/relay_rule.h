// SPDX-License-Identifier: Apache-2.0
//
// Mail that comes in from outside and goes out again in step: an open relay or a proxy in the house. A
// sequential test on whether an outbound attempt follows an inbound mail session of its own within a few
// seconds; a list or a forwarding address sends in step too, but one in and many out, or to few places. The
// inbound side is seen where it speaks SMTP in the clear or comes in on a mail port; a proxy that calls its
// master from inside is not. Under 300 bytes per device, only while mail comes in.
#pragma once

#include <array>
#include <map>
#include <vector>

#include "daemon/detection/rule.h"

namespace gatewitness {

class RelayRule : public Rule {
 public:
  static constexpr std::size_t kMaxInbound = 16;  // newest sessions that nothing followed yet
  static constexpr std::size_t kMaxDestinations = 16;

  RelayRule(const RelayOptions& options, double bound) : options_(options), bound_(bound) {}
  RuleId id() const override { return RuleId::kRelay; }
  void observe(const Sighting& sighting, Findings& out) override;
  void arrive(const DeviceId& device, const wire::Attempt& attempt, Timestamp when) override;
  void forget(const DeviceId& device) override { devices_.erase(device); }
  nlohmann::json save() const override;
  void restore(const nlohmann::json& state) override;

 private:
  struct State {
    std::vector<Timestamp> inbound;
    std::vector<uint32_t> destinations;  // low halves of their keys, of those in step
    double score = 0;
    uint32_t in_step = 0;
    Timestamp began;  // to show
  };
  RelayOptions options_;
  double bound_;
  std::map<DeviceId, State> devices_;
};

}  // namespace gatewitness
