// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/command_line.h"

#include <csignal>
#include <cstdio>
#include <exception>
#include <string>

#include "daemon/cli/command.h"
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
  if (command == nullptr) return wrong("there is no command \"" + printable(argv[2]) + "\"");
  if (command->help != nullptr) return show(command->help);
  const char* const question[] = {argv[2], "--help", nullptr};
  return command->run(*command, 2, question);
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

int run_command_line(int argc, const char* const* argv) {
  // A reader that has gone (| head) ends us quietly, as it does every filter.
  std::signal(SIGPIPE, SIG_DFL);
  return end_output(run(argc, argv));
}

}  // namespace gatewitness::cli
