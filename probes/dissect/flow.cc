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

Flow::Flow(const FlowOrigin& origin, const HashKey& key) : key_(key), mail_port_(origin.mail_port) {
  attempt_.id = origin.id;
  attempt_.flow = origin.client_to_server;
  attempt_.interface = origin.interface;
  attempt_.started = attempt_.last = origin.time;
}

SmtpSession& Flow::session() {
  if (!session_) session_.emplace(key_, attempt_.flow.destination.port == kSmtpsPort);
  return *session_;
}

void Flow::packet(const Packet& packet, Timestamp time, NdpiClassifier* ndpi) {
  const bool from_client =
      packet.source == attempt_.flow.source.address && packet.source_port == attempt_.flow.source.port;
  attempt_.last = std::max(attempt_.last, time);
  news(News::kCanWait);
  note_frame(packet, from_client);
  note_connection(packet, from_client, time);
  if (ndpi != nullptr && !ndpi_done_ && !packet.ip_packet.empty())
    feed_ndpi(packet, from_client, time, *ndpi);
  feed_streams(packet, from_client, time);
  note_end(packet, from_client, time);
  judge();
}

// Who sent it, on which way. The first client frame names the device; a server's frame names it too, as its
// destination, which is all there is when the client's side is not captured.
void Flow::note_frame(const Packet& packet, bool from_client) {
  (from_client ? attempt_.client_seen : attempt_.server_seen) = true;
  ++(from_client ? attempt_.to_server : attempt_.to_client).packets;
  if (from_client && attempt_.client_ttl == 0) attempt_.client_ttl = packet.ttl;
  if (attempt_.vlan == 0) attempt_.vlan = packet.vlan;
  if (!packet.has_macs) return;
  const MacAddress& client = from_client ? packet.source_mac : packet.destination_mac;
  const MacAddress& next_hop = from_client ? packet.destination_mac : packet.source_mac;
  if (attempt_.client_mac.is_zero()) attempt_.client_mac = client;
  if (attempt_.next_hop_mac.is_zero()) attempt_.next_hop_mac = next_hop;
  if (!from_client || client == attempt_.client_mac) return;
  auto& others = attempt_.other_client_macs;
  if (others.size() < wire::kMaxMacs && std::find(others.begin(), others.end(), client) == others.end()) {
    others.push_back(client);
    news(News::kUrgent);
  }
}

void Flow::note_connection(const Packet& packet, bool from_client, Timestamp time) {
  const TcpHeader& tcp = *packet.tcp;
  if (from_client && tcp.has(TcpHeader::kSyn)) {
    if (attempt_.syns++ == 0) {
      client_isn_ = tcp.sequence;
      attempt_.syn_fingerprint = syn_fingerprint(packet);
    }
    to_server_.syn(tcp.sequence);
    return;
  }
  if (!from_client && tcp.has(TcpHeader::kSyn)) {
    to_client_.syn(tcp.sequence);
    if (!answered_ && attempt_.syns > 0) attempt_.connect_us = microseconds(time - attempt_.started);
    if (!answered_) answered_ = time;
  }
  const bool refusal = tcp.has(TcpHeader::kRst);
  if (attempt_.outcome >= Outcome::kEstablished || refusal) return;
  // A client that acknowledges has been answered, whether or not the answer was captured.
  attempt_.outcome = Outcome::kEstablished;
  if (attempt_.syns == 0 && !answered_ && mail_port_) attempt_.mid_stream = true;
  news(News::kUrgent);
}

void Flow::note_end(const Packet& packet, bool from_client, Timestamp time) {
  const TcpHeader& tcp = *packet.tcp;
  if (tcp.has(TcpHeader::kFin)) {
    (from_client ? client_fin_ : server_fin_) = true;
    if (attempt_.outcome == Outcome::kEstablished) {
      attempt_.outcome = Outcome::kClosed;
      news(News::kUrgent);
    }
    if (client_fin_ && server_fin_ && !ended_) ended_ = time;
  }
  if (!tcp.has(TcpHeader::kRst)) return;
  const bool unanswered = attempt_.outcome == Outcome::kSynOnly || attempt_.outcome == Outcome::kUnreachable;
  if (unanswered && !from_client) attempt_.outcome = Outcome::kRefused;
  if (attempt_.outcome == Outcome::kEstablished) attempt_.outcome = Outcome::kReset;
  if (!ended_) ended_ = time;
  news(News::kUrgent);
}

void Flow::feed_streams(const Packet& packet, bool from_client, Timestamp time) {
  const TcpHeader& tcp = *packet.tcp;
  // After a SYN, payload (RFC 7413) stands one number further.
  const uint32_t sequence = tcp.sequence + (tcp.has(TcpHeader::kSyn) ? 1U : 0U);
  Reassembler& stream = from_client ? to_server_ : to_client_;
  Reassembler& other = from_client ? to_client_ : to_server_;
  if (packet.payload.empty() && packet.missing_bytes == 0 && !session_) return;
  if (!packet.payload.empty() && !from_client && !attempt_.banner_us && answered_ &&
      to_client_.counters().bytes == 0) {
    attempt_.banner_us = microseconds(time - *answered_);
  }
  ToSession own(session(), from_client);
  ToSession opposite(session(), !from_client);
  // First what this side has seen of the other, so that an answer is not read before what it answers.
  if (tcp.has(TcpHeader::kAck)) other.acknowledged(tcp.acknowledgement, opposite);
  stream.segment(sequence, packet.payload, packet.missing_bytes, own);
  if (tcp.has(TcpHeader::kFin)) {
    stream.fin(sequence + static_cast<uint32_t>(packet.payload.size()) + packet.missing_bytes);
  }
  if (session().opaque()) {
    to_server_.stop_buffering();
    to_client_.stop_buffering();
  }
}

void Flow::feed_ndpi(const Packet& packet, bool from_client, Timestamp time, NdpiClassifier& ndpi) {
  if (!ndpi_flow_) ndpi_flow_ = ndpi.new_flow();
  if (!ndpi_flow_) {
    ndpi_done_ = true;
    return;
  }
  auto classification = ndpi.packet(*ndpi_flow_, packet.ip_packet, time, from_client);
  if (!classification.application.empty()) attempt_.application = std::move(classification.application);
  if (!classification.decided) return;
  ndpi_done_ = true;
  ndpi_flow_.reset();
}

// Whether this is mail: the dialogue knows best, nDPI knows what else it may be.
void Flow::judge() {
  if (!session_) return;
  IsMail is_mail = session_->is_mail();
  const bool opaque_from_start = session_->dialogue().tls == wire::Tls::kImplicit;
  const bool sure = is_mail == IsMail::kNo || (is_mail == IsMail::kYes && !opaque_from_start);
  if (!sure && !may_be_mail(attempt_.application)) is_mail = IsMail::kNo;
  if (is_mail != attempt_.is_mail) {
    attempt_.is_mail = is_mail;
    news(News::kUrgent);
  }
  if (session_->change_counter() != seen_changes_) {
    seen_changes_ = session_->change_counter();
    news(News::kUrgent);
  }
}

void Flow::unreachable(Timestamp time) {
  attempt_.last = std::max(attempt_.last, time);
  if (attempt_.outcome != Outcome::kSynOnly) return;
  attempt_.outcome = Outcome::kUnreachable;
  news(News::kUrgent);
}

void Flow::finish(NdpiClassifier* ndpi) {
  if (session_) {
    ToSession client(*session_, true);
    ToSession server(*session_, false);
    to_server_.finish(client);
    to_client_.finish(server);
    session_->finish();
  }
  if (ndpi != nullptr && ndpi_flow_) {
    auto classification = ndpi->give_up(*ndpi_flow_);
    if (!classification.application.empty()) attempt_.application = std::move(classification.application);
    ndpi_flow_.reset();
  }
  judge();
  attempt_.final = true;
}

bool Flow::is_reused_by(const Packet& syn) const {
  return attempt_.syns == 0 || ended_.has_value() || syn.tcp->sequence != client_isn_;
}

std::optional<Timestamp> Flow::publish_due(const FlowTimes& times) const {
  if (!is_published() || news_ == News::kNone) return std::nullopt;
  if (!published_) return attempt_.started;
  return *published_ + (news_ == News::kUrgent ? kUrgentInterval : times.publish_interval);
}

Timestamp Flow::expires(const FlowTimes& times) const {
  if (ended_) return *ended_ + times.closed_linger;
  const bool unanswered = attempt_.outcome < Outcome::kEstablished;
  return attempt_.last + (unanswered ? times.syn_idle : times.idle);
}

wire::Attempt Flow::publish(Timestamp time) {
  refresh();
  published_ = time;
  news_ = News::kNone;
  attempt_.revision = revision_++;
  return attempt_;
}

// Brings the snapshot up to what the streams and the dialogue know.
void Flow::refresh() {
  const auto count = [](wire::Traffic& traffic, const ReassemblyCounters& stream) {
    traffic.bytes = stream.bytes;
    traffic.lost_bytes = stream.lost_bytes;
  };
  count(attempt_.to_server, to_server_.counters());
  count(attempt_.to_client, to_client_.counters());
  if (session_ && session_->has_dialogue()) attempt_.smtp = session_->dialogue();
  const bool one_sided =
      attempt_.outcome >= Outcome::kEstablished && !(attempt_.client_seen && attempt_.server_seen);
  attempt_.at_least = (session_ && session_->at_least()) || attempt_.mid_stream || one_sided;
}

}  // namespace gatewitness::dissect
