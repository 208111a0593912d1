# SPDX-License-Identifier: Apache-2.0
"""The real gatewitness in the gateway of a Home: starts `gatewitness run`, asks it questions with the command as a
person would, and measures its processes from outside. Used as a context manager by the scenarios and the demo.

The programs are those of the build tree that the environment variable GATEWITNESS_BUILD names (default: build/release).
"""
import json
import os
import shutil
import signal
import subprocess

from home import LAN
from netns import LabError, end_process, run, wait_for

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROBES = {"capture": "gatewitness-capture", "kernel": "gatewitness-kernel"}

# Kerberos, PGM and NORM through libzmq; D-Bus, systemd and their compressors through libpcap; gcrypt through libndpi.
DRAGGED_ALONG = ("libgssapi", "libkrb5", "libk5crypto", "libcom_err", "libkeyutils", "libresolv", "libpgm", "libnorm", "libbsd",
                 "libmd.", "libdbus", "libsystemd", "libcap.", "liblz4", "liblzma", "libzstd", "libgcrypt", "libgpg-error")

# Timings that a test cannot wait for at their defaults; what is detected is left as it is delivered.
CONFIG = """
daemon:
  run_dir: {folder}/run
  state_dir: {folder}/state
  user: nobody
capture:
  interfaces: [{lan}]
  heartbeat: 1s
"""


def build_folder():
    return os.path.abspath(os.environ.get("GATEWITNESS_BUILD") or os.path.join(ROOT, "build/release"))


def program():
    return os.path.join(build_folder(), "daemon/cli/gatewitness")


def missing():
    """Why there is nothing to test, or nothing."""
    if not os.access(program(), os.X_OK):
        return f"not built: {program()} (GATEWITNESS_BUILD names the build folder)"
    return None


def pss_kib(pid):
    """(PSS of a process without what Debian's libraries drag along, PSS of that) in KiB."""
    own = dragged = 0
    mapped = ""
    for line in run("cat", f"/proc/{pid}/smaps").splitlines():
        words = line.split()
        if not words[0].endswith(":"):
            mapped = os.path.basename(words[5]) if len(words) > 5 else ""
        elif words[0] == "Pss:" and mapped.startswith(DRAGGED_ALONG):
            dragged += int(words[1])
        elif words[0] == "Pss:":
            own += int(words[1])
    return own, dragged


class Witness:
    """config: YAML that is added to the laboratory's own."""

    def __init__(self, home, config=""):
        self.home = home
        self.folder = os.path.join(home.folder, "witness")
        self.config = f"{self.folder}/gatewitness.yaml"
        shutil.rmtree(self.folder, ignore_errors=True)
        os.mkdir(self.folder, 0o755)
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(folder=self.folder, lan=LAN) + config)
        self.process = None

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        """Returns when the daemon answers and each probe that was built has reported that it sees."""
        if reason := missing():
            raise LabError(reason)
        with open(f"{self.folder}/log", "ab") as log:
            self.process = self.home.gateway.start(program(), "run", "--config", self.config, stderr=log)
        wait_for(self.sees, 20, lambda: f"report of the probes {sorted(self.probes_built())}: {self.log()}")

    def stop(self):
        if self.process:
            end_process(self.process, timeout_s=8)

    def probes_built(self):
        return {probe for probe, name in PROBES.items()
                if os.path.exists(os.path.join(build_folder(), "probes", probe, name))}

    def sees(self):
        if self.process.poll() is not None:
            raise LabError(f"gatewitness run ended with status {self.process.returncode}: {self.log()}")
        status = self.ask("status") or {"probes": []}
        return {probe["probe"] for probe in status["probes"] if not probe["silent"]} >= self.probes_built()

    def log(self):
        with open(f"{self.folder}/log", encoding="utf-8", errors="replace") as file:
            return file.read()

    def command(self, *words):
        """The words of a command that talks to this daemon."""
        return [program(), *words, "--config", self.config]

    def ask(self, *words):
        """What `gatewitness WORDS --json` answers; None while no daemon answers."""
        done = subprocess.run([*self.home.gateway.prefix, *self.command(*words, "--json")], capture_output=True, text=True,
                              timeout=20)
        if done.returncode == 1:
            return None
        if done.returncode != 0:
            raise LabError(f"gatewitness {' '.join(words)}: status {done.returncode}: {done.stderr.strip()}")
        return json.loads(done.stdout)

    def attribute(self, *words, stdin=None, timeout_s=20):
        """What `gatewitness attribute` answers to each report: (exit status, [testimony], standard error)."""
        done = subprocess.run([*self.home.gateway.prefix, *self.command("attribute", *words, "--json")], capture_output=True,
                              text=True, timeout=timeout_s, input=stdin)
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr

    def incidents(self, severity=None, device=None):
        """The incidents, newest first; device: a MAC or `gateway`."""
        found = self.ask("incidents") or []
        return [incident for incident in found
                if severity in (None, incident["severity"])
                and (device is None or (incident["device"] or {}).get("id") == device)]

    def device(self, mac):
        return next((device for device in self.ask("devices") or [] if device["mac"] == mac), None)

    def incident(self, kind, device=None, severity=None, timeout_s=10, until=lambda explained: True):
        """Waits for an incident of this kind whose explanation is as until() wants it; gives the explanation."""
        last = {}

        def found():
            for incident in self.incidents(severity, device):
                if incident["kind"] == kind:
                    last["explained"] = self.ask("explain", incident["id"])
                    return last["explained"] if until(last["explained"]) else None
            return None
        return wait_for(found, timeout_s, lambda: f"such {kind} of {device}; there is {self.incidents()}, in full {last}")

    def wait_for_attempts(self, device, count, timeout_s=15):
        """Until so many attempts of a device have arrived, whatever their port: what was sent has been seen."""
        def seen():
            known = self.device(device)
            return known and sum(known["attempts"].values()) >= count
        wait_for(seen, timeout_s, lambda: f"{count} attempts of {device}; there is {self.device(device)}")

    def wait_for_name(self, device):
        """Until it has heard the device's host name in DHCP."""
        def named():
            known = self.device(device.mac)
            return known and known["name"] == device.hostname
        wait_for(named, 10, lambda: f"name {device.hostname} for {device.mac}; there is {self.device(device.mac)}")

    def processes(self):
        """(name, pid, pid of its parent) of all that belongs to gatewitness run."""
        found = []
        for pid in self.home.gateway_pids():
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    name = os.path.basename(file.read().split(b"\0")[0].decode())
                with open(f"/proc/{pid}/status", encoding="utf-8") as file:
                    status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
            except (FileNotFoundError, ProcessLookupError):
                continue  # it has just ended
            if name.startswith("gatewitness"):
                found.append((name, pid, int(status["PPid"])))
        return found

    def pids(self):
        """{program: pid} of what gatewitness run has started, and of itself."""
        top = self.process.pid
        return {name: pid for name, pid, parent in self.processes()
                if pid == top or (parent == top and name != "gatewitness")}

    def helpers(self, name):
        """Processes that a program of this name has made for itself."""
        main = self.pids().get(name)
        return [pid for _, pid, parent in self.processes() if parent == main and pid not in self.pids().values()]

    def kill(self, name):
        os.kill(self.pids()[name], signal.SIGKILL)

    def is_sanitized(self):
        return "libasan" in run("cat", f"/proc/{self.pids()['gatewitnessd']}/maps")

    def pss_kib(self):
        """Proportional set size in KiB of all processes: {name: sum of those with this name}; without the libraries that
        Debian's builds of libzmq, libpcap and libndpi drag along and OpenWrt's do not have: those are "Debian's"."""
        sizes = {"Debian's": 0}
        for name, pid, _ in self.processes():
            own, dragged = pss_kib(pid)
            sizes[name] = sizes.get(name, 0) + own
            sizes["Debian's"] += dragged
        return sizes
