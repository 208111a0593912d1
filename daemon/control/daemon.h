// SPDX-License-Identifier: Apache-2.0
//
// gatewitnessd: decides and remembers. Reads its configuration, makes and locks its folders, gives up all
// rights, enters its sandbox, and only then reads the journal and what the probes send.
#pragma once

namespace gatewitness::control {

// argv: as main has it. Gives the exit status.
int run_daemon(int argc, const char* const* argv);

}  // namespace gatewitness::control
