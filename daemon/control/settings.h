// SPDX-License-Identifier: Apache-2.0
//
// From the command line to a Config: reads the file, lets the flags win. Shared by all that read one, so that
// they understand it alike.
#pragma once

#include <expected>
#include <functional>
#include <string>
#include <vector>

#include "daemon/config/config.h"
#include "probes/process/flags.h"
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

struct Settings {
  config::Config config;
  std::string path;  // of the file; "": none
};

// The start of a program that takes --config, --run-dir, --state-dir, --user and --allow-no-seccomp, as all
// do that read the configuration, and what `more` adds. Instead of settings the exit status: what there is to
// say is said.
std::expected<Settings, int> settings_from(const char* program, const char* help, int argc,
                                           const char* const* argv,
                                           const std::function<void(process::Flags&)>& more = {});

process::LogLevel threshold(config::LogLevel level);

}  // namespace gatewitness::control
