#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`gatewitness test-alert` and `status` against a real notifier: words, JSON and exit status.
usage: command_test.py PATH/gatewitness-notify PATH/gatewitness [unittest options]"""
import json
import os
import subprocess
import sys

import base
from stand_ins import alert, wait_until

COMMAND = ""


class Status(base.NotifyTest):
    def status(self, *arguments):
        done = subprocess.run([COMMAND, "status", "--run-dir", self.folder + "/run", *arguments], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def test_shows_the_channels_and_what_waits(self):
        good, bad = self.server(), self.server()
        bad.plan = [(500, {}, b"no\x1b[31m")]
        self.assertNotIn("Notifier", self.status())
        self.start({"phone": {"type": "ntfy", "url": good.url, "topic": "home", "token": "tk_SECRET", "buttons_topic": "back"},
                    "server": {"type": "gotify", "url": bad.url, "token": "SECRET"}})
        self.daemon.tell(alert(1), alert(2, incident="8"))
        wait_until(lambda: self.notify.channel("phone").get("delivered") == 2 and self.notify.channel("server").get("last_error"),
                   "not delivered")
        text = self.status()
        self.assertRegex(text, rf"Notifier\n  phone \(ntfy, {good.url}\)  well  2 delivered, last 20.*\n")
        self.assertRegex(text, rf"  server \(gotify, {bad.url}\)  failing  0 delivered, 2 waiting.*\n    20.* HTTP 500: no")
        self.assertNotIn("SECRET", text + self.status("--json"))
        self.assertNotIn("\x1b", text)
        self.notify.kill()  # it had no last word: its file says that it runs
        self.assertIn("not running: nobody is told", self.status())
        self.notify.start()

    def test_a_file_that_is_none_is_passed_over(self):
        path = self.folder + "/run/notify.json"
        os.mkfifo(path)
        self.assertNotIn("Notifier", self.status())
        os.remove(path)
        os.symlink("/etc/passwd", path)
        self.assertNotIn("Notifier", self.status())
        os.remove(path)


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
