// SPDX-License-Identifier: Apache-2.0
//
// Which addresses belong to the home, and which to the gateway itself. Owned by the pipeline; fed with what
// the kernel probe says of the gateway's addresses and with the interfaces that the capture probe watches.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/model/network.h"
#include "probes/wire/records.h"

namespace gatewitness {

enum class Direction : uint8_t { kOutbound, kInbound, kInternal };

class Lan {
 public:
  static constexpr std::size_t kMaxLocalAddresses = 256;
  static constexpr std::size_t kMaxInterfaces = 64;

  explicit Lan(NetworkOptions options) : options_(std::move(options)) {}

  void learn(const wire::LocalAddress& address);
  // An interface on which frames are captured is one of the LAN's: its prefixes are the home's.
  void watched(const std::string& interface);

  bool is_home(const IpAddress& address) const;
  bool is_gateway(const IpAddress& address) const;
  bool is_gateway_mac(const MacAddress& mac) const;
  // Who speaks to whom. Where neither side is known to be at home (a capture made elsewhere), the side that
  // spoke first is taken for the device.
  Direction direction(const wire::Attempt& attempt) const;

  const NetworkOptions& options() const { return options_; }
  const std::map<std::pair<std::string, IpAddress>, wire::LocalAddress>& local_addresses() const {
    return local_;
  }
  const std::set<std::string>& interfaces() const { return watched_; }

 private:
  NetworkOptions options_;
  std::map<std::pair<std::string, IpAddress>, wire::LocalAddress> local_;
  std::set<std::string> watched_;
};

}  // namespace gatewitness
