// SPDX-License-Identifier: Apache-2.0
//
// The command's side of the daemon's sockets (daemon/control/README.md). Asks, waits a few seconds, gives
// what came or one line that says why nothing did.
#pragma once

#include <expected>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "daemon/cli/command.h"
#include "probes/process/flags.h"

namespace gatewitness::cli {

// Where the daemon listens: --run-dir, else daemon.run_dir of --config (or of the default file, if it is
// there).
struct Place {
  std::string run_dir;
  std::string config;
};
// The flags that every command has which asks the daemon: those two and --json.
process::Flags daemon_flags(const Command& command, Place& place, bool& as_json);
// The error may be several lines, one for each fault of the configuration.
std::expected<std::string, std::string> find_run_dir(const Place& place);

// The socket's path if a process may use it; else what to do about it.
std::expected<std::string, std::string> find_socket(const std::string& run_dir, const char* name);

// The "data" of the answer.
std::expected<nlohmann::json, std::string> ask(const std::string& run_dir, const nlohmann::json& request);
// The same of the notifier, which answers when its channels have.
std::expected<nlohmann::json, std::string> ask_notifier(const std::string& run_dir,
                                                        const nlohmann::json& request);

// How its channels are (daemon/notify/README.md, notify.json), without asking it; null: it never ran here, or
// that is not for this user. "running" is false also if it was killed.
nlohmann::json read_notifier(const std::string& run_dir);

}  // namespace gatewitness::cli
