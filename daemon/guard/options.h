// SPDX-License-Identifier: Apache-2.0
//
// The command line of gatewitness-guard. Read once by main.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "probes/process/flags.h"

namespace gatewitness::guard {

inline constexpr const char* kProgram = "gatewitness-guard";

struct Options {
  std::string run_dir = "/run/gatewitness";
  std::string state_dir = "/var/lib/gatewitness";
  std::string user = "gatewitness";
  std::vector<uint16_t> mail_ports;  // 25, 465, 587, 2525 and those of the command line; each once
  std::size_t most = 16;
  bool allow_no_seccomp = false;
  bool remove = false;
};

std::expected<Options, process::Flags::Exit> parse_options(int argc, const char* const* argv);

}  // namespace gatewitness::guard
