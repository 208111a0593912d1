// SPDX-License-Identifier: Apache-2.0
//
// The gateway's own addresses, and which MAC its kernel found behind each neighbour's address: route messages
// in, records out, and the answer to "is this address our own". A record is made only for what changed. Pure:
// time is an argument. Owned by the probe's loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "probes/kernel/route_parse.h"
#include "probes/wire/records.h"

namespace gatewitness::kernel {

struct NeighbourhoodLimits {
  std::size_t links = 256;
  std::size_t addresses = 1024;
  std::size_t neighbours = 4096;
};

struct NeighbourhoodCounters {
  uint64_t links_refused = 0;      // beyond the limit: their records carry no interface name
  uint64_t addresses_refused = 0;  // beyond the limit: told, but not known as own
  uint64_t neighbours_unkept = 0;  // beyond the limit: told, but not kept, so they may be told again
};

class Neighbourhood {
 public:
  using Emit = std::function<void(Timestamp, const wire::Record&)>;
  // interfaces: only neighbours there are told; empty: all of them.
  Neighbourhood(const NeighbourhoodLimits& limits, std::vector<std::string> interfaces, Emit emit);

  void message(const RouteMessage& message, Timestamp now);
  // Around a dump of links, addresses and neighbours: what it did not mention is gone.
  void begin_dump() { ++generation_; }
  void end_dump(Timestamp now);

  // Also every loopback address.
  bool is_own(const IpAddress& address) const;

  std::size_t neighbours() const { return neighbours_.size(); }
  std::size_t addresses() const { return addresses_.size(); }
  const NeighbourhoodCounters& counters() const { return counters_; }

 private:
  struct KnownLink {
    std::string name;
    MacAddress mac;
    uint64_t generation = 0;
  };
  struct KnownAddress {
    uint8_t prefix_length = 0;
    uint64_t generation = 0;
  };
  struct KnownNeighbour {
    MacAddress mac;
    bool is_router = false;
    uint64_t generation = 0;
  };
  // Address first: is_own asks by address alone.
  using Key = std::pair<IpAddress, uint32_t>;

  void take(std::monostate, Timestamp) {}
  void take(const Link& link, Timestamp now);
  void take(const InterfaceAddress& address, Timestamp now);
  void take(const Neighbour& neighbour, Timestamp now);
  void remove_link(uint32_t index, Timestamp now);
  void tell_addresses(uint32_t index, bool removed, Timestamp now);
  void tell(const Key& key, const KnownAddress& address, bool removed, Timestamp now);
  void tell(const Key& key, const KnownNeighbour& neighbour, bool withdrawn, Timestamp now);
  std::string name_of(uint32_t index) const;

  NeighbourhoodLimits limits_;
  std::vector<std::string> interfaces_;
  Emit emit_;
  uint64_t generation_ = 0;
  std::map<uint32_t, KnownLink> links_;
  std::map<Key, KnownAddress> addresses_;
  std::map<Key, KnownNeighbour> neighbours_;
  NeighbourhoodCounters counters_;
};

}  // namespace gatewitness::kernel
