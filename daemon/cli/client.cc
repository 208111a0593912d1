// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/client.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <nlohmann/json.hpp>

#include "daemon/control/settings.h"
#include "probes/process/file_descriptor.h"
#include "probes/process/zmq_socket.h"
#include "probes/wire/json_text.h"
#include "probes/wire/text.h"

namespace gatewitness::cli {
namespace {

constexpr std::chrono::milliseconds kPatience{5000};
// A channel's time-out is at most 2 min (notify.timeout), and commands wait for each other.
constexpr std::chrono::milliseconds kNotifierPatience{150'000};
// 2,048 devices with all that is known of them are a few megabytes.
constexpr std::size_t kMaxAnswer = std::size_t{64} << 20;

// 32 channels with all that is known of them are 40 KiB.
constexpr std::size_t kMaxNotifierStatus = std::size_t{256} << 10;

std::string no_daemon(const std::string& run_dir) {
  return "no daemon answers in " + run_dir +
         ": start it with `gatewitness run`, or name its folder with --run-dir";
}

}  // namespace

process::Flags daemon_flags(const Command& command, Place& place, bool& as_json) {
  process::Flags flags("gatewitness " + std::string(command.name), command.help);
  flags.flag("--json", as_json);
  flags.text("--run-dir", place.run_dir);
  flags.text("--config", place.config);
  return flags;
}

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

namespace {

bool is_served(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return false;
  path.copy(address.sun_path, path.size());
  const process::FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

struct Peer {
  const char* socket;
  const char* program;
  std::chrono::milliseconds patience;
  std::string silence;  // what to say if it does not answer
};

std::expected<nlohmann::json, std::string> ask_peer(const std::string& run_dir, const Peer& peer,
                                                    const nlohmann::json& request) {
  const std::string path = run_dir + "/" + peer.socket;
  // libzmq writes to a daemon that may end meanwhile.
  std::signal(SIGPIPE, SIG_IGN);
  auto context = process::ZmqContext::create();
  if (!context) return std::unexpected(context.error());
  auto socket = process::ZmqSocket::create(*context, process::ZmqKind::kReq, {.max_message = kMaxAnswer});
  if (!socket) return std::unexpected(socket.error());
  if (auto connected = socket->connect("ipc://" + path); !connected)
    return std::unexpected(connected.error());
  const std::string text = request.dump();
  if (socket->send({reinterpret_cast<const uint8_t*>(text.data()), text.size()}, peer.patience) !=
      process::ZmqSend::kSent)
    return std::unexpected(peer.silence);
  const auto bytes = socket->receive(peer.patience);
  if (!bytes) return std::unexpected(peer.silence);
  const auto answer = read_json(*bytes);
  if (!answer.is_object() || !answer.contains("ok"))
    return std::unexpected("what answers in " + run_dir + " is not " + peer.program);
  if (answer.at("ok") == true && answer.contains("data")) return answer.at("data");
  return std::unexpected(printable(answer.value("error", "the request was refused without a reason"), 512));
}

}  // namespace

std::expected<nlohmann::json, std::string> ask(const std::string& run_dir, const nlohmann::json& request) {
  if (const auto path = find_socket(run_dir, "control.sock"); !path) return std::unexpected(path.error());
  return ask_peer(run_dir, {"control.sock", "gatewitnessd", kPatience, no_daemon(run_dir)}, request);
}

std::expected<nlohmann::json, std::string> ask_notifier(const std::string& run_dir,
                                                        const nlohmann::json& request) {
  const std::string silence =
      "no notifier answers in " + run_dir +
      ": name a channel in notify.channels and start it with `gatewitness run`, or name its "
      "folder with --run-dir";
  const auto path = find_socket(run_dir, "notify.sock");
  if (!path)
    return std::unexpected(::access((run_dir + "/notify.sock").c_str(), F_OK) == 0 ? path.error() : silence);
  // Its patience is long: a socket that nobody serves any more is told at once.
  if (!is_served(*path)) return std::unexpected(silence);
  return ask_peer(run_dir, {"notify.sock", "gatewitness-notify", kNotifierPatience, silence}, request);
}

nlohmann::json read_notifier(const std::string& run_dir) {
  // A file of another user's folder: it may be anything by now, also a pipe or a link.
  const process::FileDescriptor file(
      ::open((run_dir + "/notify.json").c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat about {};
  if (!file.is_open() || ::fstat(file.get(), &about) != 0 || !S_ISREG(about.st_mode)) return nullptr;
  std::string text(kMaxNotifierStatus, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(file.get(), text.data() + size, text.size() - size);
    if (got <= 0) break;
    size += static_cast<std::size_t>(got);
  }
  auto status = read_json(std::string_view(text).substr(0, size));
  if (!status.is_object()) return nullptr;
  const auto running = status.find("running");
  status["running"] = running != status.end() && *running == true && is_served(run_dir + "/notify.sock");
  return status;
}

}  // namespace gatewitness::cli
