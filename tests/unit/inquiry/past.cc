// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/inquiry/past.h"

namespace gatewitness::past {

using namespace std::chrono_literals;

IpAddress address(const char* text) {
  return *IpAddress::parse(text);
}

const char* address_of(const MacAddress& mac) {
  if (mac == kFridge) return "192.168.1.20";
  return mac == kLaptop ? "192.168.1.21" : "192.168.1.22";
}

Past::Past() {
  records.from = kNoon - 24h;
  records.to = kNoon + 1h;
  records.oldest = kNoon - 30 * 24h;
  for (const char* probe : {"capture", "kernel"})
    records.watches.push_back({probe, kNoon - 30 * 24h, kNoon + 1h});
  records.own = {{{"br-lan", kGateway, address("192.168.1.1"), 24, false}, kNoon - 30 * 24h, std::nullopt},
                 {{"wan", kGateway, address(kHome), 24, false}, kNoon - 30 * 24h, std::nullopt}};
  records.outside = {{address(kHome), kNoon - 30 * 24h, kNoon + 1h}};
  for (const auto& [mac, name] :
       {std::pair(kFridge, "kitchen-fridge"), {kLaptop, "annas-laptop"}, {kNas, "nas"}}) {
    wire::AddressClaim claim;
    claim.interface = "br-lan";
    claim.mac = mac;
    claim.address = address(address_of(mac));
    claim.source = wire::ClaimSource::kDhcp;
    claim.lease_s = 86400;
    records.claims.push_back({claim, kNoon - 20h, kNoon - 1h});
    records.facts.push_back({mac, wire::FactKind::kDhcpHostName, name, kNoon - 30 * 24h, kNoon - 1h});
  }
}

wire::Binding binding_of(const SessionOf& session) {
  wire::Binding binding;
  binding.id = session.outside_port;
  binding.inside = {
      {address(address_of(session.mac)), session.port}, {address(session.server), 25}, kProtocolTcp};
  binding.outside = binding.inside;
  binding.outside.source = {address(kHome), session.outside_port};
  binding.started = session.began;
  binding.ended = session.began + session.length + 120s;
  binding.replied = binding.assured = true;
  return binding;
}

Past& Past::with(const SessionOf& session) {
  if (session.binding) records.bindings.push_back(binding_of(session));
  if (!session.frames) return *this;
  wire::Attempt attempt;
  attempt.id = next_id_++;
  attempt.final = true;
  attempt.interface = "br-lan";
  attempt.client_mac = session.mac;
  attempt.next_hop_mac = kGateway;
  attempt.client_ttl = 64;
  attempt.flow = binding_of(session).inside;
  attempt.started = session.began;
  attempt.last = session.began + session.length;
  attempt.outcome = wire::Outcome::kClosed;
  attempt.client_seen = attempt.server_seen = true;
  attempt.is_mail = wire::IsMail::kYes;
  attempt.smtp = wire::SmtpDialogue{};
  attempt.smtp->ehlo = session.ehlo;
  attempt.smtp->messages_accepted = 1;
  if (*session.queue_id != '\0') attempt.smtp->queue_ids = {session.queue_id};
  records.attempts.push_back({{"capture", 1, attempt.id}, attempt});
  return *this;
}

Past& Past::with(wire::Binding binding) {
  records.bindings.push_back(std::move(binding));
  return *this;
}

Testimony Past::ask(const Inquiry& inquiry) const {
  return testify(inquiry, records, options);
}

Inquiry report() {
  Inquiry inquiry;
  inquiry.public_address = address(kHome);
  inquiry.port = 60460;
  inquiry.at = kNoon + 2s;
  inquiry.destination = address(kServer);
  return inquiry;
}

const Candidate* candidate(const Testimony& testimony, const MacAddress& mac) {
  for (const auto& one : testimony.candidates)
    if (one.profile.device == DeviceId::of(mac)) return &one;
  return nullptr;
}

const Bystander* other(const Testimony& testimony, const MacAddress& mac) {
  for (const auto& one : testimony.others)
    if (one.profile.device == DeviceId::of(mac)) return &one;
  return nullptr;
}

std::string all_of(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += line + "\n";
  return text;
}

}  // namespace gatewitness::past
