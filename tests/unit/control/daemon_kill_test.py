#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 at random moments: what gatewitnessd had accepted, it still knows after a restart; what was in flight is
counted as a hole. Needs no root, python3-zmq and python3-cbor2. Usage: daemon_kill_test.py PATH/gatewitnessd [ROUNDS]"""
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

import cbor2
import zmq

EPOCH = 7
# As nobody, where this runs as root: the daemon then proves that it can.
RIGHTS = ["--allow-no-seccomp"] + (["--user", "nobody"] if os.geteuid() == 0 else [])
DEADLINE_S = 60


class Probe:
    """A stranger's probe: pushes attempts of one device, each with the next sequence number."""

    def __init__(self, context, endpoint):
        self.socket = context.socket(zmq.PUSH)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.IMMEDIATE, 1)  # queue nothing while the daemon is away: the test counts exactly
        self.socket.connect(endpoint)
        self.sequence = 0

    def push(self):
        """True if the record was handed to libzmq. Either way its number is spent, as a real probe does."""
        now = int(time.time() * 1_000_000)
        number = self.sequence
        self.sequence += 1
        record = {
            "id": number, "interface": "br-lan", "client_mac": bytes.fromhex("02005e100001"),
            "flow": [bytes([192, 168, 1, 20]), 1024 + number % 60000, bytes([198, 51, 100, number % 250 + 1]), 25, 6],
            "started": now, "last": now, "outcome": 3, "client_seen": True, "server_seen": True, "final": True,
        }
        message = {"v": 1, "type": "attempt", "probe": "capture", "epoch": EPOCH, "seq": number, "time": now,
                   "record": record}
        try:
            self.socket.send(cbor2.dumps(message), zmq.NOBLOCK)
            return True
        except zmq.Again:
            return False


class Daemon:
    def __init__(self, program, folder):
        self.program = program
        self.folder = folder
        self.context = zmq.Context()
        self.process = None

    def start(self):
        self.process = subprocess.Popen(self.command())

    def command(self):
        return [self.program, "--run-dir", self.folder + "/run", "--state-dir", self.folder + "/state", *RIGHTS]

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=DEADLINE_S)

    def ask(self, request):
        """The answer to a request (bytes or something for JSON), asked again until there is one."""
        body = request if isinstance(request, bytes) else json.dumps(request).encode()
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline:
            with self.context.socket(zmq.REQ) as socket:
                socket.setsockopt(zmq.LINGER, 0)
                socket.connect(f"ipc://{self.folder}/run/control.sock")
                socket.send(body)
                if socket.poll(1000):
                    return json.loads(socket.recv())
            assert self.process.poll() is None, f"gatewitnessd ended with {self.process.returncode}"
        raise AssertionError("no answer")

    def status(self):
        answer = self.ask({"command": "status"})
        assert answer["ok"], answer
        return answer["data"]

    def received(self):
        return self.status()["daemon"]["received"]


def wait_until(condition, what):
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def killed_in_a_loop(daemon, rounds):
    daemon.start()
    probe = Probe(daemon.context, f"ipc://{daemon.folder}/run/records.sock")
    known = 0
    for _ in range(rounds):
        assert daemon.received() >= known, "records that were answered for are forgotten"
        sent = 0
        deadline = time.monotonic() + random.uniform(0.05, 0.4)
        while time.monotonic() < deadline:
            sent += probe.push()
            if random.random() < 0.02:
                known = daemon.received()
        daemon.kill()
        daemon.start()
    # After the last kill: everything that is sent now arrives, and the holes are what is missing.
    wait_until(probe.push, "the daemon does not listen")
    before = -1
    while before != (before := daemon.received()):
        time.sleep(0.2)
    status = daemon.status()
    received = status["daemon"]["received"]
    lost = sum(p["lost"] for p in status["probes"] if p["probe"] == "capture")
    print(f"{rounds} kills: {probe.sequence} records made, {received} received, {lost} counted as lost")
    assert received >= known
    assert received + lost == probe.sequence, "a record is neither known nor counted as lost"
    assert received > 0
    assert sum(status["daemon"]["refused"].values()) == 0
    assert len(daemon.ask({"command": "devices"})["data"]) == 1
    return received


def ended_in_order(daemon, received):
    incidents = daemon.ask({"command": "incidents"})["data"]
    assert daemon.stop() == 0
    daemon.start()
    assert daemon.received() == received
    assert [i["id"] for i in daemon.ask({"command": "incidents"})["data"]] == [i["id"] for i in incidents]
    return incidents


def wrong_requests_get_one_line(daemon):
    for request in (b"", b"{", b"[]", b"\xff\xfe", b"[" * 4000, {"command": 5}, {"command": "reboot"},
                    {"command": "explain"}, {"command": "explain", "id": "no such"}):
        answer = daemon.ask(request)
        assert answer["ok"] is False and "\n" not in answer["error"], answer


def malformed_records_are_counted(daemon):
    with daemon.context.socket(zmq.PUSH) as socket:
        socket.connect(f"ipc://{daemon.folder}/run/records.sock")
        for message in (b"", b"\xff", cbor2.dumps({"v": 99}), cbor2.dumps([1])):
            socket.send(message)
        wait_until(lambda: sum(daemon.status()["daemon"]["refused"].values()) == 4, "malformed records not counted")


def a_second_daemon_is_refused(daemon):
    second = subprocess.run(daemon.command(), capture_output=True, text=True, timeout=DEADLINE_S, check=False)
    assert second.returncode == 1 and "another gatewitnessd" in second.stderr, second
    daemon.status()


def spoil(path):
    with open(path, "r+b") as journal:
        journal.write(b"\0" * 8192)


def put_aside(folder):
    return [name for name in os.listdir(folder) if ".corrupt-" in name]


def a_corrupt_journal_is_moved_aside(daemon):
    known = daemon.received()
    assert daemon.stop() == 0
    spoil(daemon.folder + "/run/journal.db")
    daemon.start()
    assert daemon.received() == known, "the copy knows what the journal knew at the clean end"
    assert len(put_aside(daemon.folder + "/run")) == 1
    assert daemon.stop() == 0
    spoil(daemon.folder + "/run/journal.db")
    spoil(daemon.folder + "/state/journal.db")
    daemon.start()
    assert daemon.received() == 0
    assert len(put_aside(daemon.folder + "/run")) == 2 and len(put_aside(daemon.folder + "/state")) == 1


def a_reboot_goes_on_from_the_copy(daemon):
    """What lies in memory is gone; the copy that an orderly end made is there."""
    known = daemon.received()
    assert known > 0
    assert daemon.stop() == 0
    for name in os.listdir(daemon.folder + "/run"):
        os.remove(daemon.folder + "/run/" + name)
    daemon.start()
    assert daemon.received() == known


def explanations_hold(daemon, incidents):
    for incident in incidents:
        answer = daemon.ask({"command": "explain", "id": incident["id"]})
        assert answer["ok"] and answer["data"]["id"] == incident["id"], answer


def main():
    program = os.path.abspath(sys.argv[1])
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    seed = int(os.environ.get("GATEWITNESS_SEED", time.time_ns()))
    random.seed(seed)
    print(f"GATEWITNESS_SEED={seed}")
    # /tmp: a Unix socket's path has 107 bytes.
    with tempfile.TemporaryDirectory(prefix="gw-", dir="/tmp") as folder:
        os.chmod(folder, 0o755)
        daemon = Daemon(program, folder)
        try:
            received = killed_in_a_loop(daemon, rounds)
            explanations_hold(daemon, ended_in_order(daemon, received))
            wrong_requests_get_one_line(daemon)
            malformed_records_are_counted(daemon)
            a_second_daemon_is_refused(daemon)
            a_reboot_goes_on_from_the_copy(daemon)
            a_corrupt_journal_is_moved_aside(daemon)
            assert daemon.stop() == 0
        finally:
            if daemon.process.poll() is None:
                daemon.kill()


if __name__ == "__main__":
    main()
