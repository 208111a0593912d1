// SPDX-License-Identifier: Apache-2.0
//
// What must not be lost of the notifier: up to where the daemon's alerts were taken in, what still waits for
// each channel, which revision each channel got, which buttons were used. SQLite in the state folder; each
// step is one transaction, so that kill -9 leaves a whole one. Owned by the notifier.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "daemon/alert/alert.h"
#include "daemon/alert/button.h"
#include "daemon/alert/queue_policy.h"

namespace gatewitness::notify {

struct Cursor {
  std::string epoch;  // "": nothing was ever taken in
  uint64_t number = 0;
};

struct Delivery {
  int64_t id = 0;
  std::string epoch;
  alert::Alert alert;
  uint32_t collapsed = 0;
};

struct PendingCommand {
  std::string nonce;
  std::string channel;
  std::string action;
  std::string incident;
  uint64_t for_s = 0;
  Timestamp expires;
};

// What taking in a batch did to one channel, for the counters.
struct Taken {
  uint64_t queued = 0, duplicates = 0, collapsed = 0, overflowed = 0;
  bool operator==(const Taken&) const = default;
};

class Store {
 public:
  // A corrupt file is put aside, which notice() tells. Channels that are no longer there lose what waited for
  // them.
  static std::expected<Store, std::string> open(const std::string& path,
                                                const std::vector<alert::Channel>& channels);
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;
  ~Store();

  const std::string& notice() const { return notice_; }
  Cursor cursor() const { return cursor_; }
  std::expected<void, std::string> move_cursor(const Cursor& cursor);

  // in_flight: of which channel's delivery the answer is waited for. Alerts from before `since` are skipped.
  std::expected<std::map<std::string, Taken>, std::string> take_in(
      const alert::Batch& batch, const std::vector<alert::Channel>& channels,
      const std::set<int64_t>& in_flight, std::size_t room, Timestamp since);
  // In order. What was delivered but could not be noted is not among them.
  const std::vector<alert::Waiting>& waiting(const std::string& channel) const;
  std::optional<Delivery> load(int64_t id);
  // The channel has it. Not again, even if the note fails (until the next start).
  std::expected<void, std::string> delivered(const std::string& channel,
                                             std::span<const Delivery> deliveries);
  // It will never have it.
  std::expected<void, std::string> dropped(const std::string& channel, int64_t id);

  // False: the nonce was used before. Else it is used from now on, and the command waits for the daemon.
  std::expected<bool, std::string> use(const alert::ButtonCommand& command, Timestamp now);
  std::optional<PendingCommand> next_command();
  std::expected<void, std::string> command_done(const std::string& nonce);

  // Up to where a topic was read.
  std::string position(const std::string& channel);
  std::expected<void, std::string> set_position(const std::string& channel, const std::string& id);

 private:
  struct Tables;
  explicit Store(std::unique_ptr<Tables> tables);
  std::expected<void, std::string> load_all(const std::vector<alert::Channel>& channels);

  std::unique_ptr<Tables> tables_;
  std::string notice_;
  Cursor cursor_;
  std::map<std::string, std::vector<alert::Waiting>> waiting_;
};

}  // namespace gatewitness::notify
