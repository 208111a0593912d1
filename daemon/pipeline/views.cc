// SPDX-License-Identifier: Apache-2.0
#include "daemon/pipeline/views.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "daemon/incident/words.h"
#include "probes/wire/names.h"
#include "probes/wire/utf8.h"

namespace gatewitness {
namespace {

using nlohmann::json;
using words::Language;

constexpr std::size_t kAddressesShown = 16;
constexpr std::size_t kGapsShown = 64;

json text(const std::string& raw) {
  return repaired_utf8(raw);
}
// Two digits behind the point: a sum of rounded terms is no more exact.
double rounded(double value) {
  return std::round(value * 100) / 100;
}
json time_or_null(const std::optional<Timestamp>& time) {
  return time ? json(to_string(*time)) : json(nullptr);
}

Subject subject_of(const PipelineState& state, const DeviceId& device) {
  Subject subject{state.devices.name(device), state.devices.device_class(device), ""};
  if (device.kind != DeviceId::Kind::kMac) return subject;
  const auto tenures = state.addresses.addresses_of(device.mac, kAddressesShown);
  const auto v4 =
      std::find_if(tenures.begin(), tenures.end(), [](const Tenure& t) { return t.address.is_v4(); });
  if (v4 != tenures.end())
    subject.address = to_string(v4->address);
  else if (!tenures.empty())
    subject.address = to_string(tenures.front().address);
  return subject;
}

// As an incident speaks of it. Behind a repeater the address that sent says more than the newest one that was
// heard of.
Subject subject_of(const PipelineState& state, const Incident& incident) {
  Subject subject = subject_of(state, incident.device);
  const auto limit = state.options.attribution.shared_mac_addresses;
  subject.shared_mac = std::any_of(incident.attempts.begin(), incident.attempts.end(),
                                   [&](const auto& evidence) { return evidence.addresses_behind >= limit; });
  if (subject.shared_mac) subject.address = to_string(incident.attempts.back().attempt.flow.source.address);
  return subject;
}

json mac_of(const DeviceId& device) {
  return device.kind == DeviceId::Kind::kMac ? json(to_string(device.mac)) : json(nullptr);
}

std::string class_or_unknown(const std::string& device_class) {
  return device_class.empty() ? "unknown" : device_class;
}

json device_brief(const DeviceId& device, const Subject& subject) {
  return {{"id", to_string(device)},
          {"mac", mac_of(device)},
          {"name", text(subject.name)},
          {"class", class_or_unknown(subject.device_class)},
          {"address", subject.address.empty() ? json(nullptr) : json(subject.address)}};
}

json addresses(const PipelineState& state, const DeviceId& device) {
  json out = json::array();
  if (device.kind != DeviceId::Kind::kMac) return out;
  for (const auto& tenure : state.addresses.addresses_of(device.mac, kAddressesShown)) {
    out.push_back({{"address", to_string(tenure.address)},
                   {"source", to_string(tenure.source)},
                   {"from", to_string(tenure.from)},
                   {"to", time_or_null(tenure.to)}});
  }
  return out;
}

json reasons_view(const std::vector<Reason>& reasons) {
  json out = json::array();
  for (const auto& reason : reasons) {
    out.push_back({{"about", to_string(reason.about)},
                   {"says", text(reason.says)},
                   {"source", reason.source},
                   {"fact", text(reason.fact)},
                   {"strength", to_string(reason.strength)}});
  }
  return out;
}

json link_view(const PipelineState& state, const DeviceId& id) {
  const auto link = state.devices.link(id);
  if (!link) return nullptr;
  json grounds = json::array();
  for (const auto& ground : link->grounds) grounds.push_back(text(ground));
  return {{"mac", to_string(link->earlier)},
          {"name", text(state.devices.name(DeviceId::of(link->earlier)))},
          {"strength", to_string(link->strength)},
          {"grounds", std::move(grounds)}};
}

json gap_view(const KnownGap& known) {
  return {{"probe", text(known.probe)},
          {"interface", text(known.gap.interface)},
          {"from", to_string(known.gap.from)},
          {"to", to_string(known.gap.to)},
          {"reason", wire::to_string(known.gap.reason)},
          {"count", known.gap.count}};
}

json counts_view(const Incident& incident) {
  uint64_t established = 0;
  for (const auto& evidence : incident.attempts)
    established += evidence.attempt.outcome >= wire::Outcome::kEstablished ? 1 : 0;
  return {{"attempts", incident.attempts_counted},
          {"destinations", incident.destinations.size()},
          {"kept", incident.attempts.size()},
          {"established", established},
          {"failed", incident.attempts.size() - established}};
}

json dialogue_view(const wire::SmtpDialogue& smtp) {
  json refusals = json::array(), queue_ids = json::array(), domains = json::array();
  for (const auto& refusal : smtp.refusals) {
    refusals.push_back({{"kind", wire::to_string(refusal.kind)},
                        {"code", refusal.code},
                        {"list", text(refusal.list)},
                        {"count", refusal.count}});
  }
  for (const auto& id : smtp.queue_ids) queue_ids.push_back(text(id));
  for (const auto& domain : smtp.mail_from_domains) domains.push_back(text(domain));
  return {{"banner", text(smtp.banner)},
          {"ehlo", text(smtp.ehlo)},
          {"mail_from_domains", std::move(domains)},
          {"recipients", smtp.recipients},
          {"accepted", smtp.messages_accepted},
          {"refused", smtp.messages_refused + smtp.rcpt_refused},
          {"replies",
           {{"2xx", smtp.replies_2xx},
            {"3xx", smtp.replies_3xx},
            {"4xx", smtp.replies_4xx},
            {"5xx", smtp.replies_5xx}}},
          {"refusals", std::move(refusals)},
          {"queue_ids", std::move(queue_ids)},
          {"auth",
           {{"tried", smtp.auth_tried}, {"failed", smtp.auth_failed}, {"succeeded", smtp.auth_succeeded}}},
          {"tls", wire::to_string(smtp.tls)},
          {"sni", text(smtp.sni)}};
}

json binding_view(const std::optional<wire::Binding>& binding) {
  if (!binding) return nullptr;
  return {{"outside", to_string(binding->outside)},
          {"started", to_string(binding->started)},
          {"ended", time_or_null(binding->ended)},
          {"offloaded", binding->offloaded}};
}

// Whose packets were captured. What only conntrack knows was not captured at all.
std::string_view sides_of(const wire::Attempt& attempt) {
  if (attempt.client_seen && attempt.server_seen) return "both";
  if (attempt.client_seen) return "client";
  return attempt.server_seen ? "server" : "none";
}

// A capture file has no interface to name.
std::string where(const wire::Attempt& attempt) {
  return attempt.interface.empty() || attempt.interface == "file" ? ""
                                                                  : " on " + repaired_utf8(attempt.interface);
}

std::string fact_in_words(const KnownFact& fact) {
  const std::string value = "\"" + repaired_utf8(fact.value) + "\"";
  if (fact.kind == wire::FactKind::kSynFingerprint)
    return "its connections begin as " + value + " (TCP fingerprint)";
  return "the device said of itself: " + value;
}

json attempt_view(const PipelineState& state, const AttemptEvidence& evidence) {
  const auto& attempt = evidence.attempt;
  json out = attempt.smtp ? dialogue_view(*attempt.smtp) : json::object();
  out.update({{"time", to_string(attempt.started)},
              {"flow", to_string(attempt.flow)},
              {"interface", text(attempt.interface)},
              {"sides", sides_of(attempt)},
              {"outcome", wire::to_string(attempt.outcome)},
              {"is_mail", wire::to_string(attempt.is_mail)},
              {"application", text(attempt.application)},
              {"at_least", attempt.at_least},
              {"lost_bytes", attempt.to_server.lost_bytes + attempt.to_client.lost_bytes},
              {"grade", to_string(grade(evidence, state.options.attribution.shared_mac_addresses).grade)},
              {"binding", binding_view(evidence.binding)}});
  return out;
}

// What the incident rests on, each with its time and where it comes from.
json evidence_view(const PipelineState& state, const Incident& incident) {
  json out = json::array();
  const auto add = [&](Timestamp time, std::string_view source, std::string what) {
    out.push_back({{"time", to_string(time)}, {"source", source}, {"text", std::move(what)}});
  };
  if (incident.attempts.empty()) return out;
  const AttemptEvidence& first = incident.attempts.front();
  const std::string source = to_string(first.attempt.flow.source.address);
  if (first.from_frame && first.device.kind == DeviceId::Kind::kMac) {
    add(first.attempt.started, "frame",
        "a frame from " + to_string(first.device) + where(first.attempt) + " opened " +
            to_string(first.attempt.flow));
  }
  if (const Tenure* tenure =
          state.addresses.who_had(first.attempt.flow.source.address, first.attempt.started)) {
    add(tenure->from, to_string(tenure->source),
        source + " belonged to " + to_string(tenure->mac) + " from then on");
  }
  const auto bound = std::find_if(incident.attempts.begin(), incident.attempts.end(),
                                  [](const AttemptEvidence& e) { return e.binding.has_value(); });
  if (bound != incident.attempts.end()) {
    add(bound->binding->started, "conntrack",
        to_string(bound->binding->inside) + " left as " + to_string(bound->binding->outside.source));
  }
  if (first.rival)
    add(first.attempt.started, "arp", to_string(*first.rival) + " used " + source + " as well at that time");
  if (const Device* device = state.devices.find(incident.device)) {
    if (device->mx_query && *device->mx_query <= incident.updated)
      add(*device->mx_query, "dns", "the device asked which server takes a domain's mail (MX query)");
    for (const auto& fact : device->identity.facts()) {
      add(fact.time, wire::to_string(fact.kind), fact_in_words(fact));
    }
  }
  return out;
}

json account_view(const Verdict& verdict, Language in) {
  if (verdict.bound <= 0) return nullptr;
  json shares = json::array();
  for (const auto& share : verdict.shares) {
    shares.push_back({{"rule", to_string(share.rule)},
                      {"weight", rounded(share.weight)},
                      {"count", share.count},
                      {"text", share_in_words(share.rule, in)}});
  }
  return {
      {"score", rounded(verdict.score)}, {"bound", rounded(verdict.bound)}, {"shares", std::move(shares)}};
}

json rhythm_view(const Rhythm& rhythm) {
  if (rhythm.phases_min.empty()) return nullptr;
  return {{"period_s", 86'400},
          {"phases_min", rhythm.phases_min},
          {"days", rhythm.days},
          {"chance", rhythm.chance}};
}

json verdict_view(const PipelineState& state, const Incident& incident, const Verdict& verdict, Language in) {
  return {{"rule", to_string(verdict.rule)},
          {"severity", to_string(verdict.severity)},
          {"time", to_string(verdict.time)},
          {"count", verdict.count},
          {"limit", verdict.limit},
          {"destinations", verdict.destinations},
          {"window_s", std::chrono::duration_cast<std::chrono::seconds>(verdict.window).count()},
          {"account", account_view(verdict, in)},
          {"rhythm", rhythm_view(verdict.rhythm)},
          {"sentence", sentence(verdict, incident, subject_of(state, incident), in)}};
}

json gaps_between(const PipelineState& state, const Incident& incident) {
  json gaps = json::array();
  for (const auto& known : state.sight.between(incident.opened, incident.updated, "")) {
    if (gaps.size() < kGapsShown) gaps.push_back(gap_view(known));
  }
  return gaps;
}

json probe_view(const PipelineState& state, const std::string& name, const ProbeView& probe, Timestamp now) {
  json interfaces = json::array();
  json counters = json::object();
  for (const auto& interface : probe.status.interfaces) {
    interfaces.push_back({{"name", text(interface.name)},
                          {"up", interface.up},
                          {"received", interface.received},
                          {"dropped", interface.dropped}});
  }
  for (const auto& counter : probe.status.counters) counters[repaired_utf8(counter.name)] = counter.value;
  return {{"probe", name},
          {"last_heard", to_string(probe.last_heard)},
          {"silent", probe.has_status && now - probe.last_heard > state.options.incident.silence},
          {"stopping", probe.status.stopping},
          {"sandboxed", probe.status.sandboxed},
          {"note", text(probe.status.note)},
          {"pid", probe.status.pid},
          {"records", probe.records},
          {"lost", probe.lost},
          {"restarts", probe.restarts},
          {"interfaces", std::move(interfaces)},
          {"counters", std::move(counters)}};
}

std::string status_sentence(uint64_t alarms, uint64_t notices, bool blind) {
  if (blind) return "Not all is seen: a probe is silent.";
  if (alarms > 0) return std::to_string(alarms) + (alarms == 1 ? " open alarm." : " open alarms.");
  if (notices > 0)
    return "Quiet, with " + std::to_string(notices) + (notices == 1 ? " notice." : " notices.");
  return "Quiet.";
}

}  // namespace

json status_view(const PipelineState& state, Timestamp now) {
  uint64_t alarms = 0, notices = 0, attempts = 0;
  bool blind = false;
  for (const auto& incident : state.incidents.all()) {
    if (!incident.open) continue;
    blind = blind || (incident.kind == Kind::kBlind && incident.blindness == Blindness::kSilent);
    ++(incident.severity == Severity::kAlarm ? alarms : notices);
  }
  for (const auto& [id, device] : state.devices.all())
    attempts += device.port25 + device.submission + device.other;
  json probes = json::array(), gaps = json::array();
  for (const auto& [name, probe] : state.sight.probes())
    probes.push_back(probe_view(state, name, probe, now));
  const auto& known = state.sight.gaps();
  for (auto gap = known.rbegin(); gap != known.rend() && gaps.size() < kGapsShown; ++gap)
    gaps.push_back(gap_view(*gap));
  return {{"quiet", alarms == 0},
          {"sentence", status_sentence(alarms, notices, blind)},
          {"incidents_open", {{"alarm", alarms}, {"notice", notices}}},
          {"devices", state.devices.all().size()},
          {"attempts", attempts},
          {"bindings", state.bindings.size()},
          {"upstream_blocks_port25", state.detector.upstream_blocks()},
          {"probes", std::move(probes)},
          {"gaps", std::move(gaps)},
          {"limits",
           {{"bindings_evicted", state.bindings.evicted()},
            {"addresses_forgotten", state.addresses.forgotten()},
            {"records_refused", state.sight.refused()}}}};
}

json device_view(const PipelineState& state, const DeviceId& id, const Device& device) {
  json facts = json::array();
  for (const auto& fact : device.identity.facts()) {
    facts.push_back(
        {{"kind", wire::to_string(fact.kind)}, {"value", text(fact.value)}, {"time", to_string(fact.time)}});
  }
  const bool is_mac = id.kind == DeviceId::Kind::kMac;
  const AttemptEvidence* newest = state.ledger.newest_of(id);
  const bool shared = is_mac && (state.addresses.addresses_held(id.mac, state.now) >=
                                     state.options.attribution.shared_mac_addresses ||
                                 (newest != nullptr && passed_a_router(newest->attempt.client_ttl)));
  const auto worst = state.incidents.worst_open(id);
  return {
      {"id", to_string(id)},
      {"mac", mac_of(id)},
      {"name", text(state.devices.name(id))},
      {"class", class_or_unknown(state.devices.device_class(id))},
      {"vendor", text(state.devices.vendor(id))},
      {"reasons", reasons_view(device.identity.reasons(state.options.identity))},
      {"contradictions", reasons_view(device.identity.contradictions(state.options.identity))},
      {"link", link_view(state, id)},
      {"random_mac", is_mac && id.mac.is_locally_administered()},
      {"shared_mac", shared},
      {"role", to_string(state.devices.owner_note(id).role)},
      {"addresses", addresses(state, id)},
      {"first_seen", to_string(device.first_seen)},
      {"last_seen", to_string(device.last_seen)},
      {"attempts", {{"port25", device.port25}, {"submission", device.submission}, {"other", device.other}}},
      {"inbound", device.inbound},
      {"verdict", worst ? json(to_string(*worst)) : json("quiet")},
      {"facts", std::move(facts)}};
}

json devices_view(const PipelineState& state) {
  json out = json::array();
  for (const auto& [id, device] : state.devices.all()) out.push_back(device_view(state, id, device));
  return out;
}

json incident_view(const PipelineState& state, const Incident& incident, Language in) {
  const Subject subject = subject_of(state, incident);
  const bool home_wide = incident.kind == Kind::kBlind;
  const Graded graded = grade_of(incident, state.options.attribution.shared_mac_addresses);
  return {{"id", std::to_string(incident.number)},
          {"kind", to_string(incident.kind)},
          {"severity", to_string(incident.severity)},
          {"state", incident.open ? "open" : "closed"},
          {"opened", to_string(incident.opened)},
          {"updated", to_string(incident.updated)},
          {"closed", time_or_null(incident.closed)},
          {"revision", incident.revision},
          {"device", home_wide ? json(nullptr) : device_brief(incident.device, subject)},
          {"probe", incident.probe.empty() ? json(nullptr) : text(incident.probe)},
          {"cause", home_wide ? json(to_string(incident.blindness)) : json(nullptr)},
          {"grade", home_wide ? json(nullptr) : json(to_string(graded.grade))},
          {"sentence", sentence(incident, subject, in)},
          {"counts", counts_view(incident)}};
}

json incidents_view(const PipelineState& state, Language in) {
  json out = json::array();
  const auto& all = state.incidents.all();
  for (auto incident = all.rbegin(); incident != all.rend(); ++incident)
    out.push_back(incident_view(state, *incident, in));
  return out;
}

json explain_view(const PipelineState& state, const Incident& incident, Language in) {
  json out = incident_view(state, incident, in);
  json verdicts = json::array(), attempts = json::array();
  for (const auto& verdict : incident.verdicts)
    verdicts.push_back(verdict_view(state, incident, verdict, in));
  for (const auto& evidence : incident.attempts) attempts.push_back(attempt_view(state, evidence));
  const bool home_wide = incident.kind == Kind::kBlind;
  const Graded graded = grade_of(incident, state.options.attribution.shared_mac_addresses, in);
  out["grade_reasons"] = home_wide ? json::array() : json(graded.reasons);
  out["sure"] = how_sure(incident, graded, in);
  out["technical"] = text(technical(incident, graded, in));
  out["advice"] = advice(incident, subject_of(state, incident), in);
  out["verdicts"] = std::move(verdicts);
  out["attempts"] = std::move(attempts);
  out["evidence"] = evidence_view(state, incident);
  out["gaps"] = gaps_between(state, incident);
  return out;
}

}  // namespace gatewitness
