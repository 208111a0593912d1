// SPDX-License-Identifier: Apache-2.0
//
// All incidents: one per device and kind is open at a time; it opens, worsens, goes on, closes after quiet
// and opens again. Owned by the pipeline. Bounded; asks no clock.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/incident/incident.h"
#include "daemon/incident/options.h"
#include "daemon/model/destination.h"

namespace gatewitness {

struct IncidentChange {
  enum class What : uint8_t { kOpened, kWorsened, kExtended, kClosed };
  What what = What::kOpened;
  Timestamp time;
  uint64_t number = 0;
};

class IncidentBook {
 public:
  static constexpr Duration kStillBlind = std::chrono::hours(1);
  static constexpr std::size_t kMaxUntold = 4096;

  explicit IncidentBook(const IncidentOptions& options) : options_(options) {}

  // A rule spoke. evidence: the attempt that made it speak, and, for an incident that this opens, earlier
  // attempts of the device that belong to it. If nothing but open incidents is kept, an alarm takes the place
  // of the oldest notice and the rest waits for the rule to speak again; that this happens is an incident
  // too.
  void conclude(const Verdict& verdict, std::span<const AttemptEvidence> evidence, Timestamp now);
  // An attempt that incidents hold became better known.
  void update(const AttemptEvidence& evidence);
  // It was no mail: an incident that rested on nothing else closes.
  void retract(const AttemptKey& key, Timestamp now);
  // Something cannot see (a probe) or remember (the journal), or can again. While it lasts, that is told each
  // kStillBlind.
  void blind(Blindness cause, const std::string& probe, bool is_blind, Timestamp now);
  // Something went past: over when nothing did for options.quiet.
  void missed(Blindness cause, const std::string& probe, Timestamp now);
  // Closes what has been quiet for long.
  void tick(Timestamp now);
  std::optional<Timestamp> next_deadline() const;

  std::vector<IncidentChange> take_changes();
  const Incident* find(uint64_t number) const;
  const std::vector<Incident>& all() const { return incidents_; }
  bool is_open(const DeviceId& device, Kind kind) const;
  // The worst open incident of a device, or what it would have if there was room; nullopt: none.
  std::optional<Severity> worst_open(const DeviceId& device) const;

  uint64_t next_number() const { return next_number_; }
  void put_back(std::vector<Incident> incidents, uint64_t next_number);

 private:
  Incident* current(const DeviceId& device, Kind kind, const std::string& probe, Blindness blindness,
                    Timestamp now);
  Incident& open_blind(Blindness cause, const std::string& probe, Timestamp now);
  Incident& begin(const DeviceId& device, Kind kind, Timestamp now);
  void add_attempt(Incident& incident, const AttemptEvidence& evidence);
  void close(Incident& incident, Timestamp now);
  void note(IncidentChange::What what, const Incident& incident, Timestamp now);
  bool make_room();
  void note_untold(const DeviceId& device, Severity severity, Timestamp now);
  bool make_room_for(const Verdict& verdict, Timestamp now);

  IncidentOptions options_;
  std::vector<Incident> incidents_;  // by number
  uint64_t next_number_ = 1;
  std::vector<IncidentChange> changes_;
  // Devices without an incident for want of room. Bounded, and not saved: their next attempt tells it again.
  struct Untold {
    Severity severity = Severity::kNotice;
    Timestamp time;
  };
  std::map<DeviceId, Untold> untold_;
};

}  // namespace gatewitness
