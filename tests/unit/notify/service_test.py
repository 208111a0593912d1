#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""gatewitness-notify under a service manager: it says that it is ready, that its loop turns and that the end has begun, and whether
there is anybody to tell. usage: service_test.py PATH/gatewitness-notify [unittest options]"""
import os
import socket
import subprocess
import unittest

import base
from base import NotifyTest


class Service(NotifyTest):
    def listen(self):
        path = self.folder + "/manager"
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(listener.close)
        listener.bind(path)
        os.chmod(path, 0o777)  # as systemd's is: the notifier is not root any more
        listener.settimeout(20)
        return listener, path

    def test_ready_alive_stopping(self):
        listener, path = self.listen()
        os.environ.update(NOTIFY_SOCKET=path, WATCHDOG_USEC="400000")
        self.addCleanup(lambda: [os.environ.pop(name) for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC")])
        script = self.folder + "/script"
        with open(script, "w", encoding="ascii") as file:
            file.write(f"#!/bin/sh\nenv > {self.folder}/run/environment\n")
        os.chmod(script, 0o755)
        notify = self.start({"script": {"type": "exec", "command": [script]}})
        heard = [listener.recv(64) for _ in range(4)]
        self.assertEqual(sorted(set(heard)), [b"READY=1", b"WATCHDOG=1"])
        self.assertEqual(heard.count(b"READY=1"), 1)
        # Nobody else knows the socket: a command could say in its name that all is well.
        notify.ask({"command": "test-alert"})
        with open(self.folder + "/run/environment", encoding="utf-8") as file:
            self.assertNotIn("NOTIFY_SOCKET", file.read())
        notify.stop()
        while (last := listener.recv(64)) == b"WATCHDOG=1":
            pass
        self.assertEqual(last, b"STOPPING=1")

    def test_is_there_anybody_to_tell(self):
        for text, want in (("", 1), ("notify: {channels: {}}", 1), ("notify: {channels: {a: {type: exec, command: [/bin/true]}}}", 0), ("notify: 3", 1)):
            path = self.folder + "/asked.yaml"
            with open(path, "w", encoding="ascii") as file:
                file.write(text)
            done = subprocess.run([base.PROGRAM, "--check", "--config", path], capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual((done.returncode, done.stdout), (want, ""), text)
            self.assertEqual("asked.yaml:" in done.stderr, text == "notify: 3", done.stderr)


if __name__ == "__main__":
    base.main()
