#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A home out of network namespaces: a gateway with a bridge, NAT, DHCP, DNS and IPv6, devices with real DHCP clients,
and the internet (internet.py). Nothing leaves the namespaces: no default route to the machine, no link into it.

    with Home() as home:
        fridge = home.device("fridge", "8c:79:f5:10:00:01", "Family-Hub-Fridge")
        fridge.send([server.domain for server in internet.STRANGERS], count=16)

    home.py cleanup     removes what killed laboratories left behind

Needs root. Everything is removed at the end of the `with`, also after Ctrl-C or SIGTERM.
"""
import atexit
import os
import shutil
import signal
import sys

import internet
from device import Device
from internet import HOME_ADDRESS, HOME_ADDRESS6, HOME_PREFIX6, ISP_ADDRESS, ISP_ADDRESS6
from netns import LabError, Namespace, cleanup, end_process, make_folder, remove_namespace, run, wait_for

LAN = "br-lan"
GATEWAY_ADDRESS = "192.168.1.1"
GATEWAY_ADDRESS6 = "2001:db8:1::1"
GATEWAY_ULA = "fd00:6761:7465::1"
GATEWAY_MAC = "02:00:5e:00:00:01"
PROGRAMS = ("ip", "nft", "dnsmasq", "udhcpc", "conntrack", "tcpdump", "swaks", "postfix", "openssl")


def missing():
    """Why there can be no laboratory here, or nothing."""
    if os.geteuid() != 0:
        return "the laboratory makes network namespaces, which needs root"
    absent = [name for name in PROGRAMS if not shutil.which(name)]
    if absent:
        return f"not installed: {', '.join(absent)} (packaging/packages.sh lab)"
    return _namespaces_forbidden()


def _namespaces_forbidden():
    """Root in a container is often not allowed to; nothing of the trial stays."""
    name = f"gwl-{os.getpid()}-trial"
    try:
        run("ip", "netns", "add", name)
        run("ip", "netns", "exec", name, "sysctl", "-qw", "net.ipv4.ip_forward=1")
    except LabError as error:
        return f"this root may not make network namespaces, as in a container without privileges ({error})"
    finally:
        run("ip", "netns", "del", name, check=False)
    return None


class Home:
    """The gateway, the internet, and the devices that the scenarios ask for. Made once, used as a context manager."""

    def __init__(self):
        reason = missing()
        if reason:
            raise LabError(reason)
        self.lab_id = str(os.getpid())
        self.devices = {}
        self.processes = []
        self.internet = None
        self.closed = False
        cleanup()
        self.folder = make_folder(self.lab_id)
        atexit.register(self.close)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that `with` and atexit run
        try:
            self._build()
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def namespace(self, name, resolver=GATEWAY_ADDRESS):
        return Namespace(self.lab_id, name, resolver, self.folder)

    def _build(self):
        self.gateway = self.namespace("gw", resolver=ISP_ADDRESS)
        self.net = self.namespace("net", resolver=ISP_ADDRESS)
        self._connect_to_the_world()
        self._make_lan()
        self.internet = internet.Internet(self.net, self.folder)
        self._start_dhcp_and_dns()

    def _connect_to_the_world(self):
        run("ip", "link", "add", "wan", "netns", self.gateway.full_name, "type", "veth",
            "peer", "name", "home", "netns", self.net.full_name)
        for host, interface, address, address6 in ((self.gateway, "wan", HOME_ADDRESS, HOME_ADDRESS6),
                                                   (self.net, "home", ISP_ADDRESS, ISP_ADDRESS6)):
            host.do("ip", "addr", "add", f"{address}/24", "dev", interface)
            host.do("ip", "addr", "add", f"{address6}/64", "dev", interface, "nodad")
            host.do("ip", "link", "set", interface, "up")
        self.gateway.do("ip", "route", "add", "default", "via", ISP_ADDRESS)
        self.gateway.do("ip", "-6", "route", "add", "default", "via", ISP_ADDRESS6)
        self.net.do("ip", "-6", "route", "add", HOME_PREFIX6, "via", HOME_ADDRESS6)

    def unplug(self):
        """The cable to the world comes out: no carrier on the gateway's side."""
        self.net.do("ip", "link", "set", "home", "down")

    def plug_in(self):
        self.net.do("ip", "link", "set", "home", "up")
        self.net.do("ip", "-6", "addr", "replace", f"{ISP_ADDRESS6}/64", "dev", "home", "nodad")
        self.net.do("ip", "-6", "route", "replace", HOME_PREFIX6, "via", HOME_ADDRESS6)
        wait_for(lambda: "state UP" in self.gateway.do("ip", "link", "show", "dev", "wan"), 10, "carrier on wan")

    def _make_lan(self):
        gateway = self.gateway
        gateway.do("ip", "link", "add", LAN, "address", GATEWAY_MAC, "type", "bridge", "forward_delay", "0")
        for address in (f"{GATEWAY_ADDRESS}/24", f"{GATEWAY_ADDRESS6}/64", f"{GATEWAY_ULA}/64"):
            gateway.do("ip", "addr", "add", address, "dev", LAN, *(["nodad"] if "::" in address else []))
        gateway.do("ip", "link", "set", LAN, "up")
        gateway.sysctl("net.ipv4.ip_forward", 1)
        gateway.sysctl("net.ipv6.conf.all.forwarding", 1)
        # Masquerade, and what every home gateway drops: unasked connections from outside.
        gateway.nft(f"""
            table inet home {{
              chain postrouting {{
                type nat hook postrouting priority srcnat
                oifname "wan" meta nfproto ipv4 masquerade
              }}
              chain forward {{
                type filter hook forward priority filter; policy drop
                ct state established,related accept
                iifname "{LAN}" accept
              }}
            }}""")

    def use_outside_ports(self, first=None, last=None):
        """From now on the gateway translates to these ports only; without arguments: to any, kept where it can."""
        to = f" to :{first}-{last}" if first else ""
        self.gateway.do("nft", "flush", "chain", "inet", "home", "postrouting")
        self.gateway.do("nft", "add", "rule", "inet", "home", "postrouting", "oifname", "wan", "meta", "nfproto", "ipv4",
                        "meta", "l4proto", "tcp", "masquerade" + to)
        self.gateway.do("nft", "add", "rule", "inet", "home", "postrouting", "oifname", "wan", "meta", "nfproto", "ipv4",
                        "masquerade")

    def _start_dhcp_and_dns(self):
        options = ["--no-daemon", "--no-hosts", "--no-resolv", f"--server={ISP_ADDRESS}", f"--interface={LAN}",
                   "--bind-interfaces", "--except-interface=lo", "--user=root", "--conf-file=/dev/null",
                   "--dhcp-authoritative", "--no-ping", "--dhcp-range=192.168.1.100,192.168.1.199,1h",
                   f"--dhcp-range=::,constructor:{LAN},ra-only,1h", "--enable-ra", f"--ra-param={LAN},high,10,1800",
                   f"--dhcp-leasefile={self.folder}/leases", f"--pid-file={self.folder}/dnsmasq.pid", "--log-dhcp"]
        with open(f"{self.folder}/dnsmasq.log", "w", encoding="utf-8") as log:
            process = self.gateway.start("dnsmasq", *options, stderr=log)
        self.processes.append(process)
        wait_for(lambda: f"{GATEWAY_ADDRESS}:53" in self.gateway.do("ss", "-Hlun"), 10, "answer of the gateway's dnsmasq")

    def device(self, name, mac, hostname, vendor_class=None):
        """A device on the LAN with an address from DHCP. The same one if it is there already."""
        if name not in self.devices:
            self.devices[name] = Device(self, name, mac, hostname, vendor_class)
            self.devices[name].join()
        return self.devices[name]

    def leases(self):
        """Ground truth of the DHCP server: {address: (mac, hostname)}."""
        try:
            with open(f"{self.folder}/leases", encoding="ascii") as file:
                rows = [line.split() for line in file]
        except FileNotFoundError:
            return {}
        return {row[2]: (row[1], row[3]) for row in rows if len(row) == 5}

    def conntrack(self, *filters):
        """Ground truth of the kernel: one line a connection, as `conntrack -L` prints it."""
        return self.gateway.do("conntrack", "-L", *filters, check=False).splitlines()

    def gateway_pids(self):
        return [int(pid) for pid in run("ip", "netns", "pids", self.gateway.full_name).split()]

    def forget_connections(self):
        self.gateway.do("conntrack", "-F", check=False)

    def close(self):
        """Ends every process, removes every namespace and the folder. May be called twice."""
        if self.closed:
            return
        self.closed = True
        if self.internet:
            self.internet.stop()
        for process in self.processes:
            end_process(process)
        for line in run("ip", "netns", "list").splitlines():
            if line.startswith(f"gwl-{self.lab_id}-"):
                remove_namespace(line.split()[0])
        shutil.rmtree(self.folder, ignore_errors=True)


def main(arguments):
    if arguments != ["cleanup"]:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    removed = cleanup()
    print("\n".join(f"removed {name}" for name in removed) or "nothing was left behind")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
