# SPDX-License-Identifier: Apache-2.0
"""Ground truth from the namespaces: what the kernel and the wire say, without gatewitness."""
import contextlib
import os
import re
import subprocess

from home import LAN
from netns import end_process, run, wait_for

_CONNECTION = re.compile(r"src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+) .*?src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+)")


def conntrack_bindings(home):
    """{(inside address, inside port, remote address, remote port): outside port} of all TCP connections."""
    bindings = {}
    for line in home.conntrack("-p", "tcp"):
        match = _CONNECTION.search(line)
        if match:
            bindings[match[1], int(match[3]), match[2], int(match[4])] = int(match[8])
    return bindings


@contextlib.contextmanager
def frames_seen(home, expression):
    """tcpdump on the bridge during the block; the list it gives has a line per frame once the block has ended."""
    path = os.path.join(home.folder, "truth.pcap")
    tcpdump = home.gateway.start("tcpdump", "-i", LAN, "-U", "--immediate-mode", "-w", path, expression,
                                 stderr=subprocess.PIPE, text=True)
    wait_for(lambda: "listening" in tcpdump.stderr.readline(), 5, "tcpdump")
    frames = []
    try:
        yield frames
    finally:
        end_process(tcpdump)
        tcpdump.stderr.close()
        frames += run("tcpdump", "-e", "-n", "-v", "-r", path).splitlines()
        os.remove(path)
