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
#include <vector>

#include "daemon/words/words.h"
#include "probes/wire/time.h"

namespace gatewitness::alert {

enum class Change : uint8_t { kOpened, kWorsened, kExtended, kClosed };

inline constexpr const char* kAny = "*";

// Nothing of this device and kind until then; one of them may be kAny.
struct Mute {
  std::string device;  // its id; "" for a home-wide incident
  std::string kind;
  Timestamp until;
};

class AlertBook {
 public:
  static constexpr std::size_t kMaxKnown = 1024;

  // language: of the titles; what else is said comes with the incident. repeat: an alarm that goes on is told
  // again after so long (Alertmanager's repeat_interval), and what opens and closes again and again is told
  // no more often.
  explicit AlertBook(words::Language language = words::Language::kEnglish,
                     Duration repeat = std::chrono::hours(4))
      : language_(language), repeat_(repeat) {}

  // explained: the incident, in the owner's language, as explain() has it (daemon/control/README.md). The
  // alert in the shape of the answer to "alerts", without its number; nullopt: nothing is to be told.
  std::optional<nlohmann::json> consider(Change change, const nlohmann::json& explained, Timestamp now);

  // A quarantine that nobody asked for, as "blocked" lists it, and its incident as above (null: it is gone).
  // Told once, whoever muted what led to it: something was done to a device.
  std::optional<nlohmann::json> consider(const nlohmann::json& quarantine, const nlohmann::json& explained,
                                         Timestamp now);

  // until in the past takes it back.
  void mute(const Mute& mute, Timestamp now);
  bool is_muted(std::string_view device, std::string_view kind, Timestamp now) const;
  std::vector<Mute> muted(Timestamp now) const;
  // What was told before a restart.
  void told(const nlohmann::json& alert);

 private:
  struct Known {
    Timestamp time;  // of the newest alert
    uint64_t revision = 0;
    bool alarm = false;
    bool closed = false;
    std::optional<Timestamp> reopened;  // when that was told last
  };
  // "": nothing is to be told. known: null if nothing was told of it.
  std::string reason_for(Change change, const Known* known, bool alarm, Timestamp now) const;
  void make_room();

  words::Language language_;
  Duration repeat_;
  std::map<std::string, Known> known_;                              // by incident id
  std::map<std::pair<std::string, std::string>, Timestamp> mutes_;  // by device and kind
  std::map<std::string, std::string> quarantined_;  // by device: the end of the newest that was told
};

}  // namespace gatewitness::alert
