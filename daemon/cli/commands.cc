// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>

#include "daemon/cli/command.h"

namespace gatewitness::cli {
namespace {

constexpr const char* kRunHelp =
    R"(usage: gatewitness run [options]

Starts the daemon and its probes in the foreground, and again whichever dies.
Needs root; the processes give it up once they have opened what needs it.

  --interface NAME     LAN interface to watch; may be repeated; in place of
                       capture.interfaces; else those that look like the LAN
  --config FILE        default /etc/gatewitness/gatewitness.yaml, if it is there
  --run-dir DIR        folder of the sockets, in place of daemon.run_dir
  --state-dir DIR      folder of the journal, in place of daemon.state_dir
  --user NAME          become this user, in place of daemon.user
  --allow-no-seccomp   run even where system calls cannot be restricted
  --bin-dir DIR        where gatewitnessd and the probes lie
  --without-notify     the alerts are sent by a service of its own
  --print-commands     start nothing; make the folders and print each process's
                       name and command, tabs between, for procd

Exit status: 0 ended by a signal; 1 could not start; 2 wrong command line.
)";

constexpr const char* kStatusHelp =
    R"(usage: gatewitness status [options]

Says whether all is quiet, how the probes are, and what they could not see.

  --json               the answer as one line of JSON
  --exit-code          exit with 4 if an alarm is open
  --run-dir DIR        folder of the daemon's sockets
  --config FILE        where daemon.run_dir stands

Exit status: 0 answered; 1 no daemon answers; 2 wrong command line; 4 as above.
)";

constexpr const char* kDevicesHelp =
    R"(usage: gatewitness devices [ID] [options]

Lists every device: name, maker, class, address, attempts to send mail, verdict.
With the ID of one (its MAC): how that is known, what says otherwise, and which
earlier device one with a made-up MAC may be.

  --json               the answer as one line of JSON
  --run-dir DIR        folder of the daemon's sockets
  --config FILE        where daemon.run_dir stands

Exit status: 0 answered; 1 no daemon answers; 2 wrong command line.
)";

constexpr const char* kIncidentsHelp =
    R"(usage: gatewitness incidents [options]

Lists what happened, newest first.

  --json               the answer as one line of JSON
  --exit-code          exit with 4 if an alarm is open
  --run-dir DIR        folder of the daemon's sockets
  --config FILE        where daemon.run_dir stands

Exit status: 0 answered; 1 no daemon answers; 2 wrong command line; 4 as above.
)";

constexpr const char* kExplainHelp =
    R"(usage: gatewitness explain ID [options]

One incident in full: how sure it is and why not surer, what to do, the rules'
verdicts, the attempts, the evidence, and what could not be seen meanwhile.

  --json               the answer as one line of JSON
  --run-dir DIR        folder of the daemon's sockets
  --config FILE        where daemon.run_dir stands

Exit status: 0 answered; 1 no such incident, or no daemon answers; 2 wrong
command line.
)";

constexpr const char* kWatchHelp =
    R"(usage: gatewitness watch [options]

Prints what the probes report and how incidents change, as it happens, until
interrupted. Says so when the daemon cannot be reached.

  --json               one line of JSON each, as the daemon sends it
  --incidents          only the changes of incidents
  --run-dir DIR        folder of the daemon's sockets
  --config FILE        where daemon.run_dir stands

Exit status: 0 interrupted; 1 no daemon; 2 wrong command line.
)";

constexpr const char* kAttributeHelp =
    R"(usage: gatewitness attribute [options] [REPORT...]

Who was it? From what somebody outside says of this home's public address to
the device, with a grade, the evidence, what else is possible, and who is
cleared. REPORT: a mail with Received headers, ARF, XARF (JSON), an mbox or a
folder of such; "-": standard input. Or in flags:

  --public-address A   this home's address, as the world saw it
  --port N             its port
  --at TIME            such as 2026-11-24T12:03:11Z
  --destination A      who received it; --destination-port N
  --queue-id ID        the receiver's number of the mail; --helo NAME
  --skew TIME          how wrong clocks may be (default 10m, at most 48h)
  --journal FILE       look in this copy of a journal; no daemon is asked
  --json               each answer as one line of JSON
  --run-dir DIR, --config FILE   where the daemon's sockets are

Exit status: 0 each report names a device; 1 a report or the daemon could not
be read; 2 wrong command line; 5 a report names none, or several.
)";

constexpr const char* kExportHelp =
    R"(usage: gatewitness export INCIDENT [options]
       gatewitness export [options] REPORT
       gatewitness export --public-address A --port N --at TIME [options]

Writes one file that others can check with `gatewitness verify`: what was
concluded, the journal's rows that it rests on, and the frames (headers and the
dialogue's verbs only), hashed, chained and signed with this gateway's own key.
INCIDENT is an ID of `gatewitness incidents`; REPORT and the flags of an
inquiry are those of `gatewitness attribute`.

  --output FILE        write there, a new file, in place of standard output
  --public-address A, --port N, --at TIME, --destination A,
  --destination-port N, --queue-id ID, --helo NAME, --skew TIME
  --run-dir DIR, --config FILE   where the daemon's sockets are

Exit status: 0 written; 1 not; 2 wrong command line.
)";

constexpr const char* kVerifyHelp =
    R"(usage: gatewitness verify FILE [options]

Checks a file of `gatewitness export`, anywhere and without a daemon, and says
what it proves and what not. One altered byte is found. "-": standard input.

  --key HEX            the key of the gateway, as its `gatewitness status`
                       shows it; else the file's own word is taken
  --pcapng FILE        write the frames there, a new file
  --json               the outcome as one line of JSON

Exit status: 0 whole; 1 altered, or cannot be read; 2 wrong command line.
)";

constexpr const char* kClearedHelp =
    R"(usage: gatewitness cleared --from TIME --to TIME [options]

Lists which devices opened no connection to a mail server in that time, and
whether the capture was complete, so that one can say so.

  --from TIME, --to TIME   such as 2026-11-24T12:03:11Z; at most 400 days
  --journal FILE       look in this copy of a journal; no daemon is asked
  --json               the answer as one line of JSON
  --run-dir DIR, --config FILE   where the daemon's sockets are

Exit status: 0 the capture was complete; 1 no answer; 2 wrong command line;
5 the capture was not complete, nobody is cleared.
)";

constexpr const char* kNameHelp =
    R"(usage: gatewitness name MAC NAME [options]

Calls a device what you call it. That wins over what it says of itself. An
empty NAME takes it back.

  --json               what holds now as one line of JSON
  --run-dir DIR, --config FILE   where the daemon's sockets are

Exit status: 0 done and kept; 1 not; 2 wrong command line.
)";

constexpr const char* kEnrolHelp =
    R"(usage: gatewitness enrol MAC ROLE [options]

Says what a device is for: mail-server (delivers mail to the world),
smarthost-user (mails through one server), appliance (never mails directly),
or none, which takes it back.

  --json               what holds now as one line of JSON
  --run-dir DIR, --config FILE   where the daemon's sockets are

Exit status: 0 done and kept; 1 not; 2 wrong command line.
)";

constexpr const char* kMuteHelp =
    R"(usage: gatewitness mute INCIDENT [--for TIME]
       gatewitness mute [--device MAC] [--kind KIND] [--for TIME]

No alerts of an incident's device and kind, of a device, of a kind, or of one
kind of one device, until the time is over. What happens is still kept and
shown. KIND: as `gatewitness incidents` names them.

  --for TIME           such as 12h; default 1d, at most 31d; 0s takes it back
  --json               what holds now as one line of JSON
  --run-dir DIR, --config FILE   where the daemon's sockets are

Exit status: 0 done and kept; 1 not; 2 wrong command line.
)";

constexpr const char* kMutedHelp =
    R"(usage: gatewitness muted [options]

Lists what no alerts are sent of now, each with its end.

  --json               the same as one line of JSON
  --run-dir DIR, --config FILE   where the daemon's sockets are

Exit status: 0 asked; 1 no daemon; 2 wrong command line.
)";

constexpr const char* kRpcdHelp =
    R"(usage: gatewitness rpcd list|call METHOD [options]

The backend of the LuCI pages on OpenWrt, started by rpcd: list says which
methods there are; call reads one JSON object from standard input and answers
{"ok": true, "data": ...} or {"ok": false, "error": "one line"}.

  --run-dir DIR, --config FILE   where the daemon's sockets are

Exit status: 0 answered, a refusal too; 1 cannot go on; 2 wrong command line.
)";

constexpr const char* kTestAlertHelp =
    R"(usage: gatewitness test-alert [CHANNEL] [options]

Sends a test to one channel of the section notify, or to all of them, and says
what each answered. It is sent once, in quiet hours too, and not kept.

  --json               the answers as one line of JSON
  --run-dir DIR, --config FILE   where the notifier's socket is

Exit status: 0 all took it; 1 one did not, there is no such channel, or no
notifier answers; 2 wrong command line.
)";

constexpr const char* kBlockHelp =
    R"(usage: gatewitness block MAC|INCIDENT [options]

Puts a device into quarantine: its mail is refused at the gateway and its live
connections end; everything else goes on. INCIDENT: the device of that incident
(an ID of `gatewitness incidents`). `gateway` means what the gateway sends
itself. Needs guard.enabled. Restarts and firewall reloads do not end it.

  --for TIME           such as 30m, 24h or 7d; 1s to 365d (default: guard.for)
  --all                all that it sends and gets through the gateway
  --mail               only its mail (default: guard.scope)
  --force              also if it is the gateway itself, or the device that you
                       are connected from
  --json               the quarantine as one line of JSON
  --run-dir DIR, --config FILE   where the daemon's sockets are

Exit status: 0 it stands; 1 not; 2 wrong command line.
)";

constexpr const char* kUnblockHelp =
    R"(usage: gatewitness unblock MAC [options]

Ends the quarantine of a device, or of `gateway`: all is as before.

  --json               the answer as one line of JSON
  --run-dir DIR, --config FILE   where the daemon's sockets are

Exit status: 0 it has ended; 1 there was none, or no guard answers; 2 wrong
command line.
)";

constexpr const char* kBlockedHelp =
    R"(usage: gatewitness blocked [options]

Lists what is in quarantine: which device, what of it, until when, and why.

  --json               the answer as one line of JSON
  --run-dir DIR, --config FILE   where the daemon's sockets are

Exit status: 0 answered; 1 no guard answers; 2 wrong command line.
)";

constexpr const char* kCheckConfigHelp =
    R"(usage: gatewitness check-config [FILE]

Reads a configuration and says all that is wrong with it, each as
"file:line:column: what, and what is allowed". Starts nothing.
FILE: default /etc/gatewitness/gatewitness.yaml.

Exit status: 0 good; 1 not good, or cannot be read; 2 wrong command line.
)";

constexpr Command kCommands[] = {
    {"run", "start the daemon and its probes, in the foreground", kRunHelp, run_run},
    {"status", "is all quiet, and is all seen", kStatusHelp, run_query},
    {"devices", "every device and what it did", kDevicesHelp, run_query},
    {"incidents", "what happened, newest first", kIncidentsHelp, run_query},
    {"explain", "one incident: how sure, why, what to do", kExplainHelp, run_explain},
    {"attribute", "from an abuse report to the device", kAttributeHelp, run_attribute},
    {"export", "an incident or attribution as evidence; is such a file whole", kExportHelp, run_export},
    {"verify", "", kVerifyHelp, run_verify},
    {"cleared", "who sent no mail in a stretch of time", kClearedHelp, run_cleared},
    {"name", "call a device what you call it; say what it is for", kNameHelp, run_owner},
    {"enrol", "", kEnrolHelp, run_owner},
    {"block", "stop a device's mail for a time; let it go again", kBlockHelp, run_block},
    {"unblock", "", kUnblockHelp, run_unblock},
    {"blocked", "what is stopped, and until when", kBlockedHelp, run_blocked},
    {"mute", "no alerts of this for a while; what is not told now", kMuteHelp, run_mute},
    {"muted", "", kMutedHelp, run_mute},
    {"watch", "what is seen and concluded, as it happens", kWatchHelp, run_watch},
    {"replay", "the same over a capture file", nullptr, run_replay},
    {"test-alert", "does an alert reach the phone", kTestAlertHelp, run_test_alert},
    {"check-config", "all that is wrong with a configuration", kCheckConfigHelp, run_check_config},
    {"rpcd", "the backend of the LuCI pages", kRpcdHelp, run_rpcd},
};

}  // namespace

std::span<const Command> commands() {
  return kCommands;
}

const Command* find_command(std::string_view name) {
  const auto found = std::find_if(std::begin(kCommands), std::end(kCommands),
                                  [&](const Command& command) { return command.name == name; });
  return found == std::end(kCommands) ? nullptr : found;
}

}  // namespace gatewitness::cli
