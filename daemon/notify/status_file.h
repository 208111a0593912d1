// SPDX-License-Identifier: Apache-2.0
//
// <run>/notify.json: how the channels are, for `gatewitness status`. Without tokens. Replaced as a whole, at
// most once a second, and only if something changed. Owned by the notifier.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "probes/wire/time.h"

namespace gatewitness::notify {

class StatusFile {
 public:
  explicit StatusFile(std::string path) : path_(std::move(path)) {}

  bool due(Timestamp steady) const { return steady >= next_; }
  std::optional<Timestamp> deadline() const { return next_; }
  void write(const nlohmann::json& value, Timestamp steady);
  // The last word: nobody keeps it up to date from here on.
  void stopped();

 private:
  void put(const std::string& text);

  std::string path_;
  std::string written_;
  Timestamp next_;
};

}  // namespace gatewitness::notify
