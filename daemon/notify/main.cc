// SPDX-License-Identifier: Apache-2.0
//
// gatewitness-notify: tells the owner. Reads its configuration and its tokens, gives up all rights, forks the
// helper for commands if there are any, enters its sandbox, and only then speaks to the world. The only
// process with network and tokens; it asks the daemon and is never asked by it.
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "daemon/control/folders.h"
#include "daemon/control/settings.h"
#include "daemon/notify/notifier.h"
#include "daemon/notify/secrets.h"
#include "probes/process/flags.h"
#include "probes/process/memory.h"
#include "probes/process/privileges.h"
#include "probes/process/sandbox.h"
#include "probes/process/service_manager.h"

namespace gatewitness::notify {
namespace {

constexpr const char* kProgram = "gatewitness-notify";
constexpr const char* kHelp =
    R"(usage: gatewitness-notify [options]

Takes alerts from gatewitnessd and sends them to the channels of the section
notify: ntfy, Gotify, Web Push, Home Assistant (MQTT), Apprise, webhooks,
commands. What cannot be sent now is kept and sent later.

  --config FILE        gatewitness.yaml (default: every key at its default)
  --run-dir DIR        folder of the daemon's sockets, in place of daemon.run_dir
  --state-dir DIR      folder of the queue, in place of daemon.state_dir
  --user NAME          become this user, in place of daemon.user
  --allow-no-seccomp   run even where system calls cannot be restricted
  --check              start nothing; is there a channel to send to
  --help, --version

Exit status: 0 ended by a signal, or yes; 1 cannot work here, the configuration
is wrong, or no; 2 wrong command line.
)";

int fail(const process::Log& log, const std::string& text) {
  log.error(text);
  return 1;
}

// The user's own group is not others: a process that is never root reads the file by it.
bool others_may_read(const std::string& path, const std::string& user) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return false;
  const auto known = process::find_user(user);
  const gid_t own_group = known && *known ? (*known)->gid : ::getegid();
  return (status.st_mode & (status.st_gid == own_group ? 037U : 077U)) != 0;
}

void warn_of_exposed_tokens(const std::string& path, const alert::NotifyOptions& options,
                            const std::string& user, const process::Log& log) {
  bool inside = false;
  for (const auto& channel : options.channels) {
    inside |= (!channel.token.empty() && channel.token_file.empty()) ||
              (!channel.subscription.empty() && channel.subscription_file.empty());
    const bool plain = channel.url.starts_with("http://") || channel.url.starts_with("mqtt://");
    if (plain && !(channel.token.empty() && channel.token_file.empty()))
      log.warning("channel " + channel.name + ": its token travels unencrypted (" +
                  alert::origin_of(channel.url) + ")");
  }
  if (inside && others_may_read(path, user))
    log.warning(path + ": holds tokens and others may read it; chmod it to 0640 of root:" + user +
                ", or use token_file");
}

// Everything that needs rights. Gives the lock of the queue.
std::expected<process::FileDescriptor, std::string> prepare(config::Config& config) {
  if (auto read = read_secrets(config.notify.channels); !read) return std::unexpected(read.error());
  const auto user = process::find_user(config.daemon.user);
  if (!user) return std::unexpected(user.error());
  for (const auto& folder : {config.daemon.run_dir, config.daemon.state_dir})
    if (auto made = control::make_folder(folder, *user); !made) return std::unexpected(made.error());
  const std::string folder = config.daemon.state_dir + "/notify";
  if (auto made = control::make_folder(folder, *user); !made) return std::unexpected(made.error());
  if (auto dropped = process::drop_privileges(*user); !dropped) return std::unexpected(dropped.error());
  auto lock = control::lock_folder(folder);
  if (!lock) return std::unexpected(folder + ": another gatewitness-notify uses it");
  return lock;
}

std::vector<std::vector<std::string>> commands_of(const alert::NotifyOptions& options) {
  std::vector<std::vector<std::string>> commands;
  for (const auto& channel : options.channels)
    if (channel.type == alert::ChannelType::kExec) commands.push_back(channel.command);
  return commands;
}

std::expected<process::ZmqSocket, std::string> events_of(process::ZmqContext& context,
                                                         const std::string& run_dir) {
  auto socket = process::ZmqSocket::create(context, process::ZmqKind::kSub,
                                           {.max_message = std::size_t{256} << 10, .receive_queue = 1000});
  if (!socket) return socket;
  if (auto done = socket->connect("ipc://" + run_dir + "/events.sock"); !done)
    return std::unexpected(done.error());
  return socket;
}

std::expected<process::ZmqSocket, std::string> requests_at(process::ZmqContext& context,
                                                           const std::string& run_dir) {
  auto socket = process::ZmqSocket::create(context, process::ZmqKind::kRouter,
                                           {.max_message = 4096, .send_queue = 4, .receive_queue = 16});
  if (!socket) return socket;
  if (auto done = socket->bind("ipc://" + run_dir + "/notify.sock"); !done)
    return std::unexpected(done.error());
  return socket;
}

// After the sandbox: libzmq's and libcurl's threads live under it.
std::expected<std::unique_ptr<Notifier>, std::string> assemble(process::ZmqContext& context,
                                                               const config::Config& config, Http http,
                                                               std::optional<ExecRunner> exec,
                                                               const process::Log& log) {
  const std::string state_dir = config.daemon.state_dir + "/notify";
  auto key = own_key(state_dir + "/button.key");
  if (!key) return std::unexpected(key.error());
  auto store = Store::open(state_dir + "/queue.db", config.notify.channels);
  if (!store) return std::unexpected(store.error());
  if (!store->notice().empty()) log.warning(store->notice());
  auto control = ControlClient::connect(context, config.daemon.run_dir);
  if (!control) return std::unexpected(control.error());
  auto events = events_of(context, config.daemon.run_dir);
  if (!events) return std::unexpected(events.error());
  auto requests = requests_at(context, config.daemon.run_dir);
  if (!requests) return std::unexpected(requests.error());
  return Notifier::create(
      Parts{config.notify, config.daemon.run_dir, state_dir, *key, config.guard.enabled, std::move(*store),
            std::move(http), std::move(*control), std::move(*events), std::move(*requests), std::move(exec)},
      log);
}

int run(config::Config config, const std::string& path) {
  const process::Log log(kProgram, control::threshold(config.daemon.log_level));
  if (config.notify.channels.empty())
    return fail(log, "there is nobody to tell; name a channel in notify.channels of the configuration");
  if (sodium_init() < 0) return fail(log, "libsodium does not start");
  warn_of_exposed_tokens(path, config.notify, config.daemon.user, log);
  // Before anything is forked that should not know its socket.
  auto manager = process::ServiceManager::from_environment();
  auto signals = process::SignalQueue::open_stop();
  if (!signals) return fail(log, signals.error());
  auto context = process::ZmqContext::create();
  if (!context) return fail(log, context.error());
  const auto lock = prepare(config);
  if (!lock) return fail(log, lock.error());
  std::optional<ExecRunner> exec;
  if (auto commands = commands_of(config.notify); !commands.empty()) {
    auto started = ExecRunner::start(commands, config.notify.timeout);
    if (!started) return fail(log, started.error());
    exec = std::move(*started);
  }
  auto http = Http::create();
  if (!http) return fail(log, http.error());
  const auto sandboxed = process::enter_sandbox(process::SandboxProfile::kNotify,
                                                {.allow_missing = config.daemon.allow_no_seccomp}, log);
  if (!sandboxed) return fail(log, sandboxed.error());
  auto notifier = assemble(*context, config, std::move(*http), std::move(exec), log);
  if (!notifier) return fail(log, notifier.error());
  log.info("ready, " + std::to_string(config.notify.channels.size()) + " channels");
  process::give_back_memory();
  manager.ready();
  (*notifier)->run(*signals, manager);
  return 0;
}

}  // namespace
}  // namespace gatewitness::notify

int main(int argc, char** argv) {
  using namespace gatewitness;
  process::use_little_memory();
  bool check = false;
  auto settings = control::settings_from(notify::kProgram, notify::kHelp, argc, argv,
                                         [&](process::Flags& flags) { flags.flag("--check", check); });
  if (!settings) return settings.error();
  if (check) return settings->config.notify.channels.empty() ? 1 : 0;
  return notify::run(std::move(settings->config), settings->path);
}
