# SPDX-License-Identifier: Apache-2.0
"""From the burst to the phone: the right device, once, soon; after the internet was away, with the time of the event."""
import datetime
import json
import os
import sys
import time

import pytest

import witness as witness_module
from internet import ISP_ADDRESS, STRANGERS
from netns import end_process, wait_for

HERE = os.path.dirname(os.path.abspath(__file__))
PORT = 8080
DOMAINS = [server.domain for server in STRANGERS]
CONFIG = f"""
notify:
  timeout: 2s
  channels:
    phone: {{type: ntfy, url: "http://{ISP_ADDRESS}:{PORT}", topic: home}}
    other: {{type: webhook, url: "http://{ISP_ADDRESS}:{PORT}/other"}}
"""


class Phone:
    def __init__(self, home):
        self.file = os.path.join(home.folder, "phone")
        if os.path.exists(self.file):
            os.unlink(self.file)
        self.process = home.net.start(sys.executable, os.path.join(HERE, "phone.py"), ISP_ADDRESS, str(PORT), self.file)
        wait_for(lambda: f"{ISP_ADDRESS}:{PORT}" in home.net.do("ss", "-Hltn"), 10, "the phone's service")

    def requests(self, path=None):
        if not os.path.exists(self.file):
            return []
        with open(self.file, encoding="utf-8") as file:
            found = [json.loads(line) for line in file if line.endswith("\n")]
        return [one for one in found if path in (None, one["path"])]

    def alerts(self, mac):
        """What the webhook got about this device: [(moment it came, alert)]."""
        return [(one["time"], one["body"]) for one in self.requests("/other") if (one["body"]["device"] or {}).get("mac") == mac]


@pytest.fixture
def rung(home, fridge, laptop, nas):
    if not os.access(os.path.join(witness_module.build_folder(), "daemon/notify/gatewitness-notify"), os.X_OK):
        pytest.skip("gatewitness-notify is not in this build")
    home.internet.let_all_through()
    home.forget_connections()
    phone = Phone(home)
    try:
        with witness_module.Witness(home, CONFIG) as witness:
            for device in (fridge, laptop, nas):
                device.renew()
                witness.wait_for_name(device)
            yield witness, phone
            print(witness.log())
    finally:
        end_process(phone.process)


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def test_the_phone_rings_once_and_soon(rung, fridge, laptop):
    witness, phone = rung
    fridge.send(DOMAINS, count=20)
    laptop.send(["provider.example"], count=2, port=587, starttls=True)
    told = witness.incident("direct-to-mx", fridge.mac, severity="alarm")
    wait_for(lambda: phone.alerts(fridge.mac), 10, lambda: f"alert of {told}; there is {phone.requests()}")
    time.sleep(3)  # what would ring a second time
    about_it = phone.alerts(fridge.mac)
    revisions = [(alert["incident"]["id"], alert["incident"]["revision"]) for _, alert in about_it]
    assert len(set(revisions)) == len(revisions), "each revision once"
    alarms = [alert for _, alert in about_it if alert["reason"] == "opened"]
    assert len(alarms) <= len({alert["incident"]["id"] for alert in alarms})
    came, alert = next((came, alert) for came, alert in about_it if alert["incident"]["id"] == told["id"])
    assert alert["device"]["name"] == fridge.hostname
    delay = came - seconds(alert["time"])
    print(f"from verdict to phone: {delay:.3f} s")
    assert 0 <= delay < 2
    on_the_phone = [one["body"] for one in phone.requests("/")]
    assert {body["topic"] for body in on_the_phone} == {"home"}
    assert any(fridge.hostname in body["title"] + body["message"] for body in on_the_phone), on_the_phone
    assert len(on_the_phone) == len(phone.requests("/other")), "both channels tell the same"
    assert phone.alerts(laptop.mac) == []


def test_the_internet_was_away(home, rung, fridge):
    witness, phone = rung
    home.unplug()
    try:
        fridge.send([server.address for server in STRANGERS[:4]], count=6, timeout=1)
        told = witness.incident("direct-to-mx", fridge.mac, severity="alarm", timeout_s=30)
        time.sleep(3)
        assert phone.requests() == []
    finally:
        home.plug_in()
    plugged = time.time()
    wait_for(lambda: phone.alerts(fridge.mac), 90, lambda: f"alert of {told}; {witness.log()}")
    came, alert = phone.alerts(fridge.mac)[0]
    assert alert["device"]["name"] == fridge.hostname
    assert seconds(alert["time"]) < plugged < came, "the time is that of the event"
    print(f"after plugging in: {came - plugged:.1f} s")
    revisions = [(alert["incident"]["id"], alert["incident"]["revision"]) for _, alert in phone.alerts(fridge.mac)]
    assert len(set(revisions)) == len(revisions), "each revision once"
