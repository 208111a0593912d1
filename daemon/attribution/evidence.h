// SPDX-License-Identifier: Apache-2.0
//
// One attempt together with everything that attributes it to a device, and the grade that follows. PURE
// values and one function.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/attribution/address_book.h"
#include "daemon/attribution/sight.h"
#include "daemon/model/device_id.h"
#include "daemon/model/grade.h"
#include "daemon/words/words.h"
#include "probes/wire/records.h"

namespace gatewitness {

// (probe, epoch, attempt id), or the binding's for one that was only seen in conntrack.
struct AttemptKey {
  std::string probe;
  uint64_t epoch = 0;
  uint64_t id = 0;
  auto operator<=>(const AttemptKey&) const = default;
  // What differs most often first: hundreds are looked through for one.
  bool operator==(const AttemptKey& other) const {
    return id == other.id && epoch == other.epoch && probe == other.probe;
  }
};

struct AttemptEvidence {
  AttemptKey key;
  DeviceId device;
  wire::Attempt attempt;
  bool from_frame = true;  // false: known from conntrack alone
  std::optional<wire::Binding> binding;
  std::optional<Tenure> tenure;     // who had the source address, where no frame says
  std::optional<MacAddress> rival;  // another MAC that used the address at the time
  uint32_t addresses_behind = 1;    // IPv4 addresses that the MAC held at the time
  bool bindings_watched = false;    // a kernel probe was there
  std::vector<KnownGap> gaps;       // in the attempt's time
};

// The TTL is one below what every stack starts with: the packet passed a router before it came to this LAN.
bool passed_a_router(uint8_t ttl);

// in: of the reasons.
Graded grade(const AttemptEvidence& evidence, uint32_t shared_mac_addresses,
             words::Language in = words::Language::kEnglish);

}  // namespace gatewitness
