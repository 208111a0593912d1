#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Home Assistant over a real broker (mosquitto): discovery, states and availability, retained; events; a broker that is
away. Reads with mosquitto's own words: a subscriber made of a socket, MQTT 3.1.1.
usage: mqtt_test.py PATH/gatewitness-notify [unittest options]"""
import json
import os
import shutil
import socket
import subprocess
import threading
import time
import unittest

import base
from stand_ins import alert, wait_until

MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")


def field(data):
    return len(data).to_bytes(2, "big") + data


def packet(kind, body):
    length, head = len(body), bytes([kind])
    while True:
        digit, length = length % 128, length // 128
        head += bytes([digit | (128 if length else 0)])
        if not length:
            return head + body


class Reader(threading.Thread):
    """Subscribes to everything; `messages`: [(topic, payload, retained)] in order."""

    def __init__(self, port, user=None, password=None):
        super().__init__(daemon=True)
        self.messages = []
        self.socket = socket.create_connection(("127.0.0.1", port))
        flags = 2 | (0xc0 if user else 0)
        login = field(user.encode()) + field(password.encode()) if user else b""
        self.socket.sendall(packet(0x10, field(b"MQTT") + b"\x04" + bytes([flags]) + b"\0\x3c" + field(b"reader%d" % time.time_ns()) + login))
        assert self.take()[1][1] == 0
        self.socket.sendall(packet(0x82, b"\0\1" + field(b"#") + b"\0"))
        assert self.take()[0] == 0x90
        self.start()

    def exactly(self, count):
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def take(self):
        kind, length, shift = self.exactly(1)[0], 0, 0
        while True:
            digit = self.exactly(1)[0]
            length |= (digit & 127) << shift
            shift += 7
            if not digit & 128:
                return kind, self.exactly(length)

    def run(self):
        try:
            while True:
                kind, body = self.take()
                if kind & 0xf0 == 0x30:
                    end = 2 + int.from_bytes(body[:2], "big")
                    self.messages.append((body[2:end].decode(), body[end:], bool(kind & 1)))
        except (EOFError, OSError):
            pass

    def publish(self, topic, payload):
        self.socket.sendall(packet(0x30, field(topic.encode()) + payload))

    def last(self, topic):
        return next((m[1] for m in reversed(self.messages) if m[0] == topic), None)

    def events(self):
        return [json.loads(m[1]) for m in self.messages if m[0] == "gatewitness/event"]

    def close(self):
        self.socket.close()


def incident(state="open", name="Kitchen"):
    return {"id": "7", "state": state, "severity": "alarm", "sentence": "It sent mail.",
            "device": {"id": "02:00:5e:10:00:01", "mac": "02:00:5e:10:00:01", "name": name, "class": "fridge", "address": "192.168.1.20"}}


@unittest.skipUnless(MOSQUITTO, "needs mosquitto")
class Mqtt(base.NotifyTest):
    def setUp(self):
        super().setUp()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.broker_config = "allow_anonymous true\n"
        self.broker_process = None
        self.readers = []
        self.addCleanup(self.end_broker)

    def broker(self):
        path = self.folder + "/mosquitto.conf"
        with open(path, "w", encoding="utf-8") as config:
            config.write(f"listener {self.port} 127.0.0.1\n{self.broker_config}")
        self.broker_process = subprocess.Popen([MOSQUITTO, "-c", path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        def listens():
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0
        wait_until(listens, "mosquitto does not start")

    def end_broker(self):
        for reader in self.readers:
            reader.close()
        if self.broker_process and self.broker_process.poll() is None:
            self.broker_process.kill()
            self.broker_process.wait()

    def reader(self, **login):
        self.readers.append(Reader(self.port, **login))
        return self.readers[-1]

    def begin(self, **more):
        self.start({"home": {"type": "mqtt", "url": f"mqtt://127.0.0.1:{self.port}", **more}})

    def test_discovery_states_and_availability_are_retained(self):
        self.broker()
        self.daemon.incidents = [incident()]
        self.begin()
        first = self.reader()
        state = "gatewitness/02005e100001/state"
        wait_until(lambda: first.last(state), "no state")
        late = self.reader()  # who comes later finds all of it
        wait_until(lambda: late.last(state) and late.last("gatewitness/availability"), "nothing is retained")
        time.sleep(0.2)
        self.assertTrue(all(retained for _, _, retained in late.messages), late.messages)
        gateway = json.loads(late.last("homeassistant/device/gatewitness/config"))
        device = json.loads(late.last("homeassistant/device/gatewitness_02005e100001/config"))
        self.assertEqual((gateway["availability_topic"], gateway["state_topic"]), ("gatewitness/availability", "gatewitness/gateway/state"))
        self.assertEqual((device["dev"]["name"], device["cmps"]["problem"]["device_class"]), ("Kitchen", "problem"))
        self.assertTrue(gateway["o"]["name"])
        self.assertEqual(json.loads(late.last(state))["problem"], "ON")
        self.assertEqual(json.loads(late.last("gatewitness/gateway/state")), {"problem": "ON", "open": 1})
        self.assertEqual(late.last("gatewitness/availability"), b"online")
        # It closes: the state says so. It is forgotten: the entity goes.
        self.daemon.incidents = [incident("closed")]
        self.daemon.tell(alert(1, reason="closed"))
        wait_until(lambda: json.loads(first.last(state))["problem"] == "OFF", "the state stays")
        self.daemon.incidents = []
        self.daemon.tell(alert(2, incident="8"))
        wait_until(lambda: first.last("homeassistant/device/gatewitness_02005e100001/config") == b"", "the entity stays")
        self.notify.stop()
        wait_until(lambda: first.last("gatewitness/availability") == b"offline", "the end is not told")

    def test_a_killed_notifier_is_unavailable(self):
        self.broker()
        self.begin()
        reader = self.reader()
        wait_until(lambda: reader.last("gatewitness/availability") == b"online", "not online")
        self.notify.kill()
        wait_until(lambda: reader.last("gatewitness/availability") == b"offline", "no last will")
        self.notify.start()
        wait_until(lambda: reader.last("gatewitness/availability") == b"online", "not online again")

    def test_home_assistant_that_starts_is_told_again(self):
        self.broker()
        self.begin()
        reader = self.reader()
        config = "homeassistant/device/gatewitness/config"
        wait_until(lambda: reader.last(config), "no announcement")
        before = len([m for m in reader.messages if m[0] == config])
        reader.publish("homeassistant/status", b"online")
        wait_until(lambda: len([m for m in reader.messages if m[0] == config]) > before, "not told again")

    def test_alerts_are_events_in_order_and_once(self):
        self.broker()
        self.begin()
        reader = self.reader()
        self.daemon.tell(*[alert(n, incident=str(n)) for n in range(1, 6)])
        wait_until(lambda: self.notify.channel("home").get("delivered") == 5, "not acknowledged")
        wait_until(lambda: len(reader.events()) == 5, "not heard")
        self.assertEqual([e["number"] for e in reader.events()], [1, 2, 3, 4, 5])
        self.assertEqual((reader.events()[0]["event_type"], reader.events()[0]["device"]["name"]), ("opened", "Kitchen"))
        self.assertNotIn("gatewitness/event", [m[0] for m in self.reader().messages], "an event is no state")
        answer = self.notify.ask({"command": "test-alert"})["data"][0]
        self.assertEqual((answer["ok"], answer["said"]), (True, "MQTT: acknowledged by the broker"))

    def test_a_broker_that_is_away_gets_it_on_return(self):
        self.begin()
        self.daemon.tell(alert(1))
        wait_until(lambda: not self.notify.channel("home").get("connected", True), "no status")
        self.broker()
        reader = self.reader()
        wait_until(lambda: len(reader.events()) == 1, "not delivered on return", 60)
        self.broker_process.kill()
        self.broker_process.wait()
        self.daemon.tell(alert(2, incident="8"))
        time.sleep(1)
        self.broker()
        again = self.reader()
        wait_until(lambda: self.notify.channel("home").get("delivered") == 2, "the second one is not delivered", 60)
        wait_until(lambda: [e["number"] for e in again.events()] == [2], "the second one is not heard")
        wait_until(lambda: again.last("homeassistant/device/gatewitness/config"), "a broker that forgot is not told again")

    def test_a_wrong_password_is_said_and_not_shown(self):
        passwords = self.folder + "/passwords"
        subprocess.run(["mosquitto_passwd", "-b", "-c", passwords, "gw", "right"], check=True, capture_output=True)
        os.chmod(passwords, 0o644)
        os.chmod(self.folder, 0o777)
        self.broker_config = f"allow_anonymous false\npassword_file {passwords}\n"
        self.broker()
        self.begin(user="gw", token="SECRETwrong")
        answer = self.notify.ask({"command": "test-alert"})["data"][0]
        self.assertFalse(answer["ok"])
        self.assertRegex(answer["said"], "(?i)not authori[sz]ed|refused")
        self.assertNotIn("SECRET", str(answer) + self.notify.said() + str(self.notify.status()))
        self.notify.stop()
        self.notify.configure({"notify": {"channels": {"home": {"type": "mqtt", "url": f"mqtt://127.0.0.1:{self.port}", "user": "gw", "token": "right"}}}})
        self.notify.start()
        self.assertTrue(self.notify.ask({"command": "test-alert"})["data"][0]["ok"])

    def test_hostile_names_arrive_harmless(self):
        self.broker()
        name = "\x1b[31m<b>\r\n\u202eexe\x00" + "\U0001F600" * 1024
        self.daemon.incidents = [incident(name=name)]
        self.begin()
        reader = self.reader()
        hostile = alert(1, title=name, text=name)
        hostile["device"].update(name=name, id="../#/+")
        self.daemon.tell(hostile)
        wait_until(lambda: reader.events() and len(reader.messages) >= 5, "nothing came")
        for topic, payload, _ in reader.messages:
            text = payload.decode()
            self.assertRegex(topic, r"^[A-Za-z0-9_/]+$")
            self.assertFalse(any(ord(c) < 32 or 0x7f <= ord(c) < 0xa0 or c == "\u202e" for c in text), text[:200])
            self.assertNotIn("\\u00", text)


if __name__ == "__main__":
    base.main()
