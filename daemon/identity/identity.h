// SPDX-License-Identifier: Apache-2.0
//
// What one device said of itself, and what that and its MAC make of it: a name, a maker and a class, each
// with the facts behind it and with those that say otherwise. Weighed, not first come: facts of different
// kinds add up, those of one kind count once (a device that repeats itself is no surer for it), so each
// conclusion can be told in a line. Bounded. Owned by the device table. Every value was written by the device
// and is shown escaped, never trusted.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "daemon/identity/oui_table.h"
#include "daemon/identity/rules.h"
#include "probes/wire/records.h"

namespace gatewitness {

// What all identities are concluded by. Cheap to copy.
struct IdentityOptions {
  std::shared_ptr<const RuleSet> rules = std::make_shared<const RuleSet>(built_in_rules());
  OuiTable vendors;
};

struct KnownFact {
  wire::FactKind kind = wire::FactKind::kDhcpHostName;
  std::string value;
  Timestamp time;  // newest sighting
};

// One fact that speaks for something.
struct Reason {
  enum class About : uint8_t { kVendor, kClass, kName };
  About about = About::kVendor;
  std::string says;    // "camera"
  std::string source;  // the fact's kind, or "oui"
  std::string fact;    // its text, raw
  std::string rule;    // the rule's text; "" where the fact itself says it
  Strength strength = Strength::kFair;
};
std::string_view to_string(Reason::About about);

class Identity {
 public:
  static constexpr std::size_t kMaxFacts = 24;
  static constexpr std::size_t kMaxPerKind = 6;
  static constexpr std::size_t kMaxRulesPerFact = 8;

  Identity() = default;
  // What the MAC alone tells is concluded at once.
  Identity(const MacAddress& mac, const IdentityOptions& options);

  // True if it changed the name, the maker or the class. Where there is no more room, the fact goes that
  // tells least and was seen least recently; of one kind the first of those that tell least.
  bool learn(const KnownFact& fact, const IdentityOptions& options);

  const std::string& name() const { return name_; }           // "" if it told none
  const std::string& vendor() const { return vendor_; }       // "" if unknown
  const std::string& device_class() const { return class_; }  // "" if nothing hints at one
  std::span<const KnownFact> facts() const { return facts_; }

  // For the conclusions, strongest first; and against them, where a fair or strong fact says otherwise.
  std::vector<Reason> reasons(const IdentityOptions& options) const;
  std::vector<Reason> contradictions(const IdentityOptions& options) const;

 private:
  struct Matches {
    std::array<uint16_t, kMaxRulesPerFact> rules{};
    uint8_t count = 0;
  };

  static Matches match(const KnownFact& fact, const RuleSet& rules);
  unsigned worth(std::size_t fact, const RuleSet& rules) const;
  void make_room(wire::FactKind kind, const RuleSet& rules);
  void conclude(const IdentityOptions& options);
  void conclude_name(const RuleSet& rules);
  std::vector<Reason> evidence(const IdentityOptions& options) const;

  MacAddress mac_;
  std::vector<KnownFact> facts_;  // in order of first sighting
  std::vector<Matches> matches_;  // of each fact, which rules fit it
  std::string name_;
  std::string vendor_;
  std::string class_;
};

}  // namespace gatewitness
