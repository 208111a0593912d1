// SPDX-License-Identifier: Apache-2.0
//
// What each subcommand of `gatewitness` is to main: a name, a line for the overview, the text of its --help
// and a function. Every command stands in one table (commands.cc).
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace gatewitness::cli {

// The exit statuses of every command; documented in its help.
inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;     // cannot be done; one line on standard error says why
inline constexpr int kUsage = 2;      // wrong command line
inline constexpr int kPartial = 3;    // replay: a capture was cut short or damaged; the rest was read
inline constexpr int kAlarmOpen = 4;  // with --exit-code: there is an open alarm
inline constexpr int kNotNamed = 5;   // attribute: a report names no one device

inline constexpr const char* kDefaultConfig = "/etc/gatewitness/gatewitness.yaml";

struct Command {
  std::string_view name;
  std::string_view summary;  // "": said with the command before it
  const char* help;          // nullptr: of a program of its own, which says it
  int (*run)(const Command& command, int argc, const char* const* argv);  // argv[0]: the command's name
};

std::span<const Command> commands();
const Command* find_command(std::string_view name);

// "gatewitness NAME: text" to standard error; gives the status back.
int complain(const Command& command, std::string_view text, int status = kFailed);

// Text to standard output, as every filter does it: a reader that has gone (| head) ends the process without
// a word. Any other failure is for main to tell.
void write_output(std::string_view text);
// The same for who has looked after the signal himself: call it when a write failed, with errno as it left
// it.
int output_failed(const Command& command);
// At the end of main: the status, or kFailed, and a line on standard error, if not all could be written.
int end_output(int status);

// One per command; each in the file of its name.
int run_run(const Command& command, int argc, const char* const* argv);
int run_query(const Command& command, int argc, const char* const* argv);  // status, devices, incidents
int run_explain(const Command& command, int argc, const char* const* argv);
int run_watch(const Command& command, int argc, const char* const* argv);
int run_replay(const Command& command, int argc, const char* const* argv);
int run_attribute(const Command& command, int argc, const char* const* argv);
int run_block(const Command& command, int argc, const char* const* argv);
int run_unblock(const Command& command, int argc, const char* const* argv);
int run_blocked(const Command& command, int argc, const char* const* argv);
int run_export(const Command& command, int argc, const char* const* argv);
int run_verify(const Command& command, int argc, const char* const* argv);
int run_cleared(const Command& command, int argc, const char* const* argv);
int run_owner(const Command& command, int argc, const char* const* argv);  // name, enrol
int run_mute(const Command& command, int argc, const char* const* argv);
int run_test_alert(const Command& command, int argc, const char* const* argv);
int run_check_config(const Command& command, int argc, const char* const* argv);
int run_rpcd(const Command& command, int argc, const char* const* argv);

}  // namespace gatewitness::cli
