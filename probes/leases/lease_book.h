// SPDX-License-Identifier: Apache-2.0
//
// What the gateway's records say now, and what of it was told: whole files in, records out for what changed.
// A lease that vanished or ran out becomes a withdrawn claim; what was told is not told again. A name of
// /etc/ethers is told once its MAC turns up (a lease, a neighbour): the file may name devices of ten years
// ago. Pure: time is an argument. Owned by the probe's loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "probes/leases/ethers.h"
#include "probes/leases/lease.h"
#include "probes/wire/records.h"

namespace gatewitness::leases {

struct LeaseCounters {
  uint64_t told = 0;       // claims, without those withdrawn
  uint64_t withdrawn = 0;  // vanished or ran out
};

class LeaseBook {
 public:
  static constexpr std::size_t kMaxPresent = 4096;  // MACs that turned up, beside those with a lease
  static constexpr std::size_t kMaxTold = 16384;    // facts; beyond, all may be told again
  // An end that moved by less is none: odhcpd computes it anew for each file that it writes.
  static constexpr Duration kSameEnd = std::chrono::seconds(60);

  using Emit = std::function<void(Timestamp, const wire::Record&)>;
  explicit LeaseBook(Emit emit) : emit_(std::move(emit)) {}

  // All that file number so-and-so says now.
  void take(std::size_t file, std::vector<Lease> leases, Timestamp now);
  void take(std::vector<StaticName> names, Timestamp now);
  // This MAC is about.
  void present(const MacAddress& mac, Timestamp now);
  // Withdraws what ran out.
  void tick(Timestamp now);

  std::size_t live() const { return told_.size(); }
  const LeaseCounters& counters() const { return counters_; }

 private:
  using Fact = std::tuple<MacAddress, wire::FactKind, std::string>;

  void compare(Timestamp now);
  std::map<IpAddress, const Lease*> current(Timestamp now) const;
  void claim(const Lease& lease, bool withdrawn, Timestamp now);
  void describe(const Lease& lease, Timestamp now);
  void name(const MacAddress& mac, Timestamp now);
  void fact(const std::string& interface, const MacAddress& mac, wire::FactKind kind,
            const std::string& value, Timestamp now);

  Emit emit_;
  std::map<std::size_t, std::vector<Lease>> files_;
  std::map<IpAddress, Lease> told_;  // as they were told
  std::optional<Timestamp> next_end_;
  std::map<MacAddress, std::string> names_;
  std::set<MacAddress> present_;
  std::set<Fact> facts_;
  LeaseCounters counters_;
};

}  // namespace gatewitness::leases
