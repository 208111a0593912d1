// SPDX-License-Identifier: Apache-2.0
#include "daemon/pipeline/pipeline.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "daemon/pipeline/snapshot.h"
#include "daemon/pipeline/state.h"
#include "daemon/pipeline/views.h"

namespace gatewitness {
namespace {

constexpr uint16_t kSmtpPort = 25;
// A binding and the SYN that made it are this near, whatever the clocks of two probes and a busy machine do.
constexpr Duration kBindingTolerance = std::chrono::seconds(5);
// Another MAC on the same address counts as a rival if it was there this near in time.
constexpr Duration kRivalWindow = std::chrono::seconds(10);
// An incident of failed contacts shows the attempts of this time before it.
constexpr Duration kFailedWindow = std::chrono::hours(24);

// Stands for a probe's name in the key of an attempt that only conntrack knows; no probe can have this name.
constexpr const char* kFromBinding = "(binding)";

wire::Outcome outcome_of(const wire::Binding& binding) {
  if (!binding.replied) return wire::Outcome::kSynOnly;
  if (binding.tcp_state == "CLOSE" && !binding.assured) return wire::Outcome::kRefused;
  if (binding.ended) return wire::Outcome::kClosed;
  return wire::Outcome::kEstablished;
}

// What conntrack alone can say of an attempt.
wire::Attempt attempt_from(const wire::Binding& binding) {
  wire::Attempt attempt;
  attempt.id = binding.id;
  attempt.flow = binding.inside;
  attempt.started = binding.started;
  attempt.last = binding.ended.value_or(binding.started);
  attempt.outcome = outcome_of(binding);
  attempt.final = binding.ended.has_value();
  attempt.at_least = true;
  return attempt;
}

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
  void take(const wire::Header& header, const wire::CaptureGap& gap) { state_.sight.gap(header.probe, gap); }
  void take(const wire::Header&, const wire::LocalAddress& address) { state_.lan.learn(address); }
  void take(const wire::Header& header, const wire::ProbeStatus& status) {
    state_.sight.status(header.probe, status);
  }

  Device& touch(const DeviceId& id, Timestamp time);
  AttemptEvidence evidence_of(const AttemptKey& key, const wire::Attempt& attempt) const;
  void outbound(const AttemptKey& key, AttemptEvidence evidence);
  void count(Device& device, const wire::Attempt& attempt, int64_t by) const;
  Sighting sighting_of(const AttemptEvidence& evidence, const KnownAttempt& known, bool first) const;
  void observe(const AttemptEvidence& evidence, const KnownAttempt& known, bool first);
  void conclude(const std::vector<Verdict>& verdicts, const AttemptEvidence* current);
  void from_binding(const wire::Binding& binding, const DeviceId& device);
  void bindings_due();
  void look_for_silence();
};

Device& Pipeline::Impl::touch(const DeviceId& id, Timestamp time) {
  std::vector<DeviceId> forgotten;
  Device& device = state_.devices.touch(id, time, forgotten);
  for (const auto& gone : forgotten) {
    for (const auto& rule : state_.rules) rule->forget(gone);
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
  // The neighbour table also knows the provider's router, and it and a lease file know who left long ago: they
  // tell who has an address, but a device of the home is who was seen on the LAN.
  const bool seen =
      claim.source != wire::ClaimSource::kNeighbour && claim.source != wire::ClaimSource::kLease;
  if (seen && !claim.interface.empty()) state_.lan.watched(claim.interface);
  state_.addresses.learn(claim, header.time);
  if (seen && !claim.withdrawn && !state_.lan.is_gateway_mac(claim.mac))
    touch(DeviceId::of(claim.mac), header.time);
}

void Pipeline::Impl::take(const wire::Header& header, const wire::IdentityFact& fact) {
  if (fact.mac.is_zero() || state_.lan.is_gateway_mac(fact.mac)) return;
  const DeviceId id = DeviceId::of(fact.mac);
  if (!touch(id, header.time).identity.learn({fact.kind, fact.value, header.time}, state_.options.hints))
    return;
  // What it is may change what its last attempt means.
  const AttemptEvidence* newest = state_.ledger.newest_of(id);
  if (newest == nullptr) return;
  KnownAttempt known;
  known.device = id;
  observe(*newest, known, false);
}

void Pipeline::Impl::take(const wire::Header& header, const wire::MxQuery& query) {
  if (query.mac.is_zero() || state_.lan.is_gateway_mac(query.mac)) return;
  touch(DeviceId::of(query.mac), header.time).mx_query = header.time;
}

AttemptEvidence Pipeline::Impl::evidence_of(const AttemptKey& key, const wire::Attempt& attempt) const {
  AttemptEvidence evidence;
  evidence.key = key;
  evidence.attempt = attempt;
  const auto& source = attempt.flow.source.address;
  const bool has_mac = !attempt.client_mac.is_zero();
  evidence.device = has_mac ? DeviceId::of(attempt.client_mac) : DeviceId::of(source);
  if (const auto* binding = state_.bindings.find(attempt.flow, attempt.started, kBindingTolerance))
    evidence.binding = *binding;
  evidence.bindings_watched = state_.sight.has_probe_with_bindings();
  evidence.gaps = state_.sight.between(attempt.started, attempt.last, attempt.interface);
  if (!has_mac) return evidence;
  evidence.rival = attempt.other_client_macs.empty()
                       ? state_.addresses.rival(source, attempt.client_mac, attempt.started, kRivalWindow)
                       : std::optional(attempt.other_client_macs.front());
  evidence.addresses_behind = state_.addresses.addresses_held(attempt.client_mac, attempt.last);
  return evidence;
}

void Pipeline::Impl::take(const wire::Header& header, const wire::Attempt& attempt) {
  state_.lan.watched(attempt.interface);
  const Direction direction = state_.lan.direction(attempt);
  const auto& source = attempt.flow.source.address;
  if (direction != Direction::kInbound) state_.addresses.seen(attempt.client_mac, source, attempt.last);
  if (direction == Direction::kInbound && attempt.revision == 0 && !attempt.next_hop_mac.is_zero()) {
    ++touch(DeviceId::of(attempt.next_hop_mac), header.time).inbound;
  }
  if (direction != Direction::kOutbound) return;
  const AttemptKey key{header.probe, header.epoch, attempt.id};
  outbound(key, evidence_of(key, attempt));
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
    if (earlier && evidence.from_frame && earlier->probe == kFromBinding) {
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
    for (const auto& rule : state_.rules) rule->retract(sighting_of(evidence, known, false));
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
  if (const Device* device = state_.devices.find(evidence.device)) sighting.mx_query = device->mx_query;
  return sighting;
}

void Pipeline::Impl::observe(const AttemptEvidence& evidence, const KnownAttempt& known, bool first) {
  std::vector<Verdict> verdicts;
  const Sighting sighting = sighting_of(evidence, known, first);
  for (const auto& rule : state_.rules) rule->observe(sighting, verdicts);
  conclude(verdicts, &evidence);
}

// Gives each verdict to the incidents, with the attempts that it rests on.
void Pipeline::Impl::conclude(const std::vector<Verdict>& verdicts, const AttemptEvidence* current) {
  for (const Verdict& verdict : verdicts) {
    std::vector<AttemptEvidence> evidence;
    const Duration window = verdict.kind == Kind::kFailedContacts ? kFailedWindow : verdict.window;
    if (window > Duration(0)) {
      for (const auto& attempt : state_.ledger.recent()) {
        const bool its_own =
            attempt.device == verdict.device && attempt.attempt.flow.destination.port == kSmtpPort;
        const bool failed = attempt.attempt.outcome < wire::Outcome::kEstablished;
        const bool fits = verdict.kind != Kind::kFailedContacts || failed;
        if (its_own && fits && attempt.attempt.started > verdict.time - window) evidence.push_back(attempt);
      }
    } else if (current != nullptr) {
      evidence.push_back(*current);
    }
    state_.incidents.conclude(verdict, evidence, state_.now);
  }
}

void Pipeline::Impl::take(const wire::Header&, const wire::Binding& event) {
  state_.sight.note_bindings();
  state_.bindings.learn(event);
  // As the store has it: a later event of the same entry keeps the entry's start.
  const auto* stored = state_.bindings.find(event.inside, event.started, Duration::max());
  const wire::Binding binding = stored == nullptr ? event : *stored;
  if (!state_.options.network.is_mail_port(binding.inside.destination.port)) return;
  const bool outward = !state_.lan.is_home(binding.inside.destination.address) &&
                       !state_.lan.is_gateway(binding.inside.destination.address);
  if (!outward) return;
  if (binding.gateway_origin) return from_binding(binding, DeviceId::gateway());
  // Its frames may come a moment later, or have been there a moment ago.
  const auto seen = state_.ledger.by_tuple(binding.inside, binding.started, kBindingTolerance);
  if (seen) {
    for (const auto& evidence : state_.ledger.recent()) {
      if (evidence.key != *seen) continue;
      AttemptEvidence better = evidence;
      better.binding = binding;
      better.bindings_watched = true;
      state_.incidents.update(better);
      state_.ledger.remember(better);
      break;
    }
    if (seen->probe == kFromBinding) from_binding(binding, DeviceId::of(binding.inside.source.address));
    return;
  }
  if (binding.ended && !binding.replied && binding.from_dump) return;
  if (state_.waiting_bindings.size() < kMaxWaitingBindings) {
    state_.waiting_bindings.emplace(state_.now + state_.options.attribution.binding_grace, binding);
  }
}

// An attempt that only conntrack knows: the gateway's own, or one whose frames were not seen.
void Pipeline::Impl::from_binding(const wire::Binding& binding, const DeviceId& device) {
  AttemptEvidence evidence;
  evidence.attempt = attempt_from(binding);
  evidence.from_frame = false;
  evidence.binding = binding;
  evidence.bindings_watched = true;
  evidence.device = device;
  if (device.kind != DeviceId::Kind::kGateway) {
    if (const Tenure* tenure = state_.addresses.who_had(binding.inside.source.address, binding.started)) {
      evidence.tenure = *tenure;
      evidence.device = DeviceId::of(tenure->mac);
    }
  }
  evidence.gaps = state_.sight.between(evidence.attempt.started, evidence.attempt.last, "");
  const AttemptKey key{kFromBinding, binding.id,
                       static_cast<uint64_t>(binding.started.time_since_epoch().count())};
  evidence.key = key;
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
    const auto* newest = state_.bindings.find(binding.inside, binding.started, kBindingTolerance);
    from_binding(newest == nullptr ? binding : *newest, DeviceId::of(binding.inside.source.address));
  }
}

void Pipeline::Impl::look_for_silence() {
  for (const auto& [name, probe] : state_.sight.probes()) {
    if (!probe.has_status) continue;
    state_.incidents.blind(name, state_.now - probe.last_heard > state_.options.incident.silence, state_.now);
  }
}

void Pipeline::Impl::tick(Timestamp now) {
  state_.now = std::max(state_.now, now);
  bindings_due();
  std::vector<Verdict> verdicts;
  for (const auto& rule : state_.rules) rule->tick(state_.now, verdicts);
  conclude(verdicts, nullptr);
  look_for_silence();
  state_.incidents.tick(state_.now);
}

std::optional<Timestamp> Pipeline::Impl::next_deadline() const {
  std::optional<Timestamp> next = state_.incidents.next_deadline();
  const auto consider = [&](std::optional<Timestamp> time) {
    if (time && (!next || *time < *next)) next = time;
  };
  for (const auto& rule : state_.rules) consider(rule->next_deadline());
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
std::optional<Timestamp> Pipeline::next_deadline() const {
  return impl_->next_deadline();
}
std::vector<PipelineEvent> Pipeline::take_events() {
  return impl_->take_events();
}

nlohmann::json Pipeline::status(Timestamp now) const {
  return status_view(impl_->state_, now);
}
nlohmann::json Pipeline::devices() const {
  return devices_view(impl_->state_);
}
nlohmann::json Pipeline::incidents() const {
  return incidents_view(impl_->state_);
}

std::optional<nlohmann::json> Pipeline::explain(std::string_view incident_id) const {
  uint64_t number = 0;
  const auto [end, error] =
      std::from_chars(incident_id.data(), incident_id.data() + incident_id.size(), number);
  if (error != std::errc{} || end != incident_id.data() + incident_id.size()) return std::nullopt;
  const Incident* incident = impl_->state_.incidents.find(number);
  if (incident == nullptr) return std::nullopt;
  return explain_view(impl_->state_, *incident);
}

std::vector<uint8_t> Pipeline::save() const {
  return save_state(impl_->state_);
}

std::expected<void, std::string> Pipeline::restore(std::span<const uint8_t> snapshot) {
  auto fresh = std::make_unique<Impl>(impl_->state_.options);
  if (auto restored = restore_state(snapshot, fresh->state_); !restored) return restored;
  impl_ = std::move(fresh);
  return {};
}

}  // namespace gatewitness
