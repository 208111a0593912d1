// SPDX-License-Identifier: Apache-2.0
//
// gatewitness-metrics: the daemon's numbers over HTTP, for Prometheus. A process of its own, because the
// daemon has no network; it listens on loopback, gives up all rights, enters its sandbox, and asks the daemon
// at each request.
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "daemon/control/settings.h"
#include "daemon/exporter/server.h"
#include "daemon/metrics/metrics.h"
#include "probes/process/flags.h"
#include "probes/process/log.h"
#include "probes/process/memory.h"
#include "probes/process/privileges.h"
#include "probes/process/sandbox.h"
#include "probes/process/zmq_socket.h"
#include "probes/wire/json_text.h"

namespace gatewitness::exporter {
namespace {

using nlohmann::json;

constexpr const char* kProgram = "gatewitness-metrics";
constexpr const char* kHelp =
    R"(usage: gatewitness-metrics [options]

Serves the daemon's numbers at http://ADDRESS/metrics, where ADDRESS is
metrics.listen of the configuration.

  --config FILE        gatewitness.yaml
  --run-dir DIR        folder of the daemon's sockets, in place of daemon.run_dir
  --state-dir DIR      is not used
  --user NAME          become this user, in place of daemon.user
  --allow-no-seccomp   run even where system calls cannot be restricted
  --help, --version

Exit status: 0 ended by a signal; 1 cannot work here, or the configuration is
wrong; 2 wrong command line.
)";

constexpr std::chrono::milliseconds kPatience{2000};
constexpr std::size_t kMaxAnswer = std::size_t{64} << 20;

// A socket for each question: one that missed its answer could not be asked again.
std::expected<json, std::string> ask(process::ZmqContext& context, const std::string& run_dir,
                                     const char* command) {
  const std::string silence = "the daemon does not answer";
  auto socket = process::ZmqSocket::create(context, process::ZmqKind::kReq, {.max_message = kMaxAnswer});
  if (!socket) return std::unexpected(socket.error());
  if (auto connected = socket->connect("ipc://" + run_dir + "/control.sock"); !connected)
    return std::unexpected(connected.error());
  const std::string text = json{{"command", command}}.dump();
  if (socket->send({reinterpret_cast<const uint8_t*>(text.data()), text.size()}, kPatience) !=
      process::ZmqSend::kSent)
    return std::unexpected(silence);
  const auto bytes = socket->receive(kPatience);
  if (!bytes) return std::unexpected(silence);
  const json answer = read_json(*bytes);
  if (!answer.is_object() || !answer.contains("data")) return std::unexpected(silence);
  return answer.at("data");
}

std::expected<std::string, std::string> page(process::ZmqContext& context, const config::Config& config) {
  const auto status = ask(context, config.daemon.run_dir, "status");
  if (!status) return std::unexpected(status.error());
  const auto incidents = ask(context, config.daemon.run_dir, "incidents");
  if (!incidents) return std::unexpected(incidents.error());
  json devices;
  if (config.metrics.macs) {
    auto asked = ask(context, config.daemon.run_dir, "devices");
    if (!asked) return std::unexpected(asked.error());
    devices = std::move(*asked);
  }
  return metrics::text(*status, *incidents, devices, config.metrics.macs);
}

int fail(const process::Log& log, const std::string& text) {
  log.error(text);
  return 1;
}

int run(const config::Config& config) {
  const process::Log log(kProgram, control::threshold(config.daemon.log_level));
  if (config.metrics.listen.empty())
    return fail(log, "nobody is to be served; name an address in metrics.listen of the configuration");
  auto signals = process::SignalQueue::open_stop();
  if (!signals) return fail(log, signals.error());
  auto context = process::ZmqContext::create();
  if (!context) return fail(log, context.error());
  auto server = Server::start(config.metrics.listen, [&] { return page(*context, config); });
  if (!server) return fail(log, server.error());
  const auto user = process::find_user(config.daemon.user);
  if (!user) return fail(log, user.error());
  if (auto dropped = process::drop_privileges(*user); !dropped) return fail(log, dropped.error());
  const auto sandboxed = process::enter_sandbox(process::SandboxProfile::kNotify,
                                                {.allow_missing = config.daemon.allow_no_seccomp}, log);
  if (!sandboxed) return fail(log, sandboxed.error());
  log.info("ready at http://" + config.metrics.listen + "/metrics");
  process::give_back_memory();
  (*server)->run(*signals);
  return 0;
}

}  // namespace
}  // namespace gatewitness::exporter

int main(int argc, char** argv) {
  using namespace gatewitness;
  process::use_little_memory();
  const auto settings = control::settings_from(exporter::kProgram, exporter::kHelp, argc, argv);
  return settings ? exporter::run(settings->config) : settings.error();
}
