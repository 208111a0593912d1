// SPDX-License-Identifier: Apache-2.0
#include "probes/kernel/probe_options.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>

namespace gatewitness::kernel {
namespace {

constexpr const char* kHelp =
    R"(usage: gatewitness-kernel --publish ipc://PATH [options]

Publishes what the kernel knows of mail connections through this gateway: which
inside address and port had which outside ones, and when; the gateway's own
addresses; which MAC is behind which neighbour's address. Joins its netlink
groups, drops all rights, then reads.

  --publish ENDPOINT   ipc:// address where the daemon listens
  --hints ENDPOINT     ipc:// address to listen on for mail that the capture
                       probe saw on other ports
  --interface NAME     tell of neighbours on this one only (repeat for more;
                       default: on all)
  --leases FILE        a lease file of dnsmasq or odhcpd, read when it changes
                       (up to 8); one that is not there is waited for
  --ethers FILE        the owner's names of devices, as in ethers(5)
  --user NAME          become this user (default: gatewitness)
  --mail-port N        also a mail port, beside 25, 465, 587, 2525 (up to 16)
  --heartbeat S        seconds between signs of life, 1 to 3600 (default: 10)
  --review S           while mail connections live, compare with the kernel's
                       table this often, 1 to 3600 (default: 60)
  --buffer BYTES       kernel events that may wait (default: 2097152)
  --allow-no-seccomp   run even where system calls cannot be restricted
  --help, --version

Exit status: 0 ended by a signal; 1 cannot work here; 2 wrong command line;
3 lost what it works with (a helper process, a socket) and must start again.
)";

// What the parser alone cannot know; nothing: fine.
std::optional<std::string> contradiction(const ProbeOptions& options) {
  if (options.publish.empty()) return "needs --publish";
  for (const auto* endpoint : {&options.publish, &options.hints})
    if (!endpoint->empty() && (!endpoint->starts_with("ipc://") || endpoint->size() == 6))
      return "speaks ipc://PATH only: a kernel probe has no network";
  if (options.publish == options.hints) return "--publish and --hints name the same place";
  if (options.sources.leases.size() > kMaxLeaseFiles) return "takes at most 8 --leases";
  for (const auto& path : options.sources.leases)
    if (!path.starts_with('/')) return "--leases wants an absolute path";
  if (!options.sources.ethers.empty() && !options.sources.ethers.starts_with('/'))
    return "--ethers wants an absolute path";
  if (options.mail_ports.size() > kMailPorts.size() + kMaxExtraPorts) return "takes at most 16 --mail-port";
  return std::nullopt;
}

}  // namespace

std::expected<ProbeOptions, process::Flags::Exit> parse_options(int argc, const char* const* argv) {
  ProbeOptions options;
  std::vector<uint64_t> ports;
  auto heartbeat = static_cast<uint64_t>(options.heartbeat.count());
  auto review = static_cast<uint64_t>(options.review.count());
  uint64_t buffer = options.buffer_bytes;
  process::Flags flags("gatewitness-kernel", kHelp);
  flags.text("--publish", options.publish);
  flags.text("--hints", options.hints);
  flags.texts("--interface", options.interfaces);
  flags.texts("--leases", options.sources.leases);
  flags.text("--ethers", options.sources.ethers);
  flags.text("--user", options.user);
  flags.numbers("--mail-port", {1, 65535}, ports);
  flags.number("--heartbeat", {1, 3600}, heartbeat);
  flags.number("--review", {1, 3600}, review);
  flags.number("--buffer", {4UL * 1024, 256UL * 1024 * 1024}, buffer);
  flags.flag("--allow-no-seccomp", options.allow_no_seccomp);
  const auto rest = flags.parse(argc, argv);
  if (!rest) return std::unexpected(rest.error());
  if (!rest->empty())
    return std::unexpected(flags.usage_error("does not understand \"" + rest->front() + "\""));
  std::set<uint16_t> all(kMailPorts.begin(), kMailPorts.end());
  std::ranges::transform(ports, std::inserter(all, all.end()),
                         [](uint64_t port) { return static_cast<uint16_t>(port); });
  options.mail_ports.assign(all.begin(), all.end());
  options.heartbeat = std::chrono::seconds(heartbeat);
  options.review = std::chrono::seconds(review);
  options.buffer_bytes = static_cast<std::size_t>(buffer);
  if (const auto fault = contradiction(options)) return std::unexpected(flags.usage_error(*fault));
  return options;
}

}  // namespace gatewitness::kernel
