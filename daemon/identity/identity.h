// SPDX-License-Identifier: Apache-2.0
//
// What one device said of itself, and what that makes of it: a name and a class, with the fact behind each.
// Bounded. Owned by the device table. Every value was written by the device and is shown escaped, never
// trusted.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "daemon/identity/hints.h"
#include "probes/wire/records.h"

namespace gatewitness {

struct KnownFact {
  wire::FactKind kind = wire::FactKind::kDhcpHostName;
  std::string value;
  Timestamp time;  // newest sighting
};

class Identity {
 public:
  static constexpr std::size_t kMaxFacts = 24;  // the one seen least recently goes
  static constexpr std::size_t kMaxPerKind = 6;

  // True if it changed the name or the class.
  bool learn(const KnownFact& fact, std::span<const ClassHint> hints);

  const std::string& name() const { return name_; }           // "" if it told none
  const std::string& device_class() const { return class_; }  // "" if nothing hints at one
  std::span<const KnownFact> facts() const { return facts_; }

 private:
  void conclude(std::span<const ClassHint> hints);

  std::vector<KnownFact> facts_;  // in order of first sighting
  std::string name_;
  std::string class_;
};

}  // namespace gatewitness
