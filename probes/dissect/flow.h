// SPDX-License-Identifier: Apache-2.0
//
// One TCP flow that may be mail, from its first packet to its last: direction, outcome, both streams in
// order, the dialogue, and the snapshot that is published. Owned by the flow table; the dissector hands it
// packets and asks when it wants to be published or given up.
//
// Memory: about 400 bytes while nothing but headers passed; with the first payload byte comes the Talk, 1 KiB
// and what the dialogue keeps (smtp_machine.h).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

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
  ~Flow();
  Flow(Flow&&) noexcept;
  Flow& operator=(Flow&&) noexcept;

  // One packet of either direction. ndpi may be null.
  void packet(const Packet& packet, Timestamp time, NdpiClassifier* ndpi);
  // An ICMP error quoted one of the client's packets.
  void unreachable(Timestamp time);
  // Segments are missing and are not waited for any longer: there is no room for what came behind them.
  void give_up_holes();
  // No more packets will come.
  void finish(NdpiClassifier* ndpi);

  const FiveTuple& tuple() const { return tuple_; }
  uint64_t id() const { return id_; }
  // Payload has passed: the flow has a dialogue, or something else, to remember.
  bool talks() const { return talk_ != nullptr; }
  // What it costs to keep the bytes that wait for others before them, of both directions: not less for being
  // sent one by one.
  std::size_t buffered_bytes() const;
  // A SYN that is no retransmission: the five-tuple is being used again.
  bool is_reused_by(const Packet& syn) const;
  // Whether anybody wants to hear of this flow: who has heard of it hears also that it was no mail, and its
  // end.
  bool is_published() const { return mail_port_ || is_mail_ == wire::IsMail::kYes || published_; }

  // When the next publication is due; nullopt: nothing new, or nobody wants to hear of it.
  std::optional<Timestamp> publish_due(const FlowTimes& times) const;
  Timestamp expires(const FlowTimes& times) const;
  // The snapshot as it stands, counted as published at this time.
  wire::Attempt publish(Timestamp time);

  Timestamp queued_deadline = Timestamp::max();  // the dissector's note of when it looks here again
  struct {
    uint8_t kept = 0;             // frames
    bool content_opened = false;  // from here on the client's words are not kept
  } evidence;                     // the dissector's note as well

  ReassemblyCounters client_stream() const;
  ReassemblyCounters server_stream() const;

 private:
  enum class News : uint8_t { kNone, kCanWait, kUrgent };
  struct Talk;

  bool is_from_client(const Packet& packet) const;
  void note_frame(const Packet& packet, bool from_client);
  void note_macs(const Packet& packet, bool from_client);
  void note_connection(const Packet& packet, bool from_client, Timestamp time);
  void note_client_syn(const Packet& packet);
  void note_server_syn(const TcpHeader& tcp, Timestamp time);
  bool shows_connection(const Packet& packet, bool from_client) const;
  void note_end(const Packet& packet, bool from_client, Timestamp time);
  void begin_talk(const Packet& packet, bool from_client);
  void feed_streams(const Packet& packet, bool from_client, Timestamp time);
  void feed_ndpi(const Packet& packet, bool from_client, Timestamp time, NdpiClassifier& ndpi);
  void judge();
  bool at_least() const;
  void news(News news) { news_ = std::max(news_, news); }

  HashKey key_;
  FiveTuple tuple_;
  uint64_t id_;
  std::string interface_;
  Timestamp started_, last_;
  std::optional<Timestamp> answered_;  // SYN-ACK
  std::optional<Timestamp> ended_, published_;
  MacAddress client_mac_, next_hop_mac_;
  std::vector<MacAddress> other_client_macs_;
  std::string syn_fingerprint_;
  std::unique_ptr<Talk> talk_;
  uint64_t packets_to_server_ = 0, packets_to_client_ = 0;
  std::optional<uint32_t> client_isn_, server_isn_;
  std::optional<uint32_t> connect_us_;
  uint32_t syns_ = 0;
  uint32_t revision_ = 0;
  uint16_t vlan_ = 0;
  uint8_t client_ttl_ = 0;
  wire::Outcome outcome_ = wire::Outcome::kSynOnly;
  wire::IsMail is_mail_ = wire::IsMail::kUnknown;
  News news_ = News::kUrgent;
  bool mail_port_;
  bool mid_stream_ = false;
  bool client_fin_ = false, server_fin_ = false;
  bool syn_confirmed_ = false;  // the server answered the client's SYN, or nobody saw one
  bool final_ = false;
};

}  // namespace gatewitness::dissect
