// SPDX-License-Identifier: Apache-2.0
//
// gatewitness-kernel: joins its netlink groups, leaves one capability to a child that can do nothing but ask
// for dumps, gives up all rights, enters its sandbox, and only then reads.
#include <linux/netfilter/nfnetlink_compat.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/rtnetlink.h>

#include <array>
#include <fstream>
#include <string>
#include <utility>

#include "probes/kernel/conntrack_feed.h"
#include "probes/kernel/conntrack_filter.h"
#include "probes/kernel/probe_loop.h"
#include "probes/kernel/probe_options.h"
#include "probes/process/memory.h"
#include "probes/process/privileges.h"
#include "probes/process/sandbox.h"

namespace gatewitness::kernel {
namespace {

constexpr const char* kProgram = "gatewitness-kernel";
constexpr const char* kProbe = "kernel";
constexpr const char* kEventsSetting = "/proc/sys/net/netfilter/nf_conntrack_events";
constexpr std::array kConntrackGroups = {1, 2, 3};  // NFNLGRP_CONNTRACK_NEW, _UPDATE, _DESTROY
constexpr std::array<int, 4> kRouteGroups = {RTNLGRP_LINK, RTNLGRP_NEIGH, RTNLGRP_IPV4_IFADDR,
                                             RTNLGRP_IPV6_IFADDR};

struct Opened {
  NetlinkSocket conntrack;
  NetlinkSocket route;
  Requester requester;
  std::optional<process::User> user;
};

std::expected<Opened, std::string> open_everything(const ProbeOptions& options) {
  auto conntrack = NetlinkSocket::open(NETLINK_NETFILTER, kConntrackGroups, options.buffer_bytes,
                                       conntrack_filter(options.mail_ports), "conntrack events");
  if (!conntrack) return std::unexpected(conntrack.error());
  auto route = NetlinkSocket::open(NETLINK_ROUTE, kRouteGroups, options.buffer_bytes, {}, "route events");
  if (!route) return std::unexpected(route.error());
  auto user = process::find_user(options.user);
  if (!user) return std::unexpected(user.error());
  auto requester =
      Requester::start(conntrack->fd(), conntrack_dump_request(), *user, options.allow_no_seccomp);
  if (!requester) return std::unexpected(requester.error());
  return Opened{std::move(*conntrack), std::move(*route), std::move(*requester), std::move(*user)};
}

// What the owner should know, for the status. Reads the setting: before the sandbox.
std::string note_of_kernel() {
  std::ifstream file(kEventsSetting);
  int value = 1;
  if (!(file >> value)) return "connection tracking is not loaded: no bindings can be seen";
  return value == 0 ? "connection events are off (net.netfilter.nf_conntrack_events = 0): most bindings "
                      "cannot be seen"
                    : "";
}

int fail(const process::Log& log, const std::string& text) {
  log.error(text);
  return 1;
}

// At the start all neighbours and leases are told at once. What comes in meanwhile waits in the kernel's
// buffers.
constexpr std::chrono::milliseconds kRoomForRecords{250};

int run(const ProbeOptions& options) {
  const process::Log log(kProgram);
  auto signals = process::SignalQueue::open_stop();
  if (!signals) return fail(log, signals.error());
  auto opened = open_everything(options);
  if (!opened) return fail(log, opened.error());
  auto context = process::ZmqContext::create();
  if (!context) return fail(log, context.error());
  LeaseFeed leases(options.sources, log);
  std::string note = note_of_kernel();
  if (!note.empty()) log.warning(note);
  if (auto dropped = process::drop_privileges(opened->user); !dropped) return fail(log, dropped.error());
  process::give_back_memory();
  const auto sandboxed =
      process::enter_sandbox(process::SandboxProfile::kKernel, {.allow_missing = options.allow_no_seccomp},
                             log, options.sources.readable());
  if (!sandboxed) return fail(log, sandboxed.error());
  if (!*sandboxed) {
    note += std::string(note.empty() ? "" : "; ") + "system calls are not restricted (no seccomp)";
  }

  auto publisher = process::Publisher::connect(
      *context, {.endpoint = options.publish, .probe = kProbe, .wait = kRoomForRecords});
  if (!publisher) return fail(log, publisher.error());
  std::optional<process::ZmqSocket> hints;
  if (!options.hints.empty()) {
    auto socket = process::ZmqSocket::create(*context, process::ZmqKind::kPull, {.receive_queue = 256});
    if (!socket) return fail(log, socket.error());
    if (auto bound = socket->bind(options.hints); !bound) return fail(log, bound.error());
    hints = std::move(*socket);
  }
  const ProbeParts parts{options, log, *signals, *publisher, hints, leases, *sandboxed, note};
  return run_loop(parts, std::move(opened->conntrack), std::move(opened->route),
                  std::move(opened->requester));
}

}  // namespace
}  // namespace gatewitness::kernel

int main(int argc, char** argv) {
  gatewitness::process::use_little_memory();
  const auto options = gatewitness::kernel::parse_options(argc, argv);
  if (!options) return gatewitness::process::Flags::print(options.error());
  return gatewitness::kernel::run(*options);
}
