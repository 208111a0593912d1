// SPDX-License-Identifier: Apache-2.0
//
// gatewitness-guard: the only process that changes the firewall. Opens what needs rights, keeps one
// capability (CAP_NET_ADMIN) and nothing else, enters its sandbox, and only then listens to the daemon.
#include <linux/capability.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "daemon/control/folders.h"
#include "daemon/guard/keeper.h"
#include "daemon/guard/loop.h"
#include "daemon/guard/options.h"
#include "probes/process/clock.h"
#include "probes/process/memory.h"
#include "probes/process/privileges.h"
#include "probes/process/sandbox.h"

namespace gatewitness::guard {
namespace {

int fail(const process::Log& log, const std::string& text) {
  log.error(text);
  return 1;
}

// What needs root: folders for the user, and the change to him.
std::expected<void, std::string> prepare(const Options& options) {
  const auto user = process::find_user(options.user);
  if (!user) return std::unexpected(user.error());
  for (const auto& folder : {options.run_dir, options.state_dir})
    if (auto made = control::make_folder(folder, *user); !made) return std::unexpected(made.error());
  return process::drop_privileges_but(CAP_NET_ADMIN, *user);
}

int run(const Options& options) {
  const process::Log log(kProgram);
  auto signals = process::SignalQueue::open_stop();
  if (!signals) return fail(log, signals.error());
  auto context = process::ZmqContext::create();
  if (!context) return fail(log, context.error());
  if (auto ready = prepare(options); !ready) return fail(log, ready.error());
  auto state = StateFile::open(options.state_dir);
  if (!state) return fail(log, state.error());
  auto firewall = Firewall::open();
  if (!firewall) return fail(log, firewall.error());
  auto connections = Connections::open();
  if (!connections) return fail(log, connections.error());
  process::give_back_memory();
  const auto sandboxed = process::enter_sandbox(process::SandboxProfile::kGuard,
                                                {.allow_missing = options.allow_no_seccomp}, log);
  if (!sandboxed) return fail(log, sandboxed.error());

  Keeper keeper(std::move(*firewall), std::move(*connections), std::move(*state),
                {.mail_ports = options.mail_ports}, options.most, log);
  if (auto begun = keeper.begin(process::wall_clock_now()); !begun) return fail(log, begun.error());
  auto sockets = bind_sockets(*context, options.run_dir);
  if (!sockets) return fail(log, sockets.error());
  log.info("ready in " + options.run_dir + ", " + std::to_string(keeper.book().all().size()) +
           " in quarantine");
  run_loop(keeper, *sockets, *signals, log);
  return 0;
}

// Without dropping anything: it ends at once.
int remove(const Options& options) {
  const process::Log log(kProgram);
  auto firewall = Firewall::open();
  if (!firewall) return fail(log, firewall.error());
  if (::access(options.state_dir.c_str(), F_OK) == 0) {
    const auto state = StateFile::open(options.state_dir);
    if (!state) return fail(log, state.error());
    if (auto removed = state->remove(); !removed) return fail(log, removed.error());
  }
  if (auto removed = firewall->run(quarantine::no_table()); !removed) return fail(log, removed.error());
  (void)::unlink((options.run_dir + "/guard.sock").c_str());
  log.info("nothing of the guard is left in the firewall");
  return 0;
}

}  // namespace
}  // namespace gatewitness::guard

int main(int argc, char** argv) {
  gatewitness::process::use_little_memory();
  const auto options = gatewitness::guard::parse_options(argc, argv);
  if (!options) return gatewitness::process::Flags::print(options.error());
  return options->remove ? gatewitness::guard::remove(*options) : gatewitness::guard::run(*options);
}
