# SPDX-License-Identifier: Apache-2.0
"""A hundred spams of three devices behind one address, all at once; the far mail server's own log and its stored mails,
made into reports as its owner would; each must come back to the device that sent it. A wrong name is a failure; "could
not tell" is counted apart, and must have a reason in what the kernel did."""
import collections
import datetime
import json
import re

import pytest

from device import attempts_of
from internet import HOME_ADDRESS, KEPT_DOMAIN, STRANGERS
from netns import wait_for

EACH = 34
NARROW = (40000, 40031)


@pytest.fixture
def flood(home, bindings, witness, fridge, laptop, nas):
    """Sends, and gives {queue id: (device, time and port as the server logged them, the mail, the receiver's address)}."""

    def send():
        home.internet.forget_mails()
        before = set(home.internet.logins())
        devices = {"fridge": fridge, "laptop": laptop, "nas": nas}
        # They call themselves alike: nothing but the connection tells them apart.
        running = [device.send([server.address for server in STRANGERS], wait=False, count=EACH, parallel=10, sender=f"{name}@lab.example",
                               **{"to-domain": KEPT_DOMAIN, "ehlo": "localhost"}) for name, device in devices.items()]
        done = [attempts_of(process) for process in running]
        assert all(attempt["outcome"] == "accepted" for attempts in done for attempt in attempts), done
        wait_for(lambda: len(home.internet.kept_mails()) == 3 * EACH, 30, "stored mails")
        mails, logins = home.internet.kept_mails(), home.internet.logins()
        hosts = {server.host: server.address for server in STRANGERS}
        sent = {}
        for queue_id, mail in mails.items():
            assert queue_id not in before
            when, address, port = logins[queue_id]
            assert address == HOME_ADDRESS
            device = devices[re.search(r"Return-Path: <(\w+)@lab\.example>", mail)[1]]
            sent[queue_id] = (device, when, port, mail, hosts[re.search(r"by (\S+) \(Postfix\)", mail)[1]])
        for device in devices.values():
            witness.wait_for_attempts(device.mac, EACH)
        return sent

    yield send
    home.use_outside_ports()


def are_at_once(sent):
    """Whether all three devices had a mail accepted within the same second."""
    macs = collections.defaultdict(set)
    for device, when, *_ in sent.values():
        macs[when].add(device.mac)
    return any(len(at_once) == 3 for at_once in macs.values())


def rfc3339(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def xarf(when, port, destination):
    """XARF 4 as the server's owner makes it out of a line of its log."""
    return json.dumps({"xarf_version": "4.0.0", "report_id": "lab", "timestamp": rfc3339(when), "category": "messaging",
                       "type": "spam", "source_identifier": HOME_ADDRESS, "source_port": port, "destination_ip": destination,
                       "destination_port": 25})


def late(mail, seconds):
    """The mail as a server would have stored it whose clock is wrong by so much."""
    def moved(match):
        time = datetime.datetime.strptime(match[0], "%a, %d %b %Y %H:%M:%S") + datetime.timedelta(seconds=seconds)
        return time.strftime("%a, %d %b %Y %H:%M:%S")
    return re.sub(r"\w{3}, \s?\d{1,2} \w{3} \d{4} \d\d:\d\d:\d\d", moved, mail)


def judge(witness, folder, sent, excused=lambda queue_id: False):
    """Asks for every report of a folder and counts: all must be right, but for those that nobody could tell."""
    _, testimonies, errors = witness.attribute(str(folder), timeout_s=180)
    assert errors == ""
    assert len(testimonies) == len(sent)
    count = collections.Counter()
    for testimony in testimonies:
        queue_id = re.search(r"([0-9A-F]+)\.\w+$", testimony["report"]["file"])[1]
        first = testimony["candidates"][0]["device"]["mac"] if testimony["verdict"] == "named" else None
        verdict = "could not tell" if first is None else "right" if first == sent[queue_id][0].mac else "wrong"
        if verdict != "right":
            print(verdict, json.dumps(testimony))
        if first is None:
            assert excused(queue_id), testimony
        count[verdict] += 1
    print(dict(count))
    assert count["wrong"] == 0 and count["right"] >= 100, count


def test_with_a_port_and_with_a_queue_id_and_a_wrong_clock(witness, flood, tmp_path):
    """A line of the server's log has a port and no queue id; a stored mail's Received header has a queue id and no port,
    and the server's clock may be wrong."""
    sent = flood()
    assert are_at_once(sent)
    folders = {name: tmp_path / name for name in ("lines", "0", "120", "-120")}
    for name, folder in folders.items():
        folder.mkdir()
        for queue_id, (_, when, port, mail, destination) in sent.items():
            if name == "lines":
                (folder / f"{queue_id}.json").write_text(xarf(when, port, destination))
            else:
                (folder / f"{queue_id}.eml").write_text(late(mail, int(name)))
        judge(witness, folder, sent)


def test_ports_that_are_used_again(home, witness, flood, tmp_path):
    """The gateway has 32 ports for all of it: the kernel gives the same port for the same server to another device within
    the same second. A queue id tells them apart. A time in whole seconds cannot: then both are listed, nobody is named."""
    home.use_outside_ports(*NARROW)
    home.gateway.sysctl("net.netfilter.nf_conntrack_tcp_timeout_time_wait", 2)
    sent = {**flood(), **flood()}
    home.gateway.sysctl("net.netfilter.nf_conntrack_tcp_timeout_time_wait", 120)
    assert all(NARROW[0] <= port <= NARROW[1] for _, _, port, *_ in sent.values())
    users = collections.defaultdict(set)
    for device, _, port, _, destination in sent.values():
        users[port, destination].add(device.mac)
    assert any(len(macs) > 1 for macs in users.values()), "no tuple was used by two devices"
    mails, lines = tmp_path / "mails", tmp_path / "lines"
    mails.mkdir()
    lines.mkdir()
    for queue_id, (_, when, port, mail, destination) in sent.items():
        (mails / f"{queue_id}.eml").write_text(mail)
        (lines / f"{queue_id}.json").write_text(xarf(when, port, destination))
    judge(witness, mails, sent)
    judge(witness, lines, sent, excused=lambda queue_id: len(users[sent[queue_id][2], sent[queue_id][4]]) > 1)
