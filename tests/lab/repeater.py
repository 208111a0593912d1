# SPDX-License-Identifier: Apache-2.0
"""A repeater on the LAN: a routed namespace that answers ARP for the devices behind it, so that all of them reach the
gateway with the repeater's MAC and one hop less to live. Used by test_repeater.py.
"""
from netns import run

ADDRESSES = ("192.168.1.31", "192.168.1.32", "192.168.1.33")


class Repeater:
    """Has one namespace behind it for each of ADDRESSES, in self.behind."""

    def __init__(self, home):
        self.device = home.device("repeater", "50:c7:bf:10:00:09", "attic-extender")
        inner = self.device.namespace
        inner.sysctl("net.ipv4.ip_forward", 1)
        inner.sysctl("net.ipv4.conf.eth0.proxy_arp", 1)
        inner.sysctl("net.ipv4.conf.all.send_redirects", 0)
        self.behind = [self._connect(home, number, address) for number, address in enumerate(ADDRESSES)]

    def _connect(self, home, number, address):
        inner, host = self.device.namespace, home.namespace(f"attic{number}")
        down = f"down{number}"
        run("ip", "link", "add", "eth0", "address", f"b8:27:eb:10:00:{number:02x}", "netns", host.full_name,
            "type", "veth", "peer", "name", down, "netns", inner.full_name)
        inner.do("ip", "link", "set", down, "up")
        inner.sysctl(f"net.ipv4.conf.{down}.proxy_arp", 1)
        inner.do("ip", "route", "add", f"{address}/32", "dev", down)
        host.do("ip", "addr", "add", f"{address}/24", "dev", "eth0")
        host.do("ip", "link", "set", "eth0", "up")
        host.do("ip", "route", "add", "default", "via", "192.168.1.1")
        return host
