// SPDX-License-Identifier: Apache-2.0
#include "daemon/control/daemon.h"

#include <string>
#include <utility>
#include <vector>

#include "daemon/control/folders.h"
#include "daemon/control/loop.h"
#include "daemon/control/settings.h"
#include "daemon/control/signing_key.h"
#include "daemon/control/witness.h"
#include "probes/process/clock.h"
#include "probes/process/flags.h"
#include "probes/process/log.h"
#include "probes/process/memory.h"
#include "probes/process/privileges.h"
#include "probes/process/sandbox.h"
#include "probes/process/signals.h"
#include "probes/process/zmq_socket.h"

namespace gatewitness::control {
namespace {

constexpr const char* kProgram = "gatewitnessd";
constexpr const char* kHelp =
    R"(usage: gatewitnessd [options]

Takes in what the probes see, decides which device did what, and remembers it.

  --config FILE        gatewitness.yaml (default: every key at its default)
  --run-dir DIR        folder of the sockets, in place of daemon.run_dir
  --state-dir DIR      folder of the journal, in place of daemon.state_dir
  --user NAME          become this user, in place of daemon.user
  --allow-no-seccomp   run even where system calls cannot be restricted
  --help, --version

Sockets: records.sock (the probes), control.sock (questions), events.sock (what
happens), all ZeroMQ over ipc. Exit status: 0 ended by a signal; 1 cannot work
here, or the configuration is wrong; 2 wrong command line.
)";

int fail(const process::Log& log, const std::string& text) {
  log.error(text);
  return 1;
}

// Everything that needs rights. Gives the lock of the state folder.
std::expected<process::FileDescriptor, std::string> prepare(const config::DaemonConfig& config) {
  const auto user = process::find_user(config.user);
  if (!user) return std::unexpected(user.error());
  for (const auto& folder : {config.run_dir, config.state_dir})
    if (auto made = make_folder(folder, *user); !made) return std::unexpected(made.error());
  if (auto dropped = process::drop_privileges(*user); !dropped) return std::unexpected(dropped.error());
  return lock_folder(config.state_dir);
}

journal::Place journal_place(const config::Config& config) {
  const std::string on_flash = config.daemon.state_dir + "/journal.db";
  if (!config.journal.in_memory) return {on_flash, ""};
  return {config.daemon.run_dir + "/journal.db", on_flash};
}

int run(const config::Config& config) {
  const process::Log log(kProgram, threshold(config.daemon.log_level));
  auto signals = process::SignalQueue::open_stop();
  if (!signals) return fail(log, signals.error());
  auto context = process::ZmqContext::create();
  if (!context) return fail(log, context.error());
  const auto lock = prepare(config.daemon);
  if (!lock) return fail(log, lock.error());
  auto key = signing_key(config.daemon.state_dir);
  if (!key) log.warning("evidence cannot be signed: " + key.error());
  const auto sandboxed = process::enter_sandbox(process::SandboxProfile::kDaemon,
                                                {.allow_missing = config.daemon.allow_no_seccomp}, log);
  if (!sandboxed) return fail(log, sandboxed.error());

  auto witness = Witness::open(config, journal_place(config), process::wall_clock_now());
  if (!witness) return fail(log, witness.error());
  witness->sign_with(std::move(key));
  auto sockets = bind_sockets(*context, config.daemon.run_dir, config.guard.enabled);
  if (!sockets) return fail(log, sockets.error());
  log.info("ready in " + config.daemon.run_dir + ", " + std::to_string(witness->received()) +
           " records remembered");
  process::give_back_memory();
  run_loop(*witness, *sockets, *signals, config.metrics, log);
  return 0;
}

}  // namespace

int run_daemon(int argc, const char* const* argv) {
  const auto settings = settings_from(kProgram, kHelp, argc, argv);
  return settings ? run(settings->config) : settings.error();
}

}  // namespace gatewitness::control
