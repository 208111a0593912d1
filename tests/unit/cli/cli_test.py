#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The command as people meet it: what it says, where, and with which exit status, when all is well and when the input
is wrong. Needs no root and no daemon. usage: cli_test.py PATH/gatewitness CAPTURES_FOLDER [unittest options]"""
import gzip
import json
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import unittest

TIMEOUT_S = 120
COMMANDS = ("run", "status", "devices", "incidents", "explain", "mute", "muted", "watch", "replay", "test-alert", "check-config")
PROGRAM = CAPTURES = ""


def run(*arguments, stdin=subprocess.DEVNULL, **how):
    return subprocess.run([PROGRAM, *arguments], stdin=stdin, capture_output=True, timeout=TIMEOUT_S, check=False, **how)


def capture(name):
    return os.path.join(CAPTURES, name)


def read(path):
    with open(path, "rb") as file:
        return file.read()


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="gw-cli-", dir="/tmp")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def file(self, name, content):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        return path

    def one_line(self, text, *words):
        """One clear line: it ends, nothing else follows, it holds the words."""
        self.assertTrue(text.endswith(b"\n"), text)
        self.assertEqual(text.count(b"\n"), 1, text)
        self.assertNotIn(b"\x1b", text)
        for word in words:
            self.assertIn(word.encode(), text)

    def refuses(self, done, status, *words):
        """Nothing on standard output, one line on standard error."""
        self.assertEqual((done.returncode, done.stdout), (status, b""), done.stderr)
        self.one_line(done.stderr, *words)


class Help(Case):
    def test_each_help_fits_a_screen(self):
        for arguments in [("help",), ("--help",), ("-h",)] + [(c, "--help") for c in COMMANDS] + [("help", c) for c in COMMANDS]:
            with self.subTest(arguments):
                done = run(*arguments)
                self.assertEqual((done.returncode, done.stderr), (0, b""))
                lines = done.stdout.decode().splitlines()
                self.assertLessEqual(len(lines), 24)
                self.assertLessEqual(max(map(len, lines)), 80)
                self.assertTrue(lines[0].startswith("usage: gatewitness"))

    def test_each_command_documents_its_exit_statuses(self):
        for command in COMMANDS:
            text = run(command, "--help").stdout.decode()
            self.assertIn("Exit status: 0", text, command)
            self.assertIn("2 wrong", text.replace("\n", " "), command)

    def test_the_overview_names_every_command(self):
        text = run("help").stdout.decode()
        for command in COMMANDS:
            self.assertRegex(text, rf"(?m)^  ([a-z]+, )?{command}[ ,]")

    def test_version(self):
        for name in ("version", "--version"):
            done = run(name)
            self.assertRegex(done.stdout.decode(), r"^gatewitness \d+\.\d+\.\d+\n$")


class WrongCommandLines(Case):
    def test_each_is_one_line_and_status_2(self):
        cases = {
            (): "command", ("frobnicate",): "frobnicate", ("help", "frobnicate"): "frobnicate", ("",): "no command",
            ("\x1b[31mred",): "\\x1b[31mred",
            ("status", "--frobnicate"): "--frobnicate", ("status", "extra"): "extra", ("status", "--json=1"): "--json",
            ("status", "--json", "--json"): "--json", ("status", "--run-dir"): "--run-dir",
            ("devices", "--exit-code"): "--exit-code", ("incidents", "extra"): "extra",
            ("explain",): "ID", ("explain", "1", "2"): "ID", ("watch", "extra"): "argument",
            ("replay",): "capture", ("replay", "--json"): "capture", ("replay", "-", "-"): "standard input",
            ("replay", "--lan"): "--lan", ("check-config", "a", "b"): "one file", ("run", "extra"): "extra",
        }
        for arguments, word in cases.items():
            with self.subTest(arguments):
                self.refuses(run(*arguments), 2, "gatewitness", word)


class NoDaemon(Case):
    def test_one_line_that_says_what_to_do(self):
        for arguments in (("status",), ("devices",), ("incidents",), ("explain", "1"), ("watch",), ("status", "--json")):
            with self.subTest(arguments):
                done = run(*arguments, "--run-dir", self.folder + "/none")
                self.refuses(done, 1, f"gatewitness {arguments[0]}: ", "no daemon answers", "gatewitness run")

    def test_a_socket_without_a_listener(self):
        self.file("control.sock", "")
        started = time.monotonic()
        self.refuses(run("status", "--run-dir", self.folder), 1, "no daemon answers")
        self.assertLess(time.monotonic() - started, 30)

    def test_the_configuration_names_the_folder(self):
        config = self.file("g.yaml", f"daemon:\n  run_dir: {self.folder}/elsewhere\n")
        self.refuses(run("status", "--config", config), 1, self.folder + "/elsewhere")


class Replay(Case):
    def test_a_capture_ends_with_0_and_says_nothing_on_standard_error(self):
        done = run("replay", capture("fridge_burst.pcap"))
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertIn(b"kitchen-fridge", done.stdout)
        self.assertNotIn(b"\x1b", done.stdout)

    def test_json_is_one_line(self):
        done = run("replay", "--json", capture("fridge_burst.pcap"))
        self.assertEqual(done.stdout.count(b"\n"), 1)
        self.assertEqual(json.loads(done.stdout)["files"][0]["state"], "complete")

    def test_exit_code_4_only_if_an_alarm_is_open(self):
        self.assertEqual(run("replay", "--exit-code", capture("fridge_burst.pcap")).returncode, 4)
        self.assertEqual(run("replay", "--exit-code", capture("quiet_home.pcap")).returncode, 0)

    def test_what_is_no_capture_gets_one_line(self):
        good = read(capture("quiet_home.pcap"))
        cases = {
            "text.pcap": (b"These are not the frames you are looking for.\n" * 9, "not a capture"),
            "empty.pcap": (b"", "is empty"),
            "short.pcap": (good[:11], "cut off inside its header"),
            "link.pcap": (good[:20] + struct.pack("<I", 105) + good[24:], "link type 105"),
            "bad.gz": (gzip.compress(b"These are not the frames" * 9), "not a capture"),
            "broken.gz": (b"\x1f\x8b\x08\x00" + b"\xff" * 60, ""),
        }
        for name, (content, word) in cases.items():
            for extra in ((), ("--json",)):
                with self.subTest(name):
                    self.refuses(run("replay", *extra, self.file(name, content)), 1, "gatewitness replay: ", name, word)

    def test_what_cannot_be_opened_gets_one_line(self):
        self.refuses(run("replay", self.folder + "/missing.pcap"), 1, "missing.pcap", "No such file")
        self.refuses(run("replay", self.folder), 1, self.folder, "is a folder")
        self.refuses(run("replay", self.folder + "/\x1b[31m.pcap"), 1, "\\x1b[31m.pcap")

    def test_a_file_that_one_may_not_read(self):
        path = self.file("secret.pcap", b"x")
        os.chmod(path, 0)
        os.chmod(self.folder, 0o755)
        how = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
        try:
            done = run("replay", path, **how)
        except PermissionError:
            self.skipTest("the build folder is closed to other users")
        self.refuses(done, 1, "secret.pcap", "Permission denied")

    def test_every_file_is_opened_before_the_first_is_read(self):
        self.refuses(run("replay", capture("quiet_home.pcap"), self.folder + "/missing.pcap"), 1, "missing.pcap")

    def test_a_header_alone_is_a_quiet_capture(self):
        done = run("replay", self.file("header.pcap", read(capture("quiet_home.pcap"))[:24]))
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertIn(b"0 frames", done.stdout)
        self.assertIn(b"No device tried to send mail", done.stdout)

    def test_a_truncated_capture_is_read_to_its_end_and_says_so(self):
        good = read(capture("fridge_burst.pcap"))
        packed = gzip.compress(good)
        for name, content in {"cut.pcap": good[:-7], "cut.pcap.gz": packed[:len(packed) * 3 // 4],
                              "cut.pcapng": read(capture("vlan.pcapng"))[:-9]}.items():
            with self.subTest(name):
                done = run("replay", self.file(name, content))
                self.assertEqual(done.returncode, 3)
                self.one_line(done.stderr, "gatewitness replay: ", name, "truncated")
                self.assertIn(b"truncated", done.stdout)
                self.assertIn(b"alarm", done.stdout)

    def test_a_damaged_record_ends_the_reading_and_says_so(self):
        good = read(capture("fridge_burst.pcap"))
        places, at = [], 24
        while at < len(good):
            places.append(at)
            at += 16 + struct.unpack_from("<I", good, at + 8)[0]
        at = places[len(places) // 2]
        bad = good[:at + 8] + struct.pack("<II", 0xF0000000, 0xF0000000) + good[at + 16:]
        done = run("replay", self.file("bad.pcap", bad))
        self.assertEqual(done.returncode, 3)
        self.one_line(done.stderr, "bad.pcap", "damaged", str(len(places) // 2))
        self.assertIn(b"kitchen-fridge", done.stdout)

    def test_standard_input(self):
        name = capture("fridge_burst.pcap")
        with open(name, "rb") as file:
            piped = run("replay", "-", stdin=file)
        self.assertEqual(piped.returncode, 0)
        wanted = run("replay", name).stdout.splitlines()[1:]  # the first line names the file
        self.assertEqual(piped.stdout.splitlines()[-len(wanted) + 2:], wanted[2:])
        self.refuses(run("replay", "-"), 1, "standard input", "empty")

    def test_parts_are_one_capture(self):
        good = read(capture("fridge_burst.pcap"))
        at = 24
        while at < len(good) // 2:
            at += 16 + struct.unpack_from("<I", good, at + 8)[0]
        first, second = self.file("1.pcap", good[:at]), self.file("2.pcap", good[:24] + good[at:])
        whole, parts = (json.loads(run("replay", "--json", *files).stdout) for files in ([capture("fridge_burst.pcap")], [first, second]))
        self.assertEqual((parts["devices"], parts["incidents"]), (whole["devices"], whole["incidents"]))
        wrong_order = run("replay", second, first)
        self.assertEqual(wrong_order.returncode, 0)
        self.one_line(wrong_order.stderr, "1.pcap", "older than the file before it")

    def test_a_wrong_prefix_or_configuration(self):
        self.refuses(run("replay", "--lan", "10.0.0.0/99", capture("quiet_home.pcap")), 1, "10.0.0.0/99")
        self.refuses(run("replay", "--config", self.folder + "/none.yaml", capture("quiet_home.pcap")), 1, "none.yaml")

    def test_a_router_without_it_says_what_is_missing(self):
        alone = self.folder + "/bin/gatewitness"
        os.mkdir(self.folder + "/bin")
        shutil.copy(PROGRAM, alone)
        for arguments in (("replay", "a.pcap"), ("help", "replay"), ("replay", "--help")):
            done = subprocess.run([alone, *arguments], capture_output=True, timeout=TIMEOUT_S, check=False)
            self.refuses(done, 1, "gatewitness replay: ", "gatewitness-replay is not installed")

    def test_settings_of_a_configuration_are_heeded(self):
        config = self.file("g.yaml", "devices:\n  00:00:5e:00:53:20:\n    name: Old Fridge\n")
        done = run("replay", "--config", config, capture("port_2526.pcap"))
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertIn(b"Old Fridge", done.stdout)


class Output(Case):
    def on_a_terminal(self, *arguments, environment=None, seconds_before_reading=0.0, stdin=None):
        """All that a terminal gets, and the exit status."""
        leader, follower = pty.openpty()
        settings = {"TERM": "xterm", "PATH": os.environ["PATH"], **(environment or {})}
        settings.update({key: os.environ[key] for key in os.environ if key.endswith("SAN_OPTIONS")})
        process = subprocess.Popen([PROGRAM, *arguments], stdin=stdin or follower, stdout=follower, stderr=follower, env=settings)
        os.close(follower)
        time.sleep(seconds_before_reading)
        text, deadline = b"", time.monotonic() + TIMEOUT_S
        while time.monotonic() < deadline:
            ready, _, _ = select.select([leader], [], [], 1)
            try:
                text += os.read(leader, 65536) if ready else b""
            except OSError:  # the other side is closed
                break
        os.close(leader)
        return text.decode(errors="replace"), process.wait(TIMEOUT_S)

    def test_colour_on_a_terminal(self):
        text, status = self.on_a_terminal("replay", capture("fridge_burst.pcap"))
        self.assertEqual(status, 0)
        self.assertIn("\x1b[1;31m", text)

    def test_no_colour_where_it_is_not_wanted(self):
        for environment in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
            with self.subTest(environment):
                text, _ = self.on_a_terminal("replay", capture("fridge_burst.pcap"), environment=environment)
                self.assertNotIn("\x1b[1;31m", text)
                self.assertIn("kitchen-fridge", text)

    def test_json_has_no_colour_even_on_a_terminal(self):
        text, _ = self.on_a_terminal("replay", "--json", capture("fridge_burst.pcap"))
        self.assertNotIn("\x1b", text)

    def long_capture(self):
        """Long enough that a second goes by: a pipe that is filled slowly."""
        source, sink = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(source)
            data = read(capture("fridge_burst.pcap"))
            record = data[24:24 + 16 + struct.unpack_from("<I", data, 24 + 8)[0]]
            try:
                os.write(sink, data[:24])
                for _ in range(16):
                    os.write(sink, record * 512)
                    time.sleep(0.1)
                for _ in range(64):
                    os.write(sink, record * 512)
            finally:
                os._exit(0)
        os.close(sink)
        self.addCleanup(os.waitpid, child, 0)
        return source

    def test_progress_on_long_input_to_a_terminal_only(self):
        source = self.long_capture()
        text, status = self.on_a_terminal("replay", "-", stdin=source)
        os.close(source)
        self.assertEqual(status, 0)
        self.assertRegex(text, r"\r-  \d+ MiB  [\d,]+ frames\x1b\[K")
        self.assertIn("\r\x1b[K", text)
        shown = text.split("\r\x1b[K")[-1]
        self.assertNotIn("MiB", shown)

    def test_no_progress_where_it_is_not_wanted(self):
        source = self.long_capture()
        text, _ = self.on_a_terminal("replay", "--no-progress", "-", stdin=source)
        os.close(source)
        self.assertNotIn("MiB", text)
        source = self.long_capture()
        done = run("replay", "-", stdin=source)
        os.close(source)
        self.assertEqual(done.stderr, b"")

    def test_a_reader_that_leaves_ends_it_quietly(self):
        done = subprocess.run(["sh", "-c", '"$0" replay "$1" | head -n 1', PROGRAM, capture("fridge_burst.pcap")],
                              capture_output=True, timeout=TIMEOUT_S, check=False)
        self.assertEqual((done.stdout.count(b"\n"), done.stderr), (1, b""))
        process = subprocess.Popen([PROGRAM, "replay", "--json", capture("fridge_burst.pcap")], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        process.stdout.close()
        said = process.stderr.read()
        process.stderr.close()
        self.assertEqual(process.wait(TIMEOUT_S), -13)  # SIGPIPE, as every filter
        self.assertEqual(said, b"")

    def test_a_full_disk_is_an_error(self):
        for arguments in (("help",), ("replay", capture("fridge_burst.pcap")), ("replay", "--json", capture("fridge_burst.pcap"))):
            with self.subTest(arguments), open("/dev/full", "wb") as full:
                done = subprocess.run([PROGRAM, *arguments], stdout=full, stderr=subprocess.PIPE, timeout=TIMEOUT_S, check=False)
                self.assertEqual(done.returncode, 1)
                self.one_line(done.stderr, "cannot write to standard output")


class CheckConfig(Case):
    def test_good_ones(self):
        for text in ("", "detection:\n  burst:\n    short_attempts: 12\n"):
            done = run("check-config", self.file("g.yaml", text))
            self.assertEqual((done.returncode, done.stderr), (0, b""), done.stderr)
            self.assertTrue(done.stdout.endswith(b"g.yaml: good\n"))

    def test_all_that_is_wrong_in_one_run_with_line_and_column(self):
        path = self.file("g.yaml", "nonsense: 1\ndetection:\n  burst:\n    short_attempts: many\n    surprise: 7\n")
        done = run("check-config", path)
        self.assertEqual((done.returncode, done.stdout), (1, b""))
        lines = done.stderr.decode().splitlines()
        self.assertEqual(len(lines), 3, lines)
        for line, place in zip(lines, ("1:1", r"4:\d+", r"5:\d+")):
            self.assertRegex(line, rf"^{re.escape(path)}:{place}: .+")

    def test_what_is_no_configuration(self):
        for name, content in {"broken.yaml": "a: [1\n", "binary.yaml": b"\x00\xff\x1b[31m\n"}.items():
            done = run("check-config", self.file(name, content))
            self.assertEqual((done.returncode, done.stdout), (1, b""))
            self.assertIn(name.encode(), done.stderr)
            self.assertNotIn(b"\x1b", done.stderr)
        self.refuses(run("check-config", self.folder + "/none.yaml"), 1, "none.yaml")


if __name__ == "__main__":
    PROGRAM, CAPTURES = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
