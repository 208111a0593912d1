# SPDX-License-Identifier: Apache-2.0
"""What gatewitness costs a router with little memory, measured from outside after a busy evening in the home."""
import time

import pytest

from internet import ODD, PROVIDER, STRANGERS, STRICT

LIMIT_KIB = 16 * 1024  # DESIGN.md: all processes together
DOMAINS = [server.domain for server in STRANGERS]


def test_all_processes_together_stay_within_sixteen_megabytes(home, witness, fridge, laptop, nas):
    if witness.is_sanitized():
        pytest.skip("built with a sanitizer, which takes many times the memory: measure a release build")
    fridge.send(DOMAINS, count=200, parallel=8)
    fridge.wait_for_addresses6()
    fridge.send(DOMAINS, count=50, parallel=8, ipv6=True)
    fridge.send([STRICT.domain], count=10)
    laptop.send([PROVIDER.address], count=20, port=587, starttls=True)
    nas.send([PROVIDER.address, ODD.address], count=20, port=465, tls=True, timeout=2)
    nas.send([ODD.address], count=20, port=2526)
    witness.wait_for_attempts(fridge.mac, 260)
    time.sleep(4)  # a copy of the journal is on its way, and given back after it
    sizes = witness.pss_kib()
    dragged_along = sizes.pop("Debian's")
    print("PSS in KiB:", sizes, "together", sum(sizes.values()), "and", dragged_along, "of libraries that a router has not")
    assert sum(sizes.values()) <= LIMIT_KIB, sizes
