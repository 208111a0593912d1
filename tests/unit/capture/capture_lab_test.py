#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""gatewitness-capture from outside: what it may do, what it sees, and what it says, on a veth pair between two
network namespaces of its own. Needs root; argument: the program. Exit 77 (skipped) without root."""

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
import time
import unittest

if os.geteuid() != 0:
    print("SKIPPED: capture_lab_test needs root for network namespaces and AF_PACKET", file=sys.stderr)
    sys.exit(77)

import cbor2
import zmq

PROGRAM = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else "gatewitness-capture"
DEVICE_MAC, GATEWAY_MAC = bytes.fromhex("025e00000002"), bytes.fromhex("025e00000001")
KERNEL_DROP, PROBE_START, INTERFACE_DOWN = 0, 1, 3
CLONE_NEWNET = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)


def sh(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


# ---- frames ----

def tcp(source, destination, payload=b"", flags=0x18):
    return struct.pack("!HHIIBBHHH", source, destination, 1, 1 if flags & 0x10 else 0, 0x50, flags, 65535, 0, 0) + payload


def udp(source, destination, payload=b"x" * 40):
    return struct.pack("!HHHH", source, destination, 8 + len(payload), 0) + payload


def ipv4(protocol, rest, options=b""):
    return struct.pack("!BBHHHBBH4s4s", 0x45 + len(options) // 4, 0, 20 + len(options) + len(rest), 1, 0, 64, protocol, 0,
                       bytes([10, 77, 0, 2]), bytes([203, 0, 113, 9])) + options + rest


def ipv6(protocol, rest):
    return struct.pack("!IHBB16s16s", 6 << 28, len(rest), protocol, 64, socket.inet_pton(socket.AF_INET6, "fd77::2"),
                       socket.inet_pton(socket.AF_INET6, "2001:db8::9")) + rest


def ethernet(kind, rest, tag=None):
    middle = b"" if tag is None else struct.pack("!HH", 0x8100, tag)
    return GATEWAY_MAC + DEVICE_MAC + middle + struct.pack("!H", kind) + rest


MAIL = [ethernet(0x0800, ipv4(6, tcp(41000, 2526, b"EHLO fridge\r\n"))),
        ethernet(0x0800, ipv4(6, tcp(41001, 2526, b"ehlo fridge\r\n"), options=b"\x01" * 8)),
        ethernet(0x86dd, ipv6(6, tcp(41002, 2526, b"EHLO fridge\r\n"))),
        ethernet(0x0800, ipv4(6, tcp(41003, 2526, b"EHLO fridge\r\n")), tag=7),
        ethernet(0x86dd, ipv6(6, tcp(41004, 2526, b"EHLO fridge\r\n")), tag=7),
        ethernet(0x0800, ipv4(6, tcp(41005, 25, flags=0x02))),
        ethernet(0x86dd, ipv6(6, tcp(41006, 587, flags=0x02)))]
OTHER = [ethernet(0x0800, ipv4(6, tcp(42000, 443, b"\x17\x03\x03" + b"x" * 1200))),
         ethernet(0x0800, ipv4(6, tcp(443, 42000))),
         ethernet(0x0800, ipv4(17, udp(42001, 443, b"q" * 1200))),
         ethernet(0x0800, ipv4(17, udp(53, 42002))),
         ethernet(0x0800, ipv4(6, tcp(42003, 80, b"GET / HTTP/1.1\r\n"))),
         ethernet(0x86dd, ipv6(6, tcp(42004, 443, b"\x17\x03\x03" + b"x" * 1200))),
         ethernet(0x86dd, ipv6(17, udp(42005, 443))),
         ethernet(0x0800, ipv4(6, tcp(42006, 443, b"\x17\x03\x03")), tag=7),
         ethernet(0x86dd, ipv6(17, udp(42007, 123)), tag=7),
         ethernet(0x88cc, b"x" * 60)]


# ---- namespaces ----

class Lan:
    """A device's namespace and the gateway's, joined by a veth pair: dev0 <-> lan0."""

    def __init__(self):
        self.device, self.gateway = f"gwc-dev-{os.getpid()}", f"gwc-gw-{os.getpid()}"
        self.sender = None
        atexit.register(self.down)  # also when the test itself is stopped

    def up(self):
        for name in (self.device, self.gateway):
            sh("ip", "netns", "add", name)
            for key in ("accept_ra", "router_solicitations", "autoconf", "accept_dad"):
                for scope in ("default", "all"):
                    sh("ip", "netns", "exec", name, "sysctl", "-qw", f"net.ipv6.conf.{scope}.{key}=0")
        self.join()

    def join(self):
        sh("ip", "-n", self.device, "link", "add", "dev0", "address", DEVICE_MAC.hex(":"), "type", "veth", "peer", "name",
           "lan0", "netns", self.gateway, "address", GATEWAY_MAC.hex(":"))
        sh("ip", "-n", self.gateway, "link", "set", "lan0", "up")
        sh("ip", "-n", self.device, "link", "set", "dev0", "arp", "off", "up")
        self.sender = self.packet_socket()

    def packet_socket(self):
        own = os.open("/proc/self/ns/net", os.O_RDONLY)
        there = os.open(f"/run/netns/{self.device}", os.O_RDONLY)
        try:
            if LIBC.setns(there, CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")
            made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            made.bind(("dev0", 0))
            return made
        finally:
            LIBC.setns(own, CLONE_NEWNET)
            os.close(own)
            os.close(there)

    def cut(self):
        self.sender.close()
        sh("ip", "-n", self.gateway, "link", "del", "lan0")

    def down(self):
        if self.sender is not None:
            self.sender.close()
        for name in (self.device, self.gateway):
            subprocess.run(["ip", "netns", "del", name], capture_output=True)


# ---- the probe, and who listens to it ----

class Probe:
    def __init__(self, lan, *options, interface="lan0"):
        self.folder = tempfile.mkdtemp(prefix="gwc-")
        os.chmod(self.folder, 0o755)
        self.context = zmq.Context()
        self.inbox, self.hints = self.listen("inbox"), self.listen("hints")
        self.records = []
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", lan.gateway, PROGRAM, "--interface", interface, "--user", "nobody",
             "--publish", f"ipc://{self.folder}/inbox", "--hints", f"ipc://{self.folder}/hints", *options],
            stderr=subprocess.PIPE, text=True)

    def listen(self, name):
        made = self.context.socket(zmq.PULL)
        made.setsockopt(zmq.RCVHWM, 100000)
        made.bind(f"ipc://{self.folder}/{name}")
        os.chmod(f"{self.folder}/{name}", 0o777)
        return made

    def find(self, kind, test=lambda record: True, deadline=5.0):
        """The first record of that kind, from now on, for which the test holds."""
        end = time.monotonic() + deadline
        while time.monotonic() < end:
            if not self.inbox.poll(max(1, int((end - time.monotonic()) * 1000))):
                break
            item = cbor2.loads(self.inbox.recv())
            item["record"]["_arrived"] = time.time()
            self.records.append(item)
            if item["type"] == kind and test(item["record"]):
                return item["record"]
        raise AssertionError(f"no {kind} in {deadline} s; status {self.process.poll()}; seen: {self.records[-5:]}")

    def started(self):
        self.find("probe_status", deadline=20)
        return self

    def interface(self, status):
        return status["interfaces"][0]

    def settled(self):
        """The newest status, once nothing more comes in."""
        last = None
        for _ in range(40):
            status = self.find("probe_status")
            now = self.interface(status).get("received", 0)
            if now == last:
                return self.interface(status)
            last = now
        raise AssertionError("never quiet")

    def status_of(self, pid=None):
        lines = pathlib.Path(f"/proc/{pid or self.process.pid}/status").read_text().splitlines()
        return {key: value.strip() for key, value in (line.split(":", 1) for line in lines)}

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


NAMES = "r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip".split()
NO_CALL = 2**64 - 1


def stopped_in_a_call(pid):
    """Attaches to the process; gives its registers if that stopped it inside a system call, else lets it go (x86_64)."""
    attach, detach, getregs = 16, 17, 12
    registers = (ctypes.c_ulonglong * 27)()
    assert LIBC.ptrace(attach, pid, None, None) == 0, os.strerror(ctypes.get_errno())
    os.waitpid(pid, 0)
    assert LIBC.ptrace(getregs, pid, None, registers) == 0
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        memory.seek(registers[NAMES.index("rip")] - 2)
        at_call = memory.read(2) == b"\x0f\x05"  # the instruction "syscall"
    if at_call and registers[NAMES.index("orig_rax")] != NO_CALL:
        return registers
    assert LIBC.ptrace(detach, pid, None, None) == 0
    return None


def inject_system_call(pid, number, *arguments):
    """Makes a process that sleeps in a system call do another one instead (x86_64, ptrace)."""
    detach, setregs = 17, 13
    LIBC.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    LIBC.ptrace.restype = ctypes.c_long
    deadline = time.monotonic() + 10
    while (registers := stopped_in_a_call(pid)) is None:
        assert time.monotonic() < deadline, "the process never sleeps"
        time.sleep(0.01)
    for name, value in zip(("rdi", "rsi", "rdx", "r10", "r8", "r9"), arguments):
        registers[NAMES.index(name)] = value
    registers[NAMES.index("rax")] = number
    registers[NAMES.index("orig_rax")] = NO_CALL  # no restart of the old call
    registers[NAMES.index("rip")] -= 2            # the instruction "syscall" again
    assert LIBC.ptrace(setregs, pid, None, registers) == 0
    assert LIBC.ptrace(detach, pid, None, None) == 0


class CaptureLab(unittest.TestCase):
    def setUp(self):
        self.lan = Lan()
        self.addCleanup(self.lan.down)
        self.lan.up()

    def probe(self, *options, **more):
        made = Probe(self.lan, *options, **more)
        self.addCleanup(made.end)
        return made

    def send(self, frames):
        for frame in frames:
            self.lan.sender.send(frame)

    def attempt_to(self, probe, port, source_port=None, deadline=5.0):
        return probe.find("attempt", lambda r: r["flow"][3] == port and source_port in (None, r["flow"][1]), deadline)

    def test_rights_are_gone(self):
        probe = self.probe().started()
        status = probe.status_of()
        self.assertEqual(status["Uid"].split(), ["65534"] * 4)
        self.assertEqual(status["Gid"].split(), ["65534"] * 4)
        self.assertEqual(status["Groups"], "")
        for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            self.assertEqual(int(status[name], 16), 0, name)
        self.assertEqual(status["NoNewPrivs"], "1")
        self.assertEqual(status["Seccomp"], "2")
        for task in pathlib.Path(f"/proc/{probe.process.pid}/task").iterdir():
            self.assertEqual(probe.status_of(f"{probe.process.pid}/task/{task.name}")["Seccomp"], "2")
            self.assertEqual(int(probe.status_of(f"{probe.process.pid}/task/{task.name}")["CapEff"], 16), 0)

    def test_no_network_socket_but_the_locked_one(self):
        probe = self.probe().started()
        inodes = set()
        for entry in pathlib.Path(f"/proc/{probe.process.pid}/fd").iterdir():
            target = os.readlink(entry)
            if target.startswith("socket:"):
                inodes.add(target[8:-1])
        for table in ("tcp", "tcp6", "udp", "udp6", "raw", "raw6", "netlink"):
            for line in pathlib.Path(f"/proc/{probe.process.pid}/net/{table}").read_text().splitlines()[1:]:
                self.assertFalse(inodes & set(line.split()), f"{table}: {line}")

    @unittest.skipUnless(os.uname().machine == "x86_64", "injects system calls by register")
    def test_forbidden_calls_kill(self):
        calls = {"socket(AF_INET)": (41, socket.AF_INET, socket.SOCK_STREAM, 0),
                 "socket(AF_PACKET)": (41, socket.AF_PACKET, socket.SOCK_RAW, 0),
                 "execve": (59, 0, 0, 0),
                 "send to the capture socket": (44, 64, 0, 0, 0, 0, 0),
                 "write to the capture socket": (1, 64, 0, 0),
                 "setuid": (105, 0)}
        for name, call in calls.items():
            with self.subTest(name):
                probe = self.probe().started()
                inject_system_call(probe.process.pid, *call)
                self.assertEqual(probe.process.wait(5), -signal.SIGSYS)

    def test_nothing_but_mail_reaches_user_space(self):
        probe = self.probe("--heartbeat", "1").started()
        before = probe.settled().get("received", 0)
        for _ in range(1000):
            self.send(OTHER)
        self.assertEqual(probe.settled().get("received", 0) - before, 0, f"of {1000 * len(OTHER)} other frames")
        self.send(MAIL)
        after = probe.settled()
        self.assertEqual(after["received"] - before, len(MAIL))
        self.assertEqual(after.get("dropped", 0), 0)

    def test_smtp_on_any_port_is_seen_and_told(self):
        probe = self.probe().started()
        self.send(MAIL)
        seen = {}
        while len(seen) < len(MAIL):
            record = probe.find("attempt")
            seen[record["flow"][1]] = record
        self.assertEqual(sorted(seen), [41000, 41001, 41002, 41003, 41004, 41005, 41006])
        self.assertEqual(seen[41000]["client_mac"], DEVICE_MAC)
        self.assertEqual(seen[41000]["interface"], "lan0")
        self.assertEqual([seen[port].get("vlan", 0) for port in (41000, 41003, 41004)], [0, 7, 7])
        self.assertTrue(probe.hints.poll(5000), "no hint for port 2526")
        hint = cbor2.loads(probe.hints.recv())
        self.assertEqual(hint["record"]["flow"][3], 2526)

    def test_an_attempt_is_seen_within_200_ms(self):
        probe = self.probe().started()
        delays = []
        for port in range(43000, 43020):
            sent = time.time()
            self.send([ethernet(0x0800, ipv4(6, tcp(port, 25, flags=0x02)))])
            delays.append(self.attempt_to(probe, 25, port)["_arrived"] - sent)
        print(f"SYN to record: median {sorted(delays)[10] * 1000:.1f} ms, worst {max(delays) * 1000:.1f} ms", file=sys.stderr)
        self.assertLess(max(delays), 0.2)

    def test_an_interface_goes_down_and_comes_up(self):
        probe = self.probe().started()
        sh("ip", "-n", self.lan.gateway, "link", "set", "lan0", "down")
        probe.find("probe_status", lambda r: not probe.interface(r).get("up", False))
        sh("ip", "-n", self.lan.gateway, "link", "set", "lan0", "up")
        gap = probe.find("capture_gap", lambda r: r["reason"] == INTERFACE_DOWN)
        self.assertEqual(gap["interface"], "lan0")
        self.assertLess(gap["from"], gap["to"])
        probe.find("probe_status", lambda r: probe.interface(r).get("up", False))
        self.send(MAIL)
        self.attempt_to(probe, 25)

    def test_an_interface_is_deleted_and_made_again(self):
        probe = self.probe().started()
        self.lan.cut()
        probe.find("probe_status", lambda r: not probe.interface(r).get("up", False))
        self.lan.join()
        probe.find("capture_gap", lambda r: r["reason"] == INTERFACE_DOWN)
        before = probe.interface(probe.find("probe_status", lambda r: probe.interface(r).get("up", False)))
        for _ in range(100):
            self.send(OTHER)  # the filter is still locked on
        self.send(MAIL)
        self.attempt_to(probe, 25)
        self.assertIsNone(probe.process.poll())
        probe.process.terminate()
        last = probe.interface(probe.find("probe_status", lambda r: r.get("stopping", False)))
        self.assertEqual(last["received"] - before.get("received", 0), len(MAIL))

    def test_an_interface_that_does_not_exist(self):
        probe = self.probe(interface="lan9")
        self.assertEqual(probe.process.wait(20), 1)
        error = probe.process.stderr.read()
        self.assertIn('there is no interface "lan9": there are', error)
        self.assertIn("lan0", error)
        self.assertNotIn("Traceback", error)

    def test_an_interface_that_is_down_at_the_start(self):
        sh("ip", "-n", self.lan.gateway, "link", "set", "lan0", "down")
        probe = self.probe()
        status = probe.find("probe_status", deadline=20)
        self.assertFalse(probe.interface(status).get("up", False))
        sh("ip", "-n", self.lan.gateway, "link", "set", "lan0", "up")
        probe.find("capture_gap", lambda r: r["reason"] == INTERFACE_DOWN and r["from"] < r["to"])
        self.send(MAIL)
        self.attempt_to(probe, 25)

    def test_what_the_kernel_drops_is_reported(self):
        probe = self.probe("--buffer", "65536", "--heartbeat", "1").started()
        os.kill(probe.process.pid, signal.SIGSTOP)
        for _ in range(500):
            self.send(MAIL)
        os.kill(probe.process.pid, signal.SIGCONT)
        gap = probe.find("capture_gap", lambda r: r["reason"] == KERNEL_DROP)
        self.assertEqual(gap["interface"], "lan0")
        self.assertGreater(gap["count"], 0)
        status = probe.find("probe_status", lambda r: probe.interface(r).get("dropped", 0) > 0)
        self.assertEqual(probe.interface(status)["dropped"], gap["count"])
        self.assertEqual(probe.interface(status)["received"], 500 * len(MAIL))

    def test_a_signal_ends_it_cleanly(self):
        probe = self.probe().started()
        self.send([ethernet(0x0800, ipv4(6, tcp(44000, 25, flags=0x02)))])
        self.attempt_to(probe, 25)
        probe.process.terminate()
        final = probe.find("attempt", lambda r: r.get("final", False))
        self.assertEqual(final["flow"][1], 44000)
        last = probe.find("probe_status", lambda r: r.get("stopping", False))
        self.assertTrue(last["sandboxed"])
        self.assertEqual(probe.process.wait(10), 0)
        numbers = [item["seq"] for item in probe.records]
        self.assertEqual(numbers, list(range(len(numbers))), "a hole in the sequence")

    def test_an_unknown_user_is_one_line(self):
        probe = self.probe("--user=no-such-user-here")  # given twice: the fixture names one too
        self.assertEqual(probe.process.wait(20), 2)
        done = subprocess.run([PROGRAM, "--interface", "lo", "--publish", "ipc:///nowhere", "--user", "no-such-user-here"],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn('cannot become user "no-such-user-here"', done.stderr)


class CaptureFiles(unittest.TestCase):
    """The same program on files, also without rights and network."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="gwc-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        os.chmod(self.folder, 0o755)
        self.capture = f"{self.folder}/capture.pcap"
        with open(self.capture, "wb") as out:
            out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
            for i, frame in enumerate((MAIL + OTHER) * 3):
                out.write(struct.pack("<IIII", 1700000000 + i, 0, len(frame), len(frame)) + frame)

    def run_on(self, path):
        context = zmq.Context()
        inbox = context.socket(zmq.PULL)
        inbox.bind(f"ipc://{self.folder}/inbox")
        os.chmod(f"{self.folder}/inbox", 0o777)
        done = subprocess.run([PROGRAM, "--file", path, "--user", "nobody", "--publish", f"ipc://{self.folder}/inbox"],
                              capture_output=True, text=True, timeout=60)
        records = []
        while inbox.poll(200):
            records.append(cbor2.loads(inbox.recv()))
        context.destroy(linger=0)
        return done, records

    def test_a_file_gives_its_attempts_and_ends(self):
        done, records = self.run_on(self.capture)
        self.assertEqual(done.returncode, 0, done.stderr)
        attempts = [r["record"] for r in records if r["type"] == "attempt"]
        self.assertEqual({a["flow"][1] for a in attempts}, set(range(41000, 41007)))
        self.assertTrue(records[-1]["record"]["stopping"])

    def test_a_cut_file_is_read_up_to_its_end(self):
        os.truncate(self.capture, os.path.getsize(self.capture) - 20)
        done, records = self.run_on(self.capture)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("truncated", done.stderr)
        self.assertTrue(records[-1]["record"]["stopping"])

    def test_what_is_no_capture_is_one_line(self):
        pathlib.Path(self.capture).write_text("Received: from nobody\n" * 20)
        done, _ = self.run_on(self.capture)
        self.assertEqual(done.returncode, 1)
        self.assertIn("is not a capture", done.stderr)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=2)
