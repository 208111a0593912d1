// SPDX-License-Identifier: Apache-2.0
//
// What the words of a device hint at: "a host name that begins with 'dcs-' is a camera's, made by D-Link".
// conf/devices.yaml is the one source: compiled in by make_rules.py, or read from another file by
// daemon/config. Plain values; a set's texts live as long as the set or a copy of it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "probes/wire/records.h"

namespace gatewitness {

// Where a rule looks, as a set of bits: every kind of fact, and the vendor that the MAC says.
using Places = uint32_t;
inline constexpr std::size_t kFactKinds = 16;
inline constexpr Places place_of(wire::FactKind kind) {
  return Places{1} << static_cast<unsigned>(kind);
}
inline constexpr Places kPlaceOui = Places{1} << kFactKinds;
// "oui", "dhcp-host-name", ... or one of the groups: "name" (whatever the device is called), "words" (names,
// and whatever else the device says of its kind).
std::optional<Places> parse_places(std::string_view word);

enum class WordMatch : uint8_t {
  kWord,   // stands in the text, not as a part of a longer word or number
  kPart,   // anywhere in the text
  kStart,  // the text begins with it
  kIs,     // all of the text
};
std::optional<WordMatch> parse_match(std::string_view word);

// How much a rule counts. One fair rule is enough for a conclusion; weak ones only support.
enum class Strength : uint8_t { kWeak = 1, kFair = 3, kStrong = 9 };
std::optional<Strength> parse_strength(std::string_view word);
std::string_view to_string(Strength strength);

struct IdentityRule {
  Places places = 0;
  WordMatch match = WordMatch::kWord;
  Strength strength = Strength::kFair;
  std::string_view text;          // lower case; case does not count
  std::string_view vendor;        // "" concludes none
  std::string_view device_class;  // "" concludes none

  bool operator==(const IdentityRule&) const = default;
};

inline constexpr std::size_t kMaxRules = 2048;

struct RuleSet {
  std::vector<IdentityRule> rules;  // of two that are as strong, the earlier wins
  // Host names that many devices have, as made by their makers: no name to call one by, nor to know it again
  // by.
  std::vector<std::string_view> generic_names;
  std::shared_ptr<const void> keeper;  // owns the texts; empty: they are constants

  bool is_generic(std::string_view name) const;
};

RuleSet built_in_rules();

bool fits(const IdentityRule& rule, std::string_view text);

}  // namespace gatewitness
