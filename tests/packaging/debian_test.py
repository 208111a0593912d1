#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The Debian packages on a gateway: installed, started by a real systemd, at work in the home laboratory, upgraded, removed, purged.
In order, each step on what the one before has left. packaging/debian/test.sh builds the packages and runs this.
usage: debian_test.py FOLDER-WITH-PACKAGES [unittest options]"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve()
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1] / "lab")]

import home as home_module  # noqa: E402  (needs the paths above)
import machine as machine_module  # noqa: E402
from home import LAN  # noqa: E402
from internet import STRANGERS  # noqa: E402
from netns import wait_for  # noqa: E402
from phone import Phone  # noqa: E402

NAMES = ("gatewitness", "gatewitness-notify", "gatewitness-guard")
NEXT = "0.1.0+next"
README = HERE.parents[2] / "packaging/README.md"
ISP = HERE.parents[2] / "conf/profiles/isp.yaml"
MAC = "8c:79:f5:10:00:01"
PACKAGES = None


def documented(heading, which=0):
    """The commands that packaging/README.md gives under a heading, or after words in bold."""
    after = README.read_text(encoding="utf-8").split(heading, 1)[1]
    return re.findall(r"^```sh\n(.*?)^```$", after, re.M | re.S)[which]


def package(name):
    return next(PACKAGES.glob(f"{name}_*.deb"))


def needed():
    """What the packages ask of Debian: the first of each choice."""
    words = []
    for name in NAMES:
        depends = subprocess.run(["dpkg-deb", "-f", package(name), "Depends"], capture_output=True, text=True, check=True).stdout
        words += [re.match(r"[a-z0-9.+-]+", choice.strip())[0] for choice in depends.split(",")]
    return sorted(set(words) - set(NAMES))


def later(name, folder):
    """The same package with a higher version: what an upgrade brings."""
    unpacked = folder / name
    subprocess.run(["dpkg-deb", "-R", package(name), unpacked], check=True)
    control = unpacked / "DEBIAN/control"
    text = control.read_text(encoding="utf-8")
    version = re.search(r"^Version: (.*)$", text, re.M)[1]
    control.write_text(text.replace(f"Version: {version}", f"Version: {NEXT}").replace(f"(= {version})", f"(= {NEXT})"), encoding="utf-8")
    subprocess.run(["dpkg-deb", "-b", "--root-owner-group", unpacked, folder], check=True, capture_output=True)
    shutil.rmtree(unpacked)


class Lintian(unittest.TestCase):
    @unittest.skipIf(not shutil.which("lintian"), "lintian is not installed")
    def test_finds_nothing(self):
        done = subprocess.run(["lintian", "--allow-root", "--display-info", next(PACKAGES.glob("*.changes"))], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout.strip()), (0, ""), done.stderr)


class Gateway(unittest.TestCase):
    """The tests run in the order of their names."""

    @classmethod
    def setUpClass(cls):
        reason = machine_module.missing() or home_module.missing()
        if reason:
            raise unittest.SkipTest(reason)
        try:
            base = machine_module.base_with(needed())
        except OSError as error:
            raise unittest.SkipTest(str(error))
        folder = pathlib.Path(tempfile.mkdtemp(prefix="gw-debian-", dir="/var/tmp"))
        cls.addClassCleanup(shutil.rmtree, folder)
        for part in ("first", "next"):
            (folder / part).mkdir()
        for name in NAMES:
            shutil.copy(package(name), folder / "first")
            later(name, folder / "next")
        shutil.copy(ISP, folder / "first")
        cls.home = cls.enter(home_module.Home())
        cls.fridge = cls.home.device("fridge", MAC, "Family-Hub-Fridge")
        cls.phone = cls.enter(Phone(cls.home))
        cls.machine = cls.enter(machine_module.Machine(base, folder, ["nsenter", f"--net=/run/netns/{cls.home.gateway.full_name}"]))
        cls.before = cls.machine.files()

    @classmethod
    def enter(cls, context):
        entered = context.__enter__()
        cls.addClassCleanup(context.__exit__, None, None, None)
        return entered

    def follow(self, commands, folder="first"):
        """As a person types them, in the folder with the packages."""
        return self.machine.do("sh", "-exc", f"cd /srv/packages/{folder}\n{commands}")

    def ask(self, *words):
        return self.machine.do("gatewitness", *words)

    def answers(self):
        """Until the daemon answers and its probes see."""
        def seen():
            said = self.machine.ask("gatewitness", "status").stdout
            return all(re.search(rf"^ +{probe} +well ", said, re.M) for probe in ("capture", "kernel"))
        wait_for(seen, 20, lambda: "answer of the daemon\n" + self.machine.ask("gatewitness", "status").stdout + self.machine.journal())

    def table(self):
        return self.home.gateway.do("nft", "list", "table", "inet", "gatewitness", check=False)

    def test_1_installed_it_runs_without_a_word_of_configuration(self):
        self.follow(documented("### Install"))
        self.answers()
        for name, value in (("ActiveState", "active"), ("Type", "notify"), ("WatchdogUSec", "1min"), ("NRestarts", "0"), ("UnitFileState", "enabled")):
            self.assertEqual(self.machine.property("gatewitness", name), value, self.machine.journal())
        self.assertIn(f"watches {LAN}, which looks like the LAN side", self.machine.journal())
        self.assertNotIn("watches wan", self.machine.journal())
        self.assertEqual(self.machine.do("stat", "-c", "%U %G %a", "/run/gatewitness", "/var/lib/gatewitness", "/var/lib/gatewitness/notify"),
                         "gatewitness gatewitness 750\n" * 3)
        # Nobody to tell: the notifier stays away, and that is no failure.
        self.assertEqual(self.machine.property("gatewitness-notify", "ActiveState"), "inactive")
        self.assertEqual(self.machine.property("gatewitness-notify", "Result"), "exec-condition")
        self.assertEqual(self.machine.do("systemctl", "--failed", "--plain", "--no-legend"), "")

    def test_2_the_fridge_is_named(self):
        self.fridge.renew()
        wait_for(lambda: self.fridge.hostname in self.ask("devices"), 10, lambda: "name\n" + self.ask("devices"))
        self.fridge.send([server.domain for server in STRANGERS], count=16, pause=0.05)
        wait_for(lambda: MAC in self.ask("incidents"), 10, lambda: "incident\n" + self.ask("devices") + self.machine.journal())
        self.assertIn(self.fridge.hostname, self.follow(documented("### First steps")))
        told = self.ask("explain", "1")
        self.assertIn("Family-Hub-Fridge", told)
        self.assertIn("witnessed", told)

    def test_3_processes_have_given_up_what_the_unit_gave(self):
        for line in self.machine.do("ps", "-eo", "user:20,args", "--no-headers").splitlines():
            if "gatewitness" in line and "/gatewitness run" not in line:
                self.assertRegex(line, "^gatewitness ")
        pid = self.machine.property("gatewitness", "MainPID")
        status = self.machine.do("cat", f"/proc/{pid}/status")
        self.assertEqual(int(re.search(r"^CapBnd:\t(\w+)", status, re.M)[1], 16).bit_count(), 7, status)
        self.assertIn("NoNewPrivs:\t1", status)
        self.assertRegex(status, r"Seccomp:\t2")

    def test_4_the_phone_rings(self):
        self.machine.write("/etc/gatewitness/gatewitness.yaml", "# of the owner\nguard: {enabled: true}\n" + self.phone.channel()
                           + "      token_file: /etc/gatewitness/token\n")
        self.machine.do("sh", "-ec", "cd /etc/gatewitness; chown root:gatewitness gatewitness.yaml; chmod 640 gatewitness.yaml")
        self.machine.do("install", "-o", "gatewitness", "-m", "600", "/dev/null", "/etc/gatewitness/token")
        self.machine.write("/etc/gatewitness/token", "tk_laboratory\n")
        check, restart, test = documented("### First steps", 1).strip().split("\n")
        self.follow(check + "\n" + restart)
        self.answers()
        wait_for(lambda: self.machine.property("gatewitness-notify", "ActiveState") == "active", 10,
                 lambda: "notifier\n" + self.machine.do("systemctl", "status", "gatewitness-notify") + self.machine.journal())
        self.assertIn("phone", self.follow(test))
        self.assertTrue(self.phone.messages())

    def test_5_a_loop_that_hangs_is_ended_and_started_again(self):
        for unit in ("gatewitness", "gatewitness-notify"):
            self.machine.do("mkdir", "-p", f"/run/systemd/system/{unit}.service.d")
            self.machine.write(f"/run/systemd/system/{unit}.service.d/quick.conf", "[Service]\nWatchdogSec=2s\nRestartSec=100ms\n")
        self.machine.do("systemctl", "daemon-reload")
        self.machine.do("systemctl", "restart", "gatewitness")
        self.answers()
        for unit in ("gatewitness-notify", "gatewitness"):
            time.sleep(3)  # longer than the watchdog waits: the unit keeps feeding it
            self.assertEqual(self.machine.property(unit, "NRestarts"), "0", self.machine.journal())
            pid = self.machine.property(unit, "MainPID")
            self.machine.do("kill", "-STOP", pid)
            wait_for(lambda: self.machine.property(unit, "MainPID") not in ("0", pid), 20, lambda: f"restart of {unit}\n" + self.machine.journal())
            wait_for(lambda: self.machine.property(unit, "ActiveState") == "active", 20, lambda: f"{unit}\n" + self.machine.journal())
            self.assertIn("Watchdog timeout", self.machine.journal())
        self.answers()
        for unit in ("gatewitness", "gatewitness-notify"):
            self.machine.do("rm", "-r", f"/run/systemd/system/{unit}.service.d")
        self.machine.do("systemctl", "daemon-reload")
        self.machine.do("systemctl", "restart", "gatewitness")
        self.answers()

    def test_6_an_upgrade_keeps_what_was_learned_and_said(self):
        key = self.machine.do("sha256sum", "/var/lib/gatewitness/hash.key")
        pid = self.machine.property("gatewitness", "MainPID")
        self.ask("block", MAC)
        self.follow(documented("### Install"), "next")
        self.answers()
        self.assertNotEqual(self.machine.property("gatewitness", "MainPID"), pid)
        self.assertEqual(self.machine.property("gatewitness-notify", "ActiveState"), "active")
        self.assertIn("Family-Hub-Fridge", self.ask("explain", "1"))
        self.assertEqual(self.machine.do("sha256sum", "/var/lib/gatewitness/hash.key"), key)
        self.assertIn("# of the owner", self.machine.do("cat", "/etc/gatewitness/gatewitness.yaml"))
        self.assertIn(MAC, self.table())
        wait_for(lambda: MAC in self.ask("blocked"), 10, "the quarantine")

    def test_7_without_the_guard_nothing_stays_blocked_and_the_witness_goes_on(self):
        self.machine.do("apt-get", "-qq", "-y", "remove", "gatewitness-guard")
        self.assertEqual(self.table(), "")
        self.answers()
        self.assertIn("gatewitness-guard is not in this build", self.machine.journal())

    def test_8_removed_it_is_still_and_knows_what_it_knew(self):
        self.follow(documented("### Remove"))
        self.assertEqual(self.machine.ask("pgrep", "-a", "gatewitness").stdout, "")
        left = {path for path in self.machine.files() - self.before if "gatewitness" in path}
        allowed = ("/etc/gatewitness", "/var/lib/gatewitness", "/var/lib/dpkg/info/gatewitness", "/var/lib/dpkg/info/gatewitness-notify", "/etc/systemd/system")
        self.assertEqual([path for path in left if not path.startswith(allowed)], [])
        self.assertIn("/var/lib/gatewitness/hash.key", left)
        self.follow(documented("### Install"), "next")
        self.answers()
        self.assertIn("Family-Hub-Fridge", self.ask("explain", "1"))

    def test_9_purged_it_leaves_nothing(self):
        self.machine.write("/etc/gatewitness/token", "secret")
        self.ask("block", MAC)
        self.follow(documented("### Remove", 1))
        self.assertEqual(sorted(self.machine.files() - self.before), [])
        self.assertNotEqual(self.machine.ask("getent", "passwd", "gatewitness").returncode, 0)
        self.assertNotEqual(self.machine.ask("getent", "group", "gatewitness").returncode, 0)
        self.assertFalse(self.machine.ask("ls", "/run/gatewitness").stdout)
        self.assertEqual(self.table(), "")
        self.assertEqual(self.machine.ask("pgrep", "-a", "gatewitness").stdout, "")
        self.assertEqual(self.machine.do("systemctl", "list-units", "--all", "--plain", "--no-legend", "gatewitness*"), "")

    def test_a_an_isp_s_configuration_that_is_there_before_is_kept(self):
        self.follow(documented("**Into an image, Debian.**"))
        self.answers()
        self.assertEqual(self.machine.do("cat", "/etc/gatewitness/gatewitness.yaml"), ISP.read_text(encoding="utf-8"))
        self.assertEqual(self.machine.do("cmp", "/etc/gatewitness/gatewitness.yaml", "/usr/share/gatewitness/profiles/isp.yaml"), "")
        # What the documents tell a person to try from the device.
        words = re.search(r"`(nc -w 3 SERVER 25)`", README.read_text(encoding="utf-8"))[1].replace("SERVER", STRANGERS[0].address)
        self.fridge.namespace.do("sh", "-c", f"busybox {words} </dev/null")
        wait_for(lambda: MAC in self.ask("incidents"), 10, lambda: "incident\n" + self.ask("devices"))
        self.ask("export", "1", "--output", "/tmp/evidence.json")
        self.assertNotIn("captured frame", self.ask("verify", "/tmp/evidence.json").replace("0 captured frames", ""))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    PACKAGES = pathlib.Path(sys.argv[1]).resolve()
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=2, failfast=True)
