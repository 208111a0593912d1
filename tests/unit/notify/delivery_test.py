#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Delivery: order, at least once, once for a revision, retries, outages, quiet hours, secrets, test-alert.
usage: delivery_test.py PATH/gatewitness-notify [unittest options]"""
import os
import subprocess
import time

import base
from stand_ins import alert, time_text, wait_until


def ntfy(server, **more):
    return {"type": "ntfy", "url": server.url, "topic": "home", "token": "tk_SECRET1", **more}


def posts(server):
    return [r for r in server.requests if r.method == "POST"]  # not the notifier's reading for buttons


def titles(server):
    return [r.json()["title"] for r in posts(server)]


class Delivery(base.NotifyTest):
    def test_an_alert_leaves_within_two_seconds_of_the_verdict(self):
        server = self.server()
        self.start({"phone": ntfy(server)}, poll="1m")  # so that only the event can bring it
        time.sleep(1.5)  # a subscription has no answer to wait for
        begun = time.monotonic()
        self.daemon.tell(alert(1))
        wait_until(lambda: server.requests, "nothing came")
        took = server.requests[0].time - begun
        print(f"verdict to request: {took * 1000:.0f} ms")
        self.assertLess(took, 2)

    def test_without_the_event_the_poll_brings_it(self):
        server = self.server()
        self.start({"phone": ntfy(server)})
        self.daemon.alerts.append(alert(1))
        wait_until(lambda: titles(server), "nothing came")

    def test_in_order_once_and_across_restarts(self):
        server = self.server()
        notify = self.start({"phone": ntfy(server)})
        self.daemon.tell(*[alert(n, incident=str(n)) for n in range(1, 101)])  # more than one batch
        wait_until(lambda: len(titles(server)) == 100, "not all came")
        notify.stop()
        notify.start()
        self.daemon.tell(alert(101, incident="101"))
        wait_until(lambda: len(titles(server)) >= 101, "the next one did not come")
        self.assertEqual(titles(server), [f"Fridge sends spam ({n})" for n in range(1, 102)])

    def test_a_revision_is_sent_once(self):
        server = self.server()
        self.start({"phone": ntfy(server)})
        self.daemon.tell(alert(1, revision=1), alert(2, incident="8", revision=1))
        wait_until(lambda: len(titles(server)) == 2, "they did not come")
        self.daemon.tell(alert(3, revision=1, reason="continues"), alert(4, revision=2, reason="worsened"))
        wait_until(lambda: len(titles(server)) == 3, "the later revision did not come")
        wait_until(lambda: self.notify.channel("phone").get("duplicates") == 1, "the double is not counted")
        self.assertEqual(titles(server)[2], "Fridge sends spam (4)")

    def test_a_new_log_of_the_daemon_begins_at_its_first_alert(self):
        server = self.server()
        self.start({"phone": ntfy(server)})
        self.daemon.tell(alert(1), alert(2, incident="8"))
        wait_until(lambda: len(titles(server)) == 2, "they did not come")
        with self.daemon.lock:
            self.daemon.alerts, self.daemon.epoch = [alert(1, title="anew")], "epoch-2"
        wait_until(lambda: len(titles(server)) == 3, "the new log's alert did not come")
        self.assertEqual(titles(server)[2], "anew")

    def test_what_happened_before_the_first_start_is_history(self):
        server = self.server()
        self.daemon.alerts = [alert(1, incident="1", ago_s=3600), alert(2, incident="2", ago_s=10)]
        self.start({"phone": ntfy(server)})
        wait_until(lambda: titles(server), "the news did not come")
        self.assertEqual(titles(server), ["Fridge sends spam (2)"])

    def test_an_outage_ends_with_everything_in_order_and_collapsed(self):
        server = self.server()
        port = server.port
        server.close()
        self.start({"phone": ntfy(server)})
        self.daemon.tell(alert(1, incident="7"))
        wait_until(lambda: self.notify.channel("phone").get("failed_tries", 0) >= 1, "no try")
        self.daemon.tell(alert(2, incident="8"), alert(3, incident="7", reason="worsened"), alert(4, incident="7", reason="closed"),
                         alert(5, incident="9"))
        wait_until(lambda: self.notify.channel("phone").get("waiting") == 3, "not collapsed")
        status = self.notify.channel("phone")
        self.assertEqual((status["collapsed"], status["delivered"]), (2, 0))
        self.assertIn("no answer", status["last_error"])
        back = self.server(port=port)
        wait_until(lambda: len(titles(back)) == 3, "not delivered on return")
        self.assertEqual(titles(back), [f"Fridge sends spam ({n})" for n in (2, 4, 5)])
        self.assertIn("Stands for 2 earlier messages", back.requests[1].json()["message"])

    def test_what_comes_late_says_when_it_happened(self):
        server = self.server()
        os.environ["TZ"] = "UTC"
        happened = time_text(3 * 3600 + 60)
        self.daemon.alerts = []
        notify = self.start({"phone": ntfy(server)})
        wait_until(lambda: notify.status().get("version"), "no status")
        self.daemon.tell(alert(1))
        wait_until(lambda: titles(server), "the first did not come")
        self.daemon.tell(alert(2, incident="late", time=happened))
        wait_until(lambda: len(titles(server)) == 2, "the late one did not come")
        self.assertIn(f"At {happened[:10]} {happened[11:19]} +0000, sent 3 h later.", server.requests[1].json()["message"])

    def test_errors_are_tried_again_and_refusals_are_not(self):
        server = self.server()
        server.plan = [500, (429, {"Retry-After": "3"}, b'{"code":42901}'), "reset", 200]
        self.start({"phone": ntfy(server)})
        self.daemon.tell(alert(1))
        wait_until(lambda: self.notify.channel("phone").get("delivered") == 1, "not delivered")
        times = [r.time for r in server.requests]
        self.assertEqual(len(times), 4)
        self.assertGreaterEqual(times[2] - times[1], 2.9, "Retry-After was not honoured")
        self.assertGreaterEqual(times[1] - times[0], 0.9, "no backoff")
        server.plan = [403, 200]
        self.daemon.tell(alert(2, incident="8"), alert(3, incident="9"))
        wait_until(lambda: self.notify.channel("phone").get("delivered") == 2, "the next one does not come")
        self.assertEqual([t[-2] for t in titles(server)][4:], ["2", "3"], "a refused one is not sent again")
        self.assertEqual(self.notify.channel("phone")["refused"], 1)
        self.assertIn("HTTP 403", self.notify.said())

    def test_a_redirect_is_not_followed(self):
        server, other = self.server(), self.server()
        server.plan = [(302, {"Location": other.url + "/"}, b"")]
        self.start({"phone": ntfy(server)})
        self.daemon.tell(alert(1))
        wait_until(lambda: self.notify.channel("phone").get("refused") == 1, "not refused")
        self.assertEqual(other.requests, [])
        self.assertIn("sends us elsewhere", self.notify.channel("phone")["last_error"])

    def test_a_server_that_hangs_holds_up_nobody_else(self):
        slow, quick = self.server(), self.server()
        slow.plan = ["hang", 200]
        self.start({"slow": ntfy(slow), "quick": ntfy(quick)})
        begun = time.monotonic()
        self.daemon.tell(alert(1))
        wait_until(lambda: quick.requests, "held up")
        self.assertLess(quick.requests[0].time - begun, 2)
        wait_until(lambda: self.notify.channel("slow").get("delivered") == 1, "not tried again")

    def test_an_answer_that_breaks_off_after_its_status_is_an_answer(self):
        server = self.server()
        server.plan = [(200, {"X-Cut": "1"}, b'{"id":'), 200]
        self.start({"phone": ntfy(server)})
        self.daemon.tell(alert(1))
        wait_until(lambda: self.notify.channel("phone").get("delivered") == 1, "not delivered")
        time.sleep(1.5)
        self.assertEqual(len(server.requests), 1)

    def test_a_certificate_of_another_name_is_refused(self):
        for name in ("right", "wrong"):
            self.certificate(name, "127.0.0.1" if name == "right" else "192.0.2.1")
        right, wrong = [self.server(tls=(f"{self.folder}/{n}.pem", f"{self.folder}/{n}.key")) for n in ("right", "wrong")]
        unknown = self.server(tls=(f"{self.folder}/right.pem", f"{self.folder}/right.key"))
        self.start({"right": ntfy(right, ca_file=f"{self.folder}/right.pem"), "wrong": ntfy(wrong, ca_file=f"{self.folder}/wrong.pem"),
                    "unknown": ntfy(unknown)})
        self.daemon.tell(alert(1))
        wait_until(lambda: right.requests, "the right one got nothing")
        for name in ("wrong", "unknown"):
            wait_until(lambda n=name: self.notify.channel(n).get("failed_tries", 0) >= 1, "no failed try")
            self.assertRegex(self.notify.channel(name)["last_error"], "(?i)ssl|certificate")
        self.assertEqual((wrong.requests, unknown.requests), ([], []))

    def certificate(self, name, address):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                        "-subj", "/CN=" + name, "-addext", f"subjectAltName=IP:{address}", "-keyout", f"{self.folder}/{name}.key",
                        "-out", f"{self.folder}/{name}.pem"], check=True, capture_output=True)

    def test_floor_and_quiet_hours(self):
        loud, alarms, asleep, awake = [self.server() for _ in range(4)]
        now = time.localtime()
        minute = now.tm_hour * 60 + now.tm_min
        def clock(m):
            return f"{m // 60 % 24:02}:{m % 60:02}"
        around = f"{clock(minute - 60)}-{clock(minute + 60)}"
        self.start({"loud": ntfy(loud, quiet_hours="never"), "alarms": ntfy(alarms, severity="alarm", quiet_hours="never"),
                    "asleep": ntfy(asleep), "awake": ntfy(awake, quiet_hours=f"{clock(minute + 60)}-{clock(minute - 60)}")},
                   quiet_hours=around)
        self.daemon.tell(alert(1, incident="1", severity="notice"), alert(2, incident="2"), alert(3, incident="3", severe=True))
        wait_until(lambda: len(titles(loud)) == 3 and len(titles(alarms)) == 2 and len(titles(awake)) == 3, "not all came")
        wait_until(lambda: titles(asleep), "the severe one does not pass")
        time.sleep(0.5)
        self.assertEqual(titles(asleep), ["Fridge sends spam (3)"])
        self.assertEqual(titles(alarms), ["Fridge sends spam (2)", "Fridge sends spam (3)"])
        wait_until(lambda: self.notify.channel("asleep").get("waiting") == 2 and self.notify.channel("asleep").get("quiet"), "not held")

    def test_what_comes_together_is_one_message(self):
        phone, hook = self.server(), self.server()
        self.start({"phone": ntfy(phone, buttons_topic="back"), "hook": {"type": "webhook", "url": hook.url}}, group_wait="2s")
        time.sleep(1.5)
        begun = time.monotonic()
        self.daemon.tell(alert(1, incident="1", severity="notice"), alert(2, incident="2"))
        time.sleep(1)
        self.daemon.tell(alert(3, incident="3", severity="notice"))
        wait_until(lambda: titles(phone), "nothing came")
        took = posts(phone)[0].time - begun
        self.assertGreater(took, 1.8)
        self.assertLess(took, 2.9, "the third prolonged the wait")
        message = posts(phone)[0].json()
        self.assertEqual(message["title"], "Fridge sends spam (2), and 2 more")
        for number in (1, 2, 3):
            self.assertIn(f"Fridge sends spam ({number}). Your fridge sent 14 mails.", message["message"])
        self.assertNotIn("actions", message, "no button knows which is meant")
        wait_until(lambda: self.notify.channel("phone").get("delivered") == 3, "not all are noted as delivered")
        wait_until(lambda: len(hook.requests) == 3, "a program gets each")
        self.daemon.tell(alert(4, incident="2", revision=2))
        wait_until(lambda: self.notify.channel("phone").get("duplicates") == 1, "what was in a group is sent again")
        self.daemon.tell(alert(5, incident="5"))
        wait_until(lambda: len(titles(phone)) == 2, "the next one did not come")
        self.assertEqual(posts(phone)[1].json()["title"], "Fridge sends spam (5)")
        self.assertEqual(len(posts(phone)[1].json()["actions"]), 2)

    def test_a_group_that_fails_is_tried_again_with_what_came_since(self):
        server = self.server()
        server.plan = [500, 200]
        self.start({"phone": ntfy(server)}, group_wait="1s")
        self.daemon.tell(alert(1, incident="1"), alert(2, incident="2"))
        wait_until(lambda: self.notify.channel("phone").get("failed_tries") == 1, "no try")
        self.daemon.tell(alert(3, incident="3"))
        wait_until(lambda: self.notify.channel("phone").get("delivered") == 3, "not delivered")
        self.assertEqual(titles(server), ["Fridge sends spam (1), and 1 more", "Fridge sends spam (1), and 2 more"])

    def test_the_default_wait_keeps_the_two_seconds(self):
        server = self.server()
        self.start({"phone": ntfy(server)}, poll="1m", group_wait="1s")  # 1s: conf/gatewitness.yaml
        time.sleep(1.5)
        begun = time.monotonic()
        self.daemon.tell(alert(1))
        wait_until(lambda: server.requests, "nothing came")
        self.assertLess(server.requests[0].time - begun, 2)

    def test_the_owners_language(self):
        server = self.server()
        notify = self.start({"phone": ntfy(server, buttons_topic="back")}, language="de")
        self.daemon.tell(alert(1, sure="Alarm. Wie sicher: fast gewiss."))
        wait_until(lambda: titles(server), "nothing came")
        message = posts(server)[0].json()
        self.assertIn("\n\nAlarm. Wie sicher: fast gewiss.\n\n", message["message"])
        self.assertRegex(message["message"], r"\n\nUm \d{4}-")
        self.assertEqual([a["label"] for a in message["actions"]], ["Einen Tag stumm", "Sperren"])
        notify.ask({"command": "test-alert"})
        self.assertEqual(titles(server)[1], "gatewitness: Probe")

    def test_the_queue_is_bounded(self):
        server = self.server()
        server.plan = [500]
        self.start({"phone": ntfy(server, quiet_hours="never")}, queue=16)
        self.daemon.tell(*[alert(n, incident=str(n), severe=n <= 3) for n in range(1, 31)])
        wait_until(lambda: self.notify.channel("phone").get("overflowed") == 14, "no overflow is counted")
        self.assertEqual(self.notify.channel("phone")["waiting"], 16)

    def test_an_alert_for_one_channel_is_for_one_channel(self):
        one, other = self.server(), self.server()
        self.start({"one": ntfy(one), "other": ntfy(other)})
        self.daemon.tell(alert(1, channel="other"), alert(2, incident="8"))
        wait_until(lambda: len(titles(other)) == 2 and titles(one), "they did not come")
        self.assertEqual(titles(one), ["Fridge sends spam (2)"])

    def test_secrets_are_shown_nowhere(self):
        server = self.server()
        # A server that sends a token back is no reason to show it.
        server.plan = [(400, {}, b'bad token tk_SECRET1 or hook SECRET2, "SECRET3"')]
        with open(self.folder + "/token", "w", encoding="utf-8") as token:
            token.write("SECRET3\n")
        os.chmod(self.folder + "/token", 0o600)
        notify = self.start({"phone": ntfy(server), "file": {"type": "gotify", "url": server.url, "token_file": self.folder + "/token"},
                             "hook": {"type": "webhook", "url": server.url + "/{{token}}", "token": "SECRET2"},
                             "down": ntfy(server, url="http://127.0.0.1:1/SECRETPATH")}, )
        answer = str(notify.ask({"command": "test-alert"}))
        self.daemon.tell(alert(1))
        wait_until(lambda: all(self.notify.channel(n).get("refused") == 1 for n in ("phone", "file", "hook")), "not refused")
        notify.stop()
        with open(notify.run_dir + "/notify.json", encoding="utf-8") as status:
            everything = answer + notify.said() + status.read()
        self.assertIn("HTTP 400", everything)
        self.assertNotIn("SECRET", everything)
        self.assertIn("***", everything)
        self.assertIn("Bearer tk_SECRET1", [dict(r.headers).get("Authorization") for r in server.requests])

    def test_a_token_that_others_may_read_is_an_error(self):
        server = self.server()
        with open(self.folder + "/token", "w", encoding="utf-8") as token:
            token.write("SECRET3\n")
        os.chmod(self.folder + "/token", 0o640)
        with self.assertRaises(AssertionError) as refused:
            self.start({"file": {"type": "gotify", "url": server.url, "token_file": self.folder + "/token"}})
        self.assertIn("chmod it to 0600", str(refused.exception))
        self.assertNotIn("SECRET3", str(refused.exception))

    def test_test_alert_says_what_the_server_said(self):
        good, bad = self.server(), self.server()
        good.plan, bad.plan = [(200, {}, b'{"id":"abc"}')], [(401, {}, b'{"error":"unauthorized"}')]
        notify = self.start({"good": ntfy(good), "bad": ntfy(bad)}, quiet_hours="00:00-23:59")
        answer = notify.ask({"command": "test-alert"})
        self.assertEqual([(r["channel"], r["type"], r["ok"], r["said"]) for r in answer["data"]],
                         [("good", "ntfy", True, 'HTTP 200: {"id":"abc"}'), ("bad", "ntfy", False, 'HTTP 401: {"error":"unauthorized"}')])
        self.assertEqual(len(notify.ask({"command": "test-alert", "channel": "good"})["data"]), 1)
        self.assertEqual([r.json()["title"] for r in good.requests], ["gatewitness: test"] * 2)
        self.assertIn('there is no channel "nix"; there are: good, bad', notify.ask({"command": "test-alert", "channel": "nix"})["error"])
        for request in ({}, [], {"command": "alerts"}, {"command": 5}):
            self.assertFalse(notify.ask(request)["ok"])

    def test_a_daemon_that_is_away_comes_back(self):
        server = self.server()
        self.daemon.stop()
        self.start({"phone": ntfy(server)})
        wait_until(lambda: self.notify.status().get("daemon_error"), "the daemon's silence is not told")
        self.daemon.start()
        self.daemon.tell(alert(1))
        wait_until(lambda: titles(server), "nothing came")

    def test_a_damaged_queue_is_put_aside(self):
        server = self.server()
        notify = self.start({"phone": ntfy(server)})
        self.daemon.tell(alert(1))
        wait_until(lambda: titles(server), "nothing came")
        notify.stop()
        with open(notify.state_dir + "/notify/queue.db", "r+b") as queue:
            queue.write(b"\0" * 8192)
        notify.start()
        self.assertIn("the queue was damaged", notify.said())
        self.daemon.tell(alert(2, incident="8"))
        wait_until(lambda: "Fridge sends spam (2)" in titles(server), "nothing came")


if __name__ == "__main__":
    base.main()
