# SPDX-License-Identifier: Apache-2.0
"""The provider drops port 25: nothing is delivered, and the device is named all the same."""
from internet import STRANGERS
from netns import wait_for
from truth import frames_seen

SEVEN_FAILURES_S = 25  # detection.failed_contacts: 10 s without an answer, and the probe's report of it


def test_blocked_spammer_is_named(home, witness, fridge):
    home.internet.drop_port(25)
    with frames_seen(home, "tcp port 25") as frames:
        attempts = fridge.send([server.domain for server in STRANGERS], count=8, parallel=8, timeout=3)
        policy = witness.incident("direct-to-mx", fridge.mac, severity="alarm", timeout_s=5)
        failed = witness.incident("failed-contacts", fridge.mac, timeout_s=SEVEN_FAILURES_S)
    assert all(attempt["outcome"] == "failed" for attempt in attempts)
    assert not [frame for frame in frames if "Flags [S.]" in frame], "the block of the laboratory has a hole"
    assert policy["device"]["mac"] == failed["device"]["mac"] == fridge.mac
    assert {attempt["outcome"] for attempt in failed["attempts"]} == {"syn-only"}
    wait_for(lambda: witness.ask("status")["upstream_blocks_port25"], 10, "word that the provider blocks port 25")
