// SPDX-License-Identifier: Apache-2.0
//
// One alert, as the control socket's "alerts" gives it (daemon/control/README.md). Every text is made
// harmless and cut here, once, so that no channel can forget it: names in it were written by devices.
#pragma once

#include <cstdint>
#include <expected>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/words/words.h"
#include "probes/wire/time.h"

namespace gatewitness::alert {

struct Alert {
  uint64_t number = 0;
  Timestamp time;
  std::string reason;    // opened, worsened, continues, reopened, closed, quarantined, test
  std::string incident;  // id; "" for a test
  uint64_t revision = 0;
  std::string kind, severity, grade;
  bool has_device = false;
  std::string device_id, mac, name, device_class, vendor, address;
  std::string title, text, sure, technical, advice;  // in the owner's language
  bool severe = false;                               // passes quiet hours
  std::string channel;                               // only this one; "": all

  bool is_alarm() const { return severity == "alarm"; }
  bool is_over() const { return reason == "closed"; }
  bool is_quarantine() const { return reason == "quarantined"; }
  // What a later one makes stale, and which of two is the later: an incident and its revision. A quarantine
  // is news beside that of its incident, and has no revisions of its own. "": nothing, of a test.
  std::string subject() const { return is_quarantine() ? "quarantine of " + device_id : incident; }
  uint64_t order() const { return is_quarantine() ? number : revision; }
  bool operator==(const Alert&) const = default;
};

struct Batch {
  std::string epoch;
  uint64_t newest = 0;
  std::vector<Alert> alerts;
  std::size_t malformed = 0;  // skipped
  uint64_t last = 0;          // the highest number in it, malformed ones included
};

// The "data" of the answer. The error is one line.
std::expected<Batch, std::string> parse_batch(const nlohmann::json& data);
std::expected<Alert, std::string> parse_alert(const nlohmann::json& value);
// What parse_alert() reads; also what exec gets on standard input and a webhook without a body sends.
nlohmann::json to_json(const Alert& alert);
// An alert that says that alerts arrive.
Alert test_alert(Timestamp now, words::Language in = words::Language::kEnglish);

// Several as one, at least one: the gravest gives its title, how sure and the advice, each has its paragraph.
// Of different incidents it is of none: no button would know which is meant.
Alert grouped(std::span<const Alert> alerts, words::Language in);

// UTF-8 without controls, line breaks, direction marks, zero-width characters; at most max_bytes. Unlike
// printable(), a backslash stays one: the daemon has escaped names already.
std::string harmless(std::string_view text, std::size_t max_bytes);

inline constexpr std::size_t kMaxBatch = 64;

}  // namespace gatewitness::alert
