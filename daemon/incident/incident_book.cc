// SPDX-License-Identifier: Apache-2.0
#include "daemon/incident/incident_book.h"

#include <algorithm>
#include <utility>

namespace gatewitness {

using What = IncidentChange::What;

// The incident that a new verdict belongs to: the open one, or one that closed not long ago.
Incident* IncidentBook::current(const DeviceId& device, Kind kind, const std::string& probe,
                                Blindness blindness, Timestamp now) {
  for (auto incident = incidents_.rbegin(); incident != incidents_.rend(); ++incident) {
    if (incident->device != device || incident->kind != kind || incident->probe != probe ||
        incident->blindness != blindness)
      continue;
    const bool recent = incident->open || now - incident->closed.value_or(now) <= options_.reopen;
    return recent ? &*incident : nullptr;
  }
  return nullptr;
}

bool IncidentBook::make_room() {
  if (incidents_.size() < options_.incidents) return true;
  const auto victim = std::ranges::find(incidents_, false, &Incident::open);
  if (victim == incidents_.end()) return false;
  incidents_.erase(victim);
  return true;
}

void IncidentBook::note_untold(const DeviceId& device, Severity severity, Timestamp now) {
  if (untold_.size() >= kMaxUntold && !untold_.contains(device)) return;
  Untold& untold = untold_[device];
  untold = {std::max(untold.severity, severity), now};
}

// What is open stays: one that went for lack of room would open anew with its device's next attempt, and ring
// the phone again each time.
bool IncidentBook::make_room_for(const Verdict& verdict, Timestamp now) {
  if (make_room()) return true;
  const auto victim = verdict.severity < Severity::kAlarm
                          ? incidents_.end()
                          : std::ranges::find_if(incidents_, [](const Incident& incident) {
                              return incident.kind != Kind::kBlind && incident.severity == Severity::kNotice;
                            });
  const bool displaces = victim != incidents_.end();
  displaces ? note_untold(victim->device, victim->severity, now)
            : note_untold(verdict.device, verdict.severity, now);
  if (displaces) incidents_.erase(victim);
  missed(Blindness::kFull, "", now);
  return displaces;
}

Incident& IncidentBook::begin(const DeviceId& device, Kind kind, Timestamp now) {
  Incident incident;
  incident.number = next_number_++;
  incident.device = device;
  incident.kind = kind;
  incident.opened = incident.updated = now;
  incidents_.push_back(std::move(incident));
  return incidents_.back();
}

void IncidentBook::note(What what, const Incident& incident, Timestamp now) {
  changes_.push_back({what, now, incident.number});
}

void IncidentBook::add_attempt(Incident& incident, const AttemptEvidence& evidence) {
  const auto known = std::find_if(incident.attempts.begin(), incident.attempts.end(),
                                  [&](const AttemptEvidence& have) { return have.key == evidence.key; });
  if (known != incident.attempts.end()) {
    *known = evidence;
    return;
  }
  // A rule tells of its whole window again: what made room for newer ones must not count twice.
  if (evidence.attempt.started <= incident.cut) return;
  ++incident.attempts_counted;
  if (incident.destinations.size() < Incident::kMaxDestinations) {
    incident.destinations.insert(destination_of(evidence.attempt.flow.destination.address));
  }
  // The first one shows how it began; of the rest the newest are kept.
  if (incident.attempts.size() >= options_.attempts) {
    incident.cut = std::max(incident.cut, incident.attempts[1].attempt.started);
    incident.attempts.erase(incident.attempts.begin() + 1);
  }
  // By a quarter where it would double: of all that the daemon keeps these are the most.
  if (incident.attempts.size() == incident.attempts.capacity())
    incident.attempts.reserve(incident.attempts.size() + incident.attempts.size() / 4 + 1);
  incident.attempts.push_back(evidence);
}

void IncidentBook::conclude(const Verdict& verdict, std::span<const AttemptEvidence> evidence,
                            Timestamp now) {
  Incident* incident = current(verdict.device, verdict.kind, "", {}, now);
  const bool is_new = incident == nullptr;
  if (is_new) {
    if (!make_room_for(verdict, now)) return;
    untold_.erase(verdict.device);
    incident = &begin(verdict.device, verdict.kind, now);
    incident->severity = verdict.severity;
  }
  const bool reopened = !incident->open;
  const bool worse = verdict.severity > incident->severity;
  incident->open = true;
  incident->closed.reset();
  incident->severity = std::max(incident->severity, verdict.severity);
  incident->updated = std::max(incident->updated, now);
  const auto same = std::find_if(
      incident->verdicts.begin(), incident->verdicts.end(),
      [&](const Verdict& known) { return known.rule == verdict.rule && known.ground == verdict.ground; });
  if (same != incident->verdicts.end()) {
    *same = verdict;
  } else if (incident->verdicts.size() < Incident::kMaxVerdicts) {
    incident->verdicts.push_back(verdict);
  }
  for (const auto& attempt : evidence) add_attempt(*incident, attempt);
  ++incident->revision;
  note(is_new || reopened ? What::kOpened : worse ? What::kWorsened : What::kExtended, *incident, now);
}

void IncidentBook::update(const AttemptEvidence& evidence) {
  for (Incident& incident : incidents_) {
    if (incident.device != evidence.device) continue;
    for (AttemptEvidence& have : incident.attempts) {
      if (have.key == evidence.key) have = evidence;
    }
  }
}

void IncidentBook::retract(const AttemptKey& key, Timestamp now) {
  for (Incident& incident : incidents_) {
    const auto erased =
        std::erase_if(incident.attempts, [&](const AttemptEvidence& have) { return have.key == key; });
    if (erased == 0) continue;
    incident.attempts_counted -= std::min<uint64_t>(incident.attempts_counted, erased);
    if (incident.attempts_counted == 0 && incident.open) close(incident, now);
  }
}

Incident& IncidentBook::open_blind(Blindness cause, const std::string& probe, Timestamp now) {
  Incident* incident = current(DeviceId::gateway(), Kind::kBlind, probe, cause, now);
  if (incident == nullptr) {
    (void)make_room();  // if there is none, one more is kept: of these there are few
    incident = &begin(DeviceId::gateway(), Kind::kBlind, now);
  }
  incident->probe = probe;
  incident->blindness = cause;
  // What happens meanwhile goes unseen, untold or is forgotten; of what only lost a part, the rest is told.
  const bool all = cause == Blindness::kSilent || cause == Blindness::kJournal || cause == Blindness::kFull;
  incident->severity = all ? Severity::kAlarm : Severity::kNotice;
  incident->open = true;
  incident->closed.reset();
  incident->updated = incident->noted = now;
  ++incident->revision;
  note(What::kOpened, *incident, now);
  return *incident;
}

void IncidentBook::blind(Blindness cause, const std::string& probe, bool is_blind, Timestamp now) {
  Incident* incident = current(DeviceId::gateway(), Kind::kBlind, probe, cause, now);
  const bool was_blind = incident != nullptr && incident->open;
  if (is_blind && !was_blind) {
    open_blind(cause, probe, now);
  } else if (!is_blind && was_blind) {
    close(*incident, now);
  } else if (is_blind && now - incident->noted >= kStillBlind) {
    incident->updated = incident->noted = now;
    ++incident->revision;
    note(What::kExtended, *incident, now);
  }
}

void IncidentBook::missed(Blindness cause, const std::string& probe, Timestamp now) {
  Incident* incident = current(DeviceId::gateway(), Kind::kBlind, probe, cause, now);
  if (incident == nullptr || !incident->open) {
    open_blind(cause, probe, now);
    return;
  }
  incident->updated = std::max(incident->updated, now);
  // A busy gateway loses something each few seconds: not each is news.
  if (now - incident->noted < kStillBlind) return;
  incident->noted = now;
  ++incident->revision;
  note(What::kExtended, *incident, now);
}

void IncidentBook::close(Incident& incident, Timestamp now) {
  incident.open = false;
  incident.closed = now;
  ++incident.revision;
  note(What::kClosed, incident, now);
}

namespace {

// Over when nothing was heard of it for long. The others end when somebody says so.
bool ends_by_itself(const Incident& incident) {
  return incident.kind != Kind::kBlind || incident.blindness == Blindness::kDrops ||
         incident.blindness == Blindness::kOffload || incident.blindness == Blindness::kFull;
}

}  // namespace

void IncidentBook::tick(Timestamp now) {
  std::erase_if(untold_, [&](const auto& item) { return now - item.second.time >= options_.quiet; });
  for (Incident& incident : incidents_) {
    if (incident.open && ends_by_itself(incident) && now - incident.updated >= options_.quiet) {
      close(incident, incident.updated + options_.quiet);
    }
  }
}

std::optional<Timestamp> IncidentBook::next_deadline() const {
  std::optional<Timestamp> next;
  for (const Incident& incident : incidents_) {
    if (!incident.open) continue;
    const Timestamp due =
        ends_by_itself(incident) ? incident.updated + options_.quiet : incident.noted + kStillBlind;
    if (!next || due < *next) next = due;
  }
  return next;
}

std::vector<IncidentChange> IncidentBook::take_changes() {
  return std::exchange(changes_, {});
}

const Incident* IncidentBook::find(uint64_t number) const {
  const auto found = std::find_if(incidents_.begin(), incidents_.end(),
                                  [&](const Incident& i) { return i.number == number; });
  return found == incidents_.end() ? nullptr : &*found;
}

bool IncidentBook::is_open(const DeviceId& device, Kind kind) const {
  return std::any_of(incidents_.begin(), incidents_.end(), [&](const Incident& incident) {
    return incident.open && incident.device == device && incident.kind == kind;
  });
}

std::optional<Severity> IncidentBook::worst_open(const DeviceId& device) const {
  std::optional<Severity> worst;
  if (const auto untold = untold_.find(device); untold != untold_.end()) worst = untold->second.severity;
  for (const Incident& incident : incidents_) {
    if (!incident.open || incident.device != device || incident.kind == Kind::kBlind) continue;
    worst = std::max(worst.value_or(Severity::kNotice), incident.severity);
  }
  return worst;
}

void IncidentBook::put_back(std::vector<Incident> incidents, uint64_t next_number) {
  incidents_ = std::move(incidents);
  for (auto& incident : incidents_) incident.noted = incident.updated;
  next_number_ = next_number;
}

}  // namespace gatewitness
