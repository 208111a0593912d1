#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How long gatewitness takes to start, and the memory of each of its processes, idle and with a full home.

usage: footprint_bench.py BUILD_DIR [--devices N] [--flows N] [--talking N] [--all-talk] [--runs N] [--rounds N]
                          [--rate N] [--settle S] [--json FILE] [--markdown]        (root)

The laboratory's gateway (tests/lab) forwards and translates between two empty namespaces; what the devices and the mail
servers say comes as raw frames (lan_load.py). All processes run: one channel to an ntfy server, the guard, the exporter.

start    from the exec of `gatewitness run` until the daemon's status (asked of its socket: the command would take its own
         time) has both probes not silent, and until the others say that they are ready; in turn with /bin/true and Python
idle     no traffic
loaded   1,000 devices, 10,000 connections open and translated, of which 1,024 are in the middle of the SMTP dialogue: more
         the capture probe does not follow (probes/dissect/dissector.h). Figures count only if gatewitness's own counters and
         the kernel's say before and after that this is what it held
lost     records that did not reach the daemon: the figures are printed, and the benchmark fails all the same
asked    after `gatewitness devices` and `gatewitness incidents` have been answered in that state
all-talk (if asked for) then the other connections speak too; what is held and lost then is printed, and nothing is expected

RSS counts shared pages in full, PSS their share, both with code, whose pages come and go with the page cache; "dirty" is
private, "own" is PSS without the libraries that only Debian's builds drag along. MB are of 1048576 bytes. So that PSS
does not depend on what else runs on this machine, the libraries are copies of their own for the measured processes.
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

try:
    import zmq
except ImportError:
    sys.exit("footprint_bench.py needs python3-zmq (packaging/packages.sh test)")

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "lab"))

from home import GATEWAY_MAC, LAN, Home, missing as lab_missing  # noqa: E402  (needs the path above)
from internet import HOME_ADDRESS, ISP_ADDRESS  # noqa: E402
from lan_load import Home as Load, LoadError, in_namespace  # noqa: E402
from measure import MEMORY, Figures, memory_kib, run_once  # noqa: E402
from netns import LabError, run, wait_for  # noqa: E402
from witness import PROBES, Witness, pss_kib  # noqa: E402

FIGURES = (*MEMORY, "own")
PROGRAMS = ("gatewitness", "gatewitnessd", "gatewitness-capture", "gatewitness-kernel", "gatewitness-notify",
            "gatewitness-guard", "gatewitness-metrics")
DEVICES_NETWORK, DEVICES_GATEWAY = "10.77.0.0", "10.77.255.254"
NTFY_PORT = 8080
READY_S = 30
SAMPLES = 5  # of the memory, a second apart
MOST_DEVICES = 1000  # the kernel knows 1,024 neighbours in all namespaces together (net.ipv4.neigh.default.gc_thresh3)
CONFIG = f"""
guard:
  enabled: true
metrics:
  listen: 127.0.0.1:9477
notify:
  channels:
    phone: {{type: ntfy, url: "http://{ISP_ADDRESS}:{NTFY_PORT}", topic: home}}
identity:
  leases: []
  ethers: ""
"""


class BenchHome(Home):
    """The laboratory's gateway and the world's end of its link, without the internet's servers; the LAN has one port, behind
    which the devices are frames."""

    def _build(self):
        self.gateway = self.namespace("gw")
        self.net = self.namespace("net")
        self.lan = self.namespace("lan")
        self._connect_to_the_world()
        self._make_lan()
        self.gateway.do("ip", "addr", "add", f"{DEVICES_GATEWAY}/16", "dev", LAN)
        self.lan.sysctl("net.ipv6.conf.default.disable_ipv6", 1)  # nobody is there but the frames
        run("ip", "link", "add", "eth0", "netns", self.lan.full_name, "type", "veth", "peer", "name", "port", "netns",
            self.gateway.full_name)
        self.gateway.do("ip", "link", "set", "port", "master", LAN, "up")
        self.lan.do("ip", "link", "set", "eth0", "up")
        self._start_ntfy()

    def _start_ntfy(self):
        folder = f"{self.folder}/ntfy"
        os.mkdir(folder)
        server = os.path.join(os.path.dirname(HERE), "lab", "phone.py")
        self.processes.append(self.net.start(sys.executable, server, ISP_ADDRESS, str(NTFY_PORT), folder))
        wait_for(lambda: f":{NTFY_PORT}" in self.net.do("ss", "-Hltn"), 10, "answer of the ntfy server")


class Measured(Witness):
    """gatewitness as delivered but for the heartbeat (1 s in the laboratory), with every process."""

    def __init__(self, home, vendors, libraries=None):
        """libraries: folder of the copies to run with."""
        super().__init__(home, CONFIG + (f"  vendors: {vendors}\n" if vendors else ""))
        self.environment = os.environ | ({"LD_LIBRARY_PATH": libraries} if libraries else {})
        self.ready_s = {}  # {program: seconds since the exec of gatewitness run}

    def start(self):
        with in_namespace(self.home.gateway.full_name), open(f"{self.folder}/log", "wb") as log:
            begin = time.monotonic()
            self.process = subprocess.Popen(self.command("run"), stderr=log, process_group=0, env=self.environment)
        while waiting := [name for name in PROGRAMS[1:] if name not in self.ready_s]:
            self._note_ready(begin)
            if self.process.poll() is not None:
                raise LabError(f"gatewitness run ended with status {self.process.returncode}: {self.last_words()}")
            if time.monotonic() > begin + READY_S:
                raise LabError(f"within {READY_S} s not ready: {', '.join(waiting)}: {self.last_words()}")
            time.sleep(0.002)

    def _note_ready(self, begin):
        """A probe is ready when the daemon has heard it, the others when they say so."""
        log = self.log()
        ready = [name for name in PROGRAMS if f"{name}: info: ready" in log]
        if "gatewitnessd" in ready:
            ready += [PROBES[probe["probe"]] for probe in self._status()["probes"] if not probe["silent"]]
        for name in ready:
            self.ready_s.setdefault(name, time.monotonic() - begin)

    def last_words(self):
        return (self.log().splitlines() or ["it said nothing"])[-1]

    def _status(self):
        """Of the daemon's own socket: the command would take its own time to start."""
        with zmq.Context() as context, context.socket(zmq.REQ) as control:
            control.setsockopt(zmq.LINGER, 0)
            control.setsockopt(zmq.RCVTIMEO, 1000)
            control.connect(f"ipc://{self.folder}/run/control.sock")
            control.send_json({"command": "status"})
            try:
                return control.recv_json()["data"]
            except zmq.Again:
                return {"probes": []}

    def named_pids(self):
        """{name: pid}; what a process has forked for itself has its parent's name and its own task."""
        top, found = self.process.pid, {}
        for name, pid, parent in self.processes():
            if pid != top and name == "gatewitness":
                name += " (ends the others if it dies)"
            elif pid != top and parent != top:
                name += " (asks for dumps)" if name == "gatewitness-kernel" else " (helper)"
            found[name] = pid
        return found

    def memory(self):
        """{name: {what: KiB}}, the median of some samples."""
        samples = []
        for _ in range(SAMPLES):
            samples.append({name: memory_kib(pid) | {"own": pss_kib(pid)[0]} for name, pid in self.named_pids().items()})
            time.sleep(1)
        if len({tuple(sorted(sample)) for sample in samples}) != 1:
            raise LoadError(f"a process came or went while memory was measured: {self.last_words()}")
        return {name: {what: statistics.median(sample[name][what] for sample in samples) for what in FIGURES}
                for name in samples[0]}

    def files_kib(self):
        """What lies in the run folder, which is memory on a router."""
        return sum(file.lstat().st_blocks for file in pathlib.Path(f"{self.folder}/run").rglob("*")) / 2


def copy_libraries(programs, folder):
    """Copies of all that the programs are linked with, where only who is told to finds them. Gives the folder."""
    os.mkdir(folder)
    for path in {word for program in programs for word in run("ldd", program).split() if word.startswith("/")}:
        if not os.path.basename(path).startswith("ld-"):
            shutil.copy(os.path.realpath(path), os.path.join(folder, os.path.basename(path)))
    return folder


def held(home, witness):
    """What gatewitness and the kernel say that they hold, and what they lost."""
    status = witness.ask("status")
    probes = {probe["probe"]: probe for probe in status["probes"]}
    capture, kernel = (dict(probes[name]["counters"]) for name in ("capture", "kernel"))
    return {
        "devices": status["devices"], "attempts": status["attempts"], "incidents": sum(status["incidents_open"].values()),
        "flows": capture["flows_live"], "talking": capture["flows_talking"], "flows_evicted": capture["flows_evicted"],
        "connections_translated": sum("ESTABLISHED src=10.77." in line and f"dst={HOME_ADDRESS} " in line
                                      for line in home.conntrack("-p", "tcp")),
        "conntrack_C": int(home.gateway.do("conntrack", "-C")),
        "bindings_told": kernel["bindings_told"], "bindings_followed": kernel["bindings_live"],
        "lost": {
            "frames dropped by the kernel": sum(i["dropped"] for i in probes["capture"]["interfaces"]),
            "records dropped by a probe": capture["records_dropped"] + kernel["records_dropped"],
            "records lost on the way": sum(probe["lost"] for probe in probes.values()),
            "messages of conntrack lost": kernel["conntrack_lost"],
            "flows evicted": capture["flows_evicted"]},
    }


def wait_until_held(home, witness, wanted):
    """Until so much is held. LoadError if it is not, or if part of the load did not arrive. Records that were lost on their way to
    the daemon are no fault of the load: lost_records() tells them at the end."""
    last = {}

    def enough():
        last.update(held(home, witness))
        return all(last[what] >= count for what, count in wanted.items())
    try:
        wait_for(enough, 30, "load")
    except AssertionError:
        raise LoadError("the load is not there: " + ", ".join(
            f"{what} {last[what]} of {count}" for what, count in wanted.items() if last[what] < count)) from None
    if lost := {what: count for what, count in last["lost"].items() if count and "records" not in what}:
        raise LoadError("lost under load: " + ", ".join(f"{what}: {count}" for what, count in lost.items())
                        + "; a lower --rate may help")


class MemoryRound:
    """One life of gatewitness; states is {state: {"memory", "held", "files_kib", "debian_kib"}} after it."""

    def __init__(self, home, vendors, libraries, options):
        self.home, self.options, self.states = home, options, {}
        home.forget_connections()
        home.gateway.do("ip", "neigh", "flush", "dev", LAN)  # the devices of the round before
        load = Load((home.lan.full_name, "eth0"), (home.net.full_name, "home"),
                    (bytes.fromhex(GATEWAY_MAC.replace(":", "")), DEVICES_GATEWAY), DEVICES_NETWORK, options.devices, options.rate)
        try:
            with Measured(home, vendors, libraries) as self.witness:
                pids = self.witness.named_pids()
                self._live(load)
                if self.witness.named_pids() != pids:
                    raise LoadError(f"a process died: {self.witness.last_words()}")
        finally:
            load.close()

    def _live(self, load):
        options = self.options
        self._measure("idle")
        load.introduce()
        load.connections(range(options.talking), talk=True)
        load.connections(range(options.talking, options.flows), talk=False)
        load.rest()
        wanted = {"devices": options.devices, "flows": options.flows, "talking": options.talking,
                  "connections_translated": options.flows, "conntrack_C": options.flows}
        wait_until_held(self.home, self.witness, wanted)
        self._measure("loaded")
        wait_until_held(self.home, self.witness, wanted)  # still: nothing timed out meanwhile
        self._ask(load.macs())
        self._measure("asked")
        if options.all_talk:
            load.rest(False)
            load.talk(range(options.talking, options.flows))
            load.rest()
            self._measure("all-talk")

    def _ask(self, macs):
        known = {device["mac"] for device in self.witness.ask("devices")}
        self.witness.ask("incidents")
        if known != macs:
            raise LoadError(f"gatewitness knows {len(known & macs)} of {len(macs)} devices, and {len(known - macs)} that are none")

    def _measure(self, state):
        time.sleep(self.options.settle)
        self.states[state] = {"memory": self.witness.memory(), "files_kib": self.witness.files_kib(),
                              "debian_kib": self.witness.pss_kib()["Debian's"], "held": held(self.home, self.witness)}


def startup(home, vendors, runs):
    """{what: [seconds]} of starts in turn."""
    floors = {"/bin/true": ["/bin/true"], "python3 -c pass": [sys.executable, "-c", "pass"]}
    took = {}
    for number in range(runs + 1):  # the first is not counted
        round_s = {}
        for name, command in floors.items():
            figures = Figures(name)
            run_once(command, figures)
            round_s[name] = figures.wall_s[0]
        with Measured(home, vendors) as witness:
            round_s |= witness.ready_s
            round_s["daemon and both probes"] = max(witness.ready_s[name] for name in ("gatewitnessd", *PROBES.values()))
            round_s["all ready"] = max(witness.ready_s.values())
        for name, seconds in round_s.items() if number else ():
            took.setdefault(name, []).append(seconds)
    return took


def print_startup(took):
    true, python = (statistics.median(took[name]) for name in ("/bin/true", "python3 -c pass"))
    print(f"{'ready after':34}{'median ms':>10}{'min..max':>14}{'x /bin/true':>13}{'x python3':>11}")
    for name, seconds in took.items():
        middle = statistics.median(seconds)
        spread = f"{min(seconds) * 1e3:.0f}..{max(seconds) * 1e3:.0f}"
        print(f"{name:34}{middle * 1e3:10.1f}{spread:>14}{middle / true:13.1f}{middle / python:11.2f}")


def medians(rounds, state):
    """{name: {what: KiB}} over the rounds, with the sum of all processes."""
    names = rounds[0][state]["memory"]
    rows = {name: {what: statistics.median(r[state]["memory"][name][what] for r in rounds) for what in FIGURES} for name in names}
    rows["all together"] = {what: statistics.median(sum(row[what] for row in r[state]["memory"].values()) for r in rounds)
                            for what in FIGURES}
    return rows


def print_memory(rounds):
    for state in rounds[0]:
        print(f"\n{state + ', MB':52}" + "".join(f"{what:>8}" for what in FIGURES))
        for name, row in medians(rounds, state).items():
            print(f"{name:52}" + "".join(f"{kib / 1024:8.1f}" for kib in row.values()))
        sums = [sum(row["pss"] for row in r[state]["memory"].values()) / 1024 for r in rounds]
        print(f"pss of all together {min(sums):.1f}..{max(sums):.1f} in {len(sums)} rounds; "
              f"of it Debian's libraries {statistics.median(r[state]['debian_kib'] for r in rounds) / 1024:.1f}; "
              f"files in the run folder {statistics.median(r[state]['files_kib'] for r in rounds) / 1024:.1f}")
        print("held:", json.dumps(rounds[-1][state]["held"]))


def lost_records(rounds):
    """One line on the records that did not reach the daemon, by state; none were: nothing."""
    found = []
    for state in rounds[0]:
        lost = [r[state]["held"]["lost"] for r in rounds]
        # The probe counts what it dropped, the daemon the holes: the same records, once both have reported.
        counts = [max(each["records lost on the way"], each["records dropped by a probe"]) for each in lost]
        if any(counts):
            found.append(f"{state} {'/'.join(map(str, counts))}")
    return f"records lost on their way to the daemon (so far, round by round): {', '.join(found)}" if found else None


def print_markdown(rounds):
    idle, loaded = medians(rounds, "idle"), medians(rounds, "loaded")
    print("\n| process | idle RSS | idle PSS | loaded RSS | loaded PSS |\n|---|---|---|---|---|")
    for name, row in loaded.items():
        shown = name if " " in name and not name.startswith("gatewitness") else "`" + name.replace(" ", "` ", 1)
        shown += "`" if shown.count("`") == 1 else ""
        cells = [idle[name]["rss"], idle[name]["pss"], row["rss"], row["pss"]]
        print(f"| {shown} | " + " | ".join(f"{kib / 1024:.1f}" for kib in cells) + " |")


def whole_number(least, most):
    def parse(text):
        if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"\"{text}\" must be a whole number from {least} to {most}")
        return int(text)
    return parse


def arguments():
    class Parser(argparse.ArgumentParser):
        def error(self, message):
            sys.stderr.write(f"footprint_bench.py: {message}\n")
            sys.exit(2)
    parser = Parser(description=__doc__.splitlines()[0])
    parser.add_argument("build_dir")
    parser.add_argument("--devices", type=whole_number(1, MOST_DEVICES), default=1000)
    parser.add_argument("--flows", type=whole_number(1, 40000), default=10000)
    parser.add_argument("--talking", type=whole_number(0, 40000), default=1024, help="of the flows, in the middle of a dialogue")
    parser.add_argument("--all-talk", action="store_true", help="measure also with all of them talking")
    parser.add_argument("--runs", type=whole_number(1, 1000), default=10, help="starts")
    parser.add_argument("--rounds", type=whole_number(1, 100), default=3, help="of the memory")
    parser.add_argument("--rate", type=whole_number(1, 100000), default=400, help="connections opened in a second")
    parser.add_argument("--settle", type=whole_number(1, 3600), default=10, help="seconds before memory is read")
    parser.add_argument("--json", metavar="FILE", help="every figure")
    parser.add_argument("--markdown", action="store_true", help="the memory's table once more, for a README")
    options = parser.parse_args()
    if options.talking > options.flows:
        parser.error("--talking must not be more than --flows")
    if options.json and not os.access(os.path.dirname(os.path.abspath(options.json)), os.W_OK):
        parser.error(f"{options.json} cannot be written")
    files = {name: [f for f in pathlib.Path(options.build_dir).rglob(name) if f.is_file() and os.access(f, os.X_OK)]
             for name in PROGRAMS}
    if absent := [name for name, found in files.items() if not found]:
        parser.error(f"{options.build_dir} is no build of everything: {', '.join(absent)} not found")
    options.programs = [str(found[0]) for found in files.values()]
    return options


def measure_all(options):
    vendors = next(iter(pathlib.Path(options.build_dir).resolve().rglob("oui.table")), None)
    with BenchHome() as home:
        took = startup(home, vendors, options.runs)
        print_startup(took)
        sys.stdout.flush()
        libraries = copy_libraries(options.programs, f"{home.folder}/lib")
        rounds = [MemoryRound(home, vendors, libraries, options).states for _ in range(options.rounds)]
    print(f"\nMB of 1048576 bytes; loaded: {options.devices} devices, {options.flows} connections, of which {options.talking} are in "
          "the middle of the dialogue and the others open and silent")
    print_memory(rounds)
    if options.markdown:
        print_markdown(rounds)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"start_s": took, "memory_rounds": rounds}, file, indent=1)
    if lost := lost_records(rounds):
        raise LoadError(lost)


def main():
    options = arguments()
    if os.geteuid() != 0:
        sys.exit("footprint_bench.py needs root: it makes network namespaces")
    if reason := lab_missing():
        sys.exit(f"footprint_bench.py: {reason}")
    os.environ["GATEWITNESS_BUILD"] = options.build_dir
    try:
        measure_all(options)
    except (LoadError, LabError, AssertionError) as error:
        sys.exit(f"footprint_bench.py: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
