#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the captures of tests/golden: each tells one story of a home, in frames as they stand on its LAN, checksums and
all. The same bytes every time; nothing in them was captured anywhere.

usage: make_captures.py FOLDER [NAME...]"""
import calendar
import gzip
import os
import sys

sys.dont_write_bytecode = True  # the tree stays as it was
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from frames import pcap_bytes, pcapng_bytes  # noqa: E402
from home import SECOND, SECRET_AUTH, SECRET_PERSON, Device, Home  # noqa: E402

MORNING = calendar.timegm((2026, 3, 14, 7, 12, 0)) * SECOND
DAY = 24 * 3600

ZEN = ("554 5.7.1 Service unavailable; Client host [203.0.113.7] blocked using zen.spamhaus.org; "
       "https://www.spamhaus.org/query/ip/203.0.113.7")


def exchanger(number):
    """A mail server of the world: each in a /24 of its own."""
    return f"198.18.{number}.25"


def fridge(address="192.168.1.20"):
    return Device("00:00:5e:00:53:20", address, "kitchen-fridge")


def laptop(address="192.168.1.31"):
    return Device("00:00:5e:00:53:31", address, "annas-laptop", ttl=128)


def nas(address="192.168.1.40"):
    return Device("00:00:5e:00:53:40", address, "diskstation")


def fridge_wakes(home, device, address="192.168.1.20"):
    home.dhcp(device, address, "udhcp 1.31.1", (1, 3, 6, 12, 15, 28, 42))
    home.mdns(device, "Kitchen-Fridge", "RF-2014")
    home.ssdp(device, "Linux/4.9 UPnP/1.1 FamilyFridge/2.4", "upnp:rootdevice")


def laptop_wakes(home, device, address="192.168.1.31"):
    home.dhcp(device, address, "MSFT 5.0", (1, 3, 6, 15, 31, 33, 43, 44, 46, 47, 119, 121, 249, 252))


def spam(home, device, number, address=None, refusal=None, **how):
    """One mail straight to a stranger's exchanger."""
    session = home.connect(device, exchanger(number), address=address, **how)
    session.greet(f"mx{number}.example.net", "[0.0.0.0]")
    if refusal:
        session.ask(f"MAIL FROM:<{SECRET_PERSON}@shop.example>", "250 2.1.0 ok")
        session.ask(f"RCPT TO:<{SECRET_PERSON}@d{number}.example>", refusal)
    else:
        session.deliver("shop.example", f"d{number}.example", f"4Q{number:02d}F7{home.count:04X}")
    session.quit()


def submission_with_tls(home, device, times=1):
    for _ in range(times):
        session = home.connect(device, "203.0.113.87", 587)
        session.greet("smtp.provider.example", "[192.168.1.31]", ("STARTTLS", "SIZE 52428800"))
        session.start_tls("smtp.provider.example", up=6200)
        home.wait(900)


def nightly_mail(home, device, port=587):
    session = home.connect(device, "203.0.113.25", port)
    session.greet("smarthost.isp.example", "diskstation.lan", ("AUTH PLAIN LOGIN", "SIZE 10240000"))
    session.ask(f"AUTH PLAIN {SECRET_AUTH}", "235 2.7.0 Authentication successful")
    session.deliver("isp.example", "isp.example", "5NAS0001", 1200)
    session.quit()


# --- the stories


def fridge_burst():
    """The founding case: a fridge that mails strangers, and a laptop that does nothing of the kind."""
    home = Home(MORNING)
    device, innocent = fridge(), laptop()
    fridge_wakes(home, device)
    laptop_wakes(home, innocent)
    submission_with_tls(home, innocent)
    home.ask_exchangers(device, "d3.example", "mx3.example.net")
    for i in range(14):
        spam(home, device, 3 + i % 7, refusal=ZEN if i == 9 else None)
        home.wait(2.4)
    return home


def quiet_home():
    """Nothing to say: a laptop that submits with STARTTLS, a NAS with its nightly mail to one smarthost."""
    home = Home(MORNING)
    client, storage = laptop(), nas()
    laptop_wakes(home, client)
    home.dhcp(storage, "192.168.1.40")
    submission_with_tls(home, client, 3)
    nightly_mail(home, storage)
    return home


def learned_smarthost():
    """A NAS that mails through its provider's server on port 25 every night: a word on the first two, none later."""
    home = Home(MORNING)
    storage = nas()
    for _ in range(4):
        home.dhcp(storage, "192.168.1.40")
        nightly_mail(home, storage, 25)
        home.wait(DAY - 2)
    home.announce(storage)
    return home


def upstream_blocked():
    """The provider drops port 25: a camera calls eight exchangers, none answers."""
    home = Home(MORNING)
    camera = Device("00:00:5e:00:53:61", "192.168.1.61", "front-door-camera")
    home.dhcp(camera, "192.168.1.61", "udhcpc 1.24.2")
    for number in range(11, 19):
        home.unanswered(camera, exchanger(number))
    home.wait(30)
    home.announce(camera)
    return home


def address_moves():
    """The fridge's address goes to the laptop; the fridge, with its new one, sends. The laptop uses the old one."""
    home = Home(MORNING)
    device, other = fridge(), laptop()
    fridge_wakes(home, device)
    home.wait(60)
    home.release(device)
    home.wait(5)
    laptop_wakes(home, other, "192.168.1.20")
    home.wait(20)
    home.dhcp(device, "192.168.1.52", "udhcp 1.31.1", (1, 3, 6, 12, 15, 28, 42))
    submission_with_tls(home, other)
    for i in range(11):
        spam(home, device, 21 + i % 6)
        home.wait(1.7)
    return home


def repeater():
    """Several devices behind the MAC of a repeater that routes: who of them it was cannot be known here."""
    home = Home(MORNING)
    box = Device("00:00:5e:00:53:70", "192.168.1.70", "attic-repeater")
    home.dhcp(box, "192.168.1.70", "udhcp 1.30.1")
    behind = [Device(box.mac, f"192.168.1.{n}", ttl=63) for n in (71, 72, 73)]
    for device in behind:
        home.announce(device)
    for i in range(4):
        spam(home, behind[1], 31 + i)
        home.wait(20)
        submission_with_tls_from(home, behind[0])
    return home


def submission_with_tls_from(home, device):
    session = home.connect(device, "203.0.113.87", 587)
    session.greet("smtp.provider.example", "phone.lan", ("STARTTLS", "SIZE 52428800"))
    session.start_tls("smtp.provider.example")


def ipv6_privacy():
    """A camera that changes its IPv6 privacy address (RFC 8981) between two mails: one device all the same."""
    home = Home(MORNING)
    camera = Device("00:00:5e:00:53:62", "192.168.1.62", "garden-camera")
    home.dhcp(camera, "192.168.1.62", "udhcpc 1.24.2")
    addresses = ("2001:db8:1::a1b2:c3d4:e5f6:1", "2001:db8:1::9f8e:7d6c:5b4a:2")
    for i in range(6):
        address = addresses[i // 3]
        if i % 3 == 0:
            home.announce(camera, address)
        session = home.connect(camera, f"2001:db8:f{i}::25", address=address)
        session.greet(f"mx6{i}.example.net", f"[IPv6:{address}]")
        session.deliver("shop.example", "six.example", f"6V{i}0001")
        session.quit()
        home.wait(600)
    return home


def port_2526():
    """SMTP on a port that is nobody's: seen and read all the same."""
    home = Home(MORNING)
    device = fridge()
    fridge_wakes(home, device)
    for number in (41, 42):
        session = home.connect(device, exchanger(number), 2526)
        session.greet(f"mx{number}.example.net", "localhost")
        session.deliver("shop.example", "odd.example", f"25X{number}")
        session.quit()
        home.wait(30)
    return home


def arp_conflict():
    """Two devices claim one address while mail goes out from it: both are named."""
    home = Home(MORNING)
    printer = Device("00:00:5e:00:53:81", "192.168.1.80", "officejet-hall")
    forger = Device("00:00:5e:00:53:82", "192.168.1.80")
    home.dhcp(printer, "192.168.1.80")
    for number in (51, 52, 53):
        home.announce(printer)
        home.announce(forger)
        spam(home, forger, number)
        home.announce(printer)
        home.wait(4)
    return home


def one_sided():
    """Only what the devices sent is in the capture: no reply, no acknowledgement of the server's."""
    home = Home(MORNING)
    device = fridge()
    home.announce(device)
    for i in range(3):
        spam(home, device, 61 + i, sides="client")
        home.wait(5)
    return home


def lossy():
    """A capture that lost frames in the middle of sessions: counts become "at least"."""
    home = Home(MORNING)
    device = fridge()
    fridge_wakes(home, device)
    for i in range(3):
        session = home.connect(device, exchanger(71 + i))
        session.greet(f"mx{71 + i}.example.net", "[0.0.0.0]")
        session.deliver("shop.example", "loss.example", f"7L{i}0001")
        session.lose = True
        session.deliver("shop.example", "loss.example", f"7L{i}0002")
        session.lose = False
        session.deliver("shop.example", "loss.example", f"7L{i}0003")
        session.quit()
        home.wait(9)
    return home


def vlan():
    """A television in a guest network: every frame carries an 802.1Q tag."""
    home = Home(MORNING, vlan=20)
    television = Device("00:00:5e:00:53:90", "192.168.20.90", "living-room-tv")
    home.dhcp(television, "192.168.20.90", "udhcp 1.31.1")
    home.mdns(television, "Television", "smart-tv")
    home.ask_exchangers(television, "d81.example", "mx81.example.net")
    spam(home, television, 81)
    return home


def computer_asks_first():
    """A computer that looks up a stranger's exchanger and mails it: no appliance, but this is how bots do it. Packed."""
    home = Home(MORNING)
    client = laptop()
    laptop_wakes(home, client)
    spam(home, client, 91)
    home.wait(120)
    home.ask_exchangers(client, "d92.example", "mx92.example.net")
    spam(home, client, 92)
    return home


def hostile_names():
    """Names and banners full of what terminals obey: it must all arrive harmless."""
    home = Home(MORNING)
    device = Device("00:00:5e:00:53:a1", "192.168.1.161")
    home.dhcp(device, "192.168.1.161", name=b"\x1b[2J\x1b[31mcam\r\nera\x07\xe2\x80\xae\xff")
    session = home.connect(device, exchanger(93))
    session.open()
    session.say(False, b"220 mx93.example.net \x1b]0;owned\x07 \xe2\x80\xaeESMTP\r\n")
    session.ask("EHLO \x1b[1mbold\u202e<script>", "250 mx93.example.net")
    session.ask(f"MAIL FROM:<{SECRET_PERSON}@\x1b[5mshop.example>", "250 ok")
    session.ask(f"RCPT TO:<{SECRET_PERSON}@d93.example>", "550 5.1.1 no such user \x1b[0m")
    session.quit()
    return home


STORIES = {
    "fridge_burst.pcap": fridge_burst,
    "quiet_home.pcap": quiet_home,
    "learned_smarthost.pcap": learned_smarthost,
    "upstream_blocked.pcap": upstream_blocked,
    "address_moves.pcap": address_moves,
    "repeater.pcap": repeater,
    "ipv6_privacy.pcap": ipv6_privacy,
    "port_2526.pcap": port_2526,
    "arp_conflict.pcap": arp_conflict,
    "one_sided.pcap": one_sided,
    "lossy.pcap": lossy,
    "vlan.pcapng": vlan,
    "computer_asks_first.pcap.gz": computer_asks_first,
    "hostile_names.pcap": hostile_names,
    "cut_off.pcap": fridge_burst,  # ends inside a frame
}


def capture(name):
    records = sorted(STORIES[name]().frames, key=lambda record: record[0])
    data = pcapng_bytes(records) if name.endswith(".pcapng") else pcap_bytes(records)
    if name == "cut_off.pcap":
        data = data[:len(data) * 11 // 20]
    return gzip.compress(data, 9, mtime=0) if name.endswith(".gz") else data


def main():
    folder = sys.argv[1]
    for name in sys.argv[2:] or STORIES:
        with open(os.path.join(folder, name), "wb") as file:
            file.write(capture(name))


if __name__ == "__main__":
    main()
