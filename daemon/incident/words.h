// SPDX-License-Identifier: Apache-2.0
//
// An incident in words for the owner of a fridge: one sentence, how sure, what to do next; and one line for a
// technician. The texts stand in conf/messages. PURE. Names come from devices and are escaped here, since
// they become part of a sentence.
#pragma once

#include <string>
#include <string_view>

#include "daemon/incident/incident.h"
#include "daemon/words/words.h"

namespace gatewitness {

// What the sentence calls the device.
struct Subject {
  std::string name;          // as the device or the owner calls it, raw; "" if nobody does
  std::string device_class;  // "" if unknown
  std::string address;       // last known; "" if none
  bool shared_mac = false;   // others send with its MAC too, as behind a repeater
};

// "the fridge "Kitchen" (02:..., 192.168.1.20)"
std::string describe(const DeviceId& device, const Subject& subject,
                     words::Language in = words::Language::kEnglish);

std::string sentence(const Incident& incident, const Subject& subject,
                     words::Language in = words::Language::kEnglish);
std::string sentence(const Verdict& verdict, const Incident& incident, const Subject& subject,
                     words::Language in = words::Language::kEnglish);
// What a rule's share in an account rests on, in a few words: "servers that it had never used".
std::string share_in_words(RuleId rule, words::Language in = words::Language::kEnglish);
std::string advice(const Incident& incident, const Subject& subject,
                   words::Language in = words::Language::kEnglish);

// The grade of an incident: that of its attempts taken together. It is as sure as most of them are.
Graded grade_of(const Incident& incident, uint32_t shared_mac_addresses,
                words::Language in = words::Language::kEnglish);
// "Alarm. How sure: almost certain. One of the proofs is missing." graded: in the same language.
std::string how_sure(const Incident& incident, const Graded& graded, words::Language in);
// The kind, each rule with its count, limit and window, the grade with its reasons.
std::string technical(const Incident& incident, const Graded& graded, words::Language in);

}  // namespace gatewitness
