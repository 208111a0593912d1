// SPDX-License-Identifier: Apache-2.0
#include "probes/capture/probe_options.h"

#include <algorithm>
#include <optional>
#include <set>

#include "probes/capture/bpf_program.h"

namespace gatewitness::capture {
namespace {

constexpr const char* kHelp =
    R"(usage: gatewitness-capture (--interface NAME)... --publish ipc://PATH [options]
       gatewitness-capture (--file FILE)... --publish ipc://PATH [options]

Watches outbound mail on LAN interfaces (or in captures) and publishes what it
sees as records. Opens, locks its filter, drops all rights, then reads.

  --interface NAME     capture here, live (repeat for more)
  --file FILE          read a pcap or pcapng, also gzip; "-": standard input
                       (repeat for more, oldest first)
  --publish ENDPOINT   ipc:// address where the daemon listens
  --hints ENDPOINT     ipc:// address where the kernel probe listens for mail
                       that was seen on other ports
  --user NAME          become this user (default: gatewitness)
  --mail-port N        also a mail port, beside 25, 465, 587, 2525 (up to 16)
  --hash-key FILE      16 secret bytes, so that hashes of addresses stay the
                       same after a restart (default: random for this run)
  --heartbeat S        seconds between signs of life, 1 to 3600 (default: 10)
  --buffer BYTES       packets that may wait, per interface (default: 2097152)
  --evidence-frames N  frames of each attempt to keep as evidence, headers and
                       the dialogue's verbs only: 0 to 64 (default: 24)
  --flows N            connections to follow at a time: 256 to 1048576 (default:
                       16384)
  --dialogues N        of them with payload: 16 to 65536 (default: 1024)
  --no-ndpi            do not classify with nDPI (saves about 7 MB)
  --allow-no-seccomp   run even where system calls cannot be restricted
  --help, --version

Exit status: 0 ended by a signal or at the end of the files; 1 cannot work here,
or a capture was unreadable; 2 wrong command line; 3 an interface came back as
another kind of link: start again.
)";

// What the parser alone cannot know; nothing: fine.
std::optional<std::string> contradiction(const ProbeOptions& options) {
  if (options.interfaces.empty() == options.files.empty())
    return options.files.empty() ? "needs --interface or --file" : "takes --interface or --file, not both";
  if (options.publish.empty()) return "needs --publish";
  for (const auto* endpoint : {&options.publish, &options.hints})
    if (!endpoint->empty() && (!endpoint->starts_with("ipc://") || endpoint->size() == 6))
      return "speaks ipc://PATH only: a capture probe has no network";
  if (std::set<std::string>(options.interfaces.begin(), options.interfaces.end()).size() !=
      options.interfaces.size())
    return "--interface names the same one twice";
  if (const auto filter = mail_filter(dissect::LinkType::kEthernet, options.mail_ports); !filter)
    return filter.error();
  return std::nullopt;
}

}  // namespace

std::expected<ProbeOptions, process::Flags::Exit> parse_options(int argc, const char* const* argv) {
  ProbeOptions options;
  std::vector<uint64_t> ports;
  uint64_t heartbeat = static_cast<uint64_t>(options.heartbeat.count());
  uint64_t buffer = options.buffer_bytes;
  uint64_t evidence = options.evidence_frames;
  uint64_t flows = options.flows, dialogues = options.dialogues;
  bool no_ndpi = false;
  process::Flags flags("gatewitness-capture", kHelp);
  flags.texts("--interface", options.interfaces);
  flags.texts("--file", options.files);
  flags.text("--publish", options.publish);
  flags.text("--hints", options.hints);
  flags.text("--user", options.user);
  flags.text("--hash-key", options.hash_key);
  flags.numbers("--mail-port", {1, 65535}, ports);
  flags.number("--heartbeat", {1, 3600}, heartbeat);
  flags.number("--buffer", {64UL * 1024, 256UL * 1024 * 1024}, buffer);
  flags.number("--evidence-frames", {0, 64}, evidence);
  flags.number("--flows", {256, 1024UL * 1024}, flows);
  flags.number("--dialogues", {16, 64UL * 1024}, dialogues);
  flags.flag("--allow-no-seccomp", options.allow_no_seccomp);
  flags.flag("--no-ndpi", no_ndpi);
  const auto rest = flags.parse(argc, argv);
  if (!rest) return std::unexpected(rest.error());
  if (!rest->empty())
    return std::unexpected(flags.usage_error("does not understand \"" + rest->front() + "\""));
  std::ranges::transform(ports, std::back_inserter(options.mail_ports),
                         [](uint64_t port) { return static_cast<uint16_t>(port); });
  options.heartbeat = std::chrono::seconds(heartbeat);
  options.buffer_bytes = static_cast<std::size_t>(buffer);
  options.evidence_frames = static_cast<uint8_t>(evidence);
  options.flows = static_cast<std::size_t>(flows);
  options.dialogues = static_cast<std::size_t>(dialogues);
  options.use_ndpi = !no_ndpi;
  if (const auto fault = contradiction(options)) return std::unexpected(flags.usage_error(*fault));
  return options;
}

}  // namespace gatewitness::capture
