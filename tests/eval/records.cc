// SPDX-License-Identifier: Apache-2.0
#include "tests/eval/records.h"

namespace gatewitness::eval {
namespace {

constexpr double kSilentFor = 60;          // seconds until the probe gives a SYN up
constexpr uint64_t kHandshakeBytes = 900;  // of TLS, with EHLO and AUTH inside
const MacAddress kGatewayMac{{0x00, 0x00, 0x5e, 0x00, 0x01, 0x01}};
const IpAddress kPublic = IpAddress::v4({203, 0, 113, 7});

Duration seconds(double count) {
  return Duration(static_cast<int64_t>(count * 1e6));
}

bool is_opaque(const Session& session) {
  return session.tls >= wire::Tls::kStarted;
}

void refuse(const Session& session, wire::SmtpDialogue& smtp) {
  smtp.refusals.push_back({session.refusal, session.code, session.list, 1});
  ++(session.code >= 500 ? smtp.replies_5xx : smtp.replies_4xx);
}

// The transaction in the clear.
void transact(const Session& session, bool ended, wire::SmtpDialogue& smtp) {
  if (session.identity != 0) {
    smtp.auth_tried = 1;
    smtp.auth_identity_hash = session.identity;
    smtp.auth_mechanism = "LOGIN";
    ++(session.auth_refused ? smtp.auth_failed : smtp.auth_succeeded);
  }
  if (session.stop == Stop::kAuth) return refuse(session, smtp);
  if (session.messages == 0) return;
  smtp.mail_commands = session.messages;
  smtp.senders = 1;
  smtp.sender_hashes = {session.sender};
  smtp.mail_from_domains = {session.sender_domain};
  smtp.recipients = smtp.rcpt_commands = session.recipients;
  for (uint32_t i = 0; i < session.recipients; ++i) smtp.recipient_hashes.push_back(session.sender * 31 + i);
  if (!ended) return;
  if (session.stop == Stop::kRecipient) {
    smtp.rcpt_refused = session.recipients;
    return refuse(session, smtp);
  }
  smtp.rcpt_accepted = session.recipients;
  smtp.data_commands = session.messages;
  if (session.stop == Stop::kContent) {
    smtp.messages_refused = session.messages;
    return refuse(session, smtp);
  }
  smtp.messages_accepted = session.messages;
  smtp.replies_2xx += 3 * session.messages;
}

wire::SmtpDialogue dialogue(const Session& session, bool ended) {
  wire::SmtpDialogue smtp;
  smtp.tls = session.tls;
  if (session.tls == wire::Tls::kImplicit) {
    smtp.sni = session.sni;
    return smtp;
  }
  smtp.banner = session.banner;
  smtp.greeting_code = session.stop == Stop::kGreeting ? session.code : uint16_t{220};
  if (session.stop == Stop::kGreeting) {
    refuse(session, smtp);
    return smtp;
  }
  smtp.ehlo = session.ehlo;
  smtp.ehlo_names = session.ehlo.empty() ? 0 : 1;
  smtp.replies_2xx = 2;
  smtp.starttls_offered = session.starttls_offered;
  smtp.pipelining_offered = true;
  if (session.messages > 0)
    smtp.dialect = session.dialect & ~(session.starttls_offered ? 0 : wire::kIgnoresStarttls);
  if (is_opaque(session)) {
    smtp.sni = session.sni;
    return smtp;
  }
  if (session.starttls_offered) smtp.tls = wire::Tls::kOffered;
  transact(session, ended, smtp);
  return smtp;
}

FiveTuple tuple_of(const Session& session, const IpAddress& home_side, uint64_t id) {
  const Endpoint near{home_side,
                      static_cast<uint16_t>(session.inbound ? session.port : 20'000 + id % 40'000)};
  const Endpoint far{session.server,
                     static_cast<uint16_t>(session.inbound ? 20'000 + id % 40'000 : session.port)};
  return session.inbound ? FiveTuple{far, near} : FiveTuple{near, far};
}

}  // namespace

Timestamp time_of(const Session& session, Moment moment) {
  if (moment == Moment::kStart) return session.start;
  if (session.fate == Fate::kRefused) return session.start + seconds(0.05);
  if (session.fate == Fate::kSilent) return session.start + seconds(kSilentFor);
  return session.start + seconds(session.seconds * (moment == Moment::kMiddle ? 0.3 : 1));
}

wire::Attempt attempt_at(const Home& home, const Session& session, Moment moment, uint64_t id) {
  const SimDevice& device = home.devices[session.device];
  wire::Attempt attempt;
  attempt.id = id;
  attempt.revision = static_cast<uint32_t>(moment);
  attempt.final = moment == Moment::kEnd;
  attempt.interface = "br-lan";
  attempt.client_mac = session.inbound ? kGatewayMac : device.mac;
  attempt.next_hop_mac = session.inbound ? device.mac : kGatewayMac;
  attempt.client_ttl = session.behind > 0 ? 63 : 64;
  IpAddress source = home.v6_only ? device.v6 : device.v4;
  if (session.behind > 0) source = IpAddress::v4({192, 168, 7, static_cast<uint8_t>(100 + session.behind)});
  attempt.flow = tuple_of(session, source, id);
  attempt.started = session.start;
  attempt.last = time_of(session, moment);
  attempt.syns = 1;
  attempt.client_seen = true;
  if (moment == Moment::kStart) return attempt;
  attempt.outcome = session.fate == Fate::kSilent    ? wire::Outcome::kSynOnly
                    : session.fate == Fate::kRefused ? wire::Outcome::kRefused
                    : attempt.final                  ? wire::Outcome::kClosed
                                                     : wire::Outcome::kEstablished;
  attempt.server_seen = session.fate != Fate::kSilent;
  if (session.fate != Fate::kTalks) return attempt;
  attempt.connect_us = 40'000;
  if (session.banner == "(not mail)") {
    attempt.is_mail = wire::IsMail::kNo;
    attempt.application = "OpenVPN";
    return attempt;
  }
  attempt.is_mail = wire::IsMail::kYes;
  attempt.at_least = is_opaque(session);
  const bool sent = attempt.final && session.messages > 0 && session.stop == Stop::kNowhere;
  attempt.to_server.bytes = (is_opaque(session) ? kHandshakeBytes : 150) + (sent ? session.body_bytes : 120);
  attempt.to_client.bytes = is_opaque(session) ? 5000 : 400;
  attempt.to_server.packets = 8 + session.body_bytes / 1400;
  attempt.to_client.packets = 8;
  attempt.smtp = dialogue(session, attempt.final);
  return attempt;
}

wire::Binding binding_at(const Session& session, Moment moment, uint64_t id) {
  wire::Binding binding;
  binding.id = id;
  binding.inside = binding.outside = tuple_of(session, kPublic, id);
  binding.started = session.start;
  binding.gateway_origin = true;
  binding.replied = moment != Moment::kStart && session.fate == Fate::kTalks;
  binding.assured = binding.replied;
  binding.tcp_state = binding.replied ? "TIME_WAIT" : "SYN_SENT";
  if (moment == Moment::kEnd) binding.ended = time_of(session, moment);
  return binding;
}

}  // namespace gatewitness::eval
