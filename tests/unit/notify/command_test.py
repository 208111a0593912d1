#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`gatewitness test-alert` against a real notifier: words, JSON and exit status.
usage: command_test.py PATH/gatewitness-notify PATH/gatewitness [unittest options]"""
import json
import os
import subprocess
import sys

import base
from stand_ins import wait_until

COMMAND = ""


class TestAlert(base.NotifyTest):
    def run_it(self, *arguments):
        return subprocess.run([COMMAND, "test-alert", "--run-dir", self.folder + "/run", *arguments], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60, check=False)

    def test_says_what_each_server_said(self):
        good, bad = self.server(), self.server()
        bad.plan = [(401, {}, b'{"error":"who\x1b[31m"}')]
        notify = self.start({"phone": {"type": "ntfy", "url": good.url, "topic": "home"},
                             "server": {"type": "gotify", "url": bad.url, "token": "SECRET"}})
        done = self.run_it()
        self.assertEqual((done.returncode, done.stderr), (1, ""))
        self.assertRegex(done.stdout, r'^phone \(ntfy\): taken after \d+ ms, HTTP 200: \{"id":"x"\}\n'
                                      r'server \(gotify\): NOT taken after \d+ ms, HTTP 401: \{"error":"who\\x1b\[31m"\}\n$')
        done = self.run_it("phone", "--json")
        self.assertEqual((done.returncode, done.stdout.count("\n")), (0, 1))
        self.assertEqual([(r["channel"], r["ok"]) for r in json.loads(done.stdout)], [("phone", True)])
        done = self.run_it("nix")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn('there is no channel "nix"; there are: phone, server', done.stderr)
        done = self.run_it("a", "b")
        self.assertEqual(done.returncode, 2)
        notify.kill()  # its socket stays behind, and nobody serves it
        wait_until(lambda: os.path.exists(self.folder + "/run/notify.sock"), "no socket")
        done = self.run_it()
        self.assertEqual(done.returncode, 1)
        self.assertIn("no notifier answers", done.stderr)
        os.remove(self.folder + "/run/notify.sock")
        self.assertIn("no notifier answers", self.run_it().stderr)
        notify.start()


if __name__ == "__main__":
    COMMAND = os.path.abspath(sys.argv.pop(2))
    base.main()
