#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""gatewitness-guard from outside, with real nftables and connection tracking in network namespaces (the network is
kernel_lab.py's): what it may do, what it stops and what not, and that neither restarts nor firewall reloads open a
hole. Needs root; argument: the program. Exit 77 (skipped) without root."""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

if os.geteuid() != 0:
    print("SKIPPED: guard_lab_test needs root for network namespaces and nftables", file=sys.stderr)
    sys.exit(77)

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "kernel"))
from kernel_lab import CLIENT, CLIENT6, CLIENT_MAC, Home, NET_ADMIN, OTHER_MAC, PROGRAM, SERVER, SERVER6, wait_for  # noqa: E402

NOBODY = 65534
TABLE = ("table", "inet", "gatewitness")
# A daemon in small: one question, one answer.
ASK = """
import sys, zmq
s = zmq.Context().socket(zmq.REQ)
s.setsockopt(zmq.LINGER, 0)
s.connect(sys.argv[1])
s.send(bytes.fromhex(sys.argv[2]))
if not s.poll(int(sys.argv[3])): sys.exit(3)
sys.stdout.write(s.recv().decode())
"""


class Guard:
    def __init__(self, home, *options):
        self.home, self.options = home, options
        self.folder = tempfile.mkdtemp(prefix="gwg-")
        os.chmod(self.folder, 0o755)
        self.process = None
        self.lines = []

    def command(self, *options):
        return ["ip", "netns", "exec", self.home.names["gateway"], PROGRAM, "--user", "nobody",
                "--run-dir", f"{self.folder}/run", "--state-dir", f"{self.folder}/state", *self.options, *options]

    def start(self):
        path = pathlib.Path(f"{self.folder}/log")
        started = self.said().count("ready in") if path.exists() else 0
        with path.open("ab") as log:
            self.process = subprocess.Popen(self.command(), stderr=log)
        wait_for(lambda: self.process.poll() is not None or self.said().count("ready in") > started)
        assert self.process.poll() is None, self.said()
        return self

    def said(self):
        return pathlib.Path(f"{self.folder}/log").read_text()

    def ask(self, request, user=NOBODY, patience_ms=5000):
        """The lines of the answer; None if none came."""
        done = subprocess.run([sys.executable, "-c", ASK, f"ipc://{self.folder}/run/guard.sock",
                               request.encode("latin-1").hex(), str(patience_ms)],
                              capture_output=True, text=True, user=user, group=user, extra_groups=[])
        return done.stdout.splitlines() if done.returncode == 0 else None

    def do(self, request):
        answer = self.ask(request)
        assert answer and answer[0].startswith("ok "), (request, answer, self.said())
        return answer

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        return self.process.wait(10)

    def end(self):
        if self.process and self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class GuardLab(unittest.TestCase):
    def setUp(self):
        self.home = Home()
        self.addCleanup(self.home.down)
        self.home.up()
        self.guard = Guard(self.home)
        self.addCleanup(self.guard.end)

    # -- what the world looks like --

    def table(self):
        """The guard's table in text, "" if there is none."""
        done = subprocess.run(["ip", "netns", "exec", self.home.names["gateway"], "nft", "list", *TABLE],
                              capture_output=True, text=True)
        return done.stdout

    def nft(self, *words):
        self.home.inside("gateway", "nft", *words)

    def reaches(self, address, port, patience=3.0):
        """Whether a new connection of the client is greeted."""
        def make():
            made = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
            made.settimeout(patience)
            try:
                made.connect((address, port))
                return made.recv(64) != b""
            except OSError:
                return False
            finally:
                made.close()
        return self.home.within("client", make)

    def connections(self, *filters):
        return self.home.inside("gateway", "conntrack", "-L", *filters).splitlines()

    def block_mail(self, seconds=600, addresses=f"{CLIENT} {CLIENT6}"):
        return self.guard.do(f"block {CLIENT_MAC} mail {seconds} owner {addresses}")

    # -- rights --

    def test_it_has_one_capability_and_a_sandbox(self):
        self.guard.start()
        self.block_mail()  # libzmq's threads are there, and it has worked
        for task in pathlib.Path(f"/proc/{self.guard.process.pid}/task").iterdir():
            lines = (task / "status").read_text().splitlines()
            status = {key: value.strip() for key, value in (line.split(":", 1) for line in lines)}
            self.assertEqual(status["Uid"].split(), ["65534"] * 4)
            self.assertEqual(status["Gid"].split(), ["65534"] * 4)
            self.assertEqual(status["Groups"], "")
            for name, want in (("CapInh", 0), ("CapPrm", NET_ADMIN), ("CapEff", NET_ADMIN), ("CapBnd", 0), ("CapAmb", 0)):
                self.assertEqual(int(status[name], 16), want, name)
            self.assertEqual(status["NoNewPrivs"], "1")
            self.assertEqual(status["Seccomp"], "2")
        self.assertEqual(os.stat(f"{self.guard.folder}/state/guard.state").st_mode & 0o777, 0o600)

    def test_only_the_daemons_user_is_heard(self):
        self.guard.start()
        for other in (0, 1):
            self.assertIsNone(self.guard.ask("list", user=other, patience_ms=700), f"user {other}")
        refused = int(self.guard.do("list")[0].split()[1])
        self.assertGreaterEqual(refused, 1)
        self.assertIn("another user", self.guard.said())

    def test_without_rights_it_is_one_line(self):
        done = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all",
                               "--bounding-set=-all", PROGRAM, "--run-dir", f"{self.guard.folder}/run", "--state-dir",
                               "/nowhere/at/all"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)

    # -- what is stopped, and what not --

    def test_mail_stops_and_nothing_else_does(self):
        self.guard.start()
        for address in (SERVER, SERVER6):
            self.assertTrue(self.reaches(address, 25) and self.reaches(address, 2526), address)
        live, port = self.home.connect("client", SERVER, 25)
        other, _ = self.home.connect("client", SERVER, 2526)
        self.assertTrue(self.connections("-p", "tcp", "--sport", str(port)))
        began = time.monotonic()
        self.block_mail()
        self.assertFalse(self.reaches(SERVER, 25, 1.0))
        self.assertLess(time.monotonic() - began, 1.0)
        for address in (SERVER, SERVER6):
            self.assertFalse(self.reaches(address, 25, 1.0), address)
            self.assertFalse(self.reaches(address, 587, 1.0), address)
            self.assertTrue(self.reaches(address, 2526), address)
        # The live session ends, the other goes on.
        self.assertFalse(self.connections("-p", "tcp", "--sport", str(port), "--dport", "25", "--state", "ESTABLISHED"))
        live.settimeout(2)
        with self.assertRaises(OSError):
            for _ in range(20):
                live.send(b"NOOP\r\n")
                time.sleep(0.05)
        other.send(b"still here\r\n")
        self.assertTrue(self.connections("-p", "tcp", "--dport", "2526", "--state", "ESTABLISHED"))
        answer = self.guard.do(f"unblock {CLIENT_MAC}")
        self.assertEqual(len(answer), 1)
        self.assertEqual(self.table(), "")
        for address in (SERVER, SERVER6):
            self.assertTrue(self.reaches(address, 25), address)

    def test_a_new_address_does_not_help_and_a_new_mac_neither(self):
        self.guard.start()
        self.block_mail()
        self.home.ip("client", "addr", "del", f"{CLIENT}/24", "dev", "cl0")
        self.home.ip("client", "addr", "add", "192.168.77.50/24", "dev", "cl0")
        self.home.ip("client", "route", "replace", "default", "via", "192.168.77.1")
        self.assertFalse(self.reaches(SERVER, 25, 1.0))
        self.assertTrue(self.reaches(SERVER, 2526))
        self.home.ip("client", "link", "set", "cl0", "address", OTHER_MAC)
        self.home.ip("client", "addr", "del", "192.168.77.50/24", "dev", "cl0")
        self.home.ip("client", "addr", "add", f"{CLIENT}/24", "dev", "cl0")
        self.home.ip("client", "route", "replace", "default", "via", "192.168.77.1")
        self.home.ip("gateway", "neigh", "flush", "all")
        self.assertTrue(self.reaches(SERVER, 2526))
        self.assertFalse(self.reaches(SERVER, 25, 1.0))
        # The address has a new owner, says the daemon.
        self.guard.do(f"move {CLIENT_MAC} 192.168.77.50")
        self.assertTrue(self.reaches(SERVER, 25))

    def test_all_is_all(self):
        self.guard.start()
        live, _ = self.home.connect("client", SERVER, 2526)
        self.guard.do(f"block {CLIENT_MAC} all 600 owner:7 {CLIENT} {CLIENT6}")
        for address in (SERVER, SERVER6):
            for port in (25, 2526):
                self.assertFalse(self.reaches(address, port, 0.5), (address, port))
        self.assertFalse(self.connections("-p", "tcp", "--dport", "2526", "--state", "ESTABLISHED"))
        # What is asked of the gateway itself goes on: a lease, a name, its page.
        with self.assertRaises(ConnectionRefusedError):  # nobody listens there, but it answers
            self.home.connect("client", "192.168.77.1", 80)
        self.guard.do(f"block {CLIENT_MAC} mail 600 owner {CLIENT}")  # less now
        self.assertTrue(self.reaches(SERVER, 2526))
        self.assertFalse(self.reaches(SERVER, 25, 0.5))
        live.close()

    def test_the_gateways_own_mail(self):
        self.guard.start()
        self.assertTrue(self.guard.ask("block gateway all 600 owner")[0].startswith("error of the gateway itself"))
        self.home.connect("gateway", SERVER, 25)
        self.guard.do("block gateway mail 600 owner 203.0.113.7")
        with self.assertRaises(OSError):
            self.home.connect("gateway", SERVER, 25)
        self.home.connect("gateway", SERVER, 2526)
        self.assertTrue(self.reaches(SERVER, 25), "the devices' mail goes on")

    # -- it lasts, and it ends --

    def test_a_firewall_reload_opens_no_hole(self):
        self.guard.start()
        self.block_mail()
        before = self.table()
        self.assertIn(CLIENT_MAC, before)
        for attack in (("flush", "ruleset"), ("delete", *TABLE), ("flush", *TABLE),
                       ("flush", "set", *TABLE[1:], "mail_macs"), ("add", "rule", *TABLE[1:], "forward", "accept")):
            began = time.monotonic()
            self.nft(*attack)
            def restored():
                text = self.table()
                return CLIENT_MAC in text and "reject with tcp reset" in text and "accept\n\t}" not in text
            wait_for(restored, 1.0)
            self.assertLess(time.monotonic() - began, 1.0, attack)
            self.assertFalse(self.reaches(SERVER, 25, 0.5), attack)
        self.assertGreaterEqual(int(self.guard.do("list")[0].split()[3]), 5)

    def test_other_tables_may_change_as_they_like(self):
        self.guard.start()
        self.block_mail()
        for number in range(30):
            self.nft("add", "table", "inet", f"other{number}")
        answer = self.guard.do("list")
        self.assertEqual(answer[0].split()[3], "0", "nothing had to be restored")
        self.assertIn("table inet other29", self.home.inside("gateway", "nft", "list", "tables"))

    def test_killed_and_started_again(self):
        self.guard.start()
        first = self.block_mail()[1:]
        self.guard.kill()
        self.assertIn(CLIENT_MAC, self.table(), "the kernel keeps it meanwhile")
        self.assertFalse(self.reaches(SERVER, 25, 0.5))
        self.nft("flush", "ruleset")  # as a reboot does
        self.guard.start()
        self.assertFalse(self.reaches(SERVER, 25, 0.5))
        self.assertEqual(self.guard.do("list")[1:], first, "with the same end")

    def test_a_clean_stop_leaves_it(self):
        self.guard.start()
        self.block_mail()
        self.assertEqual(self.guard.stop(), 0)
        self.assertIn(CLIENT_MAC, self.table())
        self.assertFalse(self.reaches(SERVER, 25, 0.5))

    def test_it_ends_by_itself(self):
        self.guard.start()
        self.block_mail(seconds=2)
        self.assertFalse(self.reaches(SERVER, 25, 0.3))
        wait_for(lambda: self.table() == "", 4)
        self.assertTrue(self.reaches(SERVER, 25))
        self.assertEqual(len(self.guard.do("list")), 1)

    def test_the_kernel_ends_it_if_nobody_else_is_there(self):
        self.guard.start()
        self.block_mail(seconds=2)
        self.guard.kill()
        wait_for(lambda: self.reaches(SERVER, 25, 0.3), 6)
        self.assertNotIn(CLIENT_MAC, self.table())

    def test_the_longest_and_the_most(self):
        self.guard.options = ("--most", "64")
        self.guard.start()
        for number in range(64):
            addresses = " ".join(f"2001:db8:{number:x}::{each:x}" for each in range(1, 33))
            self.guard.do(f"block 02:00:00:00:01:{number:02x} mail {365 * 86400} automatic:{number + 1} {addresses}")
        answer = self.guard.ask("block 02:00:00:00:02:00 mail 60 owner")
        self.assertEqual(answer, ["error there are 64 quarantines already, which is the limit (guard.most)"])
        self.assertEqual(len(self.guard.do("list")), 65)
        self.guard.kill()
        self.guard.start()
        self.assertEqual(len(self.guard.do("list")), 65)

    def test_a_damaged_state_is_set_aside(self):
        self.guard.start()
        self.block_mail()
        self.guard.stop()
        state = pathlib.Path(f"{self.guard.folder}/state/guard.state")
        state.write_text(state.read_text() + f"{CLIENT_MAC} everything 1 1 owner; flush ruleset\n")
        self.guard.start()
        self.assertIn("cannot be used and is set aside (line 3", self.guard.said())
        self.assertEqual(len(self.guard.do("list")), 1)
        self.assertTrue(self.reaches(SERVER, 25))
        self.assertTrue(state.with_name("guard.state.broken").exists())

    # -- removal, and nonsense --

    def test_removal_leaves_no_trace(self):
        before = self.home.inside("gateway", "nft", "list", "ruleset")
        self.guard.start()
        self.block_mail()
        busy = subprocess.run(self.guard.command("--remove"), capture_output=True, text=True)
        self.assertEqual(busy.returncode, 1)
        self.assertIn("stop it first", busy.stderr)
        self.assertIn(CLIENT_MAC, self.table())
        self.guard.stop()
        done = subprocess.run(self.guard.command("--remove"), capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.home.inside("gateway", "nft", "list", "ruleset"), before)
        self.assertEqual(os.listdir(f"{self.guard.folder}/state"), [])
        self.assertEqual(os.listdir(f"{self.guard.folder}/run"), [])
        self.assertTrue(self.reaches(SERVER, 25))
        again = subprocess.run(self.guard.command("--remove"), capture_output=True, text=True)
        self.assertEqual(again.returncode, 0, again.stderr)

    def test_nothing_can_be_injected(self):
        self.guard.start()
        before = self.home.inside("gateway", "nft", "list", "ruleset")
        for request in ("", " ", "list ", "list x", "flush ruleset", "block", f"block {CLIENT_MAC} mail 60 owner ;",
                        f"block {CLIENT_MAC} mail 60 owner 1.2.3.4 }}; flush ruleset", f"block {CLIENT_MAC} mail 60 owner 1.2.3.4/0",
                        f"block {CLIENT_MAC} mail 0 owner", f"block {CLIENT_MAC} mail 60s owner", "block ff:ff:ff:ff:ff:ff mail 60 owner",
                        f"block {CLIENT_MAC} mail 60 owner 127.0.0.1", f"block {CLIENT_MAC} mail 60 owner\nlist", "unblock @all_macs",
                        "\0\xff\xfe"):
            answer = self.guard.ask(request)
            self.assertTrue(answer and len(answer) == 1 and answer[0].startswith("error "), (request, answer))
        self.assertIsNone(self.guard.ask("list" * 1000, patience_ms=500), "too long to be read")
        self.assertEqual(self.home.inside("gateway", "nft", "list", "ruleset"), before)
        self.assertGreaterEqual(int(self.guard.do("list")[0].split()[2]), 15)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=2)
