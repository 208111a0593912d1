// SPDX-License-Identifier: Apache-2.0
//
// What the gateway's own DHCP servers have on record, as plain values: which MAC has which address until
// when, and what the client called itself. Made by the readers of this folder, one for each format; kept by
// LeaseBook. The files are the gateway's, but names and client ids in them were written by devices.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "probes/wire/ip.h"
#include "probes/wire/mac.h"
#include "probes/wire/time.h"

namespace gatewitness::leases {

struct Lease {
  std::string interface;  // "" if the file does not say
  MacAddress mac;
  IpAddress address;
  std::optional<Timestamp> until;  // none: for ever, or the server's clock was not set
  std::string host_name;           // "" if the client gave none; bytes as they came
  std::string client_id;           // hex as in wire::FactKind::kDhcpClientId; "" if none

  bool operator==(const Lease&) const = default;
};

inline constexpr std::size_t kMaxLeases = 4096;  // of one file

struct LeaseList {
  std::vector<Lease> leases;
  uint64_t bad_lines = 0;  // of no known form
  uint64_t unplaced = 0;   // in order, but nothing in them names a MAC: clients that go by another identity
  uint64_t refused = 0;    // beyond kMaxLeases

  void add(Lease lease) {
    if (leases.size() < kMaxLeases)
      leases.push_back(std::move(lease));
    else
      ++refused;
  }
};

}  // namespace gatewitness::leases
