#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""gatewitness-metrics and the daemon's textfile: what a scraper gets, what others do not, what it says while there is no daemon.
usage: exporter_test.py PATH/gatewitness-metrics PATH/gatewitnessd [unittest options]"""
import http.client
import os
import pwd
import socket
import stat
import subprocess
import sys
import tempfile
import time
import unittest

USER = ["--user", "nobody"] if os.geteuid() == 0 else ["--user", pwd.getpwuid(os.geteuid()).pw_name]
DEADLINE_S = 20


def wait_until(what, why):
    end = time.monotonic() + DEADLINE_S
    while not what():
        assert time.monotonic() < end, why
        time.sleep(0.05)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Exporter(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="gw-", dir="/tmp")  # a socket's path has 107 bytes
        self.addCleanup(folder.cleanup)
        self.folder, self.port = folder.name, free_port()
        os.chmod(self.folder, 0o777)
        self.config = self.folder + "/gatewitness.yaml"
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(f"metrics: {{listen: '127.0.0.1:{self.port}', textfile: {self.folder}/gatewitness.prom, interval: 1s}}\n")

    def start(self, program):
        log = open(self.folder + "/" + os.path.basename(program) + ".log", "wb")
        self.addCleanup(log.close)
        process = subprocess.Popen([program, "--config", self.config, "--run-dir", self.folder + "/run", "--state-dir",
                                    self.folder + "/state", "--allow-no-seccomp", *USER], stdout=log, stderr=log, umask=0o077)
        self.addCleanup(self.end, process, log.name)
        return process

    def end(self, process, log):
        process.terminate()
        self.assertEqual(process.wait(DEADLINE_S), 0, self.said(log))
        self.assertNotIn("Sanitizer", self.said(log))

    @staticmethod
    def said(log):
        with open(log, encoding="utf-8") as file:
            return file.read()

    def get(self, path="/metrics", method="GET", **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE_S)
        try:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.getheader("Content-Type"), answer.read().decode()
        finally:
            connection.close()

    def listens(self):
        try:
            return self.get("/")[0] == 404
        except OSError:
            return False

    def test_what_a_scraper_gets_with_and_without_a_daemon(self):
        self.start(EXPORTER)
        wait_until(self.listens, "it does not listen")
        self.assertEqual(self.get()[0], 503)
        daemon = self.start(DAEMON)
        wait_until(lambda: self.get()[0] == 200, "the daemon is not found")
        status, kind, page = self.get()
        self.assertEqual((status, kind), (200, "text/plain; version=0.0.4; charset=utf-8"))
        self.assertIn("\ngatewitness_devices 0\n", page)
        self.assertIn('\ngatewitness_incidents_open{severity="alarm"} 0\n', page)
        self.assertEqual(self.get("/metrics", "HEAD")[2], "")
        daemon.kill()
        daemon.wait()
        self._cleanups = [c for c in self._cleanups if daemon not in c[1]]
        self.assertEqual(self.get()[0], 503)

    def test_others_get_nothing(self):
        self.start(EXPORTER)
        wait_until(self.listens, "it does not listen")
        self.assertEqual(self.get(Host="rebound.example")[0], 403)
        self.assertEqual(self.get(Host="rebound.example:9477")[0], 403)
        self.assertEqual(self.get(Host=f"localhost:{self.port}", path="/nothing")[0], 404)
        self.assertEqual(self.get(method="POST")[0], 405)
        with socket.socket() as odd:  # and one that says nonsense harms nobody
            odd.connect(("127.0.0.1", self.port))
            odd.sendall(b"\x00\xff" * 20000)
        self.assertEqual(self.get("/")[0], 404)

    def test_the_textfile_is_whole_and_for_everybody(self):
        self.start(DAEMON)
        path = self.folder + "/gatewitness.prom"
        wait_until(lambda: os.path.exists(path), "it is not written")
        first = os.stat(path)
        self.assertEqual(stat.S_IMODE(first.st_mode), 0o644)
        with open(path, encoding="utf-8") as file:
            self.assertIn("\ngatewitness_devices 0\n", file.read())
        wait_until(lambda: os.stat(path).st_ino != first.st_ino, "it is not renewed by a rename")
        self.assertFalse(os.path.exists(path + ".new"))

    def test_the_stream_is_for_the_group_and_the_requests_are_not(self):
        self.start(DAEMON)
        wait_until(lambda: os.path.exists(self.folder + "/run/events.sock"), "no stream")
        wait_until(lambda: stat.S_IMODE(os.stat(self.folder + "/run/events.sock").st_mode) == 0o660, "not for the group")
        self.assertEqual(stat.S_IMODE(os.stat(self.folder + "/run/control.sock").st_mode) & 0o022, 0)


if __name__ == "__main__":
    DAEMON, EXPORTER = os.path.abspath(sys.argv.pop(2)), os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=1)
