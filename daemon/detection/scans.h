// SPDX-License-Identifier: Apache-2.0
//
// Who looks for mail servers and sends nothing: many hosts, each on several mail ports, within ten minutes. A
// scan of thousands of ports shows only here, since the capture's filter passes no others; one that looks at
// port 25 alone and gets no answer cannot be told from a bot behind a provider that blocks it. Asked by the
// detector before the rules are. Per device at most kMaxHosts times 24 bytes, only while it opens
// connections.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <vector>

#include "daemon/detection/rule.h"

namespace gatewitness {

class Scans {
 public:
  static constexpr std::size_t kMaxHosts = 32;
  static constexpr Duration kWindow = std::chrono::minutes(10);

  explicit Scans(const ScanOptions& options) : options_(options) {}

  // A first sighting of an attempt, on any port. The verdict names the scan, once a minute.
  std::optional<Verdict> note(const DeviceId& device, const wire::Attempt& attempt, Timestamp when);
  // A mail was seen: that is no scan.
  void saw_mail(const DeviceId& device, Timestamp when);
  bool is_scanning(const DeviceId& device, Timestamp when) const;
  void forget(const DeviceId& device) { devices_.erase(device); }

  nlohmann::json save() const;
  void restore(const nlohmann::json& state);

 private:
  struct Host {
    uint64_t key = 0;
    uint32_t ports = 0;  // bits
    Timestamp when;
  };
  struct State {
    std::vector<Host> hosts;
    Timestamp mail, told;
    uint32_t connections = 0;  // since the scan was first told
  };
  uint32_t scanned(const State& state, Timestamp when) const;

  ScanOptions options_;
  std::map<DeviceId, State> devices_;
};

}  // namespace gatewitness
