#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Shows gatewitness at work in a home made of network namespaces: a laptop and a NAS mail as they should, a fridge sends
spam, and the gateway says who it was. Real packets, a real mail server, the real programs; nothing leaves this machine.

    demo.py [BUILD] [--stay]

    BUILD    build folder (default: the environment variable GATEWITNESS_BUILD, or build/release)
    --stay   leave the home standing afterwards, to look around in it, until Ctrl-C

Needs root. Exit status: 0 the fridge was found; 1 it could not run or was not found; 130 interrupted.
"""
import argparse
import os
import pty
import re
import signal
import sys
import threading

from home import Home, LAN
from internet import PROVIDER, STRANGERS, STRICT
from netns import LabError, end_process
from witness import Witness, build_folder, program

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
# Of what `gatewitness watch` prints: who is who, the searches for mail servers, how attempts end, and conclusions.
WORTH_SHOWING = re.compile(r"dhcp-host-name|mx_query|attempt .*(closed|refused|reset)|(opened|worsened|closed)  ")
STEP_PAUSE_S = 1.0  # for the reader's eyes only; nothing depends on it


def say(text=""):
    print(text, flush=True)


def step(text):
    bold, plain = ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")
    say(f"\n{bold}== {text}{plain}")


class Watch:
    """`gatewitness watch` on a terminal of its own; prints what is worth showing, each line once."""

    def __init__(self, witness):
        ours, its = pty.openpty()
        self.process = witness.home.gateway.start(*witness.command("watch"), stdin=its, stdout=its, stderr=its)
        os.close(its)
        self.source = os.fdopen(ours, encoding="utf-8", errors="replace")
        self.shown = set()
        self.connected = threading.Event()
        threading.Thread(target=self._print_lines, daemon=True).start()

    def _print_lines(self):
        try:
            for line in self.source:
                self.connected.set()
                self._print(line.rstrip())
        except OSError:
            pass  # the other end of a pseudo-terminal is gone

    def _print(self, line):
        bare = COLOUR.sub("", line)
        text = re.sub(r"^\S+\s+", "", bare)  # without the time: an attempt that is reported again is no news
        if WORTH_SHOWING.search(bare) and text not in self.shown:
            self.shown.add(text)
            say("   " + (line if sys.stdout.isatty() else bare))

    def stop(self):
        end_process(self.process)


def pause():
    threading.Event().wait(STEP_PAUSE_S)


def introduce(home):
    step("A home: gateway with NAT, DHCP, DNS and IPv6; laptop, NAS, fridge; an internet with ten mail exchangers")
    devices = [home.device("laptop", "3c:22:fb:10:00:02", "lauras-laptop"),
               home.device("nas", "00:11:32:10:00:03", "DiskStation"),
               home.device("fridge", "8c:79:f5:10:00:01", "Family-Hub-Fridge")]
    for device in devices:
        say(f"   {device.name:8} {device.mac}  {device.address}")
    return devices


def play(witness, laptop, nas, fridge):
    step(f"gatewitness watches {LAN} in the gateway; the devices renew their leases (gatewitness watch, the main lines)")
    watch = Watch(witness)
    watch.connected.wait(10)  # a probe says each second that it lives
    for device in (laptop, nas, fridge):
        device.renew()
        witness.wait_for_name(device)
    pause()
    step("The laptop sends a mail through its provider (port 587, STARTTLS)")
    laptop.swaks("--server", PROVIDER.host, "--port", "587", "--tls")
    pause()
    step("The NAS sends its nightly report through the same provider (port 465, TLS)")
    nas.swaks("--server", PROVIDER.host, "--port", "465", "--tls-on-connect")
    pause()
    step("The fridge looks up strangers' mail servers and sends to them")
    fridge.send([STRICT.domain, *[server.domain for server in STRANGERS]], count=18, parallel=2, pause=0.2)
    burst = witness.incident("burst", fridge.mac, severity="alarm")
    pause()
    watch.stop()
    return burst


def show(witness, *words):
    """A question as a person would ask it."""
    say(f"\n$ gatewitness {' '.join(words)}\n")
    process = witness.home.gateway.start(*witness.command(*words))
    process.wait(20)


def conclude(witness, fridge, burst):
    step("What it concludes")
    show(witness, "devices")
    show(witness, "incidents")
    first = next(incident for incident in witness.incidents(device=fridge.mac) if incident["kind"] == "direct-to-mx")
    show(witness, "explain", first["id"])
    quiet = [incident for incident in witness.incidents() if incident["device"]["mac"] != fridge.mac]
    step(f"Found: {burst['device']['mac']} is the fridge"
         + (". Laptop and NAS are left alone." if not quiet else f", but {len(quiet)} incidents concern others"))
    return not quiet


def complain(witness, burst):
    """What a stranger knows: the home's public address, a port, and when."""
    attempt = next(attempt for attempt in burst["attempts"] if attempt["binding"])
    address, port = attempt["binding"]["outside"].removeprefix("tcp ").split(" > ")[0].rsplit(":", 1)
    step(f"A stranger complains: spam from {address}, port {port}, at {attempt['time'][:19]}Z. Who was it?")
    show(witness, "attribute", "--public-address", address, "--port", port, "--at", attempt["time"])


def next_steps():
    command = os.path.relpath(program())
    step("Go on")
    say(f"   packaging/quickstart.sh --interface {LAN}    the same on this machine's own LAN interface (yours: ip link)")
    say(f"   {command} replay FILE.pcap    the same for a capture that you have")
    say(f"   {command} attribute REPORT    an abuse report (a mail, ARF, XARF) to a device")
    say(f"   {command} help                all commands; conf/gatewitness.yaml has every setting")
    say("   tests/run.sh                  every test, among them more scenarios of this home")


def stay(home, witness):
    step("The home stays until Ctrl-C. In another terminal, as root:")
    say(f"   ip netns exec {home.gateway.full_name} {' '.join(witness.command('watch'))}")
    say(f"   ip netns exec {home.devices['fridge'].namespace.full_name} sh    (be the fridge)")
    signal.pause()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", nargs="?", default=build_folder(), metavar="BUILD")
    parser.add_argument("--stay", action="store_true")
    options = parser.parse_args()
    os.environ["GATEWITNESS_BUILD"] = options.build
    try:
        with Home() as home:
            laptop, nas, fridge = introduce(home)
            with Witness(home) as witness:
                burst = play(witness, laptop, nas, fridge)
                found = conclude(witness, fridge, burst)
                complain(witness, burst)
                next_steps()
                if options.stay:
                    stay(home, witness)
        return 0 if found else 1
    except KeyboardInterrupt:
        say("\nInterrupted; the home is gone again.")
        return 130
    except (LabError, AssertionError) as error:
        print(f"demo.py: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
