// SPDX-License-Identifier: Apache-2.0
//
// A simulated home: its devices, and all that they will send in its months, planned ahead. One device is the
// subject, an innocent or a sender of some kind; the others are what stands in every home. Filled by
// innocents.cc and senders.cc, played by play.cc.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/model/network.h"
#include "probes/wire/mac.h"
#include "tests/eval/internet.h"
#include "tests/eval/session.h"

namespace gatewitness::eval {

struct SimDevice {
  MacAddress mac;
  IpAddress v4;
  IpAddress v6;
  std::string host_name;  // DHCP; tells the class to whoever knows the words. "": says nothing
  std::string vendor_class;
  Role role = Role::kNone;  // as the owner enrolled it
  bool subject = false;
};

struct MxLookup {
  Timestamp time;
  uint32_t device = 0;
  std::string name;
};

// A clock that is set: from then on records carry a time so much later.
struct ClockStep {
  Timestamp time;
  Duration by{};
};

struct Home {
  Home(const Internet& world, uint64_t seed, double length_days);

  const Internet& internet;
  Dice dice;
  double days;
  bool blocked = false;  // the access provider drops port 25 to strangers
  bool v6_only = false;
  std::vector<SimDevice> devices;
  std::vector<Session> sessions;
  std::vector<MxLookup> lookups;
  std::vector<Timestamp> restarts;  // save, and restore into a fresh pipeline
  std::vector<ClockStep> steps;

  static constexpr Timestamp kStart{std::chrono::sys_days{std::chrono::year{2026} / 1 / 5}};  // a Monday

  uint32_t add(std::string host_name, std::string vendor_class = "", bool random_mac = false);
  uint32_t add_subject(std::string host_name, std::string vendor_class = "");
  Timestamp at(double day, double hour) const;
  // Some time of a waking day.
  Timestamp some_time(double day);

  // --- sessions; each is planned and returned for changes
  Session& submit(uint32_t device, Timestamp time, const Provider& provider, uint64_t identity);
  Session& relay(uint32_t device, Timestamp time, const Provider& provider);  // port 25, one smarthost
  Session& deliver(uint32_t device, Timestamp time,
                   const Exchanger& exchanger);                                // port 25, a mail server's way
  Session& spam(uint32_t device, Timestamp time, const Exchanger& exchanger);  // port 25, a bot's way
  Session& arrive(uint32_t device, Timestamp time, uint16_t port = 25);        // from outside
  void ask_mx(uint32_t device, Timestamp time, const Exchanger& exchanger);

  // What stands in every home: a computer with a mail client, a phone, now and then a printer.
  void furnish();
  // A person who writes mails with a client: so many a day through some providers.
  void person(uint32_t device, double mails_per_day, uint32_t accounts, double from_day, double to_day);
  // Upstream and addresses applied; by time.
  void finish();

 private:
  Session& plan(uint32_t device, Timestamp time, const IpAddress& v4, const IpAddress& v6, uint16_t port);
};

}  // namespace gatewitness::eval
