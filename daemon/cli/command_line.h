// SPDX-License-Identifier: Apache-2.0
//
// gatewitness: the command that people use.
#pragma once

namespace gatewitness::cli {

// argv: as main has it. Gives the exit status (command.h).
int run_command_line(int argc, const char* const* argv);

}  // namespace gatewitness::cli
