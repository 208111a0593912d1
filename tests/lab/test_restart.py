# SPDX-License-Identifier: Apache-2.0
"""kill -9 of each process while mails flow: it comes back, nothing known is lost, and what was in flight is counted."""
import os
import signal

import pytest

from device import attempts_of
from internet import STRANGERS
from netns import wait_for

DOMAINS = [server.domain for server in STRANGERS]
AFTER = 4  # attempts that are known before the blow


def lost_in(status):
    """Records that are known to be missing, and holes in what was seen."""
    holes = [gap for gap in status["gaps"] if gap["reason"] != "probe-start" or gap["from"] != gap["to"]]
    return sum(probe["lost"] for probe in status["probes"]), holes


@pytest.mark.parametrize("victim", ["gatewitnessd", "gatewitness-capture", "gatewitness-kernel"])
def test_killed_process_comes_back(home, witness, fridge, victim):
    if victim not in witness.pids():
        pytest.skip(f"{victim} is not in this build")
    fridge.send(DOMAINS, count=AFTER)
    before = witness.incident("direct-to-mx", fridge.mac, until=lambda told: told["counts"]["attempts"] == AFTER)
    old = witness.pids()[victim]
    sender = fridge.send(DOMAINS, wait=False, count=40, pause=0.1)
    witness.wait_for_attempts(fridge.mac, AFTER + 3)
    witness.kill(victim)
    wait_for(lambda: witness.pids().get(victim, old) != old, 10, f"new {victim}: {witness.log()}")
    sent = attempts_of(sender)
    assert all(attempt["outcome"] == "accepted" for attempt in sent), "the mails' way is not ours to disturb"

    wait_for(witness.sees, 10, "answer of all probes")
    after_return = fridge.send(DOMAINS[:1], count=2)
    told = {attempt["local_port"] for attempt in after_return}
    explained = witness.incident("direct-to-mx", fridge.mac, until=lambda e: told <= ports(e))
    assert (explained["id"], explained["opened"]) == (before["id"], before["opened"])
    assert ports(before) <= ports(explained), "what was known is known"
    missing = {attempt["local_port"] for attempt in sent} - ports(explained)
    lost, holes = lost_in(witness.ask("status"))
    print(f"{victim}: {len(missing)} of {len(sent)} attempts unseen; {lost} records known lost; gaps {holes}")
    assert not missing or lost or holes, f"{len(missing)} attempts are gone without a word"


def ports(explained):
    """The client's port of each attempt: it tells the attempts of one scenario apart."""
    return {int(attempt["flow"].split(" > ")[0].rsplit(":", 1)[1]) for attempt in explained["attempts"]}


def test_killed_helper_process_is_made_up_for(bindings, witness):
    """The kernel probe leaves dumps to a process of its own. If that dies, the probe starts again with a new one."""
    program = "gatewitness-kernel"
    main = witness.pids()[program]
    helper, = witness.helpers(program)
    os.kill(helper, signal.SIGKILL)
    wait_for(lambda: witness.pids().get(program, main) != main and witness.helpers(program), 15,
             lambda: f"new {program} with its helper: {witness.log()}")
    wait_for(witness.sees, 10, "answer of all probes")


def test_supervisor_killed_leaves_no_process_behind(witness):
    witness.kill("gatewitness")
    wait_for(lambda: not witness.processes(), 10, lambda: f"end of all: {witness.processes()}")
