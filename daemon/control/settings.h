// SPDX-License-Identifier: Apache-2.0
//
// From the command line to a Config: reads the file, lets the flags win. Shared by gatewitnessd and the
// supervisor, so that both understand a configuration alike.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "daemon/config/config.h"
#include "probes/process/log.h"

namespace gatewitness::control {

// What flags put in place of the configuration's, where not empty.
struct Overrides {
  std::string run_dir;
  std::string state_dir;
  std::string user;
  bool allow_no_seccomp = false;
};

// path "": every key at its default. The errors are whole lines, with file, line and column.
std::expected<config::Config, std::vector<std::string>> read_config(const std::string& path,
                                                                    const Overrides& overrides);

process::LogLevel threshold(config::LogLevel level);

}  // namespace gatewitness::control
