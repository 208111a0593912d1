// SPDX-License-Identifier: Apache-2.0
#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "daemon/cli/client.h"
#include "daemon/cli/command.h"
#include "daemon/cli/render.h"
#include "probes/process/flags.h"
#include "probes/process/zmq_socket.h"
#include "probes/wire/json_text.h"

namespace gatewitness::cli {
namespace {

using nlohmann::json;
using process::Flags;

constexpr int kLookEvery_ms = 1000;
// A reader that stands still (a pager) must not keep a watcher that is told to end: the signal interrupts the
// write, which a queue of signals would not.
volatile std::sig_atomic_t g_stop = 0;

void end_at_signals() {
  std::signal(SIGPIPE, SIG_IGN);
  struct sigaction action {};
  action.sa_handler = [](int) { g_stop = 1; };
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(signal, &action, nullptr);
}
// An event is a record of at most 4 KiB in CBOR, as JSON; or an incident.
constexpr std::size_t kMaxEvent = 256 * 1024;

struct Watch {
  Place place;
  bool as_json = false;
  bool incidents_only = false;
};

// False: it could not be written.
bool print_event(const Watch& watch, const Style& style, const std::vector<uint8_t>& bytes) {
  const std::string line(bytes.begin(), bytes.end());
  const json event = read_json(line);
  if (!event.is_object() || (watch.incidents_only && !event.contains("event"))) return true;
  const std::string text = watch.as_json ? line : render_event(event, style);
  return text.empty() || std::puts(text.c_str()) >= 0;
}

int cannot_write(const Command& command) {
  if (g_stop != 0)
    ::_exit(kDone);  // what is still in the buffer has no reader, and a flush would wait for one
  return output_failed(command);
}

int follow(const Command& command, const Watch& watch, process::ZmqSocket& socket, const std::string& path) {
  const Style style = style_of_output();
  bool there = true;
  while (g_stop == 0) {
    while (const auto bytes = socket.receive())
      if (!print_event(watch, style, *bytes)) return cannot_write(command);
    if (std::fflush(stdout) != 0) return cannot_write(command);
    // A daemon that ends takes its socket away; libzmq itself waits without a word.
    const bool now_there = ::access(path.c_str(), F_OK) == 0;
    if (now_there != there)
      (void)complain(command, now_there ? "the daemon is back" : "the daemon has gone; waiting for it");
    there = now_there;
    pollfd watched{socket.fd(), POLLIN, 0};
    if (!socket.readable()) (void)::poll(&watched, 1, kLookEvery_ms);
  }
  return kDone;
}

}  // namespace

int run_watch(const Command& command, int argc, const char* const* argv) {
  Watch watch;
  Flags flags = daemon_flags(command, watch.place, watch.as_json);
  flags.flag("--incidents", watch.incidents_only);
  const auto rest = flags.parse(argc, argv);
  if (!rest) return Flags::print(rest.error());
  if (!rest->empty()) return Flags::print(flags.usage_error("takes no argument"));

  const auto run_dir = find_run_dir(watch.place);
  if (!run_dir) return complain(command, run_dir.error());
  const auto path = find_socket(*run_dir, "events.sock");
  if (!path) return complain(command, path.error());
  auto context = process::ZmqContext::create();
  if (!context) return complain(command, context.error());
  auto socket = process::ZmqSocket::create(*context, process::ZmqKind::kSub, {.max_message = kMaxEvent});
  if (!socket) return complain(command, socket.error());
  if (const auto connected = socket->connect("ipc://" + *path); !connected)
    return complain(command, connected.error());
  end_at_signals();
  return follow(command, watch, *socket, *path);
}

}  // namespace gatewitness::cli
