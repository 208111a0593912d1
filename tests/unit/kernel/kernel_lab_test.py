#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""gatewitness-kernel from outside: a client, a gateway that masquerades, and an internet, each a network namespace of
its own; what the probe may do, and what it says about connections, neighbours, addresses and losses. Needs root;
argument: the program. Exit 77 (skipped) without root."""

import atexit
import ctypes
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

if os.geteuid() != 0:
    print("SKIPPED: kernel_lab_test needs root for network namespaces and netlink", file=sys.stderr)
    sys.exit(77)

import cbor2
import zmq

PROGRAM = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else "gatewitness-kernel"
CLIENT, CLIENT6 = "192.168.77.20", "fd77::20"
LAN, LAN6 = "192.168.77.1", "fd77::1"
WAN, WAN6 = "203.0.113.7", "2001:db8:7::7"
SERVER, SERVER6 = "203.0.113.99", "2001:db8:7::99"
CLIENT_MAC, OTHER_MAC, LAN_MAC = "02:5e:00:00:00:02", "02:5e:00:00:00:03", "02:5e:00:00:00:01"
PROBE_START, NETLINK_LOSS = 1, 2
NEIGHBOUR = 4
NET_ADMIN = 1 << 12
CLONE_NEWNET = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)
RULES = """
table inet gwk {
  chain post {
    type nat hook postrouting priority 100;
    oifname "wan0" masquerade random
  }
}
"""


def sh(*words, **more):
    return subprocess.run(words, check=True, capture_output=True, text=True, **more).stdout


def wait_for(what, deadline=10.0):
    end = time.monotonic() + deadline
    while not what():
        if time.monotonic() > end:
            raise AssertionError("waited in vain")
        time.sleep(0.02)


def packed(address):
    return socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)


# ---- namespaces ----

class Home:
    """client --(cl0, lan0)-- gateway --(wan0, inet0)-- internet"""

    def __init__(self):
        self.names = {role: f"gwk-{os.getpid()}-{role}" for role in ("client", "gateway", "internet")}
        self.stop = threading.Event()
        self.threads, self.sockets = [], []
        atexit.register(self.down)  # also when the test itself is stopped

    def ip(self, role, *words):
        return sh("ip", "-n", self.names[role], *words)

    def inside(self, role, *words, **more):
        return sh("ip", "netns", "exec", self.names[role], *words, **more)

    def up(self):
        for name in self.names.values():
            sh("ip", "netns", "add", name)
            sh("ip", "netns", "exec", name, "sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0",
               "net.ipv6.conf.default.accept_ra=0", "net.ipv6.conf.default.router_solicitations=0")
            sh("ip", "-n", name, "link", "set", "lo", "up")
        self.ip("gateway", "link", "add", "lan0", "address", LAN_MAC, "type", "veth", "peer", "name", "cl0", "address",
                CLIENT_MAC, "netns", self.names["client"])
        self.ip("gateway", "link", "add", "wan0", "type", "veth", "peer", "name", "inet0", "netns", self.names["internet"])
        for role, device, addresses in (("client", "cl0", (CLIENT + "/24", CLIENT6 + "/64")),
                                        ("gateway", "lan0", (LAN + "/24", LAN6 + "/64")),
                                        ("gateway", "wan0", (WAN + "/24", WAN6 + "/64")),
                                        ("internet", "inet0", (SERVER + "/24", SERVER6 + "/64"))):
            for address in addresses:
                self.ip(role, "addr", "add", address, "dev", device, *(("nodad",) if ":" in address else ()))
            self.ip(role, "link", "set", device, "up")
        self.ip("client", "route", "add", "default", "via", LAN)
        self.ip("client", "-6", "route", "add", "default", "via", LAN6)
        self.ip("internet", "-6", "route", "add", "fd77::/64", "via", WAN6)
        self.inside("gateway", "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
        self.inside("gateway", "nft", "-f", "-", input=RULES)
        for port in (25, 587, 2526):
            self.listen(port)

    def within(self, role, make):
        """Runs make() with this thread in that namespace: sockets stay where they were made."""
        own = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        there = os.open(f"/run/netns/{self.names[role]}", os.O_RDONLY)
        try:
            if LIBC.setns(there, CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")
            return make()
        finally:
            LIBC.setns(own, CLONE_NEWNET)
            os.close(own)
            os.close(there)

    def listen(self, port):
        def make():
            made = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind(("::", port))
            made.listen(1024)
            made.settimeout(0.2)
            return made
        listener = self.within("internet", make)
        thread = threading.Thread(target=self.greet, args=(listener,), daemon=True)
        thread.start()
        self.threads.append(thread)
        self.sockets.append(listener)

    def greet(self, listener):
        kept = []
        while not self.stop.is_set():
            try:
                accepted, _ = listener.accept()
                accepted.sendall(b"220 mx.test\r\n")
                kept.append(accepted)
            except OSError:
                continue
        for each in kept:
            each.close()

    def connect(self, role, address, port):
        """A connection that has the greeting: (socket, own port)."""
        def make():
            made = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
            made.settimeout(5)
            made.connect((address, port))
            return made
        made = self.within(role, make)
        made.recv(64)
        self.sockets.append(made)
        return made, made.getsockname()[1]

    def down(self):
        self.stop.set()
        for thread in self.threads:
            thread.join(2)
        for each in self.sockets:
            each.close()
        self.threads, self.sockets = [], []
        for name in self.names.values():
            subprocess.run(["ip", "netns", "del", name], capture_output=True)


# ---- the probe, and who listens to it ----

class Probe:
    def __init__(self, home, *options):
        self.folder = tempfile.mkdtemp(prefix="gwk-")
        os.chmod(self.folder, 0o777)
        self.context = zmq.Context()
        self.inbox = self.context.socket(zmq.PULL)
        self.inbox.setsockopt(zmq.RCVHWM, 200000)
        self.inbox.bind(f"ipc://{self.folder}/inbox")
        os.chmod(f"{self.folder}/inbox", 0o777)
        self.records = []
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", home.names["gateway"], PROGRAM, "--user", "nobody", "--heartbeat", "1",
             "--publish", f"ipc://{self.folder}/inbox", "--hints", f"ipc://{self.folder}/hints", *options],
            stderr=subprocess.PIPE, text=True)

    def find(self, kind, test=lambda record: True, deadline=8.0):
        """The first record of that kind, from now on, for which the test holds."""
        end = time.monotonic() + deadline
        while time.monotonic() < end:
            if not self.inbox.poll(max(1, int((end - time.monotonic()) * 1000))):
                break
            item = cbor2.loads(self.inbox.recv())
            self.records.append(item)
            if item["type"] == kind and test(item["record"]):
                return item["record"]
        raise AssertionError(f"no {kind} in {deadline} s; status {self.process.poll()}; seen: {self.records[-4:]}")

    def started(self):
        """Until the first dumps are complete."""
        self.find("probe_status", lambda r: self.counter(r, "conntrack_dumps") > 0, deadline=20)
        return self

    def counter(self, status, name):
        return {c["name"]: c.get("value", 0) for c in status["counters"]}[name]

    def settled(self, name):
        """A counter's newest value, once it no longer changes."""
        last = None
        for _ in range(30):
            now = self.counter(self.find("probe_status"), name)
            if now == last:
                return now
            last = now
        raise AssertionError("never quiet")

    def binding(self, inside_port, test=lambda record: True, deadline=8.0):
        return self.find("binding", lambda r: r["inside"][1] == inside_port and test(r), deadline)

    def hint(self, flow):
        record = {"id": 1, "interface": "lan0", "client_mac": bytes(6), "next_hop_mac": bytes(6), "flow": flow,
                  "started": int(time.time() * 1e6), "last": int(time.time() * 1e6), "is_mail": 1}
        push = self.context.socket(zmq.PUSH)
        push.connect(f"ipc://{self.folder}/hints")
        push.send(cbor2.dumps({"v": 1, "probe": "capture", "epoch": 1, "seq": 0, "time": int(time.time() * 1e6),
                               "type": "attempt", "record": record}))
        push.close(linger=2000)

    def status_of(self, pid=None):
        lines = pathlib.Path(f"/proc/{pid or self.process.pid}/status").read_text().splitlines()
        return {key: value.strip() for key, value in (line.split(":", 1) for line in lines)}

    def requester(self):
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        assert len(children) == 1, children
        return int(children[0])

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stderr.close()
        self.context.destroy(linger=0)
        shutil.rmtree(self.folder, ignore_errors=True)


class KernelLab(unittest.TestCase):
    def setUp(self):
        self.home = Home()
        self.addCleanup(self.home.down)
        self.home.up()

    def probe(self, *options):
        made = Probe(self.home, *options)
        self.addCleanup(made.end)
        return made

    # -- rights --

    def test_rights_are_gone(self):
        probe = self.probe().started()
        status = probe.status_of()
        self.assertEqual(status["Uid"].split(), ["65534"] * 4)
        self.assertEqual(status["Gid"].split(), ["65534"] * 4)
        self.assertEqual(status["Groups"], "")
        for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            self.assertEqual(int(status[name], 16), 0, name)
        self.assertEqual(status["NoNewPrivs"], "1")
        for task in pathlib.Path(f"/proc/{probe.process.pid}/task").iterdir():
            self.assertEqual(probe.status_of(f"{probe.process.pid}/task/{task.name}")["Seccomp"], "2")

    def test_the_requester_has_one_capability_and_three_system_calls(self):
        probe = self.probe().started()
        status = probe.status_of(probe.requester())
        self.assertEqual(status["Uid"].split(), ["65534"] * 4)
        self.assertEqual(status["Groups"], "")
        for name, want in (("CapInh", 0), ("CapPrm", NET_ADMIN), ("CapEff", NET_ADMIN), ("CapBnd", 0), ("CapAmb", 0)):
            self.assertEqual(int(status[name], 16), want, name)
        self.assertEqual(status["NoNewPrivs"], "1")
        self.assertEqual(status["Seccomp"], "1", "strict mode")
        held = sorted(int(entry.name) for entry in pathlib.Path(f"/proc/{probe.requester()}/fd").iterdir())
        self.assertEqual(held, [2, 3, 4, 5])

    def test_the_requester_ends_with_its_parent(self):
        for stop in (signal.SIGTERM, signal.SIGKILL):
            probe = self.probe().started()
            requester = probe.requester()
            probe.process.send_signal(stop)
            self.assertEqual(probe.process.wait(10), 0 if stop == signal.SIGTERM else -stop)
            wait_for(lambda: not os.path.exists(f"/proc/{requester}")
                     or probe.status_of(requester)["State"].startswith("Z"))

    def test_without_its_requester_it_ends_and_says_so(self):
        probe = self.probe().started()
        os.kill(probe.requester(), signal.SIGKILL)
        self.assertEqual(probe.process.wait(10), 3)
        self.assertIn("asks for dumps is gone", probe.process.stderr.read())

    def test_a_dump_needs_the_capability_even_on_an_open_socket(self):
        """Why there is a requester at all. If this fails, the kernel has changed and it can go."""
        def ask():
            made = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)  # NETLINK_NETFILTER
            made.bind((0, 0))
            made.settimeout(5)
            return made
        request = struct.pack("=IHHII4x", 20, 1 << 8 | 1, 0x301, 1, 0)
        opened = self.home.within("gateway", ask)
        self.addCleanup(opened.close)
        answers = {}
        for name, uid in (("root", 0), ("nobody", 65534)):
            child = os.fork()
            if child == 0:
                os.setuid(uid)
                opened.send(request)
                os._exit(0)
            os.waitpid(child, 0)
            _, kind, _, _, _, error = struct.unpack("=IHHIIi", opened.recv(65536)[:20])
            answers[name] = (kind, error if kind == 2 else 0)
        self.assertEqual(answers["nobody"], (2, -1), "NLMSG_ERROR, EPERM")
        self.assertNotEqual(answers["root"][0], 2)

    # -- bindings --

    def test_a_binding_has_both_tuples_and_an_end(self):
        probe = self.probe().started()
        made, port = self.home.connect("client", SERVER, 25)
        first = probe.binding(port)
        self.assertEqual(first["inside"], [packed(CLIENT), port, packed(SERVER), 25, 6])
        self.assertEqual(first["outside"][0], packed(WAN))
        self.assertEqual(first["outside"][2:], [packed(SERVER), 25, 6])
        self.assertNotEqual(first["outside"][1], 0)
        self.assertFalse(first.get("gateway_origin", False))
        self.assertFalse(first.get("from_dump", False))
        self.assertLess(abs(first["started"] / 1e6 - time.time()), 5)
        assured = probe.binding(port, lambda r: r.get("assured"))
        self.assertTrue(assured["replied"])
        made.close()
        self.home.inside("gateway", "conntrack", "-D", "-p", "tcp", "--orig-port-src", str(port))
        ended = probe.binding(port, lambda r: "ended" in r)
        for field in ("id", "inside", "outside", "started"):
            self.assertEqual(ended[field], first[field], field)
        self.assertGreaterEqual(ended["ended"], ended["started"])

    def test_the_outside_port_is_the_one_that_the_server_sees(self):
        probe = self.probe().started()
        made, port = self.home.connect("client", SERVER, 587)
        outside = probe.binding(port)["outside"]
        seen = self.home.inside("internet", "ss", "-Htn", "state", "established", "sport = :587")
        self.assertEqual(seen.split()[-1], f"[::ffff:{WAN}]:{outside[1]}")

    def test_ipv6(self):
        probe = self.probe().started()
        _, port = self.home.connect("client", SERVER6, 25)
        binding = probe.binding(port)
        self.assertEqual(binding["inside"], [packed(CLIENT6), port, packed(SERVER6), 25, 6])
        self.assertEqual(binding["outside"][0], packed(WAN6))
        self.assertFalse(binding.get("gateway_origin", False))

    def test_the_gateways_own_connections_are_marked(self):
        probe = self.probe().started()
        for server, own in ((SERVER, WAN), (SERVER6, WAN6)):
            _, port = self.home.connect("gateway", server, 25)
            binding = probe.binding(port)
            self.assertTrue(binding["gateway_origin"])
            self.assertEqual(binding["inside"][0], packed(own))

    def test_an_address_that_the_gateway_got_a_moment_ago_is_its_own(self):
        probe = self.probe().started()
        self.home.ip("gateway", "addr", "add", "203.0.113.8/24", "dev", "wan0")
        told = probe.find("local_address", lambda r: r["address"] == packed("203.0.113.8"))
        self.assertEqual(told["interface"], "wan0")
        self.home.ip("gateway", "route", "add", "203.0.113.99/32", "dev", "wan0", "src", "203.0.113.8")
        _, port = self.home.connect("gateway", SERVER, 25)
        self.assertTrue(probe.binding(port)["gateway_origin"])
        self.home.ip("gateway", "addr", "del", "203.0.113.8/24", "dev", "wan0")
        probe.find("local_address", lambda r: r["address"] == packed("203.0.113.8") and r.get("removed"))

    def test_what_was_there_before_the_probe_is_told(self):
        _, port = self.home.connect("client", SERVER, 25)
        probe = self.probe()
        binding = probe.binding(port, deadline=20)
        self.assertTrue(binding["from_dump"])
        self.assertTrue(binding["replied"])
        self.assertEqual(binding["inside"][0], packed(CLIENT))

    def test_its_end_is_found_by_a_review_where_the_kernel_sends_none(self):
        # With nf_conntrack_events = 2 an entry that is older than every listener sends no event at its end.
        made, port = self.home.connect("client", SERVER, 25)
        probe = self.probe("--review", "1")
        probe.binding(port, deadline=20)
        made.close()
        self.home.inside("gateway", "conntrack", "-D", "-p", "tcp", "--orig-port-src", str(port))
        probe.binding(port, lambda r: "ended" in r)

    # -- hints --

    def test_other_ports_are_told_after_a_hint_only(self):
        probe = self.probe().started()
        _, port = self.home.connect("client", SERVER, 2526)
        probe.find("probe_status", lambda r: probe.counter(r, "connections_waiting") > 0)
        self.assertFalse([r for r in probe.records if r["type"] == "binding"])
        before = time.time()
        probe.hint([packed(CLIENT), port, packed(SERVER), 2526, 6])
        binding = probe.binding(port)
        self.assertEqual(binding["inside"][3], 2526)
        self.assertEqual(binding["outside"][0], packed(WAN))
        self.assertFalse(binding.get("from_dump", False))
        self.assertLess(binding["started"] / 1e6, before, "its start, not the hint's")

    def test_a_malformed_hint_is_counted(self):
        probe = self.probe().started()
        push = probe.context.socket(zmq.PUSH)
        push.connect(f"ipc://{probe.folder}/hints")
        push.send(b"\xff\x00 no record")
        push.close(linger=2000)
        probe.find("probe_status", lambda r: probe.counter(r, "hints_malformed") == 1)

    # -- neighbours and addresses --

    def test_own_addresses_are_told_at_the_start(self):
        probe = self.probe().started()
        told = {(r["record"]["interface"], r["record"]["address"]): r["record"]
                for r in probe.records if r["type"] == "local_address"}
        for interface, address, length in (("lan0", LAN, 24), ("lan0", LAN6, 64), ("wan0", WAN, 24), ("wan0", WAN6, 64)):
            self.assertEqual(told[interface, packed(address)]["prefix_length"], length)
        self.assertEqual(told["lan0", packed(LAN)]["mac"].hex(":"), LAN_MAC)

    def test_neighbours_and_their_changes(self):
        probe = self.probe("--interface", "lan0").started()
        self.home.connect("client", SERVER, 25)
        claim = probe.find("address_claim", lambda r: r["address"] == packed(CLIENT))
        self.assertEqual((claim["mac"].hex(":"), claim["interface"], claim["source"]), (CLIENT_MAC, "lan0", NEIGHBOUR))
        self.home.ip("gateway", "neigh", "replace", CLIENT, "lladdr", OTHER_MAC, "dev", "lan0")
        claim = probe.find("address_claim", lambda r: r["address"] == packed(CLIENT))
        self.assertEqual(claim["mac"].hex(":"), OTHER_MAC)
        self.home.ip("gateway", "neigh", "del", CLIENT, "dev", "lan0")
        claim = probe.find("address_claim", lambda r: r["address"] == packed(CLIENT))
        self.assertTrue(claim["withdrawn"])
        self.assertNotIn(packed(SERVER), [r["record"]["address"] for r in probe.records if r["type"] == "address_claim"])

    # -- losses --

    def test_a_full_buffer_is_a_gap_and_mended(self):
        probe = self.probe("--buffer", "4096").started()
        kept, kept_port = self.home.connect("client", SERVER, 25)
        started = probe.binding(kept_port)["started"]
        lost_end, lost_port = self.home.connect("client", SERVER, 25)
        probe.binding(lost_port, lambda r: r.get("assured"))
        os.kill(probe.process.pid, signal.SIGSTOP)
        ports = [self.home.connect("client", SERVER, 25)[1] for _ in range(200)]
        lost_end.close()
        self.home.inside("gateway", "conntrack", "-D", "-p", "tcp", "--orig-port-src", str(lost_port))
        os.kill(probe.process.pid, signal.SIGCONT)
        gap = probe.find("capture_gap", lambda r: r["reason"] == NETLINK_LOSS)
        self.assertLess(gap["from"], gap["to"])
        self.assertGreater(gap["count"], 0)
        self.assertGreater(gap["to"] - gap["from"], 0)
        ended = probe.binding(lost_port, lambda r: "ended" in r)
        self.assertLessEqual(gap["from"], ended["ended"])
        probe.find("probe_status", lambda r: probe.counter(r, "bindings_live") >= 201)
        told = {r["record"]["inside"][1] for r in probe.records if r["type"] == "binding"}
        self.assertEqual(set(ports) - told, set())
        self.assertIn(True, [r["record"].get("from_dump", False) for r in probe.records if r["type"] == "binding"])
        kept.close()
        self.home.inside("gateway", "conntrack", "-D", "-p", "tcp", "--orig-port-src", str(kept_port))
        self.assertEqual(probe.binding(kept_port, lambda r: "ended" in r)["started"], started)

    def test_the_counters_of_connections_are_not_touched(self):
        self.home.inside("gateway", "sysctl", "-qw", "net.netfilter.nf_conntrack_acct=1")
        _, port = self.home.connect("client", SERVER, 25)
        listed = lambda: self.home.inside("gateway", "conntrack", "-L", "-p", "tcp", "--orig-port-src", str(port))
        before = listed().split("packets=")[1].split()[0]
        self.assertNotEqual(before, "0")
        self.probe("--review", "1").started()
        time.sleep(2.5)  # the machine's clock: a few reviews
        self.assertGreaterEqual(int(listed().split("packets=")[1].split()[0]), int(before))

    def test_other_traffic_does_not_wake_it(self):
        probe = self.probe("--interface", "lan0").started()
        before = probe.settled("conntrack_messages")
        sender = self.home.within("client", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self.addCleanup(sender.close)
        for port in range(20000, 21000):
            sender.sendto(b"x", (SERVER, port))
        self.assertGreater(int(self.home.inside("gateway", "conntrack", "-C")), 900)
        self.assertEqual(probe.settled("conntrack_messages") - before, 0, "of 1000 new UDP flows")

    # -- begin and end --

    def test_a_signal_ends_it_cleanly(self):
        probe = self.probe().started()
        self.home.connect("client", SERVER, 25)
        probe.find("binding")
        probe.process.terminate()
        last = probe.find("probe_status", lambda r: r.get("stopping", False))
        self.assertTrue(last["sandboxed"])
        self.assertEqual(probe.process.wait(10), 0)
        self.assertEqual(probe.records[0]["record"]["reason"], PROBE_START)
        self.assertEqual({item["probe"] for item in probe.records}, {"kernel"})
        numbers = [item["seq"] for item in probe.records]
        self.assertEqual(numbers, list(range(len(numbers))), "a hole in the sequence")

    def test_without_rights_it_is_one_line(self):
        done = subprocess.run(["ip", "netns", "exec", self.home.names["gateway"], "setpriv", "--reuid=65534", "--clear-groups",
                               "--inh-caps=-all", "--bounding-set=-all", PROGRAM, "--publish", "ipc:///nowhere"],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("CAP_NET_ADMIN", done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)

    def test_an_unknown_user_is_one_line(self):
        done = subprocess.run([PROGRAM, "--publish", "ipc:///nowhere", "--user", "no-such-user-here"],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn('cannot become user "no-such-user-here"', done.stderr)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=2)
