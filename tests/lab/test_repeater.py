# SPDX-License-Identifier: Apache-2.0
"""Several devices behind one MAC: the MAC is named, the grade falls, and the answer says why."""
import re

from device import send_from
from internet import STRANGERS
from repeater import ADDRESSES, Repeater
from truth import frames_seen


def test_something_behind_the_repeater(home, witness):
    repeater = Repeater(home)
    with frames_seen(home, "ip and tcp dst port 25 and tcp[tcpflags] & (tcp-syn|tcp-ack) = tcp-syn") as frames:
        for host in repeater.behind:
            sent = send_from(host, [server.domain for server in STRANGERS], count=4)
            assert {attempt["outcome"] for attempt in sent} == {"accepted"}
        witness.wait_for_attempts(repeater.device.mac, 4 * len(ADDRESSES))
    # A SYN may have to be said twice.
    behind = set(re.findall(rf"{repeater.device.mac} > .*ttl 63.*\n +(\S+) > ", "\n".join(frames)))
    assert len(behind) == 4 * len(ADDRESSES)

    incident = witness.incident("direct-to-mx", repeater.device.mac)
    assert incident["grade"] == "circumstantial"
    said = " ".join(incident["grade_reasons"])
    assert "behind this device" in said and "TTL 63" in said and "addresses share its MAC" in said
    assert witness.device(repeater.device.mac)["shared_mac"]
