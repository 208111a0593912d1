// SPDX-License-Identifier: Apache-2.0
//
// gatewitness-replay: what `gatewitness replay` does.
#include <csignal>

#include "daemon/replay/replay.h"
#include "probes/process/memory.h"

int main(int argc, char** argv) {
  gatewitness::process::use_little_memory();
  // A reader that has gone (| head) ends us quietly, as it does every filter.
  std::signal(SIGPIPE, SIG_DFL);
  return gatewitness::replay::run_replay(argc, argv);
}
