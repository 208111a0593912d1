// SPDX-License-Identifier: Apache-2.0
//
// The whole of the daemon's thinking behind one door: records in, incidents out. Live (gatewitnessd) and
// replay (gatewitness replay) call exactly this. PURE and deterministic: the same options, records and times
// give the same answers, which is also how state survives: a snapshot plus the records since then are the
// state. Owned by one process's loop; single-threaded.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/attribution/evidence.h"
#include "daemon/attribution/sight.h"
#include "daemon/model/device_id.h"
#include "daemon/pipeline/options.h"
#include "daemon/words/words.h"
#include "probes/wire/records.h"

namespace gatewitness {

// Something that a watcher wants to know at once. The JSON is the incident as incidents() lists it.
struct PipelineEvent {
  enum class Kind : uint8_t { kIncidentOpened, kIncidentWorsened, kIncidentExtended, kIncidentClosed };
  Kind kind = Kind::kIncidentOpened;
  Timestamp time;
  std::string incident_id;
};

class Pipeline {
 public:
  explicit Pipeline(PipelineOptions options);
  ~Pipeline();
  Pipeline(Pipeline&&) noexcept;
  Pipeline& operator=(Pipeline&&) noexcept;

  // now is the daemon's clock live and the record's own time in replay. It never steps back inside: an older
  // now is taken as the newest one seen.
  void handle(const wire::Envelope& envelope, Timestamp now);
  void tick(Timestamp now);
  // Whether what is seen can be kept: no record tells of that.
  void journal_fails(bool fails, Timestamp now);
  std::optional<Timestamp> next_deadline() const;

  std::vector<PipelineEvent> take_events();
  // Holes that were found in the probes' sequences since the last call: no record tells of them.
  std::vector<KnownGap> take_found_gaps();

  // The owner's newest word on a device, which wins over the configuration's; one without name and role takes
  // it back. Not part of the snapshot: whoever keeps it says it again after restore().
  void set_owner_note(const MacAddress& mac, const OwnerNote& note);

  // Views, as documented in daemon/control/README.md. Texts from the wire are raw UTF-8-repaired strings:
  // whoever shows them escapes them for his medium.
  nlohmann::json status(Timestamp now) const;  // what the pipeline knows of probes, gaps, counters
  nlohmann::json devices() const;              // array, sorted by MAC
  // One of them; null if it was never seen.
  nlohmann::json device(const DeviceId& id) const;
  // Array, newest first. in: of what is said in sentences; keys and ids are the same in each language.
  nlohmann::json incidents(words::Language in = words::Language::kEnglish) const;
  // One of them; null: there is none.
  nlohmann::json incident(std::string_view incident_id, words::Language in = words::Language::kEnglish) const;
  std::optional<nlohmann::json> explain(std::string_view incident_id,
                                        words::Language in = words::Language::kEnglish) const;
  // The connections that an incident rests on, as far as they are kept; nullopt: no such incident.
  std::optional<std::vector<AttemptEvidence>> connections_of(std::string_view incident_id) const;

  // Who is who at this moment, for whoever acts on a device. Addresses that it holds now and nobody else
  // does, newest first, at most `limit`; of the gateway those of its interfaces.
  std::vector<IpAddress> addresses_now(const DeviceId& device, std::size_t limit) const;
  std::optional<MacAddress> mac_now(const IpAddress& address) const;
  bool is_gateway(const MacAddress& mac) const;
  bool is_gateway(const IpAddress& address) const;

  // Everything that must survive a restart, with a version, behind what is in `to`. restore refuses what it
  // cannot read and leaves the pipeline as it was.
  void save(std::vector<uint8_t>& to) const;
  std::expected<void, std::string> restore(std::span<const uint8_t> snapshot);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatewitness
