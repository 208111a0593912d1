# SPDX-License-Identifier: Apache-2.0
"""The network around gatewitness-kernel in its tests: a client, a gateway that masquerades, and an internet, each a
namespace of its own, and the probe in the gateway with the socket that it reports to. Imported by kernel_lab_test.py."""
import atexit
import ctypes
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

import cbor2
import zmq

PROGRAM = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else "gatewitness-kernel"
CLIENT, CLIENT6 = "192.168.77.20", "fd77::20"
LAN, LAN6 = "192.168.77.1", "fd77::1"
WAN, WAN6 = "203.0.113.7", "2001:db8:7::7"
SERVER, SERVER6 = "203.0.113.99", "2001:db8:7::99"
CLIENT_MAC, OTHER_MAC, LAN_MAC = "02:5e:00:00:00:02", "02:5e:00:00:00:03", "02:5e:00:00:00:01"
PROBE_START, NETLINK_LOSS = 1, 2
NEIGHBOUR, LEASE = 4, 5
STATIC_NAME = 14
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

def under_a_filter():
    """Between fork and exec: a seccomp filter that allows everything, as a service manager sets one that does not."""
    libc = ctypes.CDLL(None, use_errno=True)
    allow = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0x7FFF0000))  # BPF_RET, SECCOMP_RET_ALLOW
    program = struct.pack("@HP", 1, ctypes.addressof(allow))
    if libc.prctl(22, 2, program, 0, 0) != 0:  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER
        raise OSError(ctypes.get_errno(), "no filter")


class Probe:
    def __init__(self, home, *options, before=None, queue=200000):
        """before: called in its process before it begins. queue: records that wait here until they are read."""
        self.folder = tempfile.mkdtemp(prefix="gwk-")
        os.chmod(self.folder, 0o777)
        self.context = zmq.Context()
        self.inbox = self.context.socket(zmq.PULL)
        self.inbox.setsockopt(zmq.RCVHWM, queue)
        self.inbox.bind(f"ipc://{self.folder}/inbox")
        os.chmod(f"{self.folder}/inbox", 0o777)
        self.records = []
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", home.names["gateway"], PROGRAM, "--user", "nobody", "--heartbeat", "1",
             "--publish", f"ipc://{self.folder}/inbox", "--hints", f"ipc://{self.folder}/hints", *options],
            stderr=subprocess.PIPE, text=True, preexec_fn=before)

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
