#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A file system without room when gatewitnessd starts: it says so in a line, goes on watching, and leaves the copy on
flash as it is. Needs root (a small tmpfs in a mount namespace of its own). Usage: full_store_test.py PATH/gatewitnessd"""
import errno
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import zmq

DAEMON = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else ""
DEADLINE_S = 60


def in_namespace(folder):
    """A process that holds the mount namespace in which FOLDER is a tmpfs; what is reached through it is seen by us."""
    holder = subprocess.Popen(["unshare", "--mount", "sh", "-c", f"mount -t tmpfs -o size=400k none {folder} && echo ready && exec sleep 600"],
                              stdout=subprocess.PIPE)
    assert holder.stdout.readline() == b"ready\n"
    return holder


class FullStore(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="gw-full-")
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name
        os.chmod(self.folder, 0o755)
        self.small = f"{self.folder}/small"
        self.state = f"{self.folder}/state"
        for folder in (self.small, self.state):
            os.mkdir(folder)
            os.chmod(folder, 0o750)
        self.holder = in_namespace(self.small)
        self.addCleanup(self.holder.stdout.close)
        self.addCleanup(self.holder.wait)
        self.addCleanup(self.holder.kill)
        self.outside = f"/proc/{self.holder.pid}/root{self.small}"
        os.chmod(self.outside, 0o750)

    def fill(self):
        filler = os.open(f"{self.outside}/filler", os.O_WRONLY | os.O_CREAT)
        try:
            while os.write(filler, bytes(4096)):
                pass
        except OSError as error:
            self.assertEqual(error.errno, errno.ENOSPC)
        finally:
            os.close(filler)

    def run_daemon(self, *options, run_dir):
        daemon = subprocess.Popen(["nsenter", f"--mount=/proc/{self.holder.pid}/ns/mnt", DAEMON, "--allow-no-seccomp", "--user", "nobody",
                                   "--run-dir", run_dir, *options], stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        try:
            status = self.ask(run_dir, daemon)
        finally:
            daemon.send_signal(signal.SIGTERM)
            said = daemon.communicate(timeout=DEADLINE_S)[1]
        self.assertEqual(daemon.returncode, 0, said)
        return status, said

    def ask(self, run_dir, daemon):
        reached = run_dir.replace(self.small, self.outside)
        end = time.monotonic() + DEADLINE_S
        while not os.path.exists(f"{reached}/control.sock") and time.monotonic() < end and daemon.poll() is None:
            time.sleep(0.05)
        # A socket's address has 108 bytes.
        link = f"{self.folder}/c"
        if not os.path.islink(link):
            os.symlink(reached, link)
        with zmq.Context() as context, context.socket(zmq.REQ) as socket:
            socket.setsockopt(zmq.LINGER, 0)
            socket.setsockopt(zmq.RCVTIMEO, DEADLINE_S * 1000 if daemon.poll() is None else 1)
            socket.connect(f"ipc://{link}/control.sock")
            socket.send_string(json.dumps({"command": "status"}))
            return json.loads(socket.recv())["data"]

    def test_the_state_folder_is_full(self):
        self.fill()
        config = f"{self.folder}/c.yaml"
        with open(config, "w", encoding="utf-8") as file:
            file.write("journal:\n  in_memory: false\n")
        run_dir = f"{self.folder}/run"
        os.mkdir(run_dir)
        os.chown(run_dir, 65534, -1)
        os.chmod(run_dir, 0o750)
        os.chown(self.outside, 65534, -1)
        status, said = self.run_daemon("--config", config, "--state-dir", self.small, run_dir=run_dir)
        self.assertIn("database or disk is full): nothing is kept", said)
        self.assertTrue(status["daemon"]["journal"]["failing"])

    def test_the_memory_is_full_and_the_copy_stays(self):
        for folder in (self.outside, self.state):
            os.chown(folder, 65534, -1)
        self.run_daemon("--state-dir", self.state, run_dir=self.small)  # leaves a copy
        with open(f"{self.state}/journal.db", "rb") as copy:
            before = copy.read()
        for name in os.listdir(self.outside):
            os.unlink(f"{self.outside}/{name}")
        self.fill()
        os.unlink(f"{self.folder}/c")
        status, said = self.run_daemon("--state-dir", self.state, run_dir=self.small)
        self.assertIn("cannot be used (", said)
        self.assertIn("full): nothing is kept", said)
        self.assertTrue(status["daemon"]["journal"]["failing"])
        with open(f"{self.state}/journal.db", "rb") as copy:
            self.assertEqual(copy.read(), before)
        self.assertEqual([name for name in os.listdir(self.outside) if name.endswith(".new")], [])


if __name__ == "__main__":
    if os.geteuid() != 0:
        print("FullStore was not run: needs root (a small file system)")
        sys.exit(77)
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
