// SPDX-License-Identifier: Apache-2.0
//
// What the daemon must not forget: the pipeline's last snapshot and every record since, each with the time at
// which it was handled. Handling them again in order gives the state back. Owned by the daemon's loop, which
// appends and commits a turn's records before it handles them: a kill -9 at any moment loses nothing that was
// committed (a power cut may lose the last seconds, see sqlite.cc).
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

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

class Journal {
 public:
  // Opens or creates the store at this path. A corrupt one is renamed to PATH.corrupt-<seconds>, together
  // with its write-ahead log, and a fresh one is opened: notice() says so. One that is locked, unreadable or
  // written by a newer version is an error of one line.
  static std::expected<Journal, std::string> open(const std::string& path, Timestamp now);
  Journal(Journal&&) noexcept;
  Journal& operator=(Journal&&) noexcept;
  ~Journal();  // what was not committed is gone

  std::expected<Contents, std::string> load();

  // Adds to the turn's transaction; nothing is kept before commit(). After an error the whole turn is undone.
  std::expected<void, std::string> append(Timestamp now, std::span<const uint8_t> bytes);
  std::expected<void, std::string> commit();
  // Replaces the old snapshot and the log by this, or changes nothing.
  std::expected<void, std::string> snapshot(Timestamp now, std::span<const uint8_t> state);

  // Of the log since the snapshot, committed or not.
  uint64_t log_records() const;
  uint64_t log_bytes() const;
  // What the owner should know of the opening; "" if nothing.
  const std::string& notice() const;

 private:
  struct Store;
  explicit Journal(std::unique_ptr<Store> store);
  std::unique_ptr<Store> store_;
};

}  // namespace gatewitness::journal
