# SPDX-License-Identifier: Apache-2.0
"""One device of the home: a namespace with a network card, a real DHCP client, and the mail clients that run on it.
Made by Home.device(); gone with its Home.
"""
import json
import os
import signal
import subprocess
import sys

from netns import end_process, run, wait_for

HERE = os.path.dirname(os.path.abspath(__file__))

# What udhcpc does with what the server gives. busybox sets the variables.
DHCP_SCRIPT = """#!/bin/sh
case $1 in
  deconfig) ip -4 addr flush dev "$interface" ;;
  bound|renew)
    ip -4 addr replace "$ip/$mask" dev "$interface"
    ip -4 route replace default via "$router" dev "$interface" ;;
esac
"""


class Device:
    def __init__(self, home, name, mac, hostname, vendor_class=None):
        self.home = home
        self.name = name
        self.mac = mac
        self.hostname = hostname
        self.vendor_class = vendor_class
        self.namespace = home.namespace(name)
        self.dhcp = None
        run("ip", "link", "add", "eth0", "address", mac, "netns", self.namespace.full_name, "type", "veth",
            "peer", "name", name, "netns", home.gateway.full_name)
        home.gateway.do("ip", "link", "set", name, "master", "br-lan", "up")
        for key, value in (("accept_ra", 2), ("use_tempaddr", 2), ("accept_dad", 0)):
            self.namespace.sysctl(f"net.ipv6.conf.eth0.{key}", value)
        self.namespace.do("ip", "link", "set", "eth0", "up")

    def join(self, wanted=None):
        """Gets an address by DHCP; wanted: the one to ask for. Gives the address."""
        script = os.path.join(self.home.folder, "udhcpc.sh")
        if not os.path.exists(script):
            with open(script, "w", encoding="ascii") as file:
                file.write(DHCP_SCRIPT)
            os.chmod(script, 0o755)
        options = ["-f", "-R", "-i", "eth0", "-s", script, "-x", f"hostname:{self.hostname}", "-t", "10", "-T", "1"]
        options += ["-V", self.vendor_class] if self.vendor_class else []
        options += ["-r", wanted] if wanted else []
        log = subprocess.DEVNULL
        self.dhcp = self.namespace.start("udhcpc", *options, stdout=log, stderr=log)
        return wait_for(lambda: self.address, 15, f"lease for {self.name}")

    def renew(self):
        """Asks for its lease again, as every device does from time to time: the gateway hears its name."""
        self.dhcp.send_signal(signal.SIGUSR1)

    def leave(self):
        """Gives the lease back and stops asking."""
        address = self.address
        self.dhcp.send_signal(signal.SIGTERM)
        self.dhcp.wait(5)
        wait_for(lambda: address not in self.home.leases(), 5, f"release of {address}")
        self.namespace.do("ip", "-4", "addr", "flush", "dev", "eth0")

    def _addresses(self, family):
        shown = json.loads(self.namespace.do("ip", "-j", family, "addr", "show", "dev", "eth0"))
        return [entry for link in shown for entry in link.get("addr_info", [])]

    @property
    def address(self):
        """The IPv4 address, or None."""
        return next((entry["local"] for entry in self._addresses("-4")), None)

    def addresses6(self, temporary=None):
        """Global IPv6 addresses; temporary: only the privacy addresses (True) or only the stable ones (False)."""
        return [entry["local"] for entry in self._addresses("-6")
                if entry["local"].startswith("2001:db8:1:") and not entry.get("deprecated")
                and (temporary is None or bool(entry.get("temporary")) == temporary)]

    def rotate_privacy_address(self):
        """A new network session: the link goes and comes, and the system makes a new random address (RFC 8981). Gives
        the old and the new one."""
        before, = self.wait_for_addresses6()
        self.namespace.do("ip", "link", "set", "eth0", "down")
        self.namespace.do("ip", "link", "set", "eth0", "up")
        after, = self.wait_for_addresses6()
        self.renew()
        return before, after

    def wait_for_addresses6(self):
        """The privacy address that it sends from, in a list; waits for the gateway's advertisement."""
        return wait_for(lambda: self.addresses6(temporary=True), 15, f"IPv6 address of {self.name}")

    def send(self, targets, wait=True, **options):
        """Runs sender.py; options are its flags. Gives its attempts, or the process with wait=False."""
        return send_from(self.namespace, targets, wait, **options)

    def swaks(self, *arguments):
        """A mail with swaks. Gives its transcript; LabError if the mail was not accepted."""
        return self.namespace.do("swaks", "--to", "friend@stranger1.example", "--from", "owner@provider.example",
                                 "--ehlo", self.hostname, "--timeout", "10", *arguments)


def send_from(namespace, targets, wait=True, **options):
    """Runs sender.py in any namespace."""
    flags = []
    for name, value in options.items():
        flags += [f"--{name}"] if value is True else [f"--{name}", str(value)]
    command = [sys.executable, f"{HERE}/sender.py", *flags, *targets]
    process = namespace.start(*command, stdout=subprocess.PIPE, text=True)
    return attempts_of(process) if wait else process


def attempts_of(process, timeout_s=90):
    """Waits for a sender and gives what it says that it did."""
    try:
        out, _ = process.communicate(timeout=timeout_s)
    finally:
        end_process(process)
    return [json.loads(line) for line in out.splitlines()]
