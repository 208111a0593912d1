// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include "daemon/cli/command.h"
#include "daemon/supervisor/supervisor.h"
#include "probes/process/flags.h"
#include "probes/wire/text.h"

namespace gatewitness::cli {

int run_run(const Command& command, int argc, const char* const* argv) {
  using process::Flags;
  supervisor::SupervisorOptions options;
  std::string bin_dir;
  bool print_commands = false;
  Flags flags("gatewitness run", command.help);
  flags.texts("--interface", options.interfaces);
  flags.text("--config", options.config);
  flags.text("--run-dir", options.run_dir);
  flags.text("--state-dir", options.state_dir);
  flags.text("--user", options.user);
  flags.flag("--allow-no-seccomp", options.allow_no_seccomp);
  flags.text("--bin-dir", bin_dir);
  flags.flag("--without-notify", options.without_notify);
  flags.flag("--print-commands", print_commands);
  const auto rest = flags.parse(argc, argv);
  if (!rest) return Flags::print(rest.error());
  if (!rest->empty())
    return Flags::print(flags.usage_error("does not understand \"" + printable(rest->front()) + "\""));
  options.bin_dir = bin_dir;
  if (options.config.empty() && ::access(kDefaultConfig, F_OK) == 0) options.config = kDefaultConfig;
  if (!print_commands) return supervisor::run_supervised(options);
  const auto lines = supervisor::command_lines(options);
  if (!lines) return lines.error();
  write_output(*lines);
  return kDone;
}

}  // namespace gatewitness::cli
