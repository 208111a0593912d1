// SPDX-License-Identifier: Apache-2.0
//
// One TCP flow that may be mail, from its first packet to its last: direction, outcome, both streams in
// order, the dialogue, and the snapshot that is published. Owned by the flow table; the dissector hands it
// packets and asks when it wants to be published or given up.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "probes/dissect/frame.h"
#include "probes/dissect/ndpi_classifier.h"
#include "probes/dissect/reassembler.h"
#include "probes/dissect/smtp_session.h"
#include "probes/wire/attempt.h"

namespace gatewitness::dissect {

struct FlowTimes {
  Duration idle;              // established, no packet
  Duration syn_idle;          // never answered
  Duration closed_linger;     // after FIN or RST, for stragglers
  Duration publish_interval;  // at most this late for changes that are not urgent
};
// Urgent changes of one flow are published at most this often; the first is published at once.
inline constexpr Duration kUrgentInterval = std::chrono::milliseconds(100);

struct FlowOrigin {
  uint64_t id = 0;
  FiveTuple client_to_server;
  std::string_view interface;
  bool mail_port = false;  // else it is published only once its dialogue is mail
  Timestamp time;
};

class Flow {
 public:
  Flow(const FlowOrigin& origin, const HashKey& key);

  // One packet of either direction. ndpi may be null.
  void packet(const Packet& packet, Timestamp time, NdpiClassifier* ndpi);
  // An ICMP error quoted one of the client's packets.
  void unreachable(Timestamp time);
  // No more packets will come.
  void finish(NdpiClassifier* ndpi);

  const FiveTuple& tuple() const { return attempt_.flow; }
  uint64_t id() const { return attempt_.id; }
  // A SYN that is no retransmission: the five-tuple is being used again.
  bool is_reused_by(const Packet& syn) const;
  // Whether anybody wants to hear of this flow.
  bool is_published() const { return mail_port_ || attempt_.is_mail == wire::IsMail::kYes; }

  // When the next publication is due; nullopt: nothing new, or nobody wants to hear of it.
  std::optional<Timestamp> publish_due(const FlowTimes& times) const;
  Timestamp expires(const FlowTimes& times) const;
  // The snapshot as it stands, counted as published at this time.
  wire::Attempt publish(Timestamp time);

  Timestamp queued_deadline = Timestamp::max();  // the dissector's note of when it looks here again

  const ReassemblyCounters& client_stream() const { return to_server_.counters(); }
  const ReassemblyCounters& server_stream() const { return to_client_.counters(); }

 private:
  enum class News : uint8_t { kNone, kCanWait, kUrgent };

  void note_frame(const Packet& packet, bool from_client);
  void note_connection(const Packet& packet, bool from_client, Timestamp time);
  void note_end(const Packet& packet, bool from_client, Timestamp time);
  void feed_streams(const Packet& packet, bool from_client, Timestamp time);
  void feed_ndpi(const Packet& packet, bool from_client, Timestamp time, NdpiClassifier& ndpi);
  void judge();
  void refresh();
  void news(News news) { news_ = std::max(news_, news); }
  SmtpSession& session();

  HashKey key_;
  bool mail_port_;
  wire::Attempt attempt_;
  Reassembler to_server_, to_client_;
  std::optional<SmtpSession> session_;
  NdpiClassifier::FlowHandle ndpi_flow_;
  bool ndpi_done_ = false;
  uint32_t client_isn_ = 0;
  std::optional<Timestamp> answered_;  // SYN-ACK
  bool client_fin_ = false, server_fin_ = false;
  std::optional<Timestamp> ended_;
  uint64_t seen_changes_ = 0;
  News news_ = News::kUrgent;
  std::optional<Timestamp> published_;
  uint32_t revision_ = 0;
};

}  // namespace gatewitness::dissect
