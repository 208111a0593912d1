#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The probe in probes/wire/README.md works as it stands there: it is run against the real gatewitnessd, which must accept
every record and know the device afterwards; and what the README says is refused is refused and counted under that name.
Needs no root, python3-zmq and python3-cbor2. Usage: readme_test.py PATH/README.md PATH/gatewitnessd"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest

try:
    import cbor2
    import zmq
except ImportError as missing:
    print(f"SKIPPED: {missing}; apt-get install python3-zmq python3-cbor2", file=sys.stderr)
    sys.exit(77)

DEADLINE_S = 60
MAC = "02:00:5e:10:00:01"
LEASES = f"{int(time.time()) + 3600} {MAC} 192.168.1.20 fridge 01:{MAC}\n"
README = DAEMON = ""  # set by main


def code_of_readme():
    blocks = re.findall(r"^```python\n(.*?)^```", pathlib.Path(README).read_text(encoding="utf-8"), re.S | re.M)
    assert len(blocks) == 1, f"{len(blocks)} blocks of Python in the README"
    return blocks[0]


def wait_until(condition, what):
    deadline = time.monotonic() + DEADLINE_S
    while not (value := condition()):
        assert time.monotonic() < deadline, what
        time.sleep(0.02)
    return value


class Readme(unittest.TestCase):
    def setUp(self):
        # /tmp: a Unix socket's path has 107 bytes.
        folder = tempfile.TemporaryDirectory(prefix="gw-", dir="/tmp")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        os.chmod(self.folder, 0o755)
        self.context = zmq.Context()
        self.addCleanup(self.context.destroy, 0)
        self.endpoint = f"ipc://{self.folder}/run/records.sock"

    def start(self, *command):
        process = subprocess.Popen(command)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def start_daemon(self):
        # As root it becomes somebody whom every system has.
        self.daemon = self.start(DAEMON, "--run-dir", self.folder + "/run", "--state-dir", self.folder + "/state",
                                 "--user", "nobody", "--allow-no-seccomp")

    def start_probe(self, endpoint):
        self.leases = pathlib.Path(self.folder, "leases")
        self.leases.write_text(LEASES, encoding="utf-8")
        program = pathlib.Path(self.folder, "lease_probe.py")
        program.write_text(code_of_readme(), encoding="utf-8")
        return self.start("/usr/bin/python3", str(program), str(self.leases), endpoint)

    def ask(self, command):
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline:
            with self.context.socket(zmq.REQ) as socket:
                socket.setsockopt(zmq.LINGER, 0)
                socket.connect(f"ipc://{self.folder}/run/control.sock")
                socket.send(json.dumps({"command": command}).encode())
                if socket.poll(1000):
                    answer = json.loads(socket.recv())
                    self.assertTrue(answer["ok"], answer)
                    return answer["data"]
            self.assertIsNone(self.daemon.poll(), "gatewitnessd ended")
        raise AssertionError("no answer")

    def test_its_records_are_what_the_schema_says(self):
        os.mkdir(self.folder + "/run")
        with self.context.socket(zmq.PULL) as inbox:
            inbox.bind(self.endpoint)
            self.start_probe(self.endpoint)
            messages = []
            for _ in range(2):
                self.assertTrue(inbox.poll(DEADLINE_S * 1000), "nothing came")
                messages.append(cbor2.loads(inbox.recv()))
        self.assertEqual([m["seq"] for m in messages], [0, 1])
        self.assertEqual([m["type"] for m in messages], ["address_claim", "identity_fact"])
        for message in messages:
            self.assertEqual(set(message), {"v", "probe", "epoch", "seq", "time", "type", "record"})
            self.assertLess(abs(message["time"] / 1e6 - time.time()), DEADLINE_S * 2)
            self.assertEqual(message["record"]["mac"], bytes.fromhex(MAC.replace(":", "")))

    def test_the_daemon_knows_what_it_told(self):
        self.start_daemon()
        self.start_probe(self.endpoint)
        wait_until(lambda: self.ask("status")["daemon"]["received"] >= 2, "the records did not arrive")
        device, = self.ask("devices")
        self.assertEqual((device["mac"], device["addresses"][0]["address"]), (MAC, "192.168.1.20"))
        self.assertEqual([(f["kind"], f["value"]) for f in device["facts"]], [("dhcp-host-name", "fridge")])
        # A change of the file is told, too.
        self.leases.write_text(LEASES + LEASES.replace(":01 ", ":02 ").replace(".20 ", ".21 "), encoding="utf-8")
        wait_until(lambda: len(self.ask("devices")) == 2, "the second lease did not arrive")
        status = self.ask("status")
        self.assertEqual(sum(status["daemon"]["refused"].values()), 0, status["daemon"])
        self.assertEqual([(p["probe"], p["lost"]) for p in status["probes"]], [("leases", 0)])

    def test_what_is_refused_is_counted_by_its_name(self):
        record = {"mac": bytes.fromhex("02005e100001"), "address": bytes([192, 168, 1, 20]), "source": 0}
        good = {"v": 1, "probe": "stranger", "epoch": 1, "seq": 0, "time": 1, "type": "address_claim", "record": record}
        wrong = {
            "unknown_version": [good | {"v": 2}, {"v": 99}],
            "unknown_type": [good | {"type": "weather"}],
            "bad_field": [good | {"v": "1"}, good | {"seq": -1}, good | {"probe": "A"}, good | {"record": {}},
                          good | {"record": record | {"source": 6}}, good | {"record": record | {"lease_s": None}},
                          good | {"record": record | {"lease_s": 1.5}}, good | {"record": record | {"interface": "x" * 33}}],
            "not_cbor": [b"", b"\xff", cbor2.dumps(good)[:-1], cbor2.dumps(good) + b"\0", cbor2.dumps({1: 2}),
                         cbor2.dumps(good | {"more": cbor2.CBORTag(32, "x")}), b"\xa2\x61v\x01\x61v\x02"],
        }
        fine = [good | {"seq": 0, "more": {"deep": [[[1.5, None, -1, b"x"]]]}}, good | {"seq": 1, "record": record | {"new": True}}]
        self.start_daemon()
        with self.context.socket(zmq.PUSH) as socket:
            socket.setsockopt(zmq.LINGER, 0)
            socket.connect(self.endpoint)
            for message in sum(wrong.values(), []) + fine:
                socket.send(message if isinstance(message, bytes) else cbor2.dumps(message))
            wait_until(lambda: self.ask("status")["daemon"]["received"] == len(fine), "the good ones did not arrive")
        refused = {name: count for name, count in self.ask("status")["daemon"]["refused"].items() if count}
        self.assertEqual(refused, {name: len(messages) for name, messages in wrong.items()})


if __name__ == "__main__":
    README, DAEMON = sys.argv.pop(1), os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=1)
