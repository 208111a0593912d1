// SPDX-License-Identifier: Apache-2.0
//
// `gatewitness run`: the daemon and its probes in the foreground, restarted when one dies, all ended
// together. For a trial, a container or a lab; procd or systemd does it in production. Called by the command
// before it has made a thread; prints to standard error and lets the children's output through.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>
#include <vector>

namespace gatewitness::supervisor {

struct SupervisorOptions {
  std::string config;                   // path of gatewitness.yaml; "": every key at its default
  std::vector<std::string> interfaces;  // in place of the configuration's
  std::filesystem::path bin_dir;        // where the programs lie; empty: beside the running binary
  std::string run_dir;                  // each of these, if not empty, in place of the configuration's
  std::string state_dir;
  std::string user;
  bool allow_no_seccomp = false;
  bool without_notify = false;  // a service of its own sends the alerts
};

// Runs until SIGINT, SIGTERM or SIGHUP. The exit status: 0 ended by such a signal; 1 could not start, or the
// configuration is wrong (lines on standard error said why).
int run_supervised(const SupervisorOptions& options);

// For procd and its like, which start the processes themselves: makes the folders and the key as a start does
// (and gives the key to the user, who then starts without root), starts nothing, and gives one line for each
// process: its name, its program and its arguments, tabs between. The error is the exit status, after lines
// on standard error.
std::expected<std::string, int> command_lines(const SupervisorOptions& options);

}  // namespace gatewitness::supervisor
