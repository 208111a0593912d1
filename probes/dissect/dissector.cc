// SPDX-License-Identifier: Apache-2.0
#include "probes/dissect/dissector.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "probes/dissect/bytes.h"
#include "probes/dissect/defragmenter.h"
#include "probes/dissect/evidence_frame.h"
#include "probes/dissect/flow_table.h"
#include "probes/dissect/identity.h"
#include "probes/dissect/repeat_filter.h"
#include "probes/dissect/smtp_words.h"
#include "probes/dissect/syn_fingerprint.h"
#include "probes/dissect/talk_budget.h"

namespace gatewitness::dissect {
namespace {

// A question that is asked again within this time is the same question (resolvers retry).
constexpr Duration kMxRepeat = std::chrono::seconds(10);
constexpr uint8_t kIcmp = 1, kIcmpv6 = 58;
// Times outside these are a capture file's mistakes; inside, adding any of our durations cannot overflow.
constexpr Timestamp kEarliest{std::chrono::seconds(0)};
constexpr Timestamp kLatest{std::chrono::seconds(253'402'300'799)};  // 9999-12-31T23:59:59Z

struct Counts {
  uint64_t frames = 0, truncated = 0, malformed = 0, not_ip = 0;
  uint64_t flows_opened = 0, flows_evicted = 0, holes_given_up = 0;
  uint64_t segments_retransmitted = 0, segments_conflicting = 0, segments_out_of_window = 0, bytes_lost = 0;
  uint64_t identity_malformed = 0, identity_over_limit = 0;
  uint64_t clock_steps = 0;
  uint64_t evidence = 0, evidence_skipped = 0;
};

// The frame that is being dissected, as it was captured.
struct RawFrame {
  LinkType link;
  std::span<const uint8_t> bytes;
  uint32_t length;
};

std::string raw(const MacAddress& mac) {
  return {mac.bytes.begin(), mac.bytes.end()};
}
std::string raw(const IpAddress& address) {
  return {address.bytes().begin(), address.bytes().end()};
}

// The same thing heard on another interface is another thing: networks may share addresses, devices may move.
std::string repeat_key(char what, std::string_view interface) {
  return what + std::string(interface) + '\0';
}

// Errors that mean "your packet did not arrive" (RFC 792, RFC 4443); the quoted packet follows four bytes.
bool is_icmp_error(const Packet& packet) {
  if (packet.protocol == kIcmp) return packet.icmp_type == 3 || packet.icmp_type == 11;
  return packet.protocol == kIcmpv6 && (packet.icmp_type == 1 || packet.icmp_type == 3);
}

}  // namespace

class Dissector::Impl {
 public:
  Impl(DissectorConfig config, RecordSink sink)
      : config_(std::move(config)),
        sink_(std::move(sink)),
        table_(config_.limits.flows, config_.hash_key),
        budget_(config_.limits.talks, config_.limits.buffered_bytes),
        defragmenter_(config_.limits.defragmentations),
        repeats_(config_.limits.identity_facts, config_.hash_key) {
    if (config_.use_ndpi) ndpi_.emplace();
    if (ndpi_ && !ndpi_->available()) ndpi_.reset();
    const auto& limits = config_.limits;
    times_ = {limits.flow_idle, limits.syn_idle, limits.closed_linger, limits.publish_interval};
  }

  void frame(std::string_view interface, Timestamp time, const RawFrame& raw);
  void advance(Timestamp now);
  std::optional<Timestamp> next_deadline() const;
  void finish(Timestamp now);
  std::vector<wire::Counter> counters() const;
  bool is_tracked(const FiveTuple& flow) const { return table_.contains(flow); }

 private:
  void count_fault(FrameFault fault);
  void whole_packet(std::string_view interface, const Packet& packet, const RawFrame& raw);
  void identity(std::string_view interface, const Packet& packet);
  void icmp_error(const Packet& packet);
  void tcp(std::string_view interface, const Packet& packet, const RawFrame& raw);
  void keep_evidence(Flow& flow, std::string_view interface, const Packet& packet, const RawFrame& raw);
  Flow* begin_flow(std::string_view interface, const Packet& packet);
  std::optional<FiveTuple> client_to_server(const Packet& packet) const;
  void syn_fact(std::string_view interface, const Packet& packet);
  bool is_mail_port(uint16_t port) const;
  void keep_to_budget(Flow& flow);
  void end_flow(Flow& flow, Timestamp time);
  void end_all_flows();
  void look_again(Flow& flow);
  void forget_deadline(Flow& flow);
  void publish(Flow& flow, Timestamp time) { emit(time, flow.publish(time)); }
  void emit(Timestamp time, wire::Record&& record) { sink_({time, std::move(record)}); }
  NdpiClassifier* ndpi() { return ndpi_ ? &*ndpi_ : nullptr; }

  DissectorConfig config_;
  FlowTimes times_{};
  RecordSink sink_;
  std::optional<NdpiClassifier> ndpi_;  // outlives the flows
  FlowTable table_;
  TalkBudget budget_;
  Defragmenter defragmenter_;
  RepeatFilter repeats_;
  // Every flow that wants to be looked at, once, by time and then by id.
  struct Deadline {
    Timestamp time;
    uint64_t id;
    Flow* flow;  // takes its deadline along when it ends
    bool operator<(const Deadline& other) const {
      return std::tie(time, id) < std::tie(other.time, other.id);
    }
  };
  std::set<Deadline> deadlines_;
  Timestamp now_ = kEarliest;
  uint64_t next_id_ = 1;
  Counts counts_;
  Timestamp evidence_second_;
  uint32_t evidence_in_second_ = 0;
};

void Dissector::Impl::frame(std::string_view interface, Timestamp time, const RawFrame& raw) {
  ++counts_.frames;
  advance(time);
  const Packet packet = decode_frame(raw.link, raw.bytes);
  count_fault(packet.fault);
  if (packet.fault != FrameFault::kNone) return;
  if (!packet.fragment) return whole_packet(interface, packet, raw);
  const auto datagram = defragmenter_.add(packet, now_);
  if (!datagram) return;
  count_fault(datagram->fault);
  if (datagram->fault == FrameFault::kNone) whole_packet(interface, *datagram, raw);
}

void Dissector::Impl::count_fault(FrameFault fault) {
  counts_.truncated += fault == FrameFault::kTruncated ? 1 : 0;
  counts_.malformed += fault == FrameFault::kMalformed ? 1 : 0;
  counts_.not_ip += fault == FrameFault::kNotIp ? 1 : 0;
}

void Dissector::Impl::whole_packet(std::string_view interface, const Packet& packet, const RawFrame& raw) {
  if (carries_identity(packet)) return identity(interface, packet);
  if (packet.tcp) return tcp(interface, packet, raw);
  if (is_icmp_error(packet)) icmp_error(packet);
}

void Dissector::Impl::identity(std::string_view interface, const Packet& packet) {
  Findings findings = read_identity(packet);
  counts_.identity_malformed += findings.malformed ? 1 : 0;
  counts_.identity_over_limit += findings.over_limit;
  const Duration repeat = config_.limits.fact_repeat;
  for (auto& claim : findings.claims) {
    claim.interface = interface;
    // Keyed by address: another owner is news at once.
    std::string value =
        raw(claim.mac) + (claim.withdrawn ? "-" : "+") + std::to_string(claim.lease_s.value_or(0));
    const auto source = static_cast<char>('A' + static_cast<int>(claim.source));
    if (repeats_.is_news(repeat_key('c', interface) + source + raw(claim.address), value, now_, repeat)) {
      emit(now_, std::move(claim));
    }
  }
  for (auto& fact : findings.facts) {
    fact.interface = interface;
    const auto kind = static_cast<char>('A' + static_cast<int>(fact.kind));
    const std::string who = fact.mac.is_zero() && fact.address ? raw(*fact.address) : raw(fact.mac);
    if (repeats_.is_news(repeat_key('f', interface) + kind + who + fact.value, "", now_, repeat))
      emit(now_, std::move(fact));
  }
  for (auto& query : findings.mx_queries) {
    query.interface = interface;
    const std::string who = raw(query.mac) + raw(query.address);
    if (repeats_.is_news(repeat_key('q', interface) + who + query.name, "", now_, kMxRepeat)) {
      emit(now_, std::move(query));
    }
  }
}

void Dissector::Impl::icmp_error(const Packet& packet) {
  if (packet.payload.size() <= 4) return;
  // Eight bytes of the quoted TCP header are promised, which hold the ports: all that is needed.
  const Packet quoted = decode_ip(packet.payload.subspan(4));
  if (!quoted.is_ip || quoted.protocol != kProtocolTcp || quoted.source_port == 0) return;
  Flow* flow = table_.find(quoted.five_tuple());
  if (flow == nullptr || flow->tuple() != quoted.five_tuple()) return;
  flow->unreachable(now_);
  look_again(*flow);
}

bool Dissector::Impl::is_mail_port(uint16_t port) const {
  return std::find(config_.mail_ports.begin(), config_.mail_ports.end(), port) != config_.mail_ports.end();
}

// Which side is the client, of a flow that is worth following; nullopt: it is not.
std::optional<FiveTuple> Dissector::Impl::client_to_server(const Packet& packet) const {
  if (packet.tcp->has(TcpHeader::kRst)) return std::nullopt;  // ends, and never begins
  const FiveTuple forward = packet.five_tuple();
  const bool to_mail = is_mail_port(packet.destination_port);
  const bool from_mail = is_mail_port(packet.source_port);
  if (packet.tcp->has(TcpHeader::kSyn)) {
    const bool answer = packet.tcp->has(TcpHeader::kAck);
    if (answer ? from_mail : to_mail) return answer ? forward.reversed() : forward;
    return std::nullopt;
  }
  if (packet.payload.empty() && packet.missing_bytes == 0) return std::nullopt;
  if (to_mail != from_mail) return to_mail ? forward : forward.reversed();
  // Another port, or mail ports on both sides: the words tell.
  const auto text = as_text(packet.payload);
  if (begins_with_verb(text)) return forward;
  if (begins_with_reply(text)) return forward.reversed();
  return to_mail ? std::optional(forward) : std::nullopt;
}

void Dissector::Impl::tcp(std::string_view interface, const Packet& packet, const RawFrame& raw) {
  Flow* flow = table_.find(packet.five_tuple());
  const bool opening = packet.tcp->has(TcpHeader::kSyn) && !packet.tcp->has(TcpHeader::kAck);
  if (flow != nullptr && opening && flow->is_reused_by(packet)) {
    end_flow(*flow, now_);
    flow = nullptr;
  }
  if (flow == nullptr) flow = begin_flow(interface, packet);
  if (flow == nullptr) return;
  flow->packet(packet, now_, ndpi());
  if (config_.evidence_frames > 0) keep_evidence(*flow, interface, packet, raw);
  keep_to_budget(*flow);
  look_again(*flow);
}

void Dissector::Impl::keep_evidence(Flow& flow, std::string_view interface, const Packet& packet,
                                    const RawFrame& raw) {
  if (!flow.is_published() || flow.evidence.kept >= config_.evidence_frames) return;
  const bool from_client = packet.five_tuple() == flow.tuple();
  auto bytes = evidence_of(packet, raw.bytes, from_client, !flow.evidence.content_opened);
  if (from_client && opens_content(as_text(packet.payload))) flow.evidence.content_opened = true;
  if (!bytes) return;
  if (now_ - evidence_second_ >= std::chrono::seconds(1)) {
    evidence_second_ = now_;
    evidence_in_second_ = 0;
  }
  if (evidence_in_second_ >= config_.evidence_per_second) {
    ++counts_.evidence_skipped;
    return;
  }
  ++evidence_in_second_;
  ++counts_.evidence;
  ++flow.evidence.kept;
  emit(now_, wire::Frame{.attempt = flow.id(),
                         .interface = std::string(interface),
                         .link = dlt_of(raw.link),
                         .length = raw.length,
                         .from_client = from_client,
                         .bytes = std::move(*bytes)});
}

// The flow itself outlives this: it is the last that was active, so one that is too many is another.
void Dissector::Impl::keep_to_budget(Flow& flow) {
  budget_.active(flow);
  while (Flow* waiting = budget_.longest_waiting()) {
    ++counts_.holes_given_up;
    waiting->give_up_holes();
    budget_.update(*waiting);
    look_again(*waiting);
  }
  while (Flow* quiet = budget_.one_too_many()) {
    ++counts_.flows_evicted;
    end_flow(*quiet, now_);
  }
}

Flow* Dissector::Impl::begin_flow(std::string_view interface, const Packet& packet) {
  const auto tuple = client_to_server(packet);
  if (!tuple) return nullptr;
  if (table_.full()) {
    ++counts_.flows_evicted;
    end_flow(table_.least_recent(), now_);
  }
  ++counts_.flows_opened;
  syn_fact(interface, packet);
  FlowOrigin origin;
  origin.id = next_id_++;
  origin.client_to_server = *tuple;
  origin.interface = interface;
  origin.mail_port = is_mail_port(tuple->destination.port);
  origin.time = now_;
  return &table_.insert(Flow(origin, config_.hash_key));
}

// Only of a client that can be a device of this LAN: a frame from outside bears the gateway's MAC.
void Dissector::Impl::syn_fact(std::string_view interface, const Packet& packet) {
  if (!packet.has_macs || !packet.source.is_private()) return;
  std::string fingerprint = syn_fingerprint(packet);
  if (fingerprint.empty()) return;
  wire::IdentityFact fact;
  fact.interface = interface;
  fact.mac = packet.source_mac;
  fact.address = packet.source;
  fact.kind = wire::FactKind::kSynFingerprint;
  fact.value = std::move(fingerprint);
  if (repeats_.is_news(repeat_key('s', interface) + raw(fact.mac) + fact.value, "", now_,
                       config_.limits.fact_repeat))
    emit(now_, std::move(fact));
}

// Publishes what is due and notes when the flow wants to be looked at next. A flow is in the queue once.
void Dissector::Impl::look_again(Flow& flow) {
  if (const auto due = flow.publish_due(times_); due && *due <= now_) publish(flow, now_);
  Timestamp next = flow.expires(times_);
  if (const auto due = flow.publish_due(times_)) next = std::min(next, *due);
  // A deadline that moved away is corrected when it comes; only a nearer one must be noted now.
  if (next >= flow.queued_deadline) return;
  forget_deadline(flow);
  flow.queued_deadline = next;
  deadlines_.insert({next, flow.id(), &flow});
}

void Dissector::Impl::forget_deadline(Flow& flow) {
  if (flow.queued_deadline != Timestamp::max()) deadlines_.erase({flow.queued_deadline, flow.id(), &flow});
  flow.queued_deadline = Timestamp::max();
}

void Dissector::Impl::end_flow(Flow& flow, Timestamp time) {
  forget_deadline(flow);
  flow.finish(ndpi());
  if (flow.is_published()) publish(flow, time);
  for (const auto& stream : {flow.client_stream(), flow.server_stream()}) {
    counts_.segments_retransmitted += stream.retransmitted;
    counts_.segments_conflicting += stream.conflicting;
    counts_.segments_out_of_window += stream.out_of_window;
    counts_.bytes_lost += stream.lost_bytes;
  }
  budget_.forget(flow);
  table_.erase(flow);
}

// Time passes: every deadline up to now is met at its own time, in order, so that what is published does not
// depend on when the next frame happens to come.
void Dissector::Impl::advance(Timestamp now) {
  now = std::clamp(now, kEarliest, kLatest);
  if (now_ - now > kClockSetBack) {
    ++counts_.clock_steps;
    end_all_flows();
    now_ = now;
  }
  now = std::max(now, now_);
  while (!deadlines_.empty() && deadlines_.begin()->time <= now) {
    const Deadline deadline = *deadlines_.begin();
    deadlines_.erase(deadlines_.begin());
    now_ = std::max(now_, deadline.time);
    Flow& flow = *deadline.flow;
    flow.queued_deadline = Timestamp::max();
    if (flow.expires(times_) <= now_) {
      end_flow(flow, now_);
    } else {
      look_again(flow);
    }
  }
  now_ = now;
}

std::optional<Timestamp> Dissector::Impl::next_deadline() const {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.begin()->time;
}

void Dissector::Impl::finish(Timestamp now) {
  advance(now);
  end_all_flows();
}

void Dissector::Impl::end_all_flows() {
  std::vector<Flow*> flows;
  for (Flow& flow : table_.flows()) flows.push_back(&flow);
  std::sort(flows.begin(), flows.end(), [](const Flow* a, const Flow* b) { return a->id() < b->id(); });
  for (Flow* flow : flows) end_flow(*flow, now_);
}

std::vector<wire::Counter> Dissector::Impl::counters() const {
  const auto& fragments = defragmenter_.counters();
  return {{"frames", counts_.frames},
          {"frames_truncated", counts_.truncated},
          {"frames_malformed", counts_.malformed},
          {"frames_not_ip", counts_.not_ip},
          {"clock_steps_back", counts_.clock_steps},
          {"fragments", fragments.fragments},
          {"datagrams_reassembled", fragments.datagrams},
          {"datagrams_dropped", fragments.dropped},
          {"flows_opened", counts_.flows_opened},
          {"flows_evicted", counts_.flows_evicted},
          {"flows_live", table_.size()},
          {"flows_talking", budget_.talking()},
          {"bytes_buffered", budget_.buffered_bytes()},
          {"holes_given_up", counts_.holes_given_up},
          {"segments_retransmitted", counts_.segments_retransmitted},
          {"segments_conflicting", counts_.segments_conflicting},
          {"segments_out_of_window", counts_.segments_out_of_window},
          {"bytes_lost", counts_.bytes_lost},
          {"identity_malformed", counts_.identity_malformed},
          {"identity_over_limit", counts_.identity_over_limit},
          {"identity_forgotten", repeats_.forgotten()},
          {"evidence_frames", counts_.evidence},
          {"evidence_frames_skipped", counts_.evidence_skipped}};
}

Dissector::Dissector(DissectorConfig config, RecordSink sink)
    : impl_(std::make_unique<Impl>(std::move(config), std::move(sink))) {}
Dissector::~Dissector() = default;
Dissector::Dissector(Dissector&&) noexcept = default;
Dissector& Dissector::operator=(Dissector&&) noexcept = default;

void Dissector::frame(std::string_view interface, LinkType link, Timestamp time,
                      std::span<const uint8_t> bytes, uint32_t original_length) {
  // What the snap length cut off a packet is told by the packet's own header, whatever padding the frame had.
  impl_->frame(interface, time, {link, bytes, original_length});
}
void Dissector::tick(Timestamp now) {
  impl_->advance(now);
}
std::optional<Timestamp> Dissector::next_deadline() const {
  return impl_->next_deadline();
}
void Dissector::finish(Timestamp now) {
  impl_->finish(now);
}
std::vector<wire::Counter> Dissector::counters() const {
  return impl_->counters();
}
bool Dissector::is_tracked(const FiveTuple& flow) const {
  return impl_->is_tracked(flow);
}

}  // namespace gatewitness::dissect
