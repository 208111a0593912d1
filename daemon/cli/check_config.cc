// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "daemon/cli/command.h"
#include "daemon/control/settings.h"
#include "probes/process/flags.h"
#include "probes/wire/text.h"

namespace gatewitness::cli {

int run_check_config(const Command& command, int argc, const char* const* argv) {
  using process::Flags;
  const Flags flags("gatewitness check-config", command.help);
  const auto rest = flags.parse(argc, argv);
  if (!rest) return Flags::print(rest.error());
  if (rest->size() > 1) return Flags::print(flags.usage_error("checks one file at a time"));
  const std::string path = rest->empty() ? kDefaultConfig : rest->front();
  const auto config = control::read_config(path, {});
  if (config) {
    std::printf("%s: good\n", printable(path, 512).c_str());
    return kDone;
  }
  // As compilers say it, so that editors can jump there.
  for (const auto& line : config.error()) std::fprintf(stderr, "%s\n", line.c_str());
  return kFailed;
}

}  // namespace gatewitness::cli
