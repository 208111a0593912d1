// SPDX-License-Identifier: Apache-2.0
#include "probes/dissect/flow.h"

#include <algorithm>
#include <array>

#include "probes/dissect/syn_fingerprint.h"

namespace gatewitness::dissect {
namespace {

using wire::IsMail;
using wire::Outcome;

constexpr uint16_t kSmtpsPort = 465;
// How far behind its SYN a client's first captured byte may stand: a capture loses a window, not a gigabyte.
constexpr uint32_t kFarthestFirstByte = 1U << 20;
// A waiting segment's place in the map and its own allocation, beside its bytes.
constexpr std::size_t kSegmentCost = 112;

// One direction's bytes on their way to the dialogue.
class ToSession : public StreamSink {
 public:
  ToSession(SmtpSession& session, bool client) : session_(session), client_(client) {}
  void on_bytes(std::span<const uint8_t> bytes) override {
    client_ ? session_.client_bytes(bytes) : session_.server_bytes(bytes);
  }
  void on_gap(uint64_t bytes) override { client_ ? session_.client_gap(bytes) : session_.server_gap(bytes); }

 private:
  SmtpSession& session_;
  bool client_;
};

// What nDPI may call a flow that is mail; anything else that it is sure of contradicts.
bool may_be_mail(std::string_view application) {
  static constexpr std::array<std::string_view, 4> kNames = {"", "SMTP", "SMTPS", "TLS"};
  return std::find(kNames.begin(), kNames.end(), application) != kNames.end();
}

uint32_t microseconds(Duration duration) {
  return static_cast<uint32_t>(std::clamp<int64_t>(duration.count(), 0, UINT32_MAX));
}

}  // namespace

// What only a flow with payload needs. Most attempts of a burst that somebody's firewall swallows never have
// any.
struct Flow::Talk {
  Talk(const HashKey& key, bool implicit_tls) : session(key, implicit_tls) {}

  Reassembler to_server, to_client;
  SmtpSession session;
  ToSession from_client{session, true}, from_server{session, false};
  uint64_t seen_changes = 0;
  NdpiClassifier::FlowHandle ndpi_flow;
  bool ndpi_done = false;
  std::string application;
  std::optional<uint32_t> banner_us;
};

Flow::Flow(const FlowOrigin& origin, const HashKey& key)
    : key_(key),
      tuple_(origin.client_to_server),
      id_(origin.id),
      interface_(origin.interface),
      started_(origin.time),
      last_(origin.time),
      mail_port_(origin.mail_port) {}
Flow::~Flow() = default;
Flow::Flow(Flow&&) noexcept = default;
Flow& Flow::operator=(Flow&&) noexcept = default;

bool Flow::is_from_client(const Packet& packet) const {
  return packet.source == tuple_.source.address && packet.source_port == tuple_.source.port;
}

void Flow::packet(const Packet& packet, Timestamp time, NdpiClassifier* ndpi) {
  const bool from_client = is_from_client(packet);
  last_ = std::max(last_, time);
  news(News::kCanWait);
  note_frame(packet, from_client);
  note_connection(packet, from_client, time);
  if (!talk_ && (!packet.payload.empty() || packet.missing_bytes > 0)) begin_talk(packet, from_client);
  if (talk_) {
    if (ndpi != nullptr && !packet.ip_packet.empty()) feed_ndpi(packet, from_client, time, *ndpi);
    feed_streams(packet, from_client, time);
  }
  note_end(packet, from_client, time);
  judge();
}

void Flow::note_frame(const Packet& packet, bool from_client) {
  ++(from_client ? packets_to_server_ : packets_to_client_);
  if (from_client && client_ttl_ == 0) client_ttl_ = packet.ttl;
  if (vlan_ == 0) vlan_ = packet.vlan;
  if (packet.has_macs) note_macs(packet, from_client);
}

// Who sent it, on which way. The first client frame names the device; a server's frame names it too, as its
// destination, which is all there is when the client's side is not captured.
void Flow::note_macs(const Packet& packet, bool from_client) {
  const MacAddress& client = from_client ? packet.source_mac : packet.destination_mac;
  const MacAddress& next_hop = from_client ? packet.destination_mac : packet.source_mac;
  if (client_mac_.is_zero()) client_mac_ = client;
  if (next_hop_mac_.is_zero()) next_hop_mac_ = next_hop;
  if (!from_client || client == client_mac_) return;
  auto& others = other_client_macs_;
  if (others.size() < wire::kMaxMacs && std::find(others.begin(), others.end(), client) == others.end()) {
    others.push_back(client);
    news(News::kUrgent);
  }
}

void Flow::note_connection(const Packet& packet, bool from_client, Timestamp time) {
  const TcpHeader& tcp = *packet.tcp;
  if (from_client && tcp.has(TcpHeader::kSyn)) return note_client_syn(packet);
  if (!from_client && tcp.has(TcpHeader::kSyn)) note_server_syn(tcp, time);
  if (outcome_ >= Outcome::kEstablished || !shows_connection(packet, from_client)) return;
  outcome_ = Outcome::kEstablished;
  if (syns_ == 0 && !answered_ && mail_port_) mid_stream_ = true;
  news(News::kUrgent);
}

void Flow::note_server_syn(const TcpHeader& tcp, Timestamp time) {
  if (!server_isn_) server_isn_ = tcp.sequence;
  if (tcp.has(TcpHeader::kAck)) {
    if (!client_isn_) client_isn_ = tcp.acknowledgement - 1;
    syn_confirmed_ = syn_confirmed_ || *client_isn_ == tcp.acknowledgement - 1;
  }
  if (!answered_ && syns_ > 0) connect_us_ = microseconds(time - started_);
  if (!answered_) answered_ = time;
}

// A client that acknowledges has been answered, whether or not the answer was captured. A server that only
// acknowledges in answer to a SYN has not: it speaks of an earlier connection (RFC 9293 section 3.5.2, RFC
// 5961).
bool Flow::shows_connection(const Packet& packet, bool from_client) const {
  const TcpHeader& tcp = *packet.tcp;
  if (tcp.has(TcpHeader::kRst)) return false;
  const bool only_acknowledges =
      !tcp.has(TcpHeader::kSyn) && packet.payload.empty() && packet.missing_bytes == 0;
  return from_client || syns_ == 0 || answered_ || !only_acknowledges;
}

void Flow::note_client_syn(const Packet& packet) {
  client_isn_ = packet.tcp->sequence;
  if (syns_++ == 0) syn_fingerprint_ = syn_fingerprint(packet);
  // Some stacks try again where they were refused: the same attempt, which waits for an answer again.
  if (outcome_ == Outcome::kRefused) ended_.reset();
}

void Flow::note_end(const Packet& packet, bool from_client, Timestamp time) {
  const TcpHeader& tcp = *packet.tcp;
  if (tcp.has(TcpHeader::kFin)) {
    (from_client ? client_fin_ : server_fin_) = true;
    if (outcome_ == Outcome::kEstablished) {
      outcome_ = Outcome::kClosed;
      news(News::kUrgent);
    }
    if (client_fin_ && server_fin_ && !ended_) ended_ = time;
  }
  if (!tcp.has(TcpHeader::kRst)) return;
  const bool unanswered = outcome_ == Outcome::kSynOnly || outcome_ == Outcome::kUnreachable;
  if (unanswered && !from_client) outcome_ = Outcome::kRefused;
  if (outcome_ == Outcome::kEstablished) outcome_ = Outcome::kReset;
  if (!ended_) ended_ = time;
  news(News::kUrgent);
}

// A SYN that no server confirmed and that the client's bytes do not go with was meant for the witness:
// somebody put it into a connection to make its bytes look as if they belonged nowhere.
void Flow::begin_talk(const Packet& packet, bool from_client) {
  talk_ = std::make_unique<Talk>(key_, tuple_.destination.port == kSmtpsPort);
  if (from_client && client_isn_ && !syn_confirmed_ && !packet.tcp->has(TcpHeader::kSyn)) {
    const uint32_t ahead = packet.tcp->sequence - *client_isn_;
    if (ahead > kFarthestFirstByte) {
      client_isn_.reset();
      mid_stream_ = true;
    }
  }
  if (client_isn_) talk_->to_server.syn(*client_isn_);
  if (server_isn_) talk_->to_client.syn(*server_isn_);
}

void Flow::feed_streams(const Packet& packet, bool from_client, Timestamp time) {
  const TcpHeader& tcp = *packet.tcp;
  // What a reset carries (RFC 9293 section 3.5.3: a text for people) is no part of the stream.
  if (tcp.has(TcpHeader::kRst)) return;
  // After a SYN, payload (RFC 7413) stands one number further.
  const uint32_t sequence = tcp.sequence + (tcp.has(TcpHeader::kSyn) ? 1U : 0U);
  Reassembler& stream = from_client ? talk_->to_server : talk_->to_client;
  Reassembler& other = from_client ? talk_->to_client : talk_->to_server;
  ToSession& own = from_client ? talk_->from_client : talk_->from_server;
  ToSession& opposite = from_client ? talk_->from_server : talk_->from_client;
  if (tcp.has(TcpHeader::kSyn)) stream.syn(tcp.sequence);
  // First what this side has seen of the other, so that an answer is not read before what it answers.
  if (tcp.has(TcpHeader::kAck)) other.acknowledged(tcp.acknowledgement, opposite);
  const bool first_of_server = !from_client && stream.counters().segments == 0;
  stream.segment(sequence, packet.payload, packet.missing_bytes, own);
  if (first_of_server && stream.counters().segments > 0 && answered_) {
    talk_->banner_us = microseconds(time - *answered_);
  }
  if (tcp.has(TcpHeader::kFin)) {
    stream.fin(sequence + static_cast<uint32_t>(packet.payload.size()) + packet.missing_bytes);
  }
  if (talk_->session.opaque()) {
    talk_->to_server.stop_buffering();
    talk_->to_client.stop_buffering();
  }
}

// From the first payload on: nDPI has nothing to say of headers, and its memory is needed for those who talk.
void Flow::feed_ndpi(const Packet& packet, bool from_client, Timestamp time, NdpiClassifier& ndpi) {
  if (talk_->ndpi_done) return;
  if (!talk_->ndpi_flow) talk_->ndpi_flow = ndpi.new_flow();
  if (!talk_->ndpi_flow) {
    talk_->ndpi_done = true;
    return;
  }
  auto classification = ndpi.packet(*talk_->ndpi_flow, packet.ip_packet, time, from_client);
  if (!classification.application.empty()) talk_->application = std::move(classification.application);
  if (!classification.decided) return;
  talk_->ndpi_done = true;
  talk_->ndpi_flow.reset();
}

// Whether this is mail: the dialogue knows best, nDPI knows what else it may be.
void Flow::judge() {
  if (!talk_) return;
  const SmtpSession& session = talk_->session;
  IsMail is_mail = session.is_mail();
  const bool opaque_from_start = session.dialogue().tls == wire::Tls::kImplicit;
  const bool sure = is_mail == IsMail::kNo || (is_mail == IsMail::kYes && !opaque_from_start);
  if (!sure && !may_be_mail(talk_->application)) is_mail = IsMail::kNo;
  if (is_mail != is_mail_) {
    is_mail_ = is_mail;
    news(News::kUrgent);
  }
  if (session.change_counter() != talk_->seen_changes) {
    talk_->seen_changes = session.change_counter();
    news(News::kUrgent);
  }
}

void Flow::unreachable(Timestamp time) {
  last_ = std::max(last_, time);
  if (outcome_ != Outcome::kSynOnly) return;
  outcome_ = Outcome::kUnreachable;
  news(News::kUrgent);
}

std::size_t Flow::buffered_bytes() const {
  if (!talk_) return 0;
  const std::size_t segments = talk_->to_server.buffered_segments() + talk_->to_client.buffered_segments();
  return talk_->to_server.buffered_bytes() + talk_->to_client.buffered_bytes() + segments * kSegmentCost;
}

void Flow::give_up_holes() {
  if (!talk_) return;
  talk_->to_server.give_up_holes(talk_->from_client);
  talk_->to_client.give_up_holes(talk_->from_server);
  news(News::kCanWait);
  judge();
}

void Flow::finish(NdpiClassifier* ndpi) {
  final_ = true;
  if (!talk_) return;
  talk_->to_server.finish(talk_->from_client);
  talk_->to_client.finish(talk_->from_server);
  talk_->session.finish();
  if (ndpi != nullptr && talk_->ndpi_flow) {
    auto classification = ndpi->give_up(*talk_->ndpi_flow);
    if (!classification.application.empty()) talk_->application = std::move(classification.application);
    talk_->ndpi_flow.reset();
  }
  judge();
}

bool Flow::is_reused_by(const Packet& syn) const {
  return (ended_ && outcome_ != Outcome::kRefused) || client_isn_ != syn.tcp->sequence;
}

std::optional<Timestamp> Flow::publish_due(const FlowTimes& times) const {
  if (!is_published() || news_ == News::kNone) return std::nullopt;
  if (!published_) return started_;
  return *published_ + (news_ == News::kUrgent ? kUrgentInterval : times.publish_interval);
}

Timestamp Flow::expires(const FlowTimes& times) const {
  if (ended_) return *ended_ + times.closed_linger;
  return last_ + (outcome_ < Outcome::kEstablished ? times.syn_idle : times.idle);
}

ReassemblyCounters Flow::client_stream() const {
  return talk_ ? talk_->to_server.counters() : ReassemblyCounters{};
}
ReassemblyCounters Flow::server_stream() const {
  return talk_ ? talk_->to_client.counters() : ReassemblyCounters{};
}

bool Flow::at_least() const {
  const bool one_sided = packets_to_server_ == 0 || packets_to_client_ == 0;
  return (talk_ && talk_->session.at_least()) || mid_stream_ ||
         (outcome_ >= Outcome::kEstablished && one_sided);
}

wire::Attempt Flow::publish(Timestamp time) {
  published_ = time;
  news_ = News::kNone;
  wire::Attempt attempt;
  attempt.id = id_;
  attempt.revision = revision_++;
  attempt.final = final_;
  attempt.interface = interface_;
  attempt.vlan = vlan_;
  attempt.client_mac = client_mac_;
  attempt.next_hop_mac = next_hop_mac_;
  attempt.other_client_macs = other_client_macs_;
  attempt.client_ttl = client_ttl_;
  attempt.flow = tuple_;
  attempt.started = started_;
  attempt.last = last_;
  attempt.outcome = outcome_;
  attempt.syns = syns_;
  attempt.mid_stream = mid_stream_;
  attempt.client_seen = packets_to_server_ > 0;
  attempt.server_seen = packets_to_client_ > 0;
  attempt.is_mail = is_mail_;
  attempt.at_least = at_least();
  attempt.connect_us = connect_us_;
  attempt.syn_fingerprint = syn_fingerprint_;
  const auto to_server = client_stream();
  const auto to_client = server_stream();
  attempt.to_server = {packets_to_server_, to_server.bytes, to_server.lost_bytes};
  attempt.to_client = {packets_to_client_, to_client.bytes, to_client.lost_bytes};
  if (!talk_) return attempt;
  attempt.application = talk_->application;
  attempt.banner_us = talk_->banner_us;
  if (talk_->session.has_dialogue()) attempt.smtp = talk_->session.dialogue();
  return attempt;
}

}  // namespace gatewitness::dissect
