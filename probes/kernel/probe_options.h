// SPDX-License-Identifier: Apache-2.0
//
// The command line of gatewitness-kernel, read and checked. Used by its main.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "probes/kernel/lease_feed.h"
#include "probes/process/flags.h"

namespace gatewitness::kernel {

inline constexpr std::array<uint16_t, 4> kMailPorts = {25, 465, 587, 2525};
inline constexpr std::size_t kMaxExtraPorts = 16;
inline constexpr std::size_t kMaxLeaseFiles = 8;

struct ProbeOptions {
  std::string publish;  // ipc:// endpoint of the daemon
  std::string hints;    // ipc:// endpoint to bind for the capture probe; "": nobody gives hints
  std::vector<std::string> interfaces;  // neighbours are told from these; empty: from all
  LeaseSources sources;                 // the gateway's own records of its devices
  std::string user = "gatewitness";
  std::vector<uint16_t> mail_ports;  // kMailPorts and those given, ascending, each once
  std::chrono::seconds heartbeat{10};
  std::chrono::seconds review{60};  // how often a dump looks after what is live
  std::size_t buffer_bytes = 2UL * 1024 * 1024;
  bool allow_no_seccomp = false;
};

std::expected<ProbeOptions, process::Flags::Exit> parse_options(int argc, const char* const* argv);

}  // namespace gatewitness::kernel
