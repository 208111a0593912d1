# SPDX-License-Identifier: Apache-2.0
"""Quarantine: the fridge's mail stops, its other traffic and everyone else's mail flow; restarts open no hole, and at the
end all is as before."""
import json
import os
import subprocess
import time

import pytest

import witness as witness_module
from device import attempts_of
from internet import ODD, PROVIDER, STRANGERS
from netns import wait_for
from phone import Phone

DOMAINS = [server.domain for server in STRANGERS]
ODD_PORT = 2526  # no mail port: whatever else a fridge does
GUARD = "gatewitness-guard"


def guard_program():
    return os.path.join(witness_module.build_folder(), "daemon/guard", GUARD)


def rules(home):
    """The gateway's ruleset without its counters, which other traffic moves."""
    return home.gateway.do("nft", "-s", "list", "ruleset")


@pytest.fixture
def guarded(home, fridge, laptop, nas):
    """Starts gatewitness with a guard: guarded(config) gives the Witness. All of it is gone afterwards."""
    if not os.access(guard_program(), os.X_OK):
        pytest.skip(f"not built: {guard_program()}")
    home.internet.let_all_through()
    home.forget_connections()
    before, made = rules(home), []

    def start(config=""):
        made.append(witness_module.Witness(home, f"guard:\n  enabled: true\n{config}"))
        made[0].start()
        for device in (fridge, laptop, nas):
            device.renew()
            made[0].wait_for_name(device)
        wait_for(lambda: made[0].ask("status")["daemon"]["guard"]["answers"], 15, lambda: f"guard: {made[0].log()}")
        return made[0]
    yield start
    for each in made:
        each.stop()
        print(each.log())
        home.gateway.do(guard_program(), "--remove", "--run-dir", f"{each.folder}/run", "--state-dir", f"{each.folder}/state")
    assert rules(home) == before, "removal leaves no trace"


def say(home, witness, *words, **environment):
    """What a person gets: (exit status, what was printed, what was complained)."""
    done = subprocess.run([*home.gateway.prefix, "env", *(f"{k}={v}" for k, v in environment.items()),
                           *witness.command(*words)], capture_output=True, text=True, timeout=20)
    return done.returncode, done.stdout, done.stderr


def outcomes(attempts):
    return {attempt["outcome"] for attempt in attempts}


def test_the_fridges_mail_stops_and_nothing_else_does(home, guarded, fridge, laptop, nas):
    witness = guarded()
    sender = fridge.send(DOMAINS, wait=False, count=120, pause=0.2, timeout=3)
    others = laptop.send([PROVIDER.address], wait=False, count=60, pause=0.4, port=587, starttls=True)
    fourth = nas.send(DOMAINS[:1], wait=False, count=24, pause=1)
    witness.wait_for_attempts(fridge.mac, 8)
    began = time.time()
    status, out, complaint = say(home, witness, "block", fridge.mac)
    done = time.time()
    assert status == 0, complaint
    assert f'The mail of "{fridge.hostname}" ({fridge.mac}) is blocked until ' in out and "as you asked" in out
    during = fridge.send([ODD.address], port=ODD_PORT, count=5)
    assert outcomes(during) == {"accepted"}, "its other traffic flows"
    assert outcomes(fridge.send(DOMAINS[:2], count=2, ipv6=True, timeout=3)) == {"failed"}, "IPv6 as well"
    attempts = attempts_of(sender)
    early = [attempt for attempt in attempts if attempt["end"] < began]
    late = [attempt for attempt in attempts if attempt["time"] > done + 1]
    assert early and outcomes(early) == {"accepted"}
    assert len(late) > 10 and outcomes(late) == {"failed"}, late
    last = max(attempt["end"] for attempt in attempts if attempt["outcome"] == "accepted")
    assert last < done + 1, f"a mail was accepted {last - done:.2f} s after the word"
    assert outcomes(attempts_of(others)) == {"accepted"}, "everyone else's mail flows"
    assert outcomes(attempts_of(fourth)) == {"accepted"}, "everyone else's mail flows"
    print(f"the word took {done - began:.2f} s; the last mail was accepted {last - done:+.2f} s after it")

    blocked = witness.ask("blocked")["quarantines"]
    assert [(each["mac"], each["scope"], each["automatic"]) for each in blocked] == [(fridge.mac, "mail", False)]
    assert fridge.address in blocked[0]["addresses"]
    assert "mail blocked" in say(home, witness, "devices")[1]
    status, out, _ = say(home, witness, "unblock", fridge.mac)
    assert status == 0 and "no longer in quarantine" in out
    assert outcomes(fridge.send(DOMAINS[:2], count=2)) == {"accepted"}
    assert say(home, witness, "unblock", fridge.mac)[0] == 1
    assert "Nothing is in quarantine" in say(home, witness, "blocked")[1]


def test_a_button_on_the_phone_stops_the_mail(home, guarded, phone, fridge, laptop):
    witness = guarded(phone.channel())
    fridge.send(DOMAINS[:1])
    told = wait_for(phone.messages, 10, lambda: f"alert on the phone: {witness.log()}")
    assert fridge.hostname in told[0]["title"]
    opened = witness.incident("direct-to-mx", fridge.mac)
    assert outcomes(fridge.send(DOMAINS[:1])) == {"accepted"}, "an alert alone stops nothing"
    pressed = time.time()
    phone.press(told[0], "Quarantine")
    blocked = wait_for(lambda: witness.ask("blocked")["quarantines"], 10, lambda: f"quarantine: {witness.log()}")
    print(f"from the press to the quarantine: {time.time() - pressed:.2f} s")
    assert [(each["mac"], each["scope"], each["for_s"], each["automatic"], each["incident"]) for each in blocked] == [
        (fridge.mac, "mail", 86400, False, opened["id"])]
    assert outcomes(fridge.send(DOMAINS[:2], count=2, timeout=2)) == {"failed"}
    assert outcomes(fridge.send([ODD.address], port=ODD_PORT)) == {"accepted"}, "its other traffic flows"
    assert outcomes(laptop.send([PROVIDER.address], port=587, starttls=True)) == {"accepted"}, "everyone else's mail flows"
    wait_for(lambda: any("quarantine the device" in m["message"] and m["message"].find("Done.") > 0 for m in phone.messages()), 10,
             lambda: f"confirmation on the phone: {phone.messages()}")
    # Used is used: released, the same button does not block again.
    assert say(home, witness, "unblock", fridge.mac)[0] == 0
    phone.press(told[0], "Quarantine")
    wait_for(lambda: witness.ask("status")["notifier"]["buttons"][0]["refused"]["replayed"] == 1, 10, "refusal of the second use")
    assert witness.ask("blocked")["quarantines"] == []
    text = say(home, witness, "status")[1]
    assert "phone (ntfy, http://" in text and "1 pressed, 1 refused" in text, text


def test_it_survives_what_dies(home, guarded, fridge, laptop):
    witness = guarded()
    fridge.send(DOMAINS[:1])
    incident = witness.incident("direct-to-mx", fridge.mac)
    assert say(home, witness, "block", f"#{incident['id']}", "--for", "1h")[0] == 0
    stands = witness.ask("blocked")["quarantines"]
    assert stands[0]["incident"] == incident["id"]
    assert "because of incident" in witness.ask("explain", incident["id"])["quarantine"]["sentence"]
    for victim in (GUARD, "gatewitnessd"):
        old = witness.pids()[victim]
        witness.kill(victim)
        assert outcomes(fridge.send(DOMAINS[:1], timeout=2)) == {"failed"}, victim
        wait_for(lambda: witness.pids().get(victim, old) != old, 10, f"new {victim}: {witness.log()}")
        wait_for(lambda: (witness.ask("blocked") or {}).get("quarantines") == stands, 15, f"same quarantine after {victim}")
    witness.stop()
    assert outcomes(fridge.send(DOMAINS[:1], timeout=2)) == {"failed"}, "a stop opens no hole"
    assert outcomes(laptop.send(DOMAINS[:1])) == {"accepted"}
    witness.start()
    wait_for(lambda: (witness.ask("blocked") or {}).get("quarantines") == stands, 15, "same quarantine after a restart of all")
    home.gateway.do("nft", "delete", "table", "inet", "gatewitness")
    wait_for(lambda: "inet gatewitness" in home.gateway.do("nft", "list", "tables"), 2, "table put back")
    assert outcomes(fridge.send(DOMAINS[:1], timeout=2)) == {"failed"}


def test_nobody_shuts_himself_out_by_mistake(home, guarded, laptop):
    witness = guarded()
    session = {"SSH_CONNECTION": f"{laptop.address} 50022 192.168.1.1 22"}
    status, out, complaint = say(home, witness, "block", laptop.mac, **session)
    assert (status, out) == (1, "") and "connected from" in complaint and complaint.count("\n") == 1
    for gateway in ("gateway", "02:00:5e:00:00:01"):
        status, _, complaint = say(home, witness, "block", gateway)
        assert status == 1 and "--force" in complaint
    assert outcomes(laptop.send(DOMAINS[:1])) == {"accepted"}
    assert say(home, witness, "block", laptop.mac, "--force", "--for", "2s", **session)[0] == 0
    assert outcomes(laptop.send(DOMAINS[:1], timeout=2)) == {"failed"}
    wait_for(lambda: outcomes(laptop.send(DOMAINS[:1], timeout=2)) == {"accepted"}, 10, "end after its two seconds")


def test_by_itself_it_says_so_and_unblock_holds(request, home, guarded, phone, bindings_built, fridge):
    witness = guarded("  automatic: mail\n  automatic_for: 2h\n" + phone.channel() + "  group_wait: 0s\n")
    with open(f"{witness.folder}/events", "wb") as events:
        watcher = home.gateway.start(*witness.command("watch", "--json"), stdout=events)
        request.addfinalizer(lambda: (watcher.kill(), watcher.wait()))
    wait_for(lambda: os.path.getsize(f"{witness.folder}/events"), 15, "first event: the subscription stands")
    fridge.send(DOMAINS, count=16, pause=0.1, timeout=3)
    alarm = wait_for(lambda: next(iter(witness.incidents("alarm", fridge.mac)), None), 10, "alarm")
    assert alarm["grade"] in ("witnessed", "strong")
    stands, = wait_for(lambda: witness.ask("blocked")["quarantines"], 10, lambda: f"quarantine: {witness.log()}")
    assert (stands["mac"], stands["automatic"], stands["for_s"]) == (fridge.mac, True, 7200)
    assert "automatically, because of incident #" in stands["sentence"]
    told = witness.ask("explain", stands["incident"])
    assert told["quarantine"]["automatic"] is True
    assert "automatically" in say(home, witness, "explain", stands["incident"])[1]
    assert outcomes(fridge.send(DOMAINS[:1], timeout=2)) == {"failed"}
    assert outcomes(fridge.send([ODD.address], port=ODD_PORT)) == {"accepted"}

    def phone_told():
        return [m for m in phone.messages() if "automatically" in m["message"]]
    message, = wait_for(phone_told, 10, lambda: f"word on the phone: {phone.messages()}, {witness.log()}")
    assert fridge.hostname in message["title"] and "actions" not in message
    witness.kill("gatewitnessd")
    wait_for(lambda: (witness.ask("blocked") or {}).get("quarantines"), 15, "the daemon again")
    fridge.send(DOMAINS, count=8, timeout=2)
    witness.incident("direct-to-mx", fridge.mac)
    now_stands, = witness.ask("blocked")["quarantines"]
    assert (now_stands["until"], now_stands["incident"]) == (stands["until"], stands["incident"]), "what stands is not made anew"

    assert say(home, witness, "unblock", fridge.mac)[0] == 0
    fridge.send(DOMAINS, count=8)
    witness.wait_for_attempts(fridge.mac, 16)
    time.sleep(1)  # for what must not happen there is no condition
    assert witness.ask("blocked")["quarantines"] == [], "the owner's word holds"

    def events_told():
        with open(f"{witness.folder}/events", encoding="utf-8") as file:
            return [json.loads(line) for line in file if line.endswith("\n")]
    time.sleep(1.5)  # the notifier asks each second
    assert len(phone_told()) == 1, "told once"
    wait_for(lambda: any(event.get("event") == "device-released" for event in events_told()), 5, "event of the end")
    began = [event for event in events_told() if event.get("event") == "device-quarantined"]
    assert len(began) == 1 and "automatically" in began[0]["quarantine"]["sentence"]


@pytest.fixture
def phone(home):
    if not os.path.exists(os.path.join(witness_module.build_folder(), "daemon/notify/gatewitness-notify")):
        pytest.skip("gatewitness-notify is not in this build: no word to the phone")
    with Phone(home) as made:
        yield made


@pytest.fixture
def bindings_built():
    if not os.path.exists(os.path.join(witness_module.build_folder(), "probes/kernel/gatewitness-kernel")):
        pytest.skip("gatewitness-kernel is not in this build: no alarm is witnessed")
