// SPDX-License-Identifier: Apache-2.0
//
// Which programs run, from where, with which arguments. Private to this folder; apart from the search for the
// programs' files it only turns values into values.
#pragma once

#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/config/config.h"
#include "daemon/supervisor/supervisor.h"
#include "probes/wire/time.h"

namespace gatewitness::supervisor {

struct Programs {
  std::filesystem::path daemon;
  std::filesystem::path capture;
  std::optional<std::filesystem::path> kernel;   // not in every build
  std::optional<std::filesystem::path> notify;   // neither
  std::optional<std::filesystem::path> guard;    // nor this
  std::optional<std::filesystem::path> metrics;  // nor this
};

// bin_dir: as programs.h says.
std::expected<Programs, std::string> find_programs(const std::filesystem::path& bin_dir);

// A program that ended with this wait status, so long after the start of all, will not work later either: its
// message must not drown in restarts. Not so what only tells others: without it everything is still seen and
// remembered.
bool is_hopeless(std::string_view program, int status, Duration since_start);

// Program and arguments each. hash_key: path of the file.
std::vector<std::string> daemon_command(const Programs& programs, const SupervisorOptions& options);
std::vector<std::string> notify_command(const Programs& programs, const SupervisorOptions& options);
std::vector<std::string> metrics_command(const Programs& programs, const SupervisorOptions& options);
std::vector<std::string> capture_command(const Programs& programs, const config::Config& config,
                                         const std::string& hash_key);
std::vector<std::string> kernel_command(const Programs& programs, const config::Config& config);
std::vector<std::string> guard_command(const Programs& programs, const config::Config& config);

}  // namespace gatewitness::supervisor
