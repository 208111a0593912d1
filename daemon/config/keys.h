// SPDX-License-Identifier: Apache-2.0
//
// Every key of the configuration, once: path, kind of value, allowed range, where it goes. The reader, the
// error texts and the test of conf/gatewitness.yaml all walk this table. Private to this folder and its test.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "daemon/config/config.h"

namespace gatewitness::config {

// Each kind knows its range and its place in a Config.
struct FlagKey {
  bool& (*at)(Config&);
};
struct CountKey {
  uint64_t low;
  uint64_t high;
  void (*set)(Config&, uint64_t);
};
struct RealKey {
  double low;
  double high;
  const char* range;  // as people write it: "from 1e-12 to 0.1"
  double& (*at)(Config&);
};
struct DurationKey {
  Duration low;
  Duration high;
  Duration& (*at)(Config&);
};
struct TextKey {
  bool (*allowed)(std::string_view);
  const char* range;  // completes "must be ..."
  void (*set)(Config&, std::string_view);
};
// A list of distinct scalars; set gives false for one that is not allowed.
struct ListKey {
  std::size_t most;
  const char* range;  // completes "each of ... must be ..."
  bool (*add)(Config&, std::string_view);
  void (*clear)(Config&) = nullptr;  // of one that is not empty by default
};
// The owner's notes: MAC → {name, role}.
struct DevicesKey {
  std::size_t most;
};
// Where alerts go: name → {type, ...} (channels.h).
struct ChannelsKey {
  std::size_t most;
};

using Kind = std::variant<FlagKey, CountKey, RealKey, DurationKey, TextKey, ListKey, DevicesKey, ChannelsKey>;

struct Key {
  std::string_view path;  // "detection.burst.short_window"
  Kind kind;
};

std::span<const Key> keys();

// "must be a whole number from 2 to 100000"
std::string expectation(const Kind& kind);

}  // namespace gatewitness::config
