// SPDX-License-Identifier: Apache-2.0
//
// The command's side of a replay: a program of its own does it, which a small router need not have.
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "daemon/cli/command.h"
#include "daemon/supervisor/programs.h"

namespace gatewitness::cli {

int run_replay(const Command& command, int argc, const char* const* argv) {
  const auto program = supervisor::find_program(supervisor::own_folder(), "gatewitness-replay");
  if (!program)
    return complain(command, "gatewitness-replay is not installed (OpenWrt: the package of that name)");
  std::vector<const char*> arguments = {program->c_str()};
  arguments.insert(arguments.end(), argv + 1, argv + argc);
  arguments.push_back(nullptr);
  ::execv(program->c_str(), const_cast<char* const*>(arguments.data()));
  return complain(command, program->string() + ": " + std::strerror(errno));
}

}  // namespace gatewitness::cli
