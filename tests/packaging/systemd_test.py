#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The systemd units: how exposed systemd finds them, and `gatewitness run` with exactly its capabilities, in a network namespace,
telling a stand-in of systemd that it is ready, that it lives, and that it ends. No systemd runs here; it does in debian_test.py.
usage: systemd_test.py GATEWITNESS GATEWITNESSD GATEWITNESS-CAPTURE GATEWITNESS-KERNEL [GATEWITNESS-GUARD] [unittest options]"""
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "packaging/systemd"
UNITS = sorted(FOLDER.glob("*.service"))
PROGRAMS = []
TIMEOUT_S = 60


def setting(name, unit=FOLDER / "gatewitness.service"):
    return re.search(rf"^{name}=(.*)$", unit.read_text(), re.M)[1].split()


class Unit(unittest.TestCase):
    @unittest.skipIf(not shutil.which("systemd-analyze"), "systemd-analyze is not installed")
    def test_exposure(self):
        for unit in UNITS:
            done = subprocess.run(["systemd-analyze", "security", "--offline=true", unit], capture_output=True, text=True, check=False)
            exposure = re.search(rf"exposure level for {unit.name}: ([\d.]+)", done.stdout)
            if not exposure:
                self.skipTest("this systemd-analyze cannot look at a file: " + done.stderr)
            self.assertLess(float(exposure[1]), 2.5, done.stdout)

    def test_folders_are_the_user_s(self):
        tmpfiles = (FOLDER / "gatewitness.tmpfiles").read_text()
        for unit in UNITS:
            for folder in setting("ReadWritePaths", unit):
                self.assertIn(f"d {folder} 0750 gatewitness gatewitness -", tmpfiles)
        self.assertIn("u gatewitness ", (FOLDER / "gatewitness.sysusers").read_text())

    def test_systemd_waits_for_each_and_lets_it_confine_itself(self):
        self.assertEqual(sorted(unit.stem for unit in UNITS), ["gatewitness", "gatewitness-notify"])
        for unit in UNITS:
            self.assertEqual(setting("Type", unit), ["notify"])
            self.assertEqual(setting("WatchdogSec", unit), ["60s"])
            # Not in @system-service, and without it libseccomp makes no filter.
            self.assertIn("seccomp", setting("SystemCallFilter", unit))
        self.assertIn("--without-notify", setting("ExecStart"))


@unittest.skipIf(os.geteuid() != 0, "needs root, for a network namespace")
class Notify(unittest.TestCase):
    def run_with(self, address, config="", **environment):
        folder = tempfile.TemporaryDirectory(prefix="gw-notify-", dir="/tmp")
        self.addCleanup(folder.cleanup)
        os.chmod(folder.name, 0o755)
        for name in ("run", "state"):
            os.mkdir(f"{folder.name}/{name}", 0o750)
            shutil.chown(f"{folder.name}/{name}", "nobody")
        bin_dir = f"{folder.name}/bin"
        os.mkdir(bin_dir)
        for program in PROGRAMS:
            shutil.copy(program, bin_dir)
        pathlib.Path(f"{folder.name}/gatewitness.yaml").write_text(config)
        held = ",".join(["-all"] + ["+" + name.removeprefix("CAP_").lower() for name in setting("CapabilityBoundingSet")])
        world = "ip link add br-lan type veth peer name device0 && ip link set br-lan up && ip link set device0 up && exec \"$@\""
        command = ["unshare", "--net", "sh", "-c", world, "sh", "setpriv", "--bounding-set", held, "--no-new-privs", f"{bin_dir}/gatewitness", "run", "--config", f"{folder.name}/gatewitness.yaml", "--interface", "br-lan",
                   "--run-dir", f"{folder.name}/run", "--state-dir", f"{folder.name}/state", "--user", "nobody"]
        with open(f"{folder.name}/log", "wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0", "NOTIFY_SOCKET": address, **environment})
        self.addCleanup(lambda: (process.kill(), process.wait()))
        return process, folder.name

    def end(self, process, folder):
        """As systemd asks it to; nothing of it may stay behind."""
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(TIMEOUT_S), 0)
        left = subprocess.run(["pgrep", "-af", f"^{folder}/bin/"], capture_output=True, text=True, check=False).stdout
        self.assertEqual(left, "", pathlib.Path(folder, "log").read_text())

    def listen(self):
        # By path: abstract names are each network namespace's own.
        folder = tempfile.TemporaryDirectory(prefix="gw-notify-", dir="/tmp")
        self.addCleanup(folder.cleanup)
        address = folder.name + "/socket"
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        listener.bind(address)
        listener.settimeout(TIMEOUT_S)
        self.addCleanup(listener.close)
        return listener, address

    def test_ready_alive_stopping(self):
        for tool in ("ip", "unshare", "setpriv"):
            if not shutil.which(tool):
                self.skipTest(f"{tool} is not installed")
        listener, address = self.listen()
        process, folder = self.run_with(address, WATCHDOG_USEC="600000")
        heard, begin = [], time.monotonic()
        try:
            while heard.count("WATCHDOG=1") < 4 or "READY=1" not in heard:
                heard.append(listener.recv(256).decode())
                self.assertLess(time.monotonic() - begin, TIMEOUT_S)
        except TimeoutError:
            self.fail((heard, pathlib.Path(folder, "log").read_text()))
        # Ready is ready: the daemon has its socket.
        self.assertTrue(os.path.exists(f"{folder}/run/control.sock"))
        self.assertEqual(heard.count("READY=1"), 1)
        # Nobody but the supervisor knows the socket.
        for pid in subprocess.run(["pgrep", "-f", f"{folder}/bin/gatewitness(d|-capture|-kernel)"], capture_output=True, text=True, check=False).stdout.split():
            environment = pathlib.Path(f"/proc/{pid}/environ").read_bytes()
            self.assertNotIn(b"NOTIFY_SOCKET", environment)
        self.end(process, folder)
        while heard[-1] != "STOPPING=1":
            heard.append(listener.recv(256).decode())

    @unittest.skipIf(not shutil.which("nft"), "nft is not installed")
    def test_the_guard_has_what_it_needs_and_the_unit_s_end_opens_no_hole(self):
        if len(PROGRAMS) < 5:
            self.skipTest("gatewitness-guard is not in this build")
        listener, address = self.listen()
        process, folder = self.run_with(address, "guard:\n  enabled: true\n")
        self.assertEqual(listener.recv(256), b"READY=1")
        net = ["nsenter", f"--net=/proc/{process.pid}/ns/net"]

        def ask(*words):
            return subprocess.run([f"{folder}/bin/gatewitness", *words, "--run-dir", f"{folder}/run"], capture_output=True, text=True, check=False)

        def table():
            return subprocess.run([*net, "nft", "list", "table", "inet", "gatewitness"], capture_output=True, text=True, check=False).stdout
        deadline = time.monotonic() + TIMEOUT_S
        while ask("blocked").returncode != 0 and time.monotonic() < deadline:
            time.sleep(0.1)
        done = ask("block", "8c:79:f5:10:00:01")
        self.assertEqual(done.returncode, 0, (done.stderr, pathlib.Path(folder, "log").read_text()))
        self.assertIn("8c:79:f5:10:00:01", table())
        with open(f"/proc/{process.pid}/ns/net", "rb") as world:  # the network outlives the unit, as a gateway's does
            net[1] = f"--net=/proc/{os.getpid()}/fd/{world.fileno()}"
            self.end(process, folder)
            self.assertIn("8c:79:f5:10:00:01", table())
            removed = subprocess.run([*net, f"{folder}/bin/gatewitness-guard", "--remove", "--run-dir", f"{folder}/run", "--state-dir", f"{folder}/state"],
                                     capture_output=True, text=True, check=False, env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})
            self.assertEqual((removed.returncode, table()), (0, ""), removed.stderr)

    def test_another_process_s_watchdog_is_not_fed(self):
        listener, address = self.listen()
        process, folder = self.run_with(address, WATCHDOG_USEC="300000", WATCHDOG_PID="1")
        self.assertEqual(listener.recv(256), b"READY=1")
        self.end(process, folder)
        self.assertEqual(listener.recv(256), b"STOPPING=1")

    def test_an_address_that_is_none_is_nobody_to_tell(self):
        for address in ("x", "@", "/" + "x" * 200, "/nonexistent/socket"):
            process, folder = self.run_with(address)
            deadline = time.monotonic() + TIMEOUT_S
            while not os.path.exists(f"{folder}/run/control.sock") and time.monotonic() < deadline:
                time.sleep(0.05)
            self.assertTrue(os.path.exists(f"{folder}/run/control.sock"), pathlib.Path(folder, "log").read_text())
            self.end(process, folder)


if __name__ == "__main__":
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    count = 5 if sys.argv[5:] and os.access(sys.argv[5], os.X_OK) else 4
    PROGRAMS = [os.path.abspath(path) for path in sys.argv[1:count + 1]]
    unittest.main(argv=sys.argv[:1] + sys.argv[count + 1:], verbosity=1)
