// SPDX-License-Identifier: Apache-2.0
#include "daemon/guard/options.h"

#include <algorithm>

#include "daemon/quarantine/book.h"
#include "daemon/quarantine/ruleset.h"
#include "probes/wire/text.h"

namespace gatewitness::guard {
namespace {

constexpr const char* kHelp =
    R"(usage: gatewitness-guard [options]

Keeps devices that the owner put into quarantine from sending mail, or anything,
in a firewall table of its own (nftables: table inet gatewitness). It is asked by
gatewitnessd alone; people ask with `gatewitness block`, `unblock` and `blocked`.

  --run-dir DIR        folder of its socket, guard.sock (default /run/gatewitness)
  --state-dir DIR      folder of guard.state (default /var/lib/gatewitness)
  --user NAME          become this user (default gatewitness); who may ask, too
  --mail-port N        a port of mail besides 25, 465, 587, 2525; may repeat
  --most N             quarantines at once, 1 to 64 (default 16)
  --allow-no-seccomp   run even where system calls cannot be restricted
  --remove             delete the table and guard.state, and end: for the removal
                       of the package
  --help, --version

Ended by a signal it leaves its table: each quarantine ends by itself when its
time has come, and the next start takes it over. Exit status: 0 ended by a
signal, or removed; 1 cannot work here; 2 wrong command line.
)";

}  // namespace

std::expected<Options, process::Flags::Exit> parse_options(int argc, const char* const* argv) {
  Options options;
  std::vector<uint64_t> ports;
  uint64_t most = options.most;
  process::Flags flags(kProgram, kHelp);
  flags.text("--run-dir", options.run_dir);
  flags.text("--state-dir", options.state_dir);
  flags.text("--user", options.user);
  flags.numbers("--mail-port", {1, 65535}, ports);
  flags.number("--most", {1, quarantine::kMaxQuarantines}, most);
  flags.flag("--allow-no-seccomp", options.allow_no_seccomp);
  flags.flag("--remove", options.remove);
  const auto rest = flags.parse(argc, argv);
  if (!rest) return std::unexpected(rest.error());
  if (!rest->empty())
    return std::unexpected(flags.usage_error("does not understand \"" + printable(rest->front()) + "\""));
  if (ports.size() > 16)
    return std::unexpected(flags.usage_error("--mail-port may be given at most 16 times"));
  options.most = static_cast<std::size_t>(most);
  options.mail_ports = quarantine::RulesetOptions{}.mail_ports;
  for (const auto port : ports)
    if (std::ranges::find(options.mail_ports, port) == options.mail_ports.end())
      options.mail_ports.push_back(static_cast<uint16_t>(port));
  return options;
}

}  // namespace gatewitness::guard
