#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""gatewitness-kernel from outside (kernel_lab.py has the network): what the probe may do, and what it says about
connections, neighbours, addresses and losses. Needs root; argument: the program. Exit 77 (skipped) without root."""
import os
import pathlib
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

if os.geteuid() != 0:
    print("SKIPPED: kernel_lab_test needs root for network namespaces and netlink", file=sys.stderr)
    sys.exit(77)

import zmq
from kernel_lab import CLIENT, CLIENT6, CLIENT_MAC, Home, LAN, LAN6, LAN_MAC, LEASE, NEIGHBOUR, NETLINK_LOSS, NET_ADMIN, OTHER_MAC, PROBE_START, PROGRAM, Probe, SERVER, SERVER6, STATIC_NAME, WAN, WAN6, packed, under_a_filter, wait_for


class KernelLab(unittest.TestCase):
    def setUp(self):
        self.home = Home()
        self.addCleanup(self.home.down)
        self.home.up()

    def probe(self, *options, **how):
        made = Probe(self.home, *options, **how)
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

    def test_the_requester_is_confined_under_a_filter_that_stands_already(self):
        probe = self.probe(before=under_a_filter).started()
        status = probe.status_of(probe.requester())
        self.assertEqual((status["Seccomp"], status["Seccomp_filters"], int(status["CapPrm"], 16)), ("2", "2", NET_ADMIN))

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

    # -- the gateway's own records --

    def leases(self, *lines, replace=False):
        path = self.folder / "dhcp.leases"
        if replace:
            (self.folder / ".new").write_text("".join(line + "\n" for line in lines))
            os.rename(self.folder / ".new", path)
        else:
            with open(path, "w", encoding="ascii") as file:  # in place, as dnsmasq does
                file.write("".join(line + "\n" for line in lines))
        return str(path)

    def with_folder(self):
        made = tempfile.TemporaryDirectory(prefix="gwk-")
        self.addCleanup(made.cleanup)
        self.folder = pathlib.Path(made.name)
        self.folder.chmod(0o755)

    def test_leases_are_read_at_the_start_and_when_they_change(self):
        self.with_folder()
        end = int(time.time()) + 3600
        fridge, nas = f"{end} 8c:79:f5:10:00:01 192.168.77.30 fridge *", f"{end} 00:11:32:10:00:03 192.168.77.31 nas *"
        probe = self.probe("--leases", self.leases(fridge))

        def claimed(address, withdrawn=False):
            return probe.find("address_claim", lambda r: r["address"] == packed(address) and r["source"] == LEASE
                              and r.get("withdrawn", False) == withdrawn)
        self.assertLess(abs(claimed("192.168.77.30")["lease_s"] - 3600), 10)
        name = probe.find("identity_fact")
        self.assertEqual((name["mac"].hex(), name["value"], name["on_record"]), ("8c79f5100001", "fridge", True))
        self.leases(fridge, nas)
        claimed("192.168.77.31")
        self.leases(nas, replace=True)
        claimed("192.168.77.30", withdrawn=True)
        self.leases(nas, fridge)
        claimed("192.168.77.30")
        self.leases(nas, "nonsense", replace=True)
        claimed("192.168.77.30", withdrawn=True)
        probe.find("probe_status", lambda r: probe.counter(r, "lease_lines_bad") > 0 and probe.counter(r, "leases") == 1)

    def test_many_leases_at_once_all_reach_a_busy_daemon(self):
        self.with_folder()
        end, count = int(time.time()) + 3600, 3000
        path = self.leases(*(f"{end} 8c:79:f5:10:{i >> 8:02x}:{i & 255:02x} 192.168.{64 + (i >> 8)}.{i & 255} device-{i} *"
                             for i in range(count)))
        probe = self.probe("--leases", path, queue=10)
        for i in range(count):
            probe.find("address_claim", lambda r, i=i: r["source"] == LEASE and r["mac"][4:] == bytes((i >> 8, i & 255)))
        status = probe.find("probe_status", lambda r: probe.counter(r, "leases_told") >= count)
        self.assertEqual(probe.counter(status, "records_dropped"), 0)

    def test_a_lease_that_runs_out_is_withdrawn(self):
        self.with_folder()
        probe = self.probe("--leases", self.leases(f"{int(time.time()) + 3} 8c:79:f5:10:00:01 192.168.77.30 fridge *"))
        probe.find("address_claim", lambda r: r["source"] == LEASE)
        probe.find("address_claim", lambda r: r["source"] == LEASE and r.get("withdrawn"))

    def test_a_file_that_comes_later_is_found(self):
        self.with_folder()
        probe = self.probe("--leases", str(self.folder / "dhcp.leases")).started()
        self.leases(f"{int(time.time()) + 3600} 8c:79:f5:10:00:01 192.168.77.30 fridge *", replace=True)
        probe.find("address_claim", lambda r: r["source"] == LEASE)
        self.assertEqual(probe.counter(probe.find("probe_status"), "lease_files_refused"), 0)

    def test_ethers_names_a_neighbour(self):
        self.with_folder()
        ethers = self.folder / "ethers"
        ethers.write_text(f"{CLIENT_MAC} kitchen\n00:11:32:10:00:03 gone-for-years\n")
        probe = self.probe("--ethers", str(ethers))
        self.home.connect("client", SERVER, 25)
        fact = probe.find("identity_fact")
        self.assertEqual((fact["value"], fact["kind"]), ("kitchen", STATIC_NAME))
        probe.settled("lease_files_read")
        self.assertEqual([r["record"]["value"] for r in probe.records if r["type"] == "identity_fact"], ["kitchen"])

    def test_what_anybody_could_have_put_there_is_not_believed(self):
        self.with_folder()
        path = self.leases(f"{int(time.time()) + 3600} 8c:79:f5:10:00:01 192.168.77.30 fridge *")
        os.chown(path, 1000, 1000)
        os.mkfifo(self.folder / "pipe")
        probe = self.probe("--leases", path, "--leases", str(self.folder / "pipe")).started()
        self.assertEqual(probe.counter(probe.find("probe_status"), "lease_files_refused"), 2)
        self.assertFalse([r for r in probe.records if r["type"] == "address_claim" and r["record"]["source"] == LEASE])
        probe.end()

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
