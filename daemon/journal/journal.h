// SPDX-License-Identifier: Apache-2.0
//
// What the daemon must not forget. Two things in one store: the pipeline's last snapshot and every record
// since, each with the time at which it was handled (handling them again in order gives the state back); and
// the history of what the world did, for questions about the past. Owned by the daemon's loop, which appends
// and commits a turn's records before it handles them: a kill -9 at any moment loses nothing that was
// committed.
//
// The store that is written to may lie in memory (tmpfs); then a copy on flash is made now and then, whole or
// not at all, and is what a reboot starts from.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/evidence/bundle.h"
#include "daemon/inquiry/clearance.h"
#include "daemon/inquiry/testimony.h"
#include "daemon/journal/alert_log.h"
#include "daemon/journal/history.h"
#include "daemon/journal/retention.h"
#include "probes/wire/time.h"

namespace gatewitness::journal {

struct Entry {
  Timestamp time;  // when the daemon handled it
  std::vector<uint8_t> bytes;
};

struct Contents {
  std::optional<std::vector<uint8_t>> snapshot;
  std::vector<Entry> log;  // since the snapshot, oldest first
};

// Where the store lies.
struct Place {
  std::string path;  // what is written to
  std::string copy;  // what is made of it on flash; "": nothing, path is there itself
};

class Journal {
 public:
  // Opens or creates the store. Where there is none, or a corrupt one, the copy is taken instead. A corrupt
  // one is renamed to PATH.corrupt-<seconds>, together with its write-ahead log: notice() says so. One that
  // is locked, unreadable or written by a newer version is an error of one line.
  static std::expected<Journal, std::string> open(const Place& place, Timestamp now);
  Journal(Journal&&) noexcept;
  Journal& operator=(Journal&&) noexcept;
  ~Journal();  // what was not committed is gone

  std::expected<Contents, std::string> load();

  // All of these add to the turn's transaction; nothing is kept before commit(). After an error the whole
  // turn is undone.
  std::expected<void, std::string> append(Timestamp now, std::span<const uint8_t> bytes);
  std::expected<void, std::string> note(const wire::Envelope& envelope, std::span<const uint8_t> message);
  std::expected<void, std::string> note(const IncidentRow& incident);
  std::expected<void, std::string> note(const OwnerRow& owner);
  std::expected<void, std::string> note(const std::string& probe, const wire::CaptureGap& gap);
  std::expected<void, std::string> commit();
  // Replaces the old snapshot and the log by this, or changes nothing; then takes away what is too old or too
  // much.
  std::expected<void, std::string> snapshot(Timestamp now, std::span<const uint8_t> state);
  void limit(const RetentionLimits& limits);
  // Brings everything that is committed to the copy's place. Nothing to do where there is none, nor for a
  // store that does not last: the copy that is there knows more.
  std::expected<void, std::string> copy();

  // The answer to a question about the past, in its documented JSON.
  std::expected<nlohmann::json, std::string> inquire(const Inquiry& inquiry, const TestifyOptions& options,
                                                     Timestamp now);
  // The same with all that it rests on. kind and statement are those of the testimony.
  std::expected<evidence::Material, std::string> evidence(const Inquiry& inquiry,
                                                          const TestifyOptions& options, Timestamp now);
  // What these connections rest on; the statement is the caller's.
  std::expected<evidence::Material, std::string> evidence(const std::vector<AttemptEvidence>& connections);
  std::expected<Clearance, std::string> clearance(Timestamp from, Timestamp to,
                                                  const TestifyOptions& options);
  // What the owner was told. Part of the turn's transaction; read at once.
  std::expected<void, std::string> tell(Timestamp time, const nlohmann::json& alert);
  std::expected<void, std::string> mute(const MuteRow& mute, Timestamp now);
  std::expected<nlohmann::json, std::string> alerts(uint64_t after, uint64_t limit);
  std::expected<std::vector<nlohmann::json>, std::string> told();
  std::expected<std::vector<MuteRow>, std::string> muted();
  // [{address, from, to}]: which addresses the world saw, and when.
  std::expected<nlohmann::json, std::string> addresses();
  std::expected<std::map<MacAddress, OwnerNote>, std::string> owner();

  // Of the log since the snapshot, committed or not.
  uint64_t log_records() const;
  uint64_t log_bytes() const;
  // Rows that had to make room for newer ones.
  uint64_t crowded_out() const;
  // False: its place could not be written when it was opened, and it is kept in memory alone.
  bool is_lasting() const;
  // What the owner should know of the opening; "" if nothing.
  const std::string& notice() const;

 private:
  struct Store;
  explicit Journal(std::unique_ptr<Store> store);
  std::unique_ptr<Store> store_;
};

}  // namespace gatewitness::journal
