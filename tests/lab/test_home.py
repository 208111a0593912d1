# SPDX-License-Identifier: Apache-2.0
"""The laboratory's own promises: nothing leaves it, and nothing of it stays, however it ends."""
import glob
import os
import signal
import subprocess
import sys

import pytest

import netns

HERE = os.path.dirname(os.path.abspath(__file__))
SLEEPER = "import home, time; made = home.Home(); made.device('x', '02:00:5e:00:00:99', 'x'); print('up', flush=True); time.sleep(60)"


def traces_of(pid):
    """Namespaces, folders and processes of the laboratory that this process has made."""
    mark = f"gwl-{pid}-"
    namespaces = [line for line in netns.run("ip", "netns", "list").splitlines() if line.startswith(mark)]
    processes = [path for path in glob.glob("/proc/[0-9]*/cmdline") if mark in read(path)]
    return namespaces + glob.glob(f"/tmp/{mark}*") + processes


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""  # it has just ended


@pytest.mark.parametrize("end, by_itself", [(signal.SIGINT, True), (signal.SIGTERM, True), (signal.SIGKILL, False)])
def test_nothing_stays(home, end, by_itself):
    # A shell has what it starts in the background ignore SIGINT, and so would this one: a person's home does not.
    other = subprocess.Popen([sys.executable, "-B", "-c", SLEEPER], cwd=HERE, stdout=subprocess.PIPE, text=True,
                             stderr=subprocess.DEVNULL, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    assert other.stdout.readline() == "up\n"
    assert traces_of(other.pid)
    other.send_signal(end)
    other.wait(20)
    other.stdout.close()
    if not by_itself:
        removed = netns.cleanup()
        assert any(f"gwl-{other.pid}-" in name for name in removed)
        assert all(f"gwl-{home.lab_id}-" not in name for name in removed), "the living one is left alone"
    assert traces_of(other.pid) == []


def test_no_way_out(home, fridge):
    """No interface of the namespaces has its other end on this machine, and the fridge's world ends at the provider."""
    links = netns.run("ip", "-o", "link")
    assert "br-lan" not in links and "link-netns gwl-" not in links
    assert "via" not in home.net.do("ip", "route")
    with pytest.raises(netns.LabError, match="unreachable"):
        home.net.do("ip", "route", "get", "192.0.2.200")


def test_home_is_behind_one_address(home, fridge):
    """What the world sees of the fridge is the gateway: the mail server's own log says so."""
    from internet import HOME_ADDRESS, STRANGERS
    sent, = fridge.send([STRANGERS[0].address], ehlo="nat-check.example")
    assert sent["outcome"] == "accepted" and sent["local"] != HOME_ADDRESS
    netns.wait_for(lambda: f"[{HOME_ADDRESS}]" in home.internet.maillog(), 5, "the home's address in the mail log")
    assert sent["local"] not in home.internet.maillog()
