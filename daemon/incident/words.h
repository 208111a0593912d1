// SPDX-License-Identifier: Apache-2.0
//
// An incident in words for the owner of a fridge: one sentence, how sure, what to do next. PURE. Names come
// from devices and are escaped here, since they become part of a sentence.
#pragma once

#include <string>
#include <string_view>

#include "daemon/incident/incident.h"

namespace gatewitness {

// What the sentence calls the device.
struct Subject {
  std::string name;          // as the device or the owner calls it, raw; "" if nobody does
  std::string device_class;  // "" if unknown
  std::string address;       // last known; "" if none
  bool shared_mac = false;   // others send with its MAC too, as behind a repeater
};

// "your fridge "Kitchen" (02:..., 192.168.1.20)"
std::string describe(const DeviceId& device, const Subject& subject);

std::string sentence(const Incident& incident, const Subject& subject);
std::string sentence(const Verdict& verdict, const Incident& incident, const Subject& subject);
// What a rule's share in an account rests on, in a few words: "servers that it had never used".
std::string_view share_in_words(RuleId rule);
std::string advice(const Incident& incident, const Subject& subject);

// The grade of an incident: that of its attempts taken together. It is as sure as most of them are.
Graded grade_of(const Incident& incident, uint32_t shared_mac_addresses);

}  // namespace gatewitness
