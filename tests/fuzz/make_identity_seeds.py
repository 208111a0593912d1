#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of the identity parsers' fuzz targets into corpus/ beside this file.

Each seed is one message as a device or server would send it, with made-up names and documentation addresses. Run it
after adding a seed; the files are committed, seeds that fuzzing found stand beside them under other names.
"""
import pathlib
import socket
import struct

CORPUS = pathlib.Path(__file__).parent / "corpus"
MAC = bytes.fromhex("02005e000020")


def write(target, name, data):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def ip4(text):
    return socket.inet_pton(socket.AF_INET, text)


def ip6(text):
    return socket.inet_pton(socket.AF_INET6, text)


def dhcp(operation, options, client="0.0.0.0", your="0.0.0.0", relay="0.0.0.0", sname=b"", file=b"", cookie=True):
    head = struct.pack(">BBBBIHH", operation, 1, 6, 0, 0x1234, 0, 0)
    head += ip4(client) + ip4(your) + ip4("192.168.1.1") + ip4(relay) + MAC + bytes(10)
    head += sname.ljust(64, b"\0") + file.ljust(128, b"\0")
    return head + (bytes.fromhex("63825363") if cookie else b"") + options


def option(code, value):
    return bytes([code, len(value)]) + value


def option6(code, value):
    return struct.pack(">HH", code, len(value)) + value


def name(text):
    labels = [label.encode() for label in text.split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def dns(flags, questions=(), answers=(), additional=()):
    head = struct.pack(">HHHHHH", 7, flags, len(questions), len(answers), 0, len(additional))
    return head + b"".join(questions) + b"".join(answers) + b"".join(additional)


def question(text, kind):
    return name(text) + struct.pack(">HH", kind, 1)


def record(owner, kind, data):
    return owner + struct.pack(">HHIH", kind, 0x8001, 120, len(data)) + data


def dhcp_seeds():
    request = (option(53, b"\x03") + option(61, b"\x01" + MAC) + option(50, ip4("192.168.1.20"))
               + option(12, b"fridge") + option(60, b"udhcp 1.30") + option(55, bytes([1, 3, 6, 15, 121]))
               + option(81, b"\x04\0\0" + name("fridge.home")) + b"\xff")
    write("dhcp", "request", dhcp(1, request))
    lease = option(53, b"\x05") + option(51, struct.pack(">I", 3600)) + b"\xff"
    write("dhcp", "ack", dhcp(2, lease, your="192.168.1.20"))
    write("dhcp", "release", dhcp(1, option(53, b"\x07") + b"\xff", client="192.168.1.20"))
    write("dhcp", "decline", dhcp(1, option(53, b"\x04") + option(50, ip4("192.168.1.30")) + b"\xff"))
    write("dhcp", "overload", dhcp(1, option(53, b"\x01") + option(52, b"\x03") + b"\xff",
                                   sname=option(12, b"tv") + b"\xff", file=option(60, b"dhcpcd") + b"\xff"))
    write("dhcp", "long-option", dhcp(1, option(53, b"\x01") + option(60, b"a" * 255) + option(60, b"b") + b"\xff"))
    write("dhcp", "relayed", dhcp(1, request, relay="192.168.2.1"))
    write("dhcp", "bootp", dhcp(2, b"", your="192.168.1.77", cookie=False))


def dhcpv6_seeds():
    duid = option6(1, struct.pack(">HHI", 1, 1, 99) + MAC)
    solicit = b"\x01\0\0\x07" + duid + option6(39, b"\0" + name("laptop")) + option6(16, struct.pack(">IH", 311, 4) + b"MSFT")
    address = option6(5, ip6("2001:db8::20") + struct.pack(">II", 1800, 3600))
    status = option6(13, struct.pack(">H", 2) + b"none left")
    association = option6(3, struct.pack(">III", 1, 0, 0) + address)
    prefix = option6(25, struct.pack(">III", 1, 0, 0) + option6(26, bytes(25)))
    reply = b"\x07\0\0\x07" + duid + association + option6(4, struct.pack(">I", 2) + address) + prefix
    write("dhcpv6", "solicit", solicit)
    write("dhcpv6", "reply", reply)
    write("dhcpv6", "refused", b"\x07\0\0\x07" + duid + option6(3, struct.pack(">III", 1, 0, 0) + status))
    write("dhcpv6", "release", b"\x08\0\0\x07" + duid + association)
    for kind, inner, file in ((12, solicit, "relay-forward"), (13, reply, "relay-reply")):
        relay = bytes([kind, 0]) + ip6("2001:db8::1") + ip6("fe80::20")
        relay += option6(79, b"\0\x01" + MAC) + option6(9, inner)
        write("dhcpv6", file, relay)
        write("dhcpv6", file + "-twice", bytes([kind, 1]) + bytes(32) + option6(9, relay))


def mdns_seeds():
    service = name("_ipp._tcp.local")
    txt = b"".join(bytes([len(text)]) + text for text in (b"txtvers=1", b"ty=Inkjet 3000", b"usb_MDL=3000"))
    instance = b"\x07Printer\xc0\x0c"  # the service type is the first name, at offset 12
    write("mdns", "printer", dns(0x8400, answers=[
        record(service, 12, instance),
        record(instance, 33, struct.pack(">HHH", 0, 0, 631) + name("printer.local")),
        record(instance, 16, txt),
        record(name("printer.local"), 1, ip4("192.168.1.20")),
        record(name("printer.local"), 28, ip6("fe80::20"))]))
    write("mdns", "types", dns(0x8400, answers=[record(name("_services._dns-sd._udp.local"), 12, name("_raop._tcp.local"))]))
    write("mdns", "query", dns(0, questions=[question("_http._tcp.local", 12)], answers=[record(service, 12, instance)]))
    write("mdns", "loop", dns(0x8400, answers=[record(b"\xc0\x0c", 12, b"\xc0\x0c")]))


def ssdp_seeds():
    write("ssdp", "notify", b"NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nNT: urn:schemas-upnp-org:device:MediaRenderer:1\r\n"
                            b"NTS: ssdp:alive\r\nSERVER: Linux/4.9 UPnP/1.0 TV/2\r\nUSN: uuid:1::upnp:rootdevice\r\n\r\n")
    write("ssdp", "search", b"M-SEARCH * HTTP/1.1\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\nST: ssdp:all\r\nUSER-AGENT: App/1\r\n\r\n")
    write("ssdp", "answer", b"HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\nSERVER: Hue/1.0\r\n\r\n")
    write("ssdp", "byebye", b"NOTIFY * HTTP/1.1\nNTS: ssdp:byebye\nNT: uuid:1\n\n")


def dns_seeds():
    mx = dns(0x0100, questions=[question("eXample.com", 15)], additional=[b"\0" + struct.pack(">HHIH", 41, 1232, 0, 0)])
    write("dns", "mx", mx)
    write("dns", "tcp", struct.pack(">H", len(mx)) + mx)
    write("dns", "two", dns(0x0100, questions=[question("example.com", 15), b"\x04mail\xc0\x0c\0\x0f\0\x01"]))
    write("dns", "loop", dns(0x0100, questions=[b"\xc0\x0c\0\x0f\0\x01"]))
    write("dns", "answer", dns(0x8180, questions=[question("example.com", 15)]))


if __name__ == "__main__":
    dhcp_seeds()
    dhcpv6_seeds()
    mdns_seeds()
    ssdp_seeds()
    dns_seeds()
