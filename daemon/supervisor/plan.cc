// SPDX-License-Identifier: Apache-2.0
#include "daemon/supervisor/plan.h"

#include <sys/wait.h>

#include <initializer_list>

#include "daemon/supervisor/programs.h"

namespace gatewitness::supervisor {
namespace {

namespace fs = std::filesystem;

void add_common(std::vector<std::string>& command, const config::Config& config) {
  command.insert(command.end(), {"--user", config.daemon.user});
  if (config.daemon.allow_no_seccomp) command.emplace_back("--allow-no-seccomp");
}

std::string endpoint(const config::Config& config, const char* name) {
  return "ipc://" + config.daemon.run_dir + "/" + name;
}

// The daemon and the notifier understand the same flags.
std::vector<std::string> with_flags(const fs::path& program, const SupervisorOptions& options) {
  std::vector<std::string> command = {program};
  const auto add = [&command](const char* flag, const std::string& value) {
    if (!value.empty()) command.insert(command.end(), {flag, value});
  };
  add("--config", options.config);
  add("--run-dir", options.run_dir);
  add("--state-dir", options.state_dir);
  add("--user", options.user);
  if (options.allow_no_seccomp) command.emplace_back("--allow-no-seccomp");
  return command;
}

}  // namespace

std::expected<Programs, std::string> find_programs(const fs::path& bin_dir) {
  const auto daemon = find_program(bin_dir, "gatewitnessd");
  const auto capture = find_program(bin_dir, "gatewitness-capture");
  if (!daemon || !capture)
    return std::unexpected(std::string(daemon ? "gatewitness-capture" : "gatewitnessd") +
                           " is not beside this program in " + bin_dir.string() +
                           "; name its folder with --bin-dir");
  return Programs{*daemon,
                  *capture,
                  find_program(bin_dir, "gatewitness-kernel"),
                  find_program(bin_dir, "gatewitness-notify"),
                  find_program(bin_dir, "gatewitness-guard"),
                  find_program(bin_dir, "gatewitness-metrics")};
}

bool is_hopeless(std::string_view program, int status, Duration since_start) {
  constexpr int kStartAgain = 3;  // what a probe says when it lost what it works with
  constexpr Duration kSettled = std::chrono::seconds(3);
  const bool refused = WIFEXITED(status) && WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != kStartAgain;
  return refused && since_start < kSettled && program != "gatewitness-notify" &&
         program != "gatewitness-metrics";
}

std::vector<std::string> daemon_command(const Programs& programs, const SupervisorOptions& options) {
  return with_flags(programs.daemon, options);
}

std::vector<std::string> notify_command(const Programs& programs, const SupervisorOptions& options) {
  return with_flags(programs.notify.value_or(""), options);
}

std::vector<std::string> metrics_command(const Programs& programs, const SupervisorOptions& options) {
  return with_flags(programs.metrics.value_or(""), options);
}

std::vector<std::string> capture_command(const Programs& programs, const config::Config& config,
                                         const std::string& hash_key) {
  std::vector<std::string> command = {programs.capture, "--publish", endpoint(config, "records.sock")};
  for (const auto& name : config.capture.interfaces) command.insert(command.end(), {"--interface", name});
  if (programs.kernel) command.insert(command.end(), {"--hints", endpoint(config, "hints.sock")});
  for (const auto port : config.capture.mail_ports)
    command.insert(command.end(), {"--mail-port", std::to_string(port)});
  const auto heartbeat = std::chrono::ceil<std::chrono::seconds>(config.capture.heartbeat).count();
  command.insert(command.end(), {"--hash-key", hash_key, "--heartbeat", std::to_string(heartbeat), "--buffer",
                                 std::to_string(config.capture.buffer_bytes), "--evidence-frames",
                                 std::to_string(config.capture.evidence_frames), "--flows",
                                 std::to_string(config.capture.flows), "--dialogues",
                                 std::to_string(config.capture.dialogues)});
  if (!config.capture.ndpi) command.emplace_back("--no-ndpi");
  add_common(command, config);
  return command;
}

std::vector<std::string> kernel_command(const Programs& programs, const config::Config& config) {
  std::vector<std::string> command = {programs.kernel.value_or(""), "--publish",
                                      endpoint(config, "records.sock"), "--hints",
                                      endpoint(config, "hints.sock")};
  for (const auto& path : config.identity.leases) command.insert(command.end(), {"--leases", path});
  if (!config.identity.ethers.empty()) command.insert(command.end(), {"--ethers", config.identity.ethers});
  add_common(command, config);
  return command;
}

std::vector<std::string> guard_command(const Programs& programs, const config::Config& config) {
  std::vector<std::string> command = {programs.guard.value_or(""),
                                      "--run-dir",
                                      config.daemon.run_dir,
                                      "--state-dir",
                                      config.daemon.state_dir,
                                      "--most",
                                      std::to_string(config.guard.most)};
  for (const auto port : config.capture.mail_ports)
    command.insert(command.end(), {"--mail-port", std::to_string(port)});
  add_common(command, config);
  return command;
}

}  // namespace gatewitness::supervisor
