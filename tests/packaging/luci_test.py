#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The LuCI pages and their backend: `gatewitness rpcd` against a real gatewitnessd that a real gatewitness-capture fed, what it
makes of wrong input, the ACL, and the views in headless Chromium on a stand-in of LuCI's runtime (luci/runtime.js).
usage: luci_test.py GATEWITNESS GATEWITNESSD GATEWITNESS-CAPTURE GATEWITNESS-KERNEL [unittest options]
GATEWITNESS_SCREENSHOTS: a folder where the pages' pictures are kept."""
import http.server
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
LUCI = ROOT / "packaging/luci"
CAPTURES = ROOT / "tests/golden/captures"
PROGRAMS = []
TIMEOUT_S = 120
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
EVIL = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>'


def acl():
    return json.loads((LUCI / "root/usr/share/rpcd/acl.d/luci-app-gatewitness.json").read_text())["luci-app-gatewitness"]


def until(condition, what):
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(what)
        time.sleep(0.05)


def installed(programs, folder):
    """Copies them as a router has them: what is not of the core package is not there, whatever else was built."""
    os.chmod(folder, 0o755)
    paths = []
    for program in programs:
        name = os.path.basename(program)
        paths.append(f"{folder}/usr/{'bin' if name == 'gatewitness' else 'sbin'}/{name}")
        os.makedirs(os.path.dirname(paths[-1]), exist_ok=True)
        shutil.copy(program, paths[-1])
    return paths


class Daemon:
    """A real daemon that has seen two captures."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="gw-luci-", dir="/tmp")
        self.run_dir = self.folder.name + "/run"
        gatewitness, daemon, capture = PROGRAMS[:3]
        user = ["--user", "nobody"] if os.geteuid() == 0 else []
        if user:
            os.chmod(self.folder.name, 0o777)
        self.log = open(self.folder.name + "/log", "w+b")
        self.process = subprocess.Popen([daemon, "--run-dir", self.run_dir, "--state-dir", self.folder.name + "/state", "--allow-no-seccomp", *user],
                                        stdout=self.log, stderr=self.log)
        until(lambda: os.path.exists(self.run_dir + "/control.sock"), "gatewitnessd does not start")
        for name in ("fridge_burst.pcap", "hostile_names.pcap"):
            subprocess.run([capture, "--file", CAPTURES / name, "--publish", f"ipc://{self.run_dir}/records.sock", "--allow-no-seccomp", *user],
                           stdout=self.log, stderr=self.log, timeout=TIMEOUT_S, check=True)
        until(lambda: self.call("incidents")["data"]["incidents"], "no incident comes")

    def raw(self, method, text):
        return subprocess.run([PROGRAMS[0], "rpcd", "call", method, "--run-dir", self.run_dir], input=text, capture_output=True, timeout=TIMEOUT_S, check=False)

    def call(self, method, **arguments):
        done = self.raw(method, json.dumps(arguments).encode())
        assert done.returncode == 0 and done.stdout.count(b"\n") == 1, (done.returncode, done.stdout, done.stderr)
        return json.loads(done.stdout)

    def end(self):
        self.process.terminate()
        self.process.wait(TIMEOUT_S)
        self.log.close()
        self.folder.cleanup()


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon()
        cls.addClassCleanup(cls.daemon.end)


class Backend(Case):
    def refused(self, method, arguments, *words):
        done = self.daemon.raw(method, arguments if isinstance(arguments, bytes) else json.dumps(arguments).encode())
        answer = json.loads(done.stdout)
        self.assertEqual((done.returncode, answer["ok"], "data" in answer), (0, False, False), answer)
        self.assertNotIn("\n", answer["error"])
        for word in words:
            self.assertIn(word, answer["error"])

    def test_methods_are_those_of_the_acl_each_once(self):
        listed = json.loads(subprocess.run([PROGRAMS[0], "rpcd", "list"], capture_output=True, check=True).stdout)
        read, write = (acl()[kind]["ubus"]["gatewitness"] for kind in ("read", "write"))
        self.assertEqual(sorted(read + write), sorted(listed))
        self.assertTrue({"name", "enrol", "mute", "block", "unblock", "test_alert"} == set(write))

    def test_the_script_that_rpcd_starts(self):
        script = LUCI / "root/usr/libexec/rpcd/gatewitness"
        self.assertTrue(os.access(script, os.X_OK))
        self.assertIn('exec /usr/bin/gatewitness rpcd "$@"', script.read_text())

    def test_what_was_seen(self):
        status = self.daemon.call("status")["data"]
        self.assertIn("offload", status)
        incidents = self.daemon.call("incidents")["data"]["incidents"]
        told = self.daemon.call("explain", id=incidents[0]["id"])["data"]
        self.assertEqual(told["sentence"], incidents[0]["sentence"])
        self.assertTrue(told["attempts"])
        devices = self.daemon.call("devices")["data"]
        self.assertEqual(devices["devices"][0]["verdict"], "alarm")
        self.assertEqual(devices["left_off"], 0)

    def test_what_rpcd_adds_is_let_pass(self):
        self.assertTrue(self.daemon.call("status", ubus_rpc_session="0" * 32)["ok"])
        self.assertTrue(json.loads(self.daemon.raw("status", b"").stdout)["ok"])

    def test_the_owner_s_word(self):
        mac = next(device["mac"] for device in self.daemon.call("devices")["data"]["devices"] if device["mac"])
        self.assertEqual(self.daemon.call("enrol", mac=mac.upper(), role="mail-server")["data"]["role"], "mail-server")
        self.assertEqual(self.daemon.call("name", mac=mac, name="Küche <b>")["data"]["name"], "Küche <b>")
        self.assertEqual(self.daemon.call("enrol", mac=mac, role="none")["data"]["role"], "")
        self.assertEqual(self.daemon.call("name", mac=mac, name="")["data"]["name"], "")

    def test_an_abuse_report(self):
        attempt = self.daemon.call("explain", id="1")["data"]["attempts"][0]
        report = json.dumps({"Version": "3", "ReporterInfo": {"ReporterOrg": "x", "ReporterOrgDomain": "x.example", "ReporterOrgEmail": "a@x.example"},
                             "Report": {"ReportClass": "Activity", "ReportType": "Spam", "Date": attempt["time"], "SourceIp": "203.0.113.7", "SourcePort": 4242,
                                        "DestinationIp": "198.51.100.9", "DestinationPort": 25, "SmtpMailFromAddress": "a@x.example"}})
        answer = self.daemon.call("attribute", report=report)
        self.assertTrue(answer["ok"], answer)
        testimony = answer["data"]["testimonies"][0]
        self.assertIn(testimony["verdict"], ("named", "several", "nobody"))
        self.assertTrue(testimony["sentence"])
        self.refused("attribute", {"report": "Dear Sir, your fridge."}, "")

    def test_wrong_arguments_are_refused_here(self):
        for mac in (None, 1, "", "x", "02:00:5e:10:00:01;reboot", "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", ["02:00:5e:10:00:01"]):
            for method, more in (("name", {"name": "x"}), ("enrol", {"role": "none"}), ("unblock", {})):
                self.refused(method, {"mac": mac, **more}, "mac must be")
        self.refused("unblock", {"mac": "gateway"}, "guard")
        mac = "02:00:5e:10:00:01"
        for name in (None, 7, "x" * 65, "a\nb", "\x1b[31m", "\x7f", "\u0085"):
            self.refused("name", {"mac": mac, "name": name}, "name must be")
        for role in (None, "root", "", ["none"]):
            self.refused("enrol", {"mac": mac, "role": role}, "role must be")
        for text in (None, 1, "", "../1", "1 2", "x" * 65, "1\n"):
            self.refused("explain", {"id": text}, "id must be")
            self.refused("mute", {"incident": text, "for_s": 60}, "incident must be")
        for time_s in (None, "60", 59, 31536001, -1, 1.5, 2**63, 2**64):
            self.refused("mute", {"incident": "1", "for_s": time_s}, "for_s must be")
            self.refused("block", {"mac": mac, "for_s": time_s}, "for_s must be")
        self.refused("block", {"mac": "", "incident": "", "for_s": 60}, "incident must be")
        self.refused("block", {"mac": 5, "for_s": 60}, "must be")
        for channel in (None, "", "a b", "$(reboot)", "x" * 65):
            self.refused("test_alert", {"channel": channel}, "channel must be")
        for report in (None, "", " \n", 1):
            self.refused("attribute", {"report": report}, "report must be")
        self.refused("attribute", {"report": "x" * 49153}, "at most 49152")

    def test_bytes_that_are_no_request(self):
        for text in (b"[]", b"{", b"\x00", b"null", b'{"id":"1"}{}', b"{" + b'"a":{' * 50 + b"}" * 51, b"\xff" * 100, b'{"id": "\xff"}'):
            self.refused("explain", text)
        self.refused("status", b'{"a":"' + b"x" * 70000 + b'"}', "longer than 64 KiB")

    def test_a_method_that_is_none_and_a_daemon_that_is_not_there(self):
        self.assertEqual(subprocess.run([PROGRAMS[0], "rpcd", "call", "reboot"], stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode, 2)
        done = subprocess.run([PROGRAMS[0], "rpcd", "call", "status", "--run-dir", "/nonexistent"], stdin=subprocess.DEVNULL, capture_output=True, check=False)
        self.assertIn("no daemon answers", json.loads(done.stdout)["error"])


def poisoned(value):
    """Every text of an answer with HTML in it, but those that views compare or compute with."""
    if isinstance(value, dict):
        keep = {"verdict", "severity", "state", "time", "updated", "opened", "from", "to", "id", "grade", "mac"} if not value.get("poison") else set()
        return {key: one if key in keep and isinstance(one, str) else poisoned(one) for key, one in value.items()}
    if isinstance(value, list):
        return [poisoned(one) for one in value]
    return value + EVIL if isinstance(value, str) else value


class Web(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, backend):
        self.backend, self.calls, self.done = backend, [], threading.Event()
        self.evil, self.forced, self.told = False, {}, None
        self.uci = {"network": [{".name": "lan", ".type": "interface"}, {".name": "loopback", ".type": "interface"}],
                    "gatewitness": [{".name": "main", ".type": "gatewitness", "enabled": "1"}, {".name": "capture", ".type": "capture"},
                                    {".name": "cfg1", ".type": "device", "mac": "02:00:5e:10:00:01", "name": EVIL, "role": "appliance"},
                                    {".name": "cfg2", ".type": "channel", "name": "phone", "type": "ntfy"}]}
        super().__init__(("127.0.0.1", 0), Handler)

    def handle_error(self, request, client_address):
        """A browser that is ended leaves its requests behind."""

    def answer(self, asked):
        self.calls.append((asked["method"], asked["params"]))
        if asked["method"] in self.forced:
            return self.forced[asked["method"]]
        answer = self.backend.call(asked["method"], **asked["params"])
        if self.evil and asked["method"] != "features":
            answer = {key: poisoned(value) for key, value in answer.items()}
        return answer


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def reply(self, body, kind):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        path = urllib.parse.urlparse(self.path).path
        file = {"/": HERE / "luci/page.html", "/runtime.js": HERE / "luci/runtime.js"}.get(path, LUCI / "htdocs" / path.lstrip("/"))
        if not file.is_file():
            return self.send_error(404)
        return self.reply(file.read_bytes(), "text/html" if file.suffix == ".html" else "text/javascript")

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/done":
            self.server.told = asked
            self.server.done.set()
            return self.reply(b"{}", "application/json")
        answer = self.server.answer(asked) if self.path == "/ubus" else self.server.uci[asked["config"]]
        return self.reply(json.dumps(answer).encode(), "application/json")


@unittest.skipIf(not CHROMIUM, "chromium is not installed")
class Pages(Case):
    def setUp(self):
        self.web = Web(self.daemon)
        threading.Thread(target=self.web.serve_forever, daemon=True).start()
        self.addCleanup(self.web.server_close)
        self.addCleanup(self.web.shutdown)

    def show(self, view, *steps, picture=None, width=1200, **query):
        """What a person would see; clean of faults."""
        question = urllib.parse.urlencode({"view": view, "steps": json.dumps(steps), **query})
        address = f"http://127.0.0.1:{self.web.server_address[1]}/?{question}"
        pictures = os.environ.get("GATEWITNESS_SCREENSHOTS")
        with tempfile.TemporaryDirectory(prefix="gw-chromium-", dir="/tmp") as profile:
            command = [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
                       f"--user-data-dir={profile}", f"--window-size={width},1600"]
            if pictures and picture:
                command += [f"--screenshot={pictures}/{picture}.png", "--virtual-time-budget=20000"]
            else:
                command += ["--remote-debugging-port=0"]
            with open(os.path.join(profile, "log"), "wb") as log:
                browser = subprocess.Popen([*command, address], stdout=log, stderr=log, env={**os.environ, "HOME": profile})
                try:
                    self.assertTrue(self.web.done.wait(TIMEOUT_S), "the page never ended")
                    if pictures and picture:
                        browser.wait(TIMEOUT_S)
                finally:
                    browser.terminate()
                    browser.wait(TIMEOUT_S)
            time.sleep(0.2)
            self.web.done.clear()
        told = self.web.told
        self.assertEqual((told["faults"], told["pwned"], told["images"]), ([], 0, 0), told)
        self.assertNotRegex(told["text"], "[\x00-\x08\x1b\x7f\u202a-\u202e]")
        return told

    def test_overview(self):
        told = self.show("overview", {"poll": True}, picture="overview")
        for word in ("Something happened", "#1", "alarm", "00:00:5e:00:53:20", "kitchen-fridge", "Gaps: what was not seen", "Evidence: what watches"):
            self.assertIn(word, told["text"])

    def test_overview_on_a_phone(self):
        self.assertFalse(self.show("overview", picture="phone", width=500)["wide"])

    def test_offload_is_told(self):
        status = self.daemon.call("status")
        status["data"]["offload"] = {"state": "hardware", "exemption": "absent"}
        self.web.forced["status"] = status
        self.assertIn("The firewall offloads mail", self.show("overview")["text"])

    def test_no_daemon(self):
        self.web.forced["status"] = {"ok": False, "error": "no daemon answers"}
        self.assertIn("no daemon answers", self.show("overview")["text"])

    def test_incident(self):
        told = self.show("incident", picture="incident", id="1")
        explained = self.daemon.call("explain", id="1")["data"]
        self.assertIn(explained["sentence"], told["text"])
        for word in ("What to do", "Why", "Attempts", "Evidence"):
            self.assertIn(word, told["text"])
        self.assertIn("It's my mail server", told["buttons"])
        self.assertNotIn("Block its mail for a day", told["buttons"])

    def test_an_incident_that_is_none(self):
        self.assertIn("there is no incident", self.show("incident", id="999")["text"])
        self.assertIn("id must be", self.show("incident", id=EVIL)["text"])

    def test_its_my_mail_server(self):
        mac = self.daemon.call("explain", id="1")["data"]["device"]["mac"]
        self.show("incident", {"click": "It's my mail server", "until": "Noted:"}, id="1")
        self.assertIn(("enrol", {"mac": mac, "role": "mail-server"}), self.web.calls)
        self.daemon.call("enrol", mac=mac, role="none")

    def test_mute_and_what_the_backend_says(self):
        self.web.forced["mute"] = {"ok": True, "data": {}}
        told = self.show("incident", {"click": "Mute for a day", "until": "No alerts of this"}, id="1")
        self.assertIn("No alerts of this", told["text"])
        self.assertIn(("mute", {"incident": "1", "for_s": 86400}), self.web.calls)
        self.web.forced["mute"] = {"ok": False, "error": "cannot, because " + EVIL}
        self.assertIn("cannot, because <img", self.show("incident", {"click": "Mute for a day", "until": "cannot, because"}, id="1")["text"])

    def test_block_asks_first(self):
        self.web.forced.update(features={"ok": True, "data": {"guard": True, "notify": True}}, block={"ok": True, "data": {}})
        told = self.show("incident", {"click": "Block its mail for a day", "until": "can then send no mail"}, {"click": "Cancel", "until": "Nothing was changed"}, id="1")
        self.assertIn("Nothing was changed", told["text"])
        self.assertNotIn("block", [method for method, _ in self.web.calls])
        self.show("incident", {"click": "Block its mail for a day", "until": "can then send no mail"}, {"click": "Block", "until": "Blocked for a day"}, id="1")
        self.assertIn(("block", {"incident": "1", "mac": "", "for_s": 86400}), self.web.calls)

    def test_what_is_blocked_and_unblock(self):
        self.assertNotIn("Blocked", self.show("overview")["text"])
        stands = {"scope": "mail", "until": "2026-01-01T00:00:00Z", "for_s": 3600, "automatic": False, "incident": None, "addresses": [], "sentence": "s"}
        self.web.forced.update(blocked={"ok": True, "data": poisoned({"blocked": [
            {"device": "00:00:5e:00:53:20", "mac": "00:00:5e:00:53:20", "name": "fridge", **stands}], "left_off": 0})}, unblock={"ok": True, "data": {}})
        told = self.show("overview", {"click": "Unblock", "until": "no longer blocked"}, picture="blocked")
        self.assertIn("its mail", told["text"])
        self.assertEqual([method for method, _ in self.web.calls if method == "unblock"], ["unblock"])
        self.web.forced["unblock"] = {"ok": False, "error": "the guard does not answer"}
        self.assertIn("the guard does not answer", self.show("overview", {"click": "Unblock", "until": "does not answer"})["text"])

    def test_report(self):
        told = self.show("report", {"type": "Dear Sir, your fridge.", "into": "#gatewitness-report", "click": "Which device was it?"}, {"until": "report"})
        self.assertIn("Abuse report", told["text"])
        self.web.forced["attribute"] = {"ok": True, "data": poisoned({"testimonies": [{
            "verdict": "named", "sentence": "The fridge did it.", "notes": ["n"], "candidates": [{
                "device": {"id": "x", "mac": None, "name": "Fridge", "class": "fridge"}, "grade": "strong", "match": "public-port", "speaks_for": ["the port"], "speaks_against": ["no"],
                "evidence": [{"time": "2026-01-01T00:00:00Z", "source": "frame", "text": "saw it"}]}],
            "others": [{"id": "y", "mac": None, "name": "NAS", "cleared": True, "why": "it opened nothing"}]}], "notes": ["of it"]})}
        told = self.show("report", {"type": "x", "into": "#gatewitness-report", "click": "Which device was it?", "until": "The fridge did it."}, picture="report")
        for word in ("The fridge did it.", "strong", "the port", "it opened nothing", "of it"):
            self.assertIn(word, told["text"])

    def test_a_long_report_is_cut_to_what_the_backend_takes(self):
        self.web.forced["attribute"] = {"ok": False, "error": "taken"}
        self.show("report", {"type": "a\u00e4", "times": 40000, "into": "#gatewitness-report", "click": "Which device was it?", "until": "taken"})
        self.assertEqual(self.web.calls[-1], ("attribute", {"report": "a\u00e4" * (49152 // 3)}))

    def test_settings(self):
        told = self.show("settings", picture="settings")
        self.assertIn("Your devices", told["text"])
        self.assertNotIn("Send test", told["buttons"])
        self.web.forced["features"] = {"ok": True, "data": {"guard": False, "notify": True}}
        self.web.forced["test_alert"] = {"ok": True, "data": {}}
        self.show("settings", {"click": "Send test", "until": "on its way"}, picture="settings-alerts")
        self.assertIn(("test_alert", {"channel": "phone"}), self.web.calls)

    def test_hostile_texts_stay_text_on_every_page(self):
        self.web.evil = True
        for view, query in (("overview", {}), ("incident", {"id": "1"})):
            told = self.show(view, {"poll": True}, picture="hostile-" + view, **query)
            self.assertIn("<img src=x onerror=", told["text"])


if __name__ == "__main__":
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory(prefix="gw-luci-", dir="/tmp") as router:
        PROGRAMS = installed(sys.argv[1:5], router)
        unittest.main(argv=sys.argv[:1] + sys.argv[5:], verbosity=1)
