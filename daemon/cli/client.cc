// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/client.h"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <nlohmann/json.hpp>

#include "daemon/control/settings.h"
#include "probes/process/zmq_socket.h"
#include "probes/wire/text.h"

namespace gatewitness::cli {
namespace {

constexpr std::chrono::milliseconds kPatience{5000};
// 2,048 devices with all that is known of them are a few megabytes.
constexpr std::size_t kMaxAnswer = std::size_t{64} << 20;

std::string no_daemon(const std::string& run_dir) {
  return "no daemon answers in " + run_dir +
         ": start it with `gatewitness run`, or name its folder with --run-dir";
}

}  // namespace

std::expected<std::string, std::string> find_run_dir(const Place& place) {
  if (!place.run_dir.empty()) return place.run_dir;
  std::string path = place.config;
  if (path.empty() && ::access(kDefaultConfig, F_OK) == 0) path = kDefaultConfig;
  const auto config = control::read_config(path, {});
  if (config) return config->daemon.run_dir;
  std::string lines;
  for (const auto& line : config.error()) lines += (lines.empty() ? "" : "\n") + line;
  return std::unexpected(lines);
}

std::expected<std::string, std::string> find_socket(const std::string& run_dir, const char* name) {
  std::string path = run_dir + "/" + name;
  if (::access(path.c_str(), R_OK | W_OK) == 0) return path;
  if (errno == EACCES)
    return std::unexpected(path + " is not for you: be root, or in the group of the daemon's user");
  if (errno == ENOENT) return std::unexpected(no_daemon(run_dir));
  return std::unexpected(path + ": " + std::strerror(errno));
}

std::expected<nlohmann::json, std::string> ask(const std::string& run_dir, const nlohmann::json& request) {
  const auto path = find_socket(run_dir, "control.sock");
  if (!path) return std::unexpected(path.error());
  // libzmq writes to a daemon that may end meanwhile.
  std::signal(SIGPIPE, SIG_IGN);
  auto context = process::ZmqContext::create();
  if (!context) return std::unexpected(context.error());
  auto socket = process::ZmqSocket::create(*context, process::ZmqKind::kReq, {.max_message = kMaxAnswer});
  if (!socket) return std::unexpected(socket.error());
  if (auto connected = socket->connect("ipc://" + *path); !connected)
    return std::unexpected(connected.error());
  const std::string text = request.dump();
  if (socket->send({reinterpret_cast<const uint8_t*>(text.data()), text.size()}, kPatience) !=
      process::ZmqSend::kSent)
    return std::unexpected(no_daemon(run_dir));
  const auto bytes = socket->receive(kPatience);
  if (!bytes) return std::unexpected(no_daemon(run_dir));
  const auto answer = nlohmann::json::parse(bytes->begin(), bytes->end(), nullptr, false);
  if (!answer.is_object() || !answer.contains("ok"))
    return std::unexpected("what answers in " + run_dir + " is not gatewitnessd");
  if (answer.at("ok") == true && answer.contains("data")) return answer.at("data");
  return std::unexpected(printable(answer.value("error", "the daemon refused without a reason"), 512));
}

}  // namespace gatewitness::cli
