// SPDX-License-Identifier: Apache-2.0
#include "tests/eval/home.h"

#include <algorithm>

namespace gatewitness::eval {
namespace {

Duration seconds(double count) {
  return Duration(static_cast<int64_t>(count * 1e6));
}

}  // namespace

Home::Home(const Internet& world, uint64_t seed, double length_days)
    : internet(world), dice(seed), days(length_days) {
  blocked = dice.chance(0.15);
}

uint32_t Home::add(std::string host_name, std::string vendor_class, bool random_mac) {
  SimDevice device;
  const auto index = static_cast<uint32_t>(devices.size());
  const auto noise = dice.next();
  device.mac.bytes = {static_cast<uint8_t>(random_mac ? 0x9e : 0x00),
                      0x00,
                      0x5e,
                      static_cast<uint8_t>(noise >> 8),
                      static_cast<uint8_t>(noise),
                      static_cast<uint8_t>(index)};
  device.v4 = IpAddress::v4(
      {192, 168, static_cast<uint8_t>(1 + index / 200), static_cast<uint8_t>(20 + index % 200)});
  std::array<uint8_t, 16> v6{0x20, 0x01, 0x0d, 0xb8, 0, 1};
  v6[14] = static_cast<uint8_t>(index >> 8);
  v6[15] = static_cast<uint8_t>(index);
  v6[8] = 0x02;
  device.v6 = IpAddress::v6(v6);
  device.host_name = std::move(host_name);
  device.vendor_class = std::move(vendor_class);
  devices.push_back(std::move(device));
  return index;
}

uint32_t Home::add_subject(std::string host_name, std::string vendor_class) {
  const uint32_t index = add(std::move(host_name), std::move(vendor_class));
  devices[index].subject = true;
  return index;
}

Timestamp Home::at(double day, double hour) const {
  return kStart + seconds((day * 24 + hour) * 3600);
}

Timestamp Home::some_time(double day) {
  return at(std::floor(day), dice.real(7, 23));
}

Session& Home::plan(uint32_t device, Timestamp time, const IpAddress& v4, const IpAddress& v6,
                    uint16_t port) {
  Session session;
  session.start = time;
  session.device = device;
  session.server = v6_only ? v6 : v4;
  session.port = port;
  sessions.push_back(std::move(session));
  return sessions.back();
}

Session& Home::submit(uint32_t device, Timestamp time, const Provider& provider, uint64_t identity) {
  const double kind = dice.unit();
  Session& session = plan(device, time, provider.v4, provider.v6, kind < 0.3 ? 465 : 587);
  session.tls = kind < 0.3 ? wire::Tls::kImplicit : kind < 0.98 ? wire::Tls::kStarted : wire::Tls::kNone;
  session.banner = provider.name;
  session.sni = provider.name;
  session.ehlo = "[" + to_string(devices[device].v4) + "]";
  session.sender_domain = provider.name.substr(5);
  session.identity = session.sender = identity;
  session.recipients = 1 + (dice.chance(0.2) ? dice.between(1, 6) : 0);
  session.body_bytes = static_cast<uint64_t>(dice.log_normal(9000, 1.5)) + 1200;
  session.seconds = dice.log_normal(2.5, 0.6);
  return session;
}

Session& Home::relay(uint32_t device, Timestamp time, const Provider& provider) {
  Session& session = plan(device, time, provider.v4, provider.v6, 25);
  session.banner = provider.name;
  session.ehlo = devices[device].host_name.empty() ? "localhost" : devices[device].host_name + ".lan";
  session.sender_domain = "owner.example";
  session.sender = 1 + device;
  session.body_bytes = static_cast<uint64_t>(dice.log_normal(4000, 0.8));
  session.seconds = dice.log_normal(2, 0.5);
  return session;
}

Session& Home::deliver(uint32_t device, Timestamp time, const Exchanger& exchanger) {
  Session& session = plan(device, time, exchanger.v4, exchanger.v6, 25);
  session.banner = exchanger.name;
  session.ehlo = "mail.family.example";
  session.sender_domain = "family.example";
  session.sender = 7000 + dice.between(0, 4);
  session.tls = dice.chance(0.85) ? wire::Tls::kStarted : wire::Tls::kNone;
  session.starttls_offered = session.tls != wire::Tls::kNone;
  session.sni = session.tls == wire::Tls::kNone ? "" : exchanger.name;
  session.body_bytes = static_cast<uint64_t>(dice.log_normal(8000, 1));
  session.seconds = dice.log_normal(3, 0.7);
  return session;
}

Session& Home::spam(uint32_t device, Timestamp time, const Exchanger& exchanger) {
  Session& session = plan(device, time, exchanger.v4, exchanger.v6, 25);
  session.bad = true;
  session.banner = exchanger.name;
  session.ehlo = "[" + to_string(devices[device].v4) + "]";
  session.sender_domain = "forged" + std::to_string(dice.between(0, 200)) + ".example";
  session.sender = dice.next() | 1;
  session.recipients = dice.between(1, 3);
  session.body_bytes = static_cast<uint64_t>(dice.log_normal(2500, 0.4));
  session.seconds = dice.log_normal(2.5, 0.5);
  session.dialect = wire::kLiteralEhlo | wire::kIgnoresStarttls;
  const double luck = dice.unit();
  if (luck < 0.12) {
    session.fate = dice.chance(0.7) ? Fate::kSilent : Fate::kRefused;
  } else if (luck < 0.55) {
    session.stop = luck < 0.2 ? Stop::kGreeting : luck < 0.45 ? Stop::kRecipient : Stop::kContent;
    session.refusal = session.stop == Stop::kContent ? wire::Refusal::kSpamContent
                      : dice.chance(0.5)             ? wire::Refusal::kBlockList
                                                     : wire::Refusal::kUnknownUser;
    if (session.stop == Stop::kGreeting) session.refusal = wire::Refusal::kBlockList;
    if (session.refusal == wire::Refusal::kBlockList && dice.chance(0.7)) session.list = "zen.spamhaus.org";
    session.code = session.stop == Stop::kGreeting ? 554 : 550;
  }
  return session;
}

Session& Home::arrive(uint32_t device, Timestamp time, uint16_t port) {
  const Exchanger& sender = internet.exchanger(dice);
  Session& session = plan(device, time, sender.v4, sender.v6, port);
  session.inbound = true;
  session.banner = "mail.family.example";
  session.ehlo = sender.name;
  session.sender_domain = sender.domain;
  session.sender = dice.next() | 1;
  session.tls = dice.chance(0.8) ? wire::Tls::kStarted : wire::Tls::kNone;
  return session;
}

void Home::ask_mx(uint32_t device, Timestamp time, const Exchanger& exchanger) {
  lookups.push_back({time, device, exchanger.domain});
}

void Home::person(uint32_t device, double mails_per_day, uint32_t accounts, double from_day, double to_day) {
  const std::size_t first = dice.next();
  const double share = 1.0 / accounts;
  for (double day = std::floor(from_day); day < to_day; day += 1) {
    const uint32_t count = dice.poisson(mails_per_day);
    for (uint32_t i = 0; i < count; ++i) {
      const auto account = std::min(accounts - 1, static_cast<uint32_t>(dice.exponential(share * 2) / share));
      const Timestamp time = some_time(day);
      if (time < at(from_day, 0) || time >= at(to_day, 0)) continue;
      submit(device, time, internet.provider(first + account * 7), 100 + account);
    }
  }
}

void Home::furnish() {
  const uint32_t computer = add("home-desktop", "MSFT 5.0");
  person(computer, dice.real(0.5, 8), dice.between(1, 3), 0, days);
  const uint32_t phone = add("Galaxy-S2" + std::to_string(dice.between(0, 4)), "android-dhcp-14", true);
  person(phone, dice.real(0.2, 3), dice.between(1, 2), 0, days);
  if (dice.chance(0.5)) {
    const uint32_t printer = add("laserjet-hall");
    const bool by_relay = dice.chance(0.3);
    const std::size_t provider = dice.next();
    for (double day = dice.exponential(5); day < days; day += 0.5 + dice.exponential(6)) {
      if (by_relay)
        relay(printer, some_time(day), internet.relay());
      else
        submit(printer, some_time(day), internet.provider(provider), 300);
    }
  }
}

void Home::finish() {
  for (Session& session : sessions) {
    const bool stranger = session.server != (v6_only ? internet.relay().v6 : internet.relay().v4);
    if (blocked && session.port == 25 && !session.inbound && stranger) session.fate = Fate::kSilent;
    if (v6_only && !session.ehlo.empty() && session.ehlo[0] == '[')
      session.ehlo = "[IPv6:" + to_string(devices[session.device].v6) + "]";
  }
  std::stable_sort(sessions.begin(), sessions.end(),
                   [](const Session& a, const Session& b) { return a.start < b.start; });
  std::stable_sort(lookups.begin(), lookups.end(),
                   [](const MxLookup& a, const MxLookup& b) { return a.time < b.time; });
}

}  // namespace gatewitness::eval
