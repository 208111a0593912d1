// SPDX-License-Identifier: Apache-2.0
//
// The metrics as a file that node_exporter's textfile collector reads: always whole, because it is renamed
// into its place. Owned by the daemon's loop.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "probes/wire/time.h"

namespace gatewitness::control {

class MetricsFile {
 public:
  // path "": none.
  MetricsFile(std::string path, Duration interval) : path_(std::move(path)), interval_(interval) {}

  bool due(Timestamp now) const;
  std::optional<Timestamp> deadline() const;
  // The error (one line) is given once until it is over.
  std::optional<std::string> write(const std::string& text, Timestamp now);

 private:
  std::expected<void, std::string> replace(const std::string& text) const;

  std::string path_;
  Duration interval_;
  std::optional<Timestamp> written_;
  bool failing_ = false;
};

}  // namespace gatewitness::control
