// SPDX-License-Identifier: Apache-2.0
//
// A past for the tests of testimonies: a home behind 203.0.113.7 with a fridge, a laptop and a NAS, watched
// throughout.
#pragma once

#include "daemon/inquiry/testimony.h"

namespace gatewitness::past {

inline const Timestamp kNoon{std::chrono::seconds(1'795'000'000)};
inline const MacAddress kFridge = *MacAddress::parse("8c:79:f5:10:00:01");
inline const MacAddress kLaptop = *MacAddress::parse("3c:22:fb:10:00:02");
inline const MacAddress kNas = *MacAddress::parse("00:11:32:10:00:03");
inline const MacAddress kGateway = *MacAddress::parse("02:00:5e:00:00:fe");
inline const char* const kHome = "203.0.113.7";
inline const char* const kServer = "198.51.100.9";

IpAddress address(const char* text);
// The fridge has .20, the laptop .21, the NAS .22, all day, by DHCP.
const char* address_of(const MacAddress& mac);

// A session of a device with a server on port 25: its frames and its binding.
struct SessionOf {
  MacAddress mac;
  Timestamp began = kNoon;
  uint16_t port = 40000;  // inside
  uint16_t outside_port = 60460;
  const char* server = kServer;
  const char* queue_id = "";
  const char* ehlo = "localhost";
  Duration length = std::chrono::seconds(4);
  bool frames = true;
  bool binding = true;
};

class Past {
 public:
  Past();
  Past& with(const SessionOf& session);
  // Only what conntrack says; changed as the test likes.
  Past& with(wire::Binding binding);
  Testimony ask(const Inquiry& inquiry) const;

  Records records;
  TestifyOptions options;

 private:
  uint64_t next_id_ = 1;
};

wire::Binding binding_of(const SessionOf& session);
// 203.0.113.7, port 60460, at noon, to the server.
Inquiry report();

const Candidate* candidate(const Testimony& testimony, const MacAddress& mac);
const Bystander* other(const Testimony& testimony, const MacAddress& mac);
std::string all_of(const std::vector<std::string>& lines);

}  // namespace gatewitness::past
