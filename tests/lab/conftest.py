# SPDX-License-Identifier: Apache-2.0
"""One home for all scenarios, a fresh gatewitness for each. Run with
GATEWITNESS_BUILD=<build folder> /usr/bin/python3 -m pytest tests/lab (as root)."""
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import home as home_module  # noqa: E402  (needs the path above)
import witness as witness_module  # noqa: E402


MEMORY = {}  # {scenario: {process: KiB at its end}}


def pytest_terminal_summary(terminalreporter):
    """A laboratory that did not run must not look like one that passed."""
    reason = home_module.missing() or witness_module.missing()
    if reason:
        terminalreporter.write_line(f"THE HOME LABORATORY DID NOT RUN: {reason}", red=True, bold=True)
    if MEMORY:
        scenario, sizes = max(MEMORY.items(), key=lambda item: sum(item[1].values()))
        shown = ", ".join(f"{name} {size}" for name, size in sizes.items())
        terminalreporter.write_line(f"memory (PSS, KiB) at most {sum(sizes.values())}, after {scenario}: {shown}")


@pytest.fixture(scope="session")
def home():
    reason = home_module.missing()
    if reason:
        pytest.skip(reason)
    with home_module.Home() as made:
        yield made


@pytest.fixture
def fridge(home):
    return home.device("fridge", "8c:79:f5:10:00:01", "Family-Hub-Fridge")


@pytest.fixture
def laptop(home):
    return home.device("laptop", "3c:22:fb:10:00:02", "lauras-laptop")


@pytest.fixture
def nas(home):
    return home.device("nas", "00:11:32:10:00:03", "DiskStation")


@pytest.fixture
def witness(home, fridge, laptop, nas, request):
    """gatewitness with an empty memory, in a gateway without old connections and behind an open upstream. It has
    heard each device ask for its address."""
    reason = witness_module.missing()
    if reason:
        pytest.skip(reason)
    home.internet.let_all_through()
    home.forget_connections()
    with witness_module.Witness(home) as made:
        for device in (fridge, laptop, nas):
            device.renew()
            made.wait_for_name(device)
        yield made
        MEMORY[request.node.name] = made.pss_kib()
        # What it said on standard error is shown by pytest when the scenario fails.
        print(made.log())


@pytest.fixture
def bindings(witness):
    """For scenarios that need NAT bindings: a build without gatewitness-kernel has none, and says so."""
    if "kernel" not in witness.probes_built():
        pytest.skip("gatewitness-kernel is not in this build: no NAT bindings, no gateway as sender")
