// SPDX-License-Identifier: Apache-2.0
//
// The command line of gatewitness-capture, read and checked. Used by its main.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "probes/dissect/dissector.h"
#include "probes/process/flags.h"

namespace gatewitness::capture {

struct ProbeOptions {
  std::vector<std::string> interfaces;  // either these
  std::vector<std::string> files;       // or these
  std::string publish;                  // ipc:// endpoint of the daemon
  std::string hints;                    // ipc:// endpoint of the kernel probe; "": nobody to tell
  std::string user = "gatewitness";
  std::vector<uint16_t> mail_ports;  // beside kMailPorts
  std::string hash_key;              // path; "": a random key
  std::chrono::seconds heartbeat{10};
  std::size_t buffer_bytes = 2UL * 1024 * 1024;
  uint8_t evidence_frames = 24;
  std::size_t flows = dissect::DissectorLimits{}.flows;
  std::size_t dialogues = dissect::DissectorLimits{}.talks;
  bool allow_no_seccomp = false;
  bool use_ndpi = true;
};

std::expected<ProbeOptions, process::Flags::Exit> parse_options(int argc, const char* const* argv);

}  // namespace gatewitness::capture
