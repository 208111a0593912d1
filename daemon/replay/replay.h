// SPDX-License-Identifier: Apache-2.0
//
// From the command line to a report of captures.
#pragma once

namespace gatewitness::replay {

// argv: as main has it. Gives the exit status (daemon/cli/command.h).
int run_replay(int argc, const char* const* argv);

}  // namespace gatewitness::replay
