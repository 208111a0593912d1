#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Buttons on the phone: what is pressed reaches the daemon once; what is forged, replayed, expired or foreign does not.
usage: buttons_test.py PATH/gatewitness-notify [unittest options]"""
import base64
import hashlib
import hmac
import json
import time

import base
from stand_ins import alert, wait_until


def message(text, number):
    return json.dumps({"id": f"m{number}", "time": 1, "event": "message", "topic": "back", "message": text}).encode() + b"\n"


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Buttons(base.NotifyTest):
    def begin(self):
        server = self.server()
        server.streams["/back/json"] = self.lines = []
        self.server_ = server
        self.start({"phone": {"type": "ntfy", "url": server.url, "topic": "home", "token": "tk_r", "buttons_topic": "back",
                              "buttons_token": "tk_w"}})
        self.daemon.tell(alert(1, incident="12"))
        wait_until(lambda: self.posts(), "no alert")
        wait_until(lambda: server.streaming == 1, "the topic is not read")
        actions = self.posts()[0].json()["actions"]
        self.assertEqual([a["label"] for a in actions], ["Mute for a day", "Quarantine"])
        self.assertEqual({a["headers"]["Authorization"] for a in actions}, {"Bearer tk_w"})
        self.mute, self.block = [a["body"] for a in actions]
        return server

    def posts(self):
        return [r for r in self.server_.requests if r.method == "POST"]

    def press(self, *texts):
        for text in texts:
            self.lines.append(message(text, len(self.lines)))

    def refused(self):
        buttons = self.notify.status()["buttons"]
        return buttons[0]["refused"] if buttons else {}

    def key(self):
        with open(self.notify.state_dir + "/notify/button.key", "rb") as key:
            return key.read()

    def sign(self, **claims):
        """As the gateway itself signs: what only somebody with its key could make."""
        key = self.key()
        key_id = b64(hmac.new(key, b"gatewitness button key id", hashlib.sha256).digest()[:6])
        value = {"a": "mute", "c": "phone", "i": "12", "f": 86400, "n": "n" * 16, "x": int(time.time()) + 3600, **claims}
        head = f"gw1.{key_id}.{b64(json.dumps(value).encode())}"
        return f"{head}.{b64(hmac.new(key, head.encode(), hashlib.sha256).digest())}"

    def test_what_is_pressed_is_done_once_and_confirmed(self):
        self.begin()
        reading = [r for r in self.server_.requests if r.method == "GET"][0]
        self.assertEqual((reading.path, dict(reading.headers)["Authorization"]), ("/back/json?since=12h", "Bearer tk_r"))
        self.press(self.mute)
        wait_until(lambda: self.daemon.commands(), "the daemon is not told")
        self.assertEqual(self.daemon.commands(), [{"command": "mute", "incident": "12", "for_s": 86400}])
        self.press(self.mute, self.block)
        wait_until(lambda: len(self.daemon.commands()) == 2, "the other button does nothing")
        self.assertEqual(self.daemon.commands()[1], {"command": "block", "incident": "12", "for_s": 86400})
        wait_until(lambda: self.refused().get("replayed") == 1, "the second use is not refused")
        wait_until(lambda: len(self.posts()) == 3, "no confirmation")
        self.assertIn("mute incident 12 for 24 h. Done.", self.posts()[1].json()["message"])
        self.assertNotIn("actions", self.posts()[1].json())

    def test_a_quarantine_by_itself_is_told_beside_its_incident(self):
        self.begin()
        self.daemon.tell(alert(2, incident="12", revision=1, reason="quarantined", text="Its mail is blocked, automatically."))
        wait_until(lambda: len(self.posts()) == 2, "taken for what was told already")
        told = self.posts()[1].json()
        self.assertIn("automatically", told["message"])
        self.assertNotIn("actions", told)
        self.daemon.tell(alert(3, incident="12", revision=2, reason="worsened"))
        wait_until(lambda: len(self.posts()) == 3, "the incident's next revision is not told")

    def test_without_a_guard_there_is_no_button_for_it(self):
        self.server_ = self.server()
        self.start({"phone": {"type": "ntfy", "url": self.server_.url, "topic": "home", "buttons_topic": "back"}}, guard=False)
        self.daemon.tell(alert(1))
        wait_until(lambda: self.posts(), "no alert")
        self.assertEqual([a["label"] for a in self.posts()[0].json()["actions"]], ["Mute for a day"])

    def test_the_rest_is_refused_counted_and_reported(self):
        self.begin()
        forged = self.mute[:-5] + ("AAAAA" if self.mute[-5:] != "AAAAA" else "BBBBB")
        self.press("hello", "gw1.", "gw1.AAAAAAAA.e30.AAAA", forged, self.sign(x=int(time.time()) - 1), self.sign(c="tablet"),
                   self.sign(a="reboot"), "x" * 4096, "\x1b[31m")
        wait_until(lambda: self.refused() == {"foreign": 7, "forged": 1, "expired": 1, "replayed": 0}, "not refused as they should be")
        self.assertEqual(self.daemon.commands(), [])
        self.assertIn("refused", self.notify.said())
        self.assertNotIn("\x1b", self.notify.said())
        # The judge of this test is right: what is signed like that with a good claim is taken.
        self.press(self.sign())
        wait_until(lambda: self.daemon.commands(), "a good one is refused too")

    def test_a_flood_fills_neither_log_nor_memory(self):
        self.begin()
        before = len(self.notify.said())
        self.lines.append(b"".join(message("spam %d" % n, n) for n in range(5000)) + b"[" * 200_000 + b"\n{\n5\n")
        wait_until(lambda: self.refused().get("foreign") == 5000, "not all are counted")
        wait_until(lambda: self.notify.status()["buttons"][0]["unreadable"] == 3, "what is no message is not counted")
        self.assertLess(len(self.notify.said()) - before, 2000)
        self.press(self.mute)
        wait_until(lambda: self.daemon.commands(), "after it a good one is not heard")

    def test_used_is_used_after_a_restart_and_reading_goes_on_where_it_was(self):
        self.begin()
        self.press(self.mute)
        wait_until(lambda: self.daemon.commands(), "the daemon is not told")
        time.sleep(0.3)
        self.notify.kill()
        self.lines[:] = [message(self.mute, 0)]  # a server that plays all of it again
        self.notify.start()
        wait_until(lambda: self.refused().get("replayed") == 1, "not refused")
        self.assertEqual(len(self.daemon.commands()), 1)
        self.assertEqual([r.path for r in self.server_.requests if r.method == "GET"][-1], "/back/json?since=m0")

    def test_the_stream_is_opened_again(self):
        server = self.begin()
        server.stop_streams = True
        wait_until(lambda: server.streaming == 0, "not ended")
        server.stop_streams = False
        wait_until(lambda: server.streaming == 1, "not opened again")
        self.lines.clear()
        self.press(self.block)
        wait_until(lambda: self.daemon.commands(), "the daemon is not told")

    def test_a_press_while_the_daemon_is_away_is_done_later(self):
        self.begin()
        self.daemon.stop()
        self.press(self.mute)
        time.sleep(1)
        self.notify.kill()
        self.daemon.start()
        self.lines.clear()
        self.notify.start()
        wait_until(lambda: self.daemon.commands(), "it is lost")

    def test_a_refusal_of_the_daemon_is_told(self):
        self.begin()
        self.daemon.refuse["block"] = "quarantine is switched off"
        self.press(self.block)
        wait_until(lambda: len(self.posts()) == 2, "nothing is told")
        self.assertEqual(self.posts()[1].json()["title"], "gatewitness: not done")
        self.assertIn("quarantine is switched off", self.posts()[1].json()["message"])


if __name__ == "__main__":
    base.main()
