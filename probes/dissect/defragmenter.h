// SPDX-License-Identifier: Apache-2.0
//
// IP fragments put together (RFC 791 section 3.2, RFC 8200 section 4.5). Owned by the dissector. Bounded: so
// many datagrams at a time, of so many bytes, for so long. A datagram that contradicts itself (overlaps, two
// ends, bytes beyond the end) is worthless as a whole, with the fragments that are still to come (RFC 5722);
// it is counted and its place is kept until its time is over, so that they do not pass for another datagram.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "probes/dissect/frame.h"
#include "probes/wire/time.h"

namespace gatewitness::dissect {

class Defragmenter {
 public:
  struct Counters {
    uint64_t fragments = 0;
    uint64_t datagrams = 0;  // completed
    uint64_t dropped = 0;    // datagrams given up: too old, too many, too large, contradictory
  };

  explicit Defragmenter(std::size_t datagrams) : limit_(datagrams) {}

  // One fragment. Once its datagram is whole: a packet like the first fragment's with ports and payload (or
  // the fault that decoding found), valid until the next call.
  std::optional<Packet> add(const Packet& fragment, Timestamp time);
  const Counters& counters() const { return counters_; }
  std::size_t pending() const { return datagrams_.size(); }
  std::size_t pending_bytes() const { return pending_bytes_; }

  static constexpr std::size_t kMaxBytes = 65535;  // of one datagram
  static constexpr std::size_t kMaxFragments = 64;
  static constexpr std::size_t kMaxPendingBytes = 512 * 1024;  // of all datagrams together
  static constexpr Duration kTimeout = std::chrono::seconds(30);

 private:
  struct Datagram {
    IpAddress source, destination;
    uint32_t id = 0;
    uint8_t protocol = 0;
    Timestamp started;
    bool worthless = false;           // counted as dropped already
    Packet first;                     // headers of the fragment at offset 0; its spans are not used
    std::optional<std::size_t> size;  // known once the last fragment came
    std::size_t bytes = 0;
    std::map<uint32_t, std::vector<uint8_t>> parts;
  };
  using Place = std::list<Datagram>::iterator;

  Place find_or_begin(const Packet& fragment, Timestamp time);
  bool take_part(Datagram& datagram, const Packet& fragment);
  std::optional<Packet> finish(Place place);
  void give_up(Datagram& datagram);
  void forget_oldest();

  std::size_t limit_;
  std::size_t pending_bytes_ = 0;
  Counters counters_;
  std::list<Datagram> datagrams_;  // oldest first; few, so searched
  std::vector<uint8_t> whole_;
};

}  // namespace gatewitness::dissect
