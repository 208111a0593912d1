// SPDX-License-Identifier: Apache-2.0
//
// gatewitness: the command that people use.
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>

#include "daemon/cli/command.h"
#include "probes/process/memory.h"
#include "probes/wire/text.h"

namespace gatewitness::cli {
namespace {

std::string overview() {
  std::string text =
      "usage: gatewitness COMMAND [options], or gatewitness version\n\n"
      "The witness at a home's gateway: which device sends mail it should not.\n\n";
  const auto all = commands();
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::string name(all[i].name);
    const std::string_view summary = all[i].summary;
    while (i + 1 < all.size() && all[i + 1].summary.empty()) name += ", " + std::string(all[++i].name);
    name.resize(16, ' ');
    text += "  " + name + std::string(summary) + "\n";
  }
  text +=
      "  help COMMAND    options and exit status of a command\n\n"
      "Commands that print data take --json. Colour only on a terminal (NO_COLOR).\n";
  return text;
}

int show(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  return kDone;
}

int wrong(const std::string& text) {
  std::fprintf(stderr, "gatewitness: %s (see gatewitness help)\n", text.c_str());
  return kUsage;
}

int help(int argc, const char* const* argv) {
  if (argc < 3) return show(overview());
  const Command* command = find_command(argv[2]);
  return command != nullptr ? show(command->help)
                            : wrong("there is no command \"" + printable(argv[2]) + "\"");
}

int run(int argc, const char* const* argv) {
  if (argc < 2) return wrong("needs a command");
  const std::string name = argv[1];
  if (name == "help" || name == "--help" || name == "-h") return help(argc, argv);
  if (name == "version" || name == "--version") return show("gatewitness " GATEWITNESS_VERSION "\n");
  const Command* command = find_command(name);
  if (command == nullptr) return wrong("there is no command \"" + printable(name) + "\"");
  try {
    return command->run(*command, argc - 1, argv + 1);
  } catch (const std::exception& error) {
    return complain(*command, "cannot go on: " + printable(error.what()));
  }
}

}  // namespace
}  // namespace gatewitness::cli

int main(int argc, char** argv) {
  gatewitness::process::use_little_memory();
  // A reader that has gone (| head) ends us quietly, as it does every filter.
  std::signal(SIGPIPE, SIG_DFL);
  const int status = gatewitness::cli::run(argc, argv);
  // Either may tell of it: a long text was written, or not, before this.
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return status;
  std::fputs("gatewitness: cannot write to standard output\n", stderr);
  return gatewitness::cli::kFailed;
}
