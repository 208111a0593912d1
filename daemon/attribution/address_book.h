// SPDX-License-Identifier: Apache-2.0
//
// Who had which address when: each address with the MACs that it belonged to, and the time for which that was
// true, so that an old question is answered with the device of that time. Bounded. Owned by the pipeline.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/attribution/options.h"
#include "probes/wire/records.h"

namespace gatewitness {

// What says so; frames count for most.
// Snapshots hold the numbers.
enum class TenureSource : uint8_t {
  kDhcp = 0,
  kDhcpv6 = 1,
  kArp = 2,
  kNd = 3,
  kNeighbour = 4,
  kFrame = 5,
  kLease = 6
};
std::string_view to_string(TenureSource source);

struct Tenure {
  MacAddress mac;
  IpAddress address;
  TenureSource source = TenureSource::kArp;
  Timestamp from;
  Timestamp confirmed;          // last time that something said so
  std::optional<Timestamp> to;  // ended: released, or another MAC took over
  Duration validity{};          // good for so long after confirmed
};

class AddressBook {
 public:
  static constexpr std::size_t kMaxAddresses = 8192;
  static constexpr std::size_t kMaxTenuresPerAddress = 8;

  explicit AddressBook(const AttributionOptions& options) : options_(options) {}

  void learn(const wire::AddressClaim& claim, Timestamp time);
  // A frame with this source address came from this MAC.
  void seen(const MacAddress& mac, const IpAddress& address, Timestamp time);

  // The tenure that held at that time; nullptr if nothing says.
  const Tenure* who_had(const IpAddress& address, Timestamp time) const;
  // Another MAC that claimed the address within that time of then: a conflict or a forgery.
  std::optional<MacAddress> rival(const IpAddress& address, const MacAddress& mac, Timestamp time,
                                  Duration within) const;
  // Newest first.
  std::vector<Tenure> addresses_of(const MacAddress& mac, std::size_t limit) const;
  // How many IPv4 addresses the MAC held at that time.
  uint32_t addresses_held(const MacAddress& mac, Timestamp time) const;

  uint64_t forgotten() const { return forgotten_; }
  const std::map<IpAddress, std::vector<Tenure>>& all() const { return tenures_; }
  void put_back(const Tenure& tenure) { tenures_[tenure.address].push_back(tenure); }

 private:
  void note(const MacAddress& mac, const IpAddress& address, TenureSource source, Timestamp time,
            Duration validity);
  void note_late(std::vector<Tenure>& list, const Tenure& late);
  void make_room();

  AttributionOptions options_;
  std::map<IpAddress, std::vector<Tenure>> tenures_;  // each oldest first
  uint64_t forgotten_ = 0;
};

}  // namespace gatewitness
