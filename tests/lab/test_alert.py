# SPDX-License-Identifier: Apache-2.0
"""From the burst to the phone: the right device, once, soon; after the internet was away, with the time of the event."""
import datetime
import os
import time

import pytest

import witness as witness_module
from internet import PROVIDER, STRANGERS
from netns import wait_for
from phone import PORT, Phone

DOMAINS = [server.domain for server in STRANGERS]
# Beside the phone: the alert as it is.
OTHER = f"    other: {{type: webhook, url: \"http://{PROVIDER.address}:{PORT}/other\"}}\n  timeout: 2s\n"


def alerts(phone, mac):
    """What the webhook got about this device: [(moment it came, alert)]."""
    return [(one["arrived"], one) for one in posted(phone, "/other") if (one["device"] or {}).get("mac") == mac]


def posted(phone, path):
    return [one for one in phone.messages() if one["path"] == path]


@pytest.fixture
def rung(home, fridge, laptop, nas):
    if not os.access(os.path.join(witness_module.build_folder(), "daemon/notify/gatewitness-notify"), os.X_OK):
        pytest.skip("gatewitness-notify is not in this build")
    home.internet.let_all_through()
    home.forget_connections()
    with Phone(home) as phone, witness_module.Witness(home, phone.channel() + OTHER) as witness:
        for device in (fridge, laptop, nas):
            device.renew()
            witness.wait_for_name(device)
        yield witness, phone
        print(witness.log())


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def test_the_phone_rings_once_and_soon(rung, fridge, laptop):
    witness, phone = rung
    fridge.send(DOMAINS, count=20)
    laptop.send(["provider.example"], count=2, port=587, starttls=True)
    told = witness.incident("direct-to-mx", fridge.mac, severity="alarm")
    wait_for(lambda: alerts(phone, fridge.mac), 10, lambda: f"alert of {told}; there is {phone.messages()}")
    time.sleep(3)  # what would ring a second time
    about_it = alerts(phone, fridge.mac)
    revisions = [(alert["incident"]["id"], alert["incident"]["revision"]) for _, alert in about_it]
    assert len(set(revisions)) == len(revisions), "each revision once"
    alarms = [alert for _, alert in about_it if alert["reason"] == "opened"]
    assert len(alarms) <= len({alert["incident"]["id"] for alert in alarms})
    came, alert = next((came, alert) for came, alert in about_it if alert["incident"]["id"] == told["id"])
    assert alert["device"]["name"] == fridge.hostname
    delay = came - seconds(alert["time"])
    print(f"from verdict to phone: {delay:.3f} s")
    assert 0 <= delay < 2
    on_the_phone = posted(phone, "/")
    assert {body["topic"] for body in on_the_phone} == {"home"}
    # notify.group_wait is part of it.
    rang = min(body["arrived"] for body in on_the_phone if fridge.hostname in body["title"] + body["message"])
    first = min(seconds(alert["time"]) for _, alert in about_it)
    print(f"from the first verdict to the phone, grouped: {rang - first:.3f} s")
    assert 0 <= rang - first < 2
    # What came within a second is one message there, and of one incident its newest word.
    newest = {alert["incident"]["id"]: alert["title"] for alert in posted(phone, "/other")}
    told_there = "\n".join(body["title"] + "\n" + body["message"] for body in on_the_phone)
    assert [title for title in newest.values() if title not in told_there] == [], told_there
    assert alerts(phone, laptop.mac) == []


def test_the_internet_was_away(home, rung, fridge):
    witness, phone = rung
    home.unplug()
    try:
        fridge.send([server.address for server in STRANGERS[:4]], count=6, timeout=1)
        told = witness.incident("direct-to-mx", fridge.mac, severity="alarm", timeout_s=30)
        time.sleep(3)
        assert phone.messages() == []
    finally:
        home.plug_in()
    plugged = time.time()
    wait_for(lambda: alerts(phone, fridge.mac), 90, lambda: f"alert of {told}; {witness.log()}")
    came, alert = alerts(phone, fridge.mac)[0]
    assert alert["device"]["name"] == fridge.hostname
    assert seconds(alert["time"]) < plugged < came, "the time is that of the event"
    print(f"after plugging in: {came - plugged:.1f} s")
    revisions = [(alert["incident"]["id"], alert["incident"]["revision"]) for _, alert in alerts(phone, fridge.mac)]
    assert len(set(revisions)) == len(revisions), "each revision once"
