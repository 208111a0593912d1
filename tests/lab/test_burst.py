# SPDX-License-Identifier: Apache-2.0
"""The founding case: the fridge sends."""
import time

from internet import HOME_ADDRESS, STRANGERS, STRICT
from truth import conntrack_bindings, frames_seen

THRESHOLD = 10  # detection.burst.short_attempts


def test_burst_names_the_fridge_within_five_seconds(home, witness, fridge, laptop):
    with frames_seen(home, "tcp dst port 25 and tcp[tcpflags] & (tcp-syn|tcp-ack) = tcp-syn") as frames:
        attempts = fridge.send([server.domain for server in STRANGERS], count=16, pause=0.1)
        reached = sorted(attempt["time"] for attempt in attempts)[THRESHOLD - 1]
        explained = witness.incident("burst", fridge.mac, severity="alarm", timeout_s=5)
        told_after_s = time.time() - reached
    assert told_after_s <= 5, f"{told_after_s:.1f} s after the attempt that reached the threshold"
    assert explained["device"]["mac"] == fridge.mac == fridge.namespace.mac()
    assert sum(f"{fridge.mac} >" in frame for frame in frames) == len(attempts), "the wire's own word on who it was"
    assert explained["device"]["address"] == fridge.address
    assert (explained["device"]["name"], explained["device"]["class"]) == (fridge.hostname, "fridge")
    assert not witness.incidents(device=laptop.mac), "the laptop did nothing"
    print(f"told {told_after_s:.2f} s after the attempt that reached the threshold")


def test_figures_of_a_long_burst_are_whole(home, witness, fridge):
    """More attempts than an incident keeps, told while it goes on: each counts once, the last ones too."""
    sent = fridge.send([server.domain for server in STRANGERS], count=100, pause=0.03)
    assert sum(inside[0] == fridge.address for inside in conntrack_bindings(home)) == len(sent) == 100
    for kind in ("burst", "direct-to-mx"):
        explained = witness.incident(kind, fridge.mac, until=lambda told: told["counts"]["attempts"] >= 100)
        assert explained["counts"]["attempts"] == 100
        assert explained["counts"]["destinations"] == len(STRANGERS)


def test_evidence_is_what_the_mail_server_says(home, witness, fridge):
    attempts = fridge.send([server.domain for server in STRANGERS], count=12)
    explained = witness.incident("direct-to-mx", fridge.mac, until=lambda told: all_settled(told, 12))
    told = {attempt["flow"]: attempt for attempt in explained["attempts"]}
    assert set(told) == {flow_of(attempt) for attempt in attempts}
    for attempt in told.values():
        assert (attempt["accepted"], attempt["ehlo"]) == (1, "localhost.localdomain")
        assert set(attempt["queue_ids"]) <= home.internet.queue_ids()


def test_bindings_are_what_conntrack_says(home, bindings, witness, fridge):
    attempts = fridge.send([server.domain for server in STRANGERS], count=4)
    witness.wait_for_attempts(fridge.mac, 4)
    explained = witness.incident("direct-to-mx", fridge.mac)
    truth = conntrack_bindings(home)
    told = {attempt["flow"]: attempt["binding"] for attempt in explained["attempts"]}
    for attempt in attempts:
        outside_port = truth[attempt["local"], attempt["local_port"], attempt["remote"], 25]
        assert f"{HOME_ADDRESS}:{outside_port}" in told[flow_of(attempt)]["outside"]
    assert explained["grade"] == "witnessed", explained["grade_reasons"]


def test_first_attempt_of_an_appliance_is_an_alarm(witness, fridge):
    """DETECTION.md, R0: a device that has no business with a mail exchanger is seen at its first attempt."""
    fridge.send([STRANGERS[0].address])
    explained = witness.incident("direct-to-mx", fridge.mac, severity="alarm")
    assert explained["counts"]["attempts"] == 1


def test_refusal_by_a_block_list_is_read(witness, fridge):
    refused, = fridge.send([STRICT.domain])
    assert refused["code"] == 554 and "zen.spamhaus.org" in refused["text"]
    witness.wait_for_attempts(fridge.mac, 1)
    explained = witness.incident("direct-to-mx", fridge.mac, until=lambda told: told["attempts"][0].get("refusals"))
    refusal, = explained["attempts"][0]["refusals"]
    assert "spamhaus" in str(refusal)
    assert "Service unavailable" not in str(explained), "the server's text may hold addresses and is not kept"


def all_settled(explained, count):
    """So many sessions, all of them to their end."""
    outcomes = [attempt["outcome"] for attempt in explained["attempts"]]
    return outcomes == ["closed"] * count


def flow_of(attempt):
    """The five-tuple of what sender.py did, as gatewitness prints it."""
    def place(address, port):
        return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    return f"tcp {place(attempt['local'], attempt['local_port'])} > {place(attempt['remote'], attempt['port'])}"
