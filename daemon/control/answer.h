// SPDX-License-Identifier: Apache-2.0
//
// The grammar of the control socket: which requests there are, and what a wrong one is told. PURE; the views
// come from whoever calls.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "daemon/inquiry/inquiry.h"
#include "daemon/model/network.h"
#include "daemon/words/words.h"
#include "probes/wire/mac.h"

namespace gatewitness::control {

struct OwnerWord {
  MacAddress mac;
  std::optional<std::string> name;  // "" takes it back
  std::optional<Role> role;         // kNone takes it back
};

// An incident's device and kind; or a device, a kind, or both.
struct MuteWord {
  std::optional<std::string> incident;
  std::optional<std::string> device;  // its id
  std::optional<std::string> kind;    // one that there is
  Duration length{};                  // 0 takes it back
};

// What answers come from; those from attribute on read or change the journal.
struct Views {
  std::function<nlohmann::json()> status;
  std::function<nlohmann::json()> devices;
  std::function<nlohmann::json(words::Language in)> incidents;
  std::function<std::optional<nlohmann::json>(std::string_view id)> explain;
  // The testimony; the error is one line.
  std::function<std::expected<nlohmann::json, std::string>(const Inquiry& inquiry)> attribute;
  // The evidence file's text for an incident, or for an inquiry.
  std::function<std::expected<std::string, std::string>(std::string_view id)> export_incident;
  std::function<std::expected<std::string, std::string>(const Inquiry& inquiry)> export_inquiry;
  // Who sent no mail between two times.
  std::function<std::expected<nlohmann::json, std::string>(Timestamp from, Timestamp to)> cleared;
  // What the owner was told after a number: {epoch, newest, alerts}.
  std::function<std::expected<nlohmann::json, std::string>(uint64_t after, uint64_t limit)> alerts;
  // Nothing more of it for so long. Gives what holds now.
  std::function<std::expected<nlohmann::json, std::string>(const MuteWord& word)> mute;
  std::function<nlohmann::json()> muted;
  // The owner's word on a device: a name, a role, or both; what is absent stays as it was. Gives what holds
  // now.
  std::function<std::expected<nlohmann::json, std::string>(const OwnerWord& word)> owner;
  // The gateway's addresses as the world saw them, and when.
  std::function<std::expected<nlohmann::json, std::string>()> addresses;
};

// The two forms of an answer.
nlohmann::json refusal(const std::string& text);
nlohmann::json data(nlohmann::json value);

// JSON to JSON, whatever the bytes are.
std::string answer_request(std::span<const uint8_t> request, const Views& views);

// One line, ASCII only: harmless on a terminal. Bytes that are not UTF-8 become U+FFFD.
std::string as_line(const nlohmann::json& value);

inline constexpr std::size_t kMaxRequest = 4096;

}  // namespace gatewitness::control
