// SPDX-License-Identifier: Apache-2.0
//
// What becomes of a new alert in one channel's queue: who wants it, what it makes stale, who makes room for
// it, what is sent next. PURE over a list of what waits; daemon/notify/store keeps that list on disk.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/alert/alert.h"
#include "daemon/alert/channel.h"

namespace gatewitness::alert {

struct Waiting {
  int64_t id = 0;        // in order of arrival
  std::string incident;  // with its epoch; "" for a test, which nothing makes stale
  uint64_t revision = 0;
  bool severe = false;
  bool in_flight = false;
  uint32_t collapsed = 0;  // how many it stands for besides itself
};

struct Admission {
  bool admitted = false;
  bool duplicate = false;           // this revision, or a later one, was sent or waits
  std::vector<int64_t> stale;       // make these go: earlier revisions of the same incident
  uint32_t collapsed = 0;           // what the new one stands for then
  std::optional<int64_t> overflow;  // and this one, for lack of room
};

// sent: the last revision of the incident that the channel got.
Admission admit(std::span<const Waiting> waiting, const std::string& incident, uint64_t revision,
                std::optional<uint64_t> sent, std::size_t room);

// Does the channel want it at all: its severity, its name.
bool wants(const Channel& channel, const Alert& alert);

// The next to send together, at most `most` of them: in order; in quiet hours only what is severe.
std::vector<int64_t> next_of(std::span<const Waiting> waiting, bool quiet, std::size_t most);

// Whether several alerts become one message there: people are told once, programs get each.
bool is_grouped(ChannelType type);
inline constexpr std::size_t kMaxGroup = 20;

}  // namespace gatewitness::alert
