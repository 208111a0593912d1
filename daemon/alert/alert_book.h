// SPDX-License-Identifier: Apache-2.0
//
// When the phone rings: which changes of incidents become alerts, and which do not because the owner was told
// lately or does not want to hear of it. Owned by the daemon (control/witness); asks no clock. PURE.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/words/words.h"
#include "probes/wire/time.h"

namespace gatewitness::alert {

enum class Change : uint8_t { kOpened, kWorsened, kExtended, kClosed };

// Nothing of this device and kind until then.
struct Mute {
  std::string device;  // its id; "" for a home-wide incident
  std::string kind;
  Timestamp until;
};

class AlertBook {
 public:
  // An alarm that goes on is told again after this (Alertmanager's repeat_interval); one that closes and
  // opens again within it was told already.
  static constexpr Duration kRepeat = std::chrono::hours(4);
  static constexpr std::size_t kMaxKnown = 1024;

  // language: of the titles. What else is said comes with the incident.
  explicit AlertBook(words::Language language = words::Language::kEnglish) : language_(language) {}

  // explained: the incident, in the owner's language, as explain() has it (daemon/control/README.md). The
  // alert in the shape of the answer to "alerts", without its number; nullopt: nothing is to be told.
  std::optional<nlohmann::json> consider(Change change, const nlohmann::json& explained, Timestamp now);

  void mute(const Mute& mute);
  bool is_muted(std::string_view device, std::string_view kind, Timestamp now) const;
  // What was told before a restart.
  void told(const nlohmann::json& alert);

 private:
  struct Known {
    Timestamp time;  // of the newest alert
    uint64_t revision = 0;
    bool alarm = false;
    bool closed = false;
  };
  void make_room();

  words::Language language_;
  std::map<std::string, Known> known_;                              // by incident id
  std::map<std::pair<std::string, std::string>, Timestamp> mutes_;  // by device and kind
};

}  // namespace gatewitness::alert
