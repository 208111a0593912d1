// SPDX-License-Identifier: Apache-2.0
#include "daemon/supervisor/supervisor.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <expected>
#include <optional>

#include "daemon/control/folders.h"
#include "daemon/control/settings.h"
#include "daemon/supervisor/child.h"
#include "daemon/supervisor/lan_interfaces.h"
#include "daemon/supervisor/plan.h"
#include "daemon/supervisor/programs.h"
#include "daemon/supervisor/warden.h"
#include "probes/process/clock.h"  // poll_timeout_ms
#include "probes/process/log.h"
#include "probes/process/memory.h"
#include "probes/process/privileges.h"
#include "probes/process/service_manager.h"
#include "probes/process/signals.h"

namespace gatewitness::supervisor {
namespace {

using namespace std::chrono_literals;

// Of the 5 s that the end may take: the daemon gets what the probes still send, and saves.
constexpr Duration kProbesEnd = 2s;
constexpr Duration kAllEnd = 4s;
// The key is what the capture probe's hashes need to mean the same after a restart.
constexpr std::size_t kHashKeyBytes = 16;

// Pauses and deadlines must not move with the clock, which a gateway sets some time after its start.
Timestamp steady_now() {
  return Timestamp(std::chrono::floor<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

int fail(const process::Log& log, const std::string& text) {
  log.error(text);
  return 1;
}

std::expected<void, std::string> write_hash_key(const std::string& path) {
  std::array<uint8_t, kHashKeyBytes> key{};
  if (::getrandom(key.data(), key.size(), 0) != static_cast<ssize_t>(key.size()))
    return std::unexpected("no random bytes for " + path);
  const std::string fresh = path + ".new";
  ::unlink(fresh.c_str());  // of a start that was cut short
  const process::FileDescriptor file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file.is_open() || ::write(file.get(), key.data(), key.size()) != static_cast<ssize_t>(key.size()) ||
      ::fsync(file.get()) != 0 || ::rename(fresh.c_str(), path.c_str()) != 0)
    return std::unexpected(path + ": " + std::strerror(errno));
  return {};
}

// Everything that must be there before the first child starts. Gives the path of the hash key.
std::expected<std::string, std::string> prepare(const config::Config& config) {
  if (::geteuid() != 0)
    return std::unexpected(
        "needs root, to capture and to read the kernel's tables; try: sudo gatewitness run "
        "(or gatewitness replay FILE, which needs no rights)");
  if (config.capture.interfaces.empty())
    return std::unexpected(
        "no interface to watch: none that is up has an address of a home and no way to the internet; name "
        "the "
        "LAN side with --interface br-lan, or in capture.interfaces");
  const auto user = process::find_user(config.daemon.user);
  if (!user) return std::unexpected(user.error());
  for (const auto& folder : {config.daemon.run_dir, config.daemon.state_dir})
    if (auto made = control::make_folder(folder, *user); !made) return std::unexpected(made.error());
  std::string key = config.daemon.state_dir + "/hash.key";
  if (::access(key.c_str(), F_OK) == 0) return key;
  if (auto written = write_hash_key(key); !written) return std::unexpected(written.error());
  return key;
}

// Whoever is started without root reads the key as the user himself. The folder is that user's, so the name
// may lead anywhere: only a file that is nothing but a key of ours changes hands.
std::expected<void, std::string> give_hash_key(const std::string& path, const process::User& user) {
  const process::FileDescriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (!file.is_open() || ::fstat(file.get(), &status) != 0)
    return std::unexpected(path + ": " + std::strerror(errno));
  if (!S_ISREG(status.st_mode) || status.st_nlink != 1 || status.st_size != off_t{kHashKeyBytes})
    return std::unexpected(path + ": is not a key of gatewitness; remove it");
  if (status.st_uid == user.uid) return {};
  if (::fchown(file.get(), user.uid, user.gid) == 0) return {};
  return std::unexpected(path + ": " + std::strerror(errno));
}

class Supervisor {
 public:
  // control: the daemon's socket, which is there once the daemon answers.
  Supervisor(std::vector<Child> children, process::SignalQueue signals, Warden warden,
             process::ServiceManager manager, std::string control, const process::Log& log)
      : children_(std::move(children)),
        signals_(std::move(signals)),
        warden_(std::move(warden)),
        manager_(std::move(manager)),
        control_(std::move(control)),
        log_(log) {}

  // The exit status.
  int run() {
    begun_ = steady_now();
    while (true) {
      const Timestamp now = steady_now();
      reap(now);
      if (hopeless_) break;
      const bool started = start_due(now);
      tell_manager(now);
      if (started) process::give_back_memory();  // from here on there is little to do
      if (wait(now, manager_.told_ready() ? 60s : 100ms)) break;
    }
    manager_.stopping();
    end_all();
    return hopeless_ ? 1 : 0;
  }

 private:
  bool start_due(Timestamp now) {
    bool any = false;
    for (auto& child : children_) {
      if (!child.due() || *child.due() > now) continue;
      if (const auto started = child.start(now); !started) {
        log_.error(started.error());
        continue;
      }
      any = true;
      warden_.watch(child.pid());
      log_.info(child.name() + " runs as process " + std::to_string(child.pid()));
    }
    return any;
  }

  void tell_manager(Timestamp now) {
    const bool all = std::ranges::all_of(children_, [](const Child& child) { return child.running(); });
    if (!manager_.told_ready() && all && ::access(control_.c_str(), F_OK) == 0) manager_.ready();
    manager_.alive(now);
  }

  // True: a signal asks to stop.
  bool wait(Timestamp now, std::chrono::milliseconds longest) {
    std::optional<Timestamp> next = manager_.next_alive();
    for (const auto& child : children_)
      if (child.due()) next = std::min(next.value_or(*child.due()), *child.due());
    pollfd watched{signals_.fd(), POLLIN, 0};
    (void)::poll(&watched, 1, process::poll_timeout_ms(now, next, std::nullopt, longest));
    bool stop = false;
    while (const auto number = signals_.take()) stop |= *number != SIGCHLD;
    return stop;
  }

  void reap(Timestamp now, bool ending = false) {
    int status = 0;
    pid_t pid = 0;
    while ((pid = ::waitpid(-1, &status, WNOHANG)) > 0) {
      const auto child = std::ranges::find(children_, pid, &Child::pid);
      if (child == children_.end()) continue;
      warden_.forget(pid);
      const std::string line = child->ended(status, now);
      if (ending) continue;
      hopeless_ = hopeless_ || is_hopeless(child->name(), status, now - begun_);
      if (hopeless_)
        log_.error(child->name() + " could not start, as it says above");
      else
        log_.warning(line);
    }
  }

  // The probes first, so that the daemon hears their last words; who does not listen is killed.
  void end_all() {
    const Timestamp begin = steady_now();
    for (std::size_t i = 1; i < children_.size(); ++i) children_[i].signal(SIGTERM);
    wait_for_end(1, begin + kProbesEnd);
    children_.front().signal(SIGTERM);
    wait_for_end(0, begin + kAllEnd);
    for (const auto& child : children_) {
      if (child.running()) log_.warning(child.name() + " did not end in time and is killed");
      child.signal(SIGKILL);
    }
    wait_for_end(0, steady_now() + 500ms);
  }

  // Until all from this one on have ended, or it is that late.
  void wait_for_end(std::size_t first, Timestamp until) {
    const auto running = [&] {
      return std::any_of(children_.begin() + static_cast<std::ptrdiff_t>(first), children_.end(),
                         [](const Child& child) { return child.running(); });
    };
    while (true) {
      const Timestamp now = steady_now();
      reap(now, true);
      if (!running() || now >= until) return;
      pollfd watched{signals_.fd(), POLLIN, 0};
      (void)::poll(&watched, 1, process::poll_timeout_ms(now, until, std::nullopt, 100ms));
      while (signals_.take()) {
      }
    }
  }

  std::vector<Child> children_;  // the daemon first
  Timestamp begun_;
  bool hopeless_ = false;
  process::SignalQueue signals_;
  Warden warden_;
  process::ServiceManager manager_;
  std::string control_;
  const process::Log& log_;
};

std::vector<Child> make_children(const Programs& programs, const config::Config& config,
                                 const SupervisorOptions& options, const std::string& hash_key) {
  const Timestamp now = steady_now();
  std::vector<Child> children;
  children.emplace_back("gatewitnessd", daemon_command(programs, options));
  if (programs.kernel) children.emplace_back("gatewitness-kernel", kernel_command(programs, config));
  children.emplace_back("gatewitness-capture", capture_command(programs, config, hash_key));
  if (programs.notify && !options.without_notify && !config.notify.channels.empty())
    children.emplace_back("gatewitness-notify", notify_command(programs, options));
  if (programs.guard && config.guard.enabled)
    children.emplace_back("gatewitness-guard", guard_command(programs, config));
  if (programs.metrics && !config.metrics.listen.empty())
    children.emplace_back("gatewitness-metrics", metrics_command(programs, options));
  for (auto& child : children) child.start_at(now);
  return children;
}

// What a start needs, and the folders made.
struct Ready {
  config::Config config;
  Programs programs;
  std::string hash_key;
};

// What the command line and the machine say in place of the configuration.
void adapt(config::Config& config, const SupervisorOptions& options, const process::Log& log) {
  if (!options.interfaces.empty()) config.capture.interfaces = options.interfaces;
  if (config.capture.interfaces.empty()) {
    config.capture.interfaces = lan_interfaces(list_interfaces());
    for (const auto& name : config.capture.interfaces)
      log.info("watches " + name + ", which looks like the LAN side; capture.interfaces may say otherwise");
  }
}

std::optional<Ready> make_ready(const SupervisorOptions& options) {
  auto config = control::read_config(
      options.config, {options.run_dir, options.state_dir, options.user, options.allow_no_seccomp});
  if (!config) {
    for (const auto& line : config.error()) process::Log("gatewitness").error(line);
    return std::nullopt;
  }
  const process::Log log("gatewitness", control::threshold(config->daemon.log_level));
  adapt(*config, options, log);
  auto programs = find_programs(options.bin_dir.empty() ? own_folder() : options.bin_dir);
  if (!programs) {
    log.error(programs.error());
    return std::nullopt;
  }
  auto hash_key = prepare(*config);
  if (!hash_key) {
    log.error(hash_key.error());
    return std::nullopt;
  }
  if (!programs->kernel)
    log.warning("gatewitness-kernel is not in this build: no NAT bindings, no answer to abuse reports");
  if (!programs->notify && !options.without_notify && !config->notify.channels.empty())
    log.warning("gatewitness-notify is not in this build: nobody is told of an alert");
  if (!programs->guard && config->guard.enabled)
    log.warning("gatewitness-guard is not in this build: nothing can be quarantined");
  if (!programs->metrics && !config->metrics.listen.empty())
    log.warning("gatewitness-metrics is not in this build: nobody listens at metrics.listen");
  return Ready{std::move(*config), std::move(*programs), std::move(*hash_key)};
}

bool has_control_character(const std::string& text) {
  return std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

}  // namespace

int run_supervised(const SupervisorOptions& options) {
  const auto ready = make_ready(options);
  if (!ready) return 1;
  const process::Log log("gatewitness", control::threshold(ready->config.daemon.log_level));
  auto signals = process::SignalQueue::open({SIGTERM, SIGINT, SIGHUP, SIGCHLD});
  if (!signals) return fail(log, signals.error());
  auto manager = process::ServiceManager::from_environment();
  auto warden = Warden::start();
  if (!warden) return fail(log, warden.error());
  return Supervisor(make_children(ready->programs, ready->config, options, ready->hash_key),
                    std::move(*signals), std::move(*warden), std::move(manager),
                    ready->config.daemon.run_dir + "/control.sock", log)
      .run();
}

std::expected<std::string, int> command_lines(const SupervisorOptions& options) {
  const auto ready = make_ready(options);
  if (!ready) return std::unexpected(1);
  const process::Log log("gatewitness");
  const auto user = process::find_user(ready->config.daemon.user);
  if (!user || !*user) return std::unexpected(fail(log, user ? "needs root" : user.error()));
  if (auto given = give_hash_key(ready->hash_key, **user); !given)
    return std::unexpected(fail(log, given.error()));
  std::string lines;
  for (const auto& child : make_children(ready->programs, ready->config, options, ready->hash_key)) {
    lines += child.name();
    for (const auto& argument : child.command()) {
      if (has_control_character(argument))
        return std::unexpected(fail(log, "an argument of " + child.name() + " has a control character"));
      lines += "\t" + argument;
    }
    lines += "\n";
  }
  return lines;
}

}  // namespace gatewitness::supervisor
