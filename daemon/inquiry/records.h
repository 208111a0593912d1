// SPDX-License-Identifier: Apache-2.0
//
// Everything that is kept of a stretch of time, as plain values: what a question about that time is answered
// from. Read by the journal, or made by a test; used by testify().
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/attribution/evidence.h"
#include "daemon/model/network.h"
#include "probes/wire/records.h"

namespace gatewitness {

struct KeptAttempt {
  AttemptKey key;
  wire::Attempt attempt;  // its newest revision
};

// "From since to until something said, again and again, that this address was this MAC's."
struct KeptClaim {
  wire::AddressClaim claim;
  Timestamp since;
  Timestamp until;
};

struct KeptFact {
  MacAddress mac;
  wire::FactKind kind = wire::FactKind::kDhcpHostName;
  std::string value;
  Timestamp since;
  Timestamp until;
};

// A probe's life: it was heard first and last.
struct KeptWatch {
  std::string probe;
  Timestamp since;
  Timestamp until;
};

// An address of the gateway itself, for as long as it had it.
struct KeptOwnAddress {
  wire::LocalAddress address;
  Timestamp since;
  std::optional<Timestamp> until;
};

// A public address that bindings left with: when first and last.
struct KeptOutside {
  IpAddress address;
  Timestamp since;
  Timestamp until;
};

struct Records {
  Timestamp from;  // the stretch; what overlaps it is here
  Timestamp to;
  std::vector<wire::Binding> bindings;  // by start
  std::vector<KeptAttempt> attempts;    // by start
  std::vector<KeptClaim> claims;        // in the order in which they were learned
  std::vector<KeptFact> facts;          // known by the end of the stretch
  std::vector<KnownGap> gaps;
  std::vector<KeptWatch> watches;    // all that are kept
  std::vector<KeptOwnAddress> own;   // all that are kept
  std::vector<KeptOutside> outside;  // all that are kept
  std::map<MacAddress, OwnerNote> owner;
  std::optional<Timestamp> oldest;  // from when on anything is kept; nullopt: nothing is
  bool cut = false;                 // more was kept than a look-up reads
};

}  // namespace gatewitness
