// SPDX-License-Identifier: Apache-2.0
//
// One program of two names: `gatewitness`, the command, and `gatewitnessd`, the daemon. Both read the
// configuration, the journal and the answers, and on a router that code lies on flash once. What faces
// strangers' bytes, the network or the firewall is a program of its own.
#include <string_view>

#include "daemon/cli/command_line.h"
#include "daemon/control/daemon.h"
#include "probes/process/memory.h"

int main(int argc, char** argv) {
  gatewitness::process::use_little_memory();
  const std::string_view called = argc > 0 ? argv[0] : "";
  return called.substr(called.rfind('/') + 1) == "gatewitnessd"
             ? gatewitness::control::run_daemon(argc, argv)
             : gatewitness::cli::run_command_line(argc, argv);
}
