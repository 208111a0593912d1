#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The command against a real gatewitnessd that a real gatewitness-capture feeds from a capture file: what it answers is
what `replay` says of the same file. Needs no root.
usage: cli_daemon_test.py PATH/gatewitness PATH/gatewitnessd PATH/gatewitness-capture CAPTURES_FOLDER [unittest options]"""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest

DEADLINE_S = 60
PROGRAM = DAEMON = PROBE = CAPTURES = ""
STORY = "fridge_burst.pcap"
# As nobody, where this runs as root: the processes then prove that they can.
RIGHTS = ["--allow-no-seccomp"] + (["--user", "nobody"] if os.geteuid() == 0 else [])


def wait_until(condition, what):
    deadline = time.monotonic() + DEADLINE_S
    while not (result := condition()):
        assert time.monotonic() < deadline, what
        time.sleep(0.05)
    return result


class Answers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="gw-", dir="/tmp")  # a socket's path has 107 bytes
        cls.folder = cls.temporary.name
        os.chmod(cls.folder, 0o755)
        cls.run_dir = cls.folder + "/run"
        cls.processes = []
        cls.addClassCleanup(cls.end)
        cls.daemon = cls.start([DAEMON, "--run-dir", cls.run_dir, "--state-dir", cls.folder + "/state", *RIGHTS])
        wait_until(lambda: os.path.exists(cls.run_dir + "/control.sock"), "gatewitnessd does not start")
        # Before anything happens, so that it all goes by.
        cls.watcher = cls.watch("words")
        cls.raw_watcher = cls.watch("lines", "--json")
        # Its reader stands still, and its pipe is small.
        cls.stuck_watcher = cls.start([PROGRAM, "watch", "--json", "--run-dir", cls.run_dir], stdout=subprocess.PIPE, pipesize=4096)
        time.sleep(1)  # a subscription has no answer to wait for
        with open(os.path.join(CAPTURES, STORY), "rb") as story:
            probe = subprocess.run([PROBE, "--file", "-", "--publish", f"ipc://{cls.run_dir}/records.sock", *RIGHTS],
                                   stdin=story, capture_output=True, timeout=DEADLINE_S, check=False)
        assert probe.returncode == 0, probe.stderr
        wait_until(lambda: len(cls.answer("incidents")) == 2 and cls.answer("incidents")[0]["counts"]["attempts"] == 14,
                   "the incidents do not come")
        wait_until(lambda: any(p["stopping"] for p in cls.answer("status")["probes"]), "the probe's last word does not come")

    @classmethod
    def start(cls, arguments, **how):
        process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, **how)
        cls.processes.append(process)
        return process

    @classmethod
    def watch(cls, name, *options):
        with open(f"{cls.folder}/{name}", "w", encoding="utf-8") as output:
            return cls.start([PROGRAM, "watch", *options, "--run-dir", cls.run_dir], stdout=output)

    def told_by(self, watcher, name):
        watcher.send_signal(signal.SIGINT)
        self.assertEqual(watcher.wait(DEADLINE_S), 0)
        with open(f"{self.folder}/{name}", encoding="utf-8") as output:
            return output.read()

    @classmethod
    def end(cls):
        for process in reversed(cls.processes):
            if process.poll() is None:
                process.terminate()
                process.wait(DEADLINE_S)
            if process.stdout:
                process.stdout.close()
        cls.temporary.cleanup()

    @classmethod
    def ask(cls, *arguments):
        return subprocess.run([PROGRAM, *arguments, "--run-dir", cls.run_dir], stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=DEADLINE_S, check=False)

    @classmethod
    def answer(cls, *arguments):
        done = cls.ask(*arguments, "--json")
        assert done.returncode == 0 and done.stdout.count(b"\n") == 1, done
        return json.loads(done.stdout)

    @classmethod
    def replayed(cls):
        done = subprocess.run([PROGRAM, "replay", "--json", os.path.join(CAPTURES, STORY)], capture_output=True,
                              timeout=DEADLINE_S, check=True)
        return json.loads(done.stdout)

    def words(self, *arguments):
        done = self.ask(*arguments)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertNotIn(b"\x1b", done.stdout)
        return done.stdout.decode()

    def test_devices_are_what_replay_says(self):
        self.assertEqual(self.answer("devices"), self.replayed()["devices"])

    def test_incidents_are_what_replay_says(self):
        # Live, what goes on is told as it happens: only how often it was told may differ.
        def comparable(incident):
            kept = ("id", "kind", "severity", "device", "grade", "counts", "sentence")
            return {key: incident[key] for key in kept}
        self.assertEqual([comparable(i) for i in self.answer("incidents")], [comparable(i) for i in self.replayed()["incidents"]])

    def test_explanations_rest_on_the_same_attempts(self):
        for replayed in self.replayed()["incidents"]:
            live = self.answer("explain", replayed["id"])
            for key in ("attempts", "evidence", "grade_reasons", "advice"):
                self.assertEqual(live[key], replayed[key], key)

    def test_status_in_words(self):
        text = self.words("status")
        self.assertTrue(text.startswith("2 open alarms.\n2 devices, 15 attempts to send mail.\n"), text)
        self.assertRegex(text, r"(?m)^  capture  ended  [\d,]+ records, last ")
        self.assertRegex(text, r"(?m)^Daemon \d+\.\d+\.\d+, since ")

    def test_mutes_have_an_end_and_are_taken_back(self):
        self.assertEqual(self.words("muted"), "Nothing is muted.\n")
        self.assertRegex(self.words("mute", "--kind", "relay", "--for", "2h"), r"^Every device, relay: silent until \d{4}-")
        self.assertRegex(self.words("mute", "--device", "00:00:5e:00:53:20"), r"^00:00:5e:00:53:20, every kind: silent until ")
        self.assertEqual([(m["device"], m["kind"]) for m in self.answer("muted")],
                         [(None, "relay"), ("00:00:5e:00:53:20", None)])
        for what in (["--kind", "relay"], ["--device", "00:00:5e:00:53:20"]):
            self.assertEqual(self.words("mute", *what, "--for", "0s"), "It is told again.\n")
        self.assertEqual(self.answer("muted"), [])
        for wrong, status in ([], 2), (["1", "--kind", "relay"], 2), (["1", "--for", "32d"], 2), (["--kind", "relays"], 1), (["99"], 1):
            self.assertEqual(self.ask("mute", *wrong).returncode, status, wrong)

    def test_devices_in_words(self):
        self.assertRegex(self.words("devices"), r"(?m)^00:00:5e:00:53:20  kitchen-fridge  -       fridge    192\.168\.1\.20  14 .* alarm$")

    def test_incidents_in_words(self):
        text = self.words("incidents")
        self.assertIn('The fridge "kitchen-fridge" (00:00:5e:00:53:20, 192.168.1.20)', text)
        self.assertIn("gatewitness explain ID", text)

    def test_explain_in_words_with_and_without_the_sign(self):
        self.assertEqual(self.words("explain", "1"), self.words("explain", "#1"))
        for title in ("How sure", "What to do", "Verdicts", "Attempts", "Evidence", "Not seen meanwhile"):
            self.assertIn(f"\n{title}\n", self.words("explain", "1"))

    def test_a_wrong_id_is_one_line(self):
        for name in ("99", "x", "", "0", "+1", "\x1b[31m", "9" * 40):
            done = self.ask("explain", name)
            self.assertEqual((done.returncode, done.stdout), (1, b""), done)
            self.assertTrue(done.stderr.startswith(b"gatewitness explain: there is no incident"), done.stderr)
            self.assertEqual(done.stderr.count(b"\n"), 1)
            self.assertNotIn(b"\x1b", done.stderr)

    def test_an_open_alarm_is_status_4_where_that_is_asked_for(self):
        for command in ("status", "incidents"):
            self.assertEqual(self.ask(command).returncode, 0)
            self.assertEqual(self.ask(command, "--exit-code").returncode, 4)

    def test_the_folder_may_come_from_the_configuration(self):
        path = self.folder + "/g.yaml"
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"daemon:\n  run_dir: {self.run_dir}\n")
        done = subprocess.run([PROGRAM, "status", "--config", path], capture_output=True, timeout=DEADLINE_S, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, b""))

    def test_a_user_without_rights_is_told_so(self):
        if os.geteuid() != 0:
            self.skipTest("needs root to become somebody else")
        try:
            done = subprocess.run([PROGRAM, "status", "--run-dir", self.run_dir], capture_output=True, timeout=DEADLINE_S,
                                  user=12345, group=12345, extra_groups=[], check=False)
        except PermissionError:
            self.skipTest("the build folder is closed to other users")
        self.assertEqual((done.returncode, done.stdout), (1, b""))
        self.assertIn(b"is not for you", done.stderr)
        self.assertEqual(done.stderr.count(b"\n"), 1)

    def test_a_watcher_whose_reader_stands_still_can_be_ended(self):
        with open(f"/proc/{self.stuck_watcher.pid}/wchan", encoding="ascii") as place:
            self.assertIn("pipe", place.read(), "it should wait for its reader")
        self.stuck_watcher.send_signal(signal.SIGINT)
        self.assertEqual(self.stuck_watcher.wait(10), 0)

    def test_watch_told_it_all(self):
        words = self.told_by(self.watcher, "words")
        self.assertNotIn("\x1b", words)
        for line in words.splitlines():
            self.assertRegex(line, r"^\d\d:\d\d:\d\d  \S")
        # A fridge's first SYN is a notice; that it talks mail makes it an alarm, perhaps within the same turn.
        self.assertRegex(words, r"#1 opened")
        self.assertRegex(words, r"ALARM #1 (opened|worsened)")
        self.assertIn("ALARM #2 opened", words)
        self.assertIn("asks for the mail exchangers of d3.example", words)
        self.assertRegex(words, r"00:00:5e:00:53:20  dhcp-host-name: kitchen-fridge")
        lines = self.told_by(self.raw_watcher, "lines")
        events = [json.loads(line) for line in lines.splitlines()]
        self.assertTrue(any(event.get("event") == "incident-opened" for event in events))
        self.assertEqual(sum(event.get("type") == "mx_query" for event in events), 1)
        for secret in ("SECRET-BODY", "private.person", "SECRET-SUBJECT"):
            self.assertNotIn(secret, words + lines)


if __name__ == "__main__":
    PROGRAM, DAEMON, PROBE, CAPTURES = (os.path.abspath(path) for path in sys.argv[1:5])
    unittest.main(argv=sys.argv[:1] + sys.argv[5:])
