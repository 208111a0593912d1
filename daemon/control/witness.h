// SPDX-License-Identifier: Apache-2.0
//
// The pipeline with a memory: what comes in is decoded, put into the journal, and only then handled; what is
// asked is answered. Holds no socket and asks no clock, so that a test can drive it. Owned by the daemon's
// loop.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <expected>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/alert/alert_book.h"
#include "daemon/config/config.h"
#include "daemon/control/answer.h"
#include "daemon/control/guard_desk.h"
#include "daemon/evidence/digest.h"
#include "daemon/journal/journal.h"
#include "daemon/pipeline/pipeline.h"
#include "probes/wire/codec.h"

namespace gatewitness::control {

class Witness {
 public:
  // Opens the journal at this path and brings the pipeline to where it was. notices(): what the owner should
  // know of that.
  static std::expected<Witness, std::string> open(const config::Config& config, const journal::Place& place,
                                                  Timestamp now);

  // One turn's messages: those that are no record are counted by what is wrong with them; the others are
  // committed to the journal before the pipeline sees the first. Gives each accepted record as a line of
  // JSON.
  std::vector<std::string> receive(std::span<const std::vector<uint8_t>> messages, Timestamp now);
  // Deadlines of the pipeline, and the snapshot that keeps the journal short.
  void tick(Timestamp now);
  std::optional<Timestamp> next_deadline() const;
  // With what evidence files are signed; the error (one line) is told to who asks for one, and in the status.
  void sign_with(std::expected<evidence::SigningKey, std::string> key) { key_ = std::move(key); }
  // What changed since the last call, each as a line of JSON (README.md).
  std::vector<std::string> take_events();
  // What is known as numbers (daemon/metrics).
  std::string metrics(bool with_macs, Timestamp now) const;
  // The answer to one request (README.md), JSON to JSON.
  std::string answer(std::span<const uint8_t> request, Timestamp now);
  // For the guard (guard_desk.h). What is asked of it for somebody: nothing if the request is none of these.
  std::optional<GuardDesk::Heard> hear_for_guard(std::span<const uint8_t> request) const;
  // What is asked of it for nobody.
  std::vector<quarantine::Request> take_guard_requests(Timestamp now);
  // What came back: learned, and as the answer to whoever waits.
  std::string learn_from_guard(const GuardDesk::Errand& errand,
                               const std::expected<quarantine::Reply, std::string>& reply, Timestamp now);
  // Replaces the journal's log by the state as it is.
  void save(Timestamp now);
  // The same, and a copy of it all on flash: for a clean end.
  void finish(Timestamp now);

  // What should be logged, since the last call: each trouble with the journal once until it is over.
  std::vector<std::string> take_notices();

  uint64_t received() const { return received_; }

 private:
  Witness(const config::Config& config, journal::Journal journal, Timestamp now);
  Home home() const;
  nlohmann::json marked(nlohmann::json view) const;
  void recall(journal::Contents contents);
  void recall_owner();
  void keep_found_gaps();
  void keep_incident(const PipelineEvent& event, const nlohmann::json& incident);
  void make_copy(Timestamp now);
  std::expected<nlohmann::json, std::string> attribute(const Inquiry& inquiry, Timestamp now);
  std::expected<std::string, std::string> export_incident(std::string_view id, Timestamp now);
  std::expected<std::string, std::string> export_inquiry(const Inquiry& inquiry, Timestamp now);
  std::expected<std::string, std::string> sealed(std::expected<evidence::Material, std::string> material,
                                                 Timestamp now);
  std::expected<nlohmann::json, std::string> cleared(Timestamp from, Timestamp to);
  // Whether the owner was told something.
  bool ring(const PipelineEvent& event);
  void tell_of_quarantines(Timestamp now);
  void watch_journal(Timestamp now);
  void keep_alerts();
  std::expected<nlohmann::json, std::string> alerts(uint64_t after, uint64_t limit);
  void recall_alerts(Timestamp now);
  std::expected<nlohmann::json, std::string> mute(const MuteWord& word, Timestamp now);
  nlohmann::json muted(Timestamp now) const;
  std::expected<nlohmann::json, std::string> hear_owner(const OwnerWord& word, Timestamp now);
  std::expected<void, std::string> restore(std::span<const uint8_t> snapshot);
  std::vector<uint8_t> state() const;
  void note(const std::expected<void, std::string>& journal_result);
  nlohmann::json status(Timestamp now) const;
  nlohmann::json daemon_status() const;

  TestifyOptions testify_;
  words::Language language_;  // the owner's
  Pipeline pipeline_;
  GuardDesk guard_;
  journal::Journal journal_;
  config::JournalConfig limits_;
  std::expected<evidence::SigningKey, std::string> key_ = std::unexpected("there is no signing key");
  Timestamp started_;
  std::optional<Timestamp> snapshot_due_;  // while something is in the log
  std::size_t state_bytes_ = 0;            // of the newest snapshot
  std::optional<Timestamp> copy_due_;      // while the copy is older than what is known
  std::optional<Timestamp> copied_;
  std::map<MacAddress, OwnerNote> owner_;
  alert::AlertBook bell_;
  bool rings_ = false;  // an alert was kept, and nobody has heard of it
  // Since the state began, not only since the process did.
  uint64_t received_ = 0;
  uint64_t tidied_ = 0;  // received_ when memory was given back
  std::array<uint64_t, wire::kDecodeFaults> refused_{};
  uint64_t recalled_ = 0;   // records handled again at this start
  uint64_t forgotten_ = 0;  // records of the journal that this build cannot read
  uint64_t failures_ = 0;   // of the journal: turns that a restart would not remember
  bool failing_ = false;
  bool failed_ = false;                                      // since the last turn
  std::optional<Timestamp> failed_at_;                       // while the journal counts as failing
  std::deque<std::pair<Timestamp, nlohmann::json>> untold_;  // alerts that the journal could not take yet
  std::vector<std::string> notices_;
};

}  // namespace gatewitness::control
