# SPDX-License-Identifier: Apache-2.0
"""SMTP where no mail port is: found by what it says."""
import pytest

from internet import ODD


@pytest.mark.parametrize("options", [{}, {"ipv6": True}], ids=["ipv4", "ipv6"])
def test_smtp_to_port_2526_is_seen(home, witness, fridge, options):
    if options:
        fridge.wait_for_addresses6()
    sent, = fridge.send([ODD.address6 if options else ODD.address], port=2526, **options)
    assert sent["outcome"] == "accepted"
    witness.wait_for_attempts(fridge.mac, 1)
    assert witness.device(fridge.mac)["attempts"] == {"port25": 0, "submission": 0, "other": 1}
