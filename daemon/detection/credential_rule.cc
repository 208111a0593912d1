// SPDX-License-Identifier: Apache-2.0
#include "daemon/detection/credential_rule.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "daemon/detection/contacts.h"
#include "daemon/model/saved.h"

namespace gatewitness {
namespace {

constexpr uint32_t kDay = 24;  // hours
constexpr uint32_t kMonth = 30 * 24;
constexpr std::size_t kMaxRefused = 100;

constexpr std::ptrdiff_t kRefusedElsewhere = 3;
// Sender domains on port 25 that are no news: a household's own.
constexpr std::size_t kOwnDomains = 2;
constexpr double kDomainWeight = 1.2;
constexpr double kSlowProvider = 5;

uint32_t hour_of(Timestamp when) {
  return static_cast<uint32_t>(
      std::max<int64_t>(0, std::chrono::floor<std::chrono::hours>(when).time_since_epoch().count()));
}

bool is_opaque(const wire::Attempt& attempt) {
  return attempt.smtp && attempt.smtp->tls >= wire::Tls::kStarted;
}

// "[192.168.1.5]" is what honest clients say, and it changes with their address.
bool tells_a_name(const std::string& ehlo) {
  return !ehlo.empty() && ehlo.front() != '[';
}

}  // namespace

void CredentialRule::term(const Sighting& sighting, double weight, Ground ground, Findings& out) const {
  // A hair more, so that what suffices alone does so in any arithmetic.
  out.terms.push_back(
      {sighting.device, id(), weight + 0.01, sighting.when, sighting.attempt.started, ground});
}

void CredentialRule::observe(const Sighting& sighting, Findings& out) {
  const wire::Attempt& attempt = sighting.attempt;
  // Once per attempt: at its end all is known.
  if (!attempt.final || attempt.outcome < wire::Outcome::kEstablished || sighting.serves_mail) return;
  if (sighting.scanning) return;
  const bool login = attempt.smtp && attempt.smtp->auth_tried > 0;
  if (sighting.port25 && !login) {
    if (attempt.smtp && !sighting.smarthost && !is_opaque(attempt))
      count_domains(sighting, devices_[sighting.device], out);
    return;
  }
  if (!attempt.smtp && attempt.to_server.bytes == 0) return;
  learn(sighting, devices_[sighting.device], out);
}

namespace {

template <typename Marks>
bool mark(Marks& marks, uint64_t key, uint32_t hour, uint32_t memory, std::size_t most) {
  const auto name = static_cast<uint32_t>(key);
  std::erase_if(marks, [&](const auto& m) { return hour > m.hour + memory; });
  const auto known = std::find_if(marks.begin(), marks.end(), [&](const auto& m) { return m.name == name; });
  if (known != marks.end()) {
    known->hour = std::max(known->hour, hour);
    return false;
  }
  if (marks.size() >= most) marks.erase(marks.begin());
  marks.push_back({name, hour});
  return true;
}

}  // namespace

void CredentialRule::learn(const Sighting& sighting, State& state, Findings& out) {
  const uint32_t hour = hour_of(sighting.when);
  const uint64_t key = key_of(destination_of(sighting.attempt.flow.destination.address));
  auto found = std::find_if(state.providers.begin(), state.providers.end(),
                            [&](const Provider& provider) { return provider.key == key; });
  const bool is_new = found == state.providers.end() || hour > found->last_hour + kMonth;
  if (found == state.providers.end()) {
    if (state.providers.size() >= kMaxProviders) {
      state.providers.erase(
          std::min_element(state.providers.begin(), state.providers.end(),
                           [](const Provider& a, const Provider& b) { return a.last_hour < b.last_hour; }));
    }
    state.providers.push_back({});
    found = state.providers.end() - 1;
    found->key = key;
  }
  if (is_new) found->first_hour = hour;
  found->last_hour = std::max(found->last_hour, hour);
  const auto source = static_cast<uint32_t>(key_of(Prefix(sighting.attempt.flow.source.address, 128)));
  if (found->source != source) {  // somebody else, or with another address: names are counted anew
    found->helos.clear();
    found->logins.clear();
    found->domains.clear();
    found->source = source;
  }
  count_names(sighting, *found, out);
  count_logins(sighting, state, out);
  if (!is_new) return;
  // Behind a repeater several people share a MAC, each with his own address.
  const auto of_this_one = [&](const Provider& p) { return !sighting.shared || p.source == found->source; };
  const auto count = [&](uint32_t hours) {
    return static_cast<uint32_t>(
        std::count_if(state.providers.begin(), state.providers.end(),
                      [&](const Provider& p) { return of_this_one(p) && p.first_hour + hours >= hour; }));
  };
  const bool appliance = sighting.appliance && !sighting.shared;
  if (count(kDay) >= (appliance ? options_.appliance_providers : options_.providers))
    return term(sighting, bound_, Ground::kProviders, out);
  // Slower, over days.
  if (count(kMonth) >= options_.providers) term(sighting, kSlowProvider, Ground::kProviders, out);
}

void CredentialRule::count_names(const Sighting& sighting, Provider& provider, Findings& out) {
  if (!sighting.attempt.smtp) return;
  const wire::SmtpDialogue& smtp = *sighting.attempt.smtp;
  const uint32_t hour = hour_of(sighting.when);
  bool news = tells_a_name(smtp.ehlo) && mark(provider.helos, key_of(smtp.ehlo), hour, kDay, kMaxNames);
  if (smtp.auth_identity_hash != 0)
    news = mark(provider.logins, smtp.auth_identity_hash, hour, kDay, kMaxNames) || news;
  for (const auto& domain : smtp.mail_from_domains)
    news = mark(provider.domains, key_of(domain), hour, kDay, kMaxNames) || news;
  if (!news) return;
  // Who logs in as one may write as many: test scripts do.
  const std::size_t domains = provider.logins.size() == 1 ? 0 : provider.domains.size();
  const std::size_t most = std::max({provider.helos.size(), provider.logins.size(), domains});
  if (most >= options_.identities) term(sighting, bound_, Ground::kIdentities, out);
}

void CredentialRule::count_logins(const Sighting& sighting, State& state, Findings& out) {
  const wire::Attempt& attempt = sighting.attempt;
  const bool refused_in_clear =
      attempt.smtp && attempt.smtp->auth_failed > 0 && attempt.smtp->auth_succeeded == 0;
  const bool too_short = is_opaque(attempt) && attempt.last - attempt.started < options_.short_session &&
                         attempt.to_server.bytes > 0 && attempt.to_server.bytes < options_.short_bytes;
  std::erase_if(state.refused,
                [&](const Refused& r) { return r.when <= sighting.when - options_.refused_window; });
  const auto provider = static_cast<uint32_t>(key_of(destination_of(attempt.flow.destination.address)));
  if (!refused_in_clear && !too_short) {
    // A mail went through: what was short there before was no login that failed.
    count_bulk(sighting, state, out);
    std::erase_if(state.refused, [&](const Refused& r) { return r.provider == provider; });
    return;
  }
  if (state.refused.size() >= kMaxRefused) state.refused.erase(state.refused.begin());
  state.refused.push_back({sighting.when, provider});
  if (state.refused.size() < options_.refused_logins) return;
  // A phone with an old password insists at one provider, and now and then mails through another.
  const auto elsewhere = std::count_if(state.refused.begin(), state.refused.end(),
                                       [&](const Refused& r) { return r.provider != provider; });
  const auto here = static_cast<std::ptrdiff_t>(state.refused.size()) - elsewhere;
  const bool insists = here >= static_cast<std::ptrdiff_t>(options_.refused_at_one);
  if (insists || std::min(here, elsewhere) >= kRefusedElsewhere) term(sighting, bound_, Ground::kLogins, out);
}

void CredentialRule::count_bulk(const Sighting& sighting, State& state, Findings& out) {
  constexpr Duration kHour = std::chrono::hours(1);
  const int64_t day = std::chrono::floor<std::chrono::days>(sighting.when).time_since_epoch().count();
  if (day > state.day) {
    state.most_sent = std::max(state.most_sent, state.today_most);
    state.today_most = 0;
    state.day = day;
  }
  state.sent.add(sighting.when, kHour, 1);
  const uint32_t sent = state.sent.within(sighting.when, kHour);
  state.today_most = std::max(state.today_most, sent);
  if (sent < options_.bulk || state.most_sent >= options_.bulk / 4 || state.told_day == day) return;
  state.told_day = day;
  Verdict verdict;
  verdict.rule = id();
  verdict.device = sighting.device;
  verdict.kind = Kind::kBulk;
  verdict.time = sighting.attempt.started;
  verdict.count = sent;
  verdict.limit = options_.bulk;
  verdict.window = kHour;
  verdict.normal = state.most_sent;
  out.verdicts.push_back(std::move(verdict));
}

void CredentialRule::count_domains(const Sighting& sighting, State& state, Findings& out) {
  if (!sighting.attempt.smtp) return;
  for (const auto& domain : sighting.attempt.smtp->mail_from_domains) {
    if (domain.empty()) continue;  // a bounce
    const bool news = mark(state.domains, key_of(domain), hour_of(sighting.when), kMonth, kMaxDomains);
    if (news && state.domains.size() > kOwnDomains)
      out.terms.push_back(
          {sighting.device, RuleId::kSenders, kDomainWeight, sighting.when, sighting.attempt.started});
  }
}

nlohmann::json CredentialRule::save() const {
  using nlohmann::json;
  const auto marks = [](const std::vector<Mark>& list) {
    json out = json::array();
    for (const Mark& m : list) out.push_back({m.name, m.hour});
    return out;
  };
  json out = json::array();
  for (const auto& [device, state] : devices_) {
    json providers = json::array(), refused = json::array();
    for (const Provider& p : state.providers) {
      providers.push_back(
          {p.key, p.first_hour, p.last_hour, p.source, marks(p.helos), marks(p.logins), marks(p.domains)});
    }
    for (const Refused& r : state.refused) refused.push_back({ticks(r.when), r.provider});
    out.push_back({to_string(device), std::move(providers), marks(state.domains), std::move(refused),
                   state.sent.slots(), state.sent.newest(), state.most_sent, state.today_most, state.day,
                   state.told_day});
  }
  return out;
}

void CredentialRule::restore(const nlohmann::json& saved) {
  const auto marks = [](const nlohmann::json& list, std::size_t most) {
    std::vector<Mark> out;
    for (const auto& m : list) {
      if (out.size() < most) out.push_back({whole<uint32_t>(m.at(0)), whole<uint32_t>(m.at(1))});
    }
    return out;
  };
  for (const auto& item : saved) {
    State state;
    for (const auto& p : item.at(1)) {
      if (state.providers.size() >= kMaxProviders) break;
      state.providers.push_back({whole<uint64_t>(p.at(0)), whole<uint32_t>(p.at(1)), whole<uint32_t>(p.at(2)),
                                 whole<uint32_t>(p.at(3)), marks(p.at(4), kMaxNames),
                                 marks(p.at(5), kMaxNames), marks(p.at(6), kMaxNames)});
    }
    state.domains = marks(item.at(2), kMaxDomains);
    for (const auto& r : item.at(3)) {
      if (state.refused.size() < kMaxRefused)
        state.refused.push_back({time_of(r.at(0)), whole<uint32_t>(r.at(1))});
    }
    state.sent.put_back(whole_array<uint16_t, SlidingCount::kSlots>(item.at(4)), whole<int64_t>(item.at(5)));
    state.most_sent = whole<uint32_t>(item.at(6));
    state.today_most = whole<uint32_t>(item.at(7));
    state.day = whole<int64_t>(item.at(8));
    state.told_day = whole<int64_t>(item.at(9));
    devices_[device_of(item.at(0))] = std::move(state);
  }
}

}  // namespace gatewitness
