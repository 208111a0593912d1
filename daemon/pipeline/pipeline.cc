// SPDX-License-Identifier: Apache-2.0
#include "daemon/pipeline/pipeline.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "daemon/attribution/gather.h"
#include "daemon/pipeline/snapshot.h"
#include "daemon/pipeline/state.h"
#include "daemon/pipeline/views.h"

namespace gatewitness {
namespace {

constexpr uint16_t kSmtpPort = 25;
// An incident of failed contacts shows the attempts of this time before it.
constexpr Duration kFailedWindow = std::chrono::hours(24);

}  // namespace

class Pipeline::Impl {
 public:
  explicit Impl(PipelineOptions options) : state_(std::move(options)) {}

  void handle(const wire::Envelope& envelope, Timestamp now);
  void tick(Timestamp now);
  std::optional<Timestamp> next_deadline() const;
  std::vector<PipelineEvent> take_events();

  PipelineState state_;

 private:
  void take(const wire::Header& header, const wire::Attempt& attempt);
  void take(const wire::Header& header, const wire::Binding& event);
  void take(const wire::Header& header, const wire::AddressClaim& claim);
  void take(const wire::Header& header, const wire::IdentityFact& fact);
  void take(const wire::Header& header, const wire::MxQuery& query);
  void learn(const DeviceId& id, const KnownFact& fact, bool on_record = false);
  void take(const wire::Header& header, const wire::CaptureGap& gap);
  void take(const wire::Header&, const wire::LocalAddress& address) { state_.lan.learn(address); }
  void take(const wire::Header&, const wire::Frame&) {}  // evidence: the journal keeps it
  void take(const wire::Header& header, const wire::ProbeStatus& status) {
    state_.sight.status(header.probe, status);
  }

  Device& touch(const DeviceId& id, Timestamp time);
  Knowledge knowledge() const { return {state_.addresses, state_.bindings, state_.sight}; }
  void outbound(const AttemptKey& key, AttemptEvidence evidence);
  void count(Device& device, const wire::Attempt& attempt, int64_t by) const;
  Sighting sighting_of(const AttemptEvidence& evidence, const KnownAttempt& known, bool first) const;
  void observe(const AttemptEvidence& evidence, const KnownAttempt& known, bool first);
  bool belongs(const AttemptEvidence& evidence, const Verdict& verdict) const;
  void conclude(const std::vector<Verdict>& verdicts, const AttemptEvidence* current);
  void from_binding(const wire::Binding& binding, const DeviceId& device);
  void bindings_due();
  void look_for_silence();
};

Device& Pipeline::Impl::touch(const DeviceId& id, Timestamp time) {
  std::vector<DeviceId> forgotten;
  Device& device = state_.devices.touch(id, time, forgotten);
  for (const auto& gone : forgotten) {
    state_.detector.forget(gone);
    state_.smarthosts.forget(gone);
  }
  return device;
}

void Pipeline::Impl::handle(const wire::Envelope& envelope, Timestamp now) {
  tick(now);
  if (!state_.sight.heard(envelope.header, state_.now)) return;
  std::visit([&](const auto& record) { take(envelope.header, record); }, envelope.record);
}

void Pipeline::Impl::take(const wire::Header& header, const wire::AddressClaim& claim) {
  // The neighbour table also knows the provider's router, and it and a lease file know who left long ago:
  // they tell who has an address, but a device of the home is who was seen on the LAN.
  const bool seen =
      claim.source != wire::ClaimSource::kNeighbour && claim.source != wire::ClaimSource::kLease;
  if (seen && !claim.interface.empty()) state_.lan.watched(claim.interface);
  state_.addresses.learn(claim, header.time);
  if (seen && !claim.withdrawn && !state_.lan.is_gateway_mac(claim.mac))
    touch(DeviceId::of(claim.mac), header.time);
}

void Pipeline::Impl::take(const wire::Header& header, const wire::IdentityFact& fact) {
  if (fact.mac.is_zero() || state_.lan.is_gateway_mac(fact.mac)) return;
  learn(DeviceId::of(fact.mac), {fact.kind, fact.value, header.time}, fact.on_record);
}

void Pipeline::Impl::take(const wire::Header& header, const wire::CaptureGap& gap) {
  state_.sight.gap(header.probe, gap);
  if (gap.reason == wire::GapReason::kKernelDrop || gap.reason == wire::GapReason::kQueueFull)
    state_.incidents.missed(Blindness::kDrops, header.probe, state_.now);
}

void Pipeline::Impl::learn(const DeviceId& id, const KnownFact& fact, bool on_record) {
  // Who is only on record was not seen; if nothing is known of him yet, this is when he was heard of.
  Device* known_device = on_record ? state_.devices.find(id) : nullptr;
  Device& device = known_device != nullptr ? *known_device : touch(id, fact.time);
  if (!device.identity.learn(fact, state_.options.identity)) return;
  // What it is may change what its last attempt means.
  const AttemptEvidence* newest = state_.ledger.newest_of(id);
  if (newest == nullptr) return;
  KnownAttempt known;
  known.device = id;
  observe(*newest, known, false);
}

void Pipeline::Impl::take(const wire::Header& header, const wire::MxQuery& query) {
  if (query.mac.is_zero() || state_.lan.is_gateway_mac(query.mac)) return;
  const DeviceId id = DeviceId::of(query.mac);
  touch(id, header.time).mx_query = header.time;
  std::vector<Verdict> verdicts;
  state_.detector.asked(id, query.name, header.time, verdicts);
  conclude(verdicts, nullptr);
}

void Pipeline::Impl::take(const wire::Header& header, const wire::Attempt& attempt) {
  state_.lan.watched(attempt.interface);
  const Direction direction = state_.lan.direction(attempt);
  const auto& source = attempt.flow.source.address;
  if (direction != Direction::kInbound) state_.addresses.seen(attempt.client_mac, source, attempt.last);
  if (direction == Direction::kInbound && !attempt.next_hop_mac.is_zero()) {
    const DeviceId to = DeviceId::of(attempt.next_hop_mac);
    Device& device = touch(to, header.time);
    if (attempt.revision == 0) ++device.inbound;
    state_.detector.arrive(to, attempt);
  }
  if (direction != Direction::kOutbound) return;
  const AttemptKey key{header.probe, header.epoch, attempt.id};
  outbound(key, gather(key, attempt, knowledge()));
  if (attempt.final) state_.ledger.forget(key);
}

// An attempt of a device of this home, from a frame or from a binding.
void Pipeline::Impl::outbound(const AttemptKey& key, AttemptEvidence evidence) {
  bool first = false;
  KnownAttempt& known = state_.ledger.know(key, first);
  if (first) {
    known.device = evidence.device;
    // The binding may have been turned into an attempt already, when the frame was late: the same attempt
    // then.
    const auto earlier =
        state_.ledger.by_tuple(evidence.attempt.flow, evidence.attempt.started, kBindingTolerance);
    if (earlier && evidence.from_frame && is_from_binding(*earlier)) {
      known.evidence_key = *earlier;
      known.counted = true;
      first = false;
    }
    state_.ledger.note_tuple(evidence.attempt.flow, evidence.attempt.started, known.evidence_key);
  }
  evidence.key = known.evidence_key;
  Device& device = touch(evidence.device, evidence.attempt.last);
  if (evidence.attempt.is_mail == wire::IsMail::kNo) {
    if (!known.counted) return;
    known.counted = false;
    count(device, evidence.attempt, -1);
    state_.detector.retract(sighting_of(evidence, known, false));
    state_.incidents.retract(evidence.key, state_.now);
    return;
  }
  if (first) {
    known.counted = true;
    count(device, evidence.attempt, 1);
  }
  state_.ledger.remember(evidence);
  state_.smarthosts.observe(evidence.device, evidence.attempt);
  state_.incidents.update(evidence);
  observe(evidence, known, first);
  const auto& smtp = evidence.attempt.smtp;
  if (evidence.from_frame && evidence.device.kind == DeviceId::Kind::kMac && smtp && !smtp->ehlo.empty())
    learn(evidence.device, {wire::FactKind::kSmtpEhlo, smtp->ehlo, evidence.attempt.last});
}

void Pipeline::Impl::count(Device& device, const wire::Attempt& attempt, int64_t by) const {
  const uint16_t port = attempt.flow.destination.port;
  uint64_t& figure = port == kSmtpPort                           ? device.port25
                     : state_.options.network.is_mail_port(port) ? device.submission
                                                                 : device.other;
  if (by > 0 || figure > 0) figure = static_cast<uint64_t>(static_cast<int64_t>(figure) + by);
}

Sighting Pipeline::Impl::sighting_of(const AttemptEvidence& evidence, const KnownAttempt& known,
                                     bool first) const {
  Sighting sighting{evidence.device, evidence.attempt};
  sighting.number = known.number;
  sighting.first = first;
  sighting.port25 = evidence.attempt.flow.destination.port == kSmtpPort;
  sighting.role = state_.devices.owner_note(evidence.device).role;
  sighting.appliance = state_.devices.is_appliance(evidence.device);
  sighting.smarthost =
      state_.smarthosts.is_smarthost(evidence.device, evidence.attempt.flow.destination.address);
  sighting.shared = evidence.addresses_behind >= state_.options.attribution.shared_mac_addresses ||
                    passed_a_router(evidence.attempt.client_ttl);
  if (const Device* device = state_.devices.find(evidence.device)) sighting.mx_query = device->mx_query;
  return sighting;
}

void Pipeline::Impl::observe(const AttemptEvidence& evidence, const KnownAttempt& known, bool first) {
  std::vector<Verdict> verdicts;
  state_.detector.observe(sighting_of(evidence, known, first), verdicts);
  conclude(verdicts, &evidence);
}

// Whether an attempt is of the kind that the verdict counts.
bool Pipeline::Impl::belongs(const AttemptEvidence& evidence, const Verdict& verdict) const {
  if (evidence.device != verdict.device) return false;
  const wire::Attempt& attempt = evidence.attempt;
  const bool port25 = attempt.flow.destination.port == kSmtpPort;
  switch (verdict.kind) {
    case Kind::kFailedContacts:
      return port25 && attempt.outcome < wire::Outcome::kEstablished;
    case Kind::kCredentialAbuse:
    case Kind::kBulk:
      return !port25 || (attempt.smtp && attempt.smtp->auth_tried > 0);
    case Kind::kScan:
      return true;
    default:
      return port25;
  }
}

// Gives each verdict to the incidents, with the attempts that it rests on.
void Pipeline::Impl::conclude(const std::vector<Verdict>& verdicts, const AttemptEvidence* current) {
  for (const Verdict& verdict : verdicts) {
    std::vector<AttemptEvidence> evidence;
    const Duration window = verdict.kind == Kind::kFailedContacts ? kFailedWindow : verdict.window;
    // An account tells of each attempt as it comes: what came before is known once its incident is open.
    const bool told =
        verdict.rule == RuleId::kAccount && state_.incidents.is_open(verdict.device, verdict.kind);
    if (current != nullptr && (window == Duration(0) || told)) {
      evidence.push_back(*current);
    } else {
      for (const auto& attempt : state_.ledger.recent()) {
        if (belongs(attempt, verdict) &&
            attempt.attempt.started > verdict.time - std::max(window, Duration(1)))
          evidence.push_back(attempt);
      }
    }
    state_.incidents.conclude(verdict, evidence, state_.now);
  }
}

void Pipeline::Impl::take(const wire::Header& header, const wire::Binding& event) {
  state_.sight.note_bindings();
  const bool known = state_.bindings.knows(event);
  const wire::Binding binding = state_.bindings.learn(event);
  if (!state_.options.network.is_mail_port(binding.inside.destination.port)) return;
  const bool outward = !state_.lan.is_home(binding.inside.destination.address) &&
                       !state_.lan.is_gateway(binding.inside.destination.address);
  if (!outward) return;
  if (event.offloaded) state_.incidents.missed(Blindness::kOffload, header.probe, state_.now);
  if (binding.gateway_origin) return from_binding(binding, DeviceId::gateway());
  // Its frames may come a moment later, or have been there a moment ago.
  const auto seen = state_.ledger.by_tuple(binding.inside, binding.started, kBindingTolerance);
  if (seen) {
    for (const auto& evidence : state_.ledger.recent()) {
      if (evidence.key != *seen) continue;
      AttemptEvidence better = evidence;
      const auto* its = state_.bindings.find(evidence.attempt, kBindingTolerance);
      better.binding = its == nullptr ? binding : *its;
      better.bindings_watched = true;
      state_.incidents.update(better);
      state_.ledger.remember(better);
      break;
    }
    if (is_from_binding(*seen)) from_binding(binding, DeviceId::of(binding.inside.source.address));
    return;
  }
  // It was counted when it came, and so many came since that its tuple is forgotten.
  if (known) return;
  if (binding.ended && !binding.replied && binding.from_dump) return;
  if (state_.waiting_bindings.size() < kMaxWaitingBindings) {
    state_.waiting_bindings.emplace(state_.now + state_.options.attribution.binding_grace, binding);
  }
}

// An attempt that only conntrack knows: the gateway's own, or one whose frames were not seen.
void Pipeline::Impl::from_binding(const wire::Binding& binding, const DeviceId& device) {
  AttemptEvidence evidence = gather(binding, device, knowledge());
  const AttemptKey key = evidence.key;
  outbound(key, std::move(evidence));
  if (binding.ended) state_.ledger.forget(key);
}

void Pipeline::Impl::bindings_due() {
  auto& waiting = state_.waiting_bindings;
  while (!waiting.empty() && waiting.begin()->first <= state_.now) {
    const wire::Binding binding = waiting.begin()->second;
    waiting.erase(waiting.begin());
    if (state_.ledger.by_tuple(binding.inside, binding.started, kBindingTolerance)) continue;
    // What is known of it may have grown meanwhile.
    from_binding(state_.bindings.newest(binding), DeviceId::of(binding.inside.source.address));
  }
}

void Pipeline::Impl::look_for_silence() {
  for (const auto& [name, probe] : state_.sight.probes()) {
    if (!probe.has_status) continue;
    const bool silent = state_.now - probe.last_heard > state_.options.incident.silence;
    state_.incidents.blind(Blindness::kSilent, name, silent, state_.now);
  }
}

void Pipeline::Impl::tick(Timestamp now) {
  state_.now = std::max(state_.now, now);
  state_.detector.advance(now);
  bindings_due();
  std::vector<Verdict> verdicts;
  state_.detector.tick(now, verdicts);  // which knows what to make of a clock that was set
  conclude(verdicts, nullptr);
  look_for_silence();
  state_.incidents.tick(state_.now);
}

std::optional<Timestamp> Pipeline::Impl::next_deadline() const {
  std::optional<Timestamp> next = state_.incidents.next_deadline();
  const auto consider = [&](std::optional<Timestamp> time) {
    if (time && (!next || *time < *next)) next = time;
  };
  consider(state_.detector.next_deadline());
  if (!state_.waiting_bindings.empty()) consider(state_.waiting_bindings.begin()->first);
  for (const auto& [name, probe] : state_.sight.probes()) {
    const Timestamp silent = probe.last_heard + state_.options.incident.silence + Duration(1);
    if (probe.has_status && silent > state_.now) consider(silent);
  }
  return next;
}

std::vector<PipelineEvent> Pipeline::Impl::take_events() {
  std::vector<PipelineEvent> events;
  for (const auto& change : state_.incidents.take_changes()) {
    events.push_back(
        {static_cast<PipelineEvent::Kind>(change.what), change.time, std::to_string(change.number)});
  }
  return events;
}

Pipeline::Pipeline(PipelineOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Pipeline::~Pipeline() = default;
Pipeline::Pipeline(Pipeline&&) noexcept = default;
Pipeline& Pipeline::operator=(Pipeline&&) noexcept = default;

void Pipeline::handle(const wire::Envelope& envelope, Timestamp now) {
  impl_->handle(envelope, now);
}
void Pipeline::tick(Timestamp now) {
  impl_->tick(now);
}
void Pipeline::journal_fails(bool fails, Timestamp now) {
  impl_->state_.incidents.blind(Blindness::kJournal, "", fails, std::max(now, impl_->state_.now));
}
std::optional<Timestamp> Pipeline::next_deadline() const {
  return impl_->next_deadline();
}
std::vector<PipelineEvent> Pipeline::take_events() {
  return impl_->take_events();
}

std::vector<KnownGap> Pipeline::take_found_gaps() {
  return impl_->state_.sight.take_found();
}
void Pipeline::set_owner_note(const MacAddress& mac, const OwnerNote& note) {
  impl_->state_.devices.set_owner_note(mac, note);
}

nlohmann::json Pipeline::status(Timestamp now) const {
  return status_view(impl_->state_, now);
}
nlohmann::json Pipeline::devices() const {
  return devices_view(impl_->state_);
}
nlohmann::json Pipeline::device(const DeviceId& id) const {
  const PipelineState& state = impl_->state_;
  const Device* found = state.devices.find(id);
  return found == nullptr ? nlohmann::json(nullptr) : device_view(state, id, *found);
}
nlohmann::json Pipeline::incidents(words::Language in) const {
  return incidents_view(impl_->state_, in);
}

namespace {

const Incident* find_incident(const PipelineState& state, std::string_view id) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), number);
  if (error != std::errc{} || end != id.data() + id.size()) return nullptr;
  return state.incidents.find(number);
}

}  // namespace

nlohmann::json Pipeline::incident(std::string_view incident_id, words::Language in) const {
  const Incident* incident = find_incident(impl_->state_, incident_id);
  return incident == nullptr ? nlohmann::json(nullptr) : incident_view(impl_->state_, *incident, in);
}

std::optional<nlohmann::json> Pipeline::explain(std::string_view incident_id, words::Language in) const {
  const Incident* incident = find_incident(impl_->state_, incident_id);
  if (incident == nullptr) return std::nullopt;
  return explain_view(impl_->state_, *incident, in);
}

std::optional<std::vector<AttemptEvidence>> Pipeline::connections_of(std::string_view incident_id) const {
  const Incident* incident = find_incident(impl_->state_, incident_id);
  if (incident == nullptr) return std::nullopt;
  return std::vector<AttemptEvidence>(incident->attempts.begin(), incident->attempts.end());
}

std::vector<IpAddress> Pipeline::addresses_now(const DeviceId& device, std::size_t limit) const {
  const PipelineState& state = impl_->state_;
  std::vector<IpAddress> found;
  const auto add = [&](const IpAddress& address) {
    if (found.size() < limit && std::ranges::find(found, address) == found.end()) found.push_back(address);
  };
  if (device.kind == DeviceId::Kind::kGateway) {
    for (const auto& [key, local] : state.lan.local_addresses())
      if (!local.address.is_loopback()) add(local.address);
  } else if (device.kind == DeviceId::Kind::kMac) {
    for (const auto& tenure : state.addresses.addresses_of(device.mac, AddressBook::kMaxAddresses)) {
      const Tenure* holder = state.addresses.who_had(tenure.address, state.now);
      const bool own = holder != nullptr && holder->mac == device.mac;
      if (own && !state.lan.is_gateway(tenure.address)) add(tenure.address);
    }
  }
  return found;
}
std::optional<MacAddress> Pipeline::mac_now(const IpAddress& address) const {
  const Tenure* holder = impl_->state_.addresses.who_had(address, impl_->state_.now);
  return holder == nullptr ? std::nullopt : std::optional(holder->mac);
}
bool Pipeline::is_gateway(const MacAddress& mac) const {
  return impl_->state_.lan.is_gateway_mac(mac);
}
bool Pipeline::is_gateway(const IpAddress& address) const {
  return impl_->state_.lan.is_gateway(address);
}

void Pipeline::save(std::vector<uint8_t>& to) const {
  save_state(impl_->state_, to);
}

std::expected<void, std::string> Pipeline::restore(std::span<const uint8_t> snapshot) {
  auto fresh = std::make_unique<Impl>(impl_->state_.options);
  if (auto restored = restore_state(snapshot, fresh->state_); !restored) return restored;
  impl_ = std::move(fresh);
  return {};
}

}  // namespace gatewitness
