# SPDX-License-Identifier: Apache-2.0
"""A home on paper: a gateway, its devices and the mail servers of the world, and what each of them puts on the LAN.
Nothing here is random and nothing asks the clock: the same story gives the same frames."""
import base64
import ipaddress
import struct

from frames import (ACK, ARP, BROADCAST, FIN, ICMPV6, PSH, RST, SYN, TCP, UDP, address_bytes, arp, ethernet, icmpv6, ip,
                    mac_bytes, tcp, udp)

SECOND = 1_000_000
MILLISECOND = 1_000

# What must never be seen in any output. It stands in every mail and login that is sent here.
SECRET_BODY = "SECRET-BODY"
SECRET_SUBJECT = "SECRET-SUBJECT"
SECRET_PERSON = "private.person"
SECRET_PASSWORD = "pass-SECRET-word"
SECRET_AUTH = base64.b64encode(f"\0{SECRET_PERSON}\0{SECRET_PASSWORD}".encode()).decode()
SECRETS = (SECRET_BODY, SECRET_SUBJECT, SECRET_PERSON, SECRET_PASSWORD, SECRET_AUTH)

GATEWAY_MAC = "00:00:5e:00:53:01"  # of the block for documentation, RFC 7042
GATEWAY = "192.168.1.1"
GATEWAY6 = "fe80::1"


class Device:
    def __init__(self, mac, address, name="", ttl=64):
        self.mac, self.address, self.name, self.ttl = mac, address, name, ttl
        self.port = 32768 + 97 * int(mac[-2:], 16)

    def next_port(self):
        self.port += 2
        return self.port


class Home:
    """Collects frames; `now` only moves forward by what the story says."""

    def __init__(self, start, vlan=None):
        self.now, self.vlan = start, vlan
        self.frames = []
        self.count = 0

    def put(self, source_mac, destination_mac, ethertype, payload, after=0):
        self.frames.append((self.now + after, ethernet(source_mac, destination_mac, ethertype, payload, self.vlan)))

    def packet(self, source_mac, destination_mac, source, destination, protocol, payload, ttl=64, after=0):
        self.count += 1
        ethertype, body = ip(source, destination, protocol, payload, ttl, self.count)
        self.put(source_mac, destination_mac, ethertype, body, after)

    def wait(self, seconds):
        self.now += int(seconds * SECOND)

    # --- who is there

    def dhcp(self, device, address, vendor="", parameters=(1, 3, 6, 12, 15, 28), name=None):
        """Discover, offer, request, acknowledgement (RFC 2131)."""
        name = device.name.encode() if name is None else name
        number = 0x5EED0000 + self.count

        def message(kind, operation, yours, options):
            body = struct.pack(">BBBBIHH", operation, 1, 6, 0, number, 0, 0x8000) + bytes(4) + address_bytes(yours)
            body += bytes(8) + mac_bytes(device.mac) + bytes(10 + 64 + 128) + b"\x63\x82\x53\x63"
            for code, value in [(53, bytes([kind]))] + options:
                body += bytes([code, len(value)]) + value
            return body + b"\xff"

        own = [(61, b"\x01" + mac_bytes(device.mac)), (12, name), (55, bytes(parameters))]
        own += [(60, vendor.encode())] if vendor else []
        lease = [(54, address_bytes(GATEWAY)), (51, struct.pack(">I", 43200)), (1, bytes([255, 255, 255, 0])),
                 (3, address_bytes(GATEWAY)), (6, address_bytes(GATEWAY))]
        asked = own + [(50, address_bytes(address)), (54, address_bytes(GATEWAY))]
        for kind, options in ((1, own), (2, lease), (3, asked), (5, lease)):
            if kind in (1, 3):
                self.packet(device.mac, BROADCAST, "0.0.0.0", "255.255.255.255", UDP,
                            udp(68, 67, message(kind, 1, "0.0.0.0", options)))
            else:
                self.packet(GATEWAY_MAC, BROADCAST, GATEWAY, "255.255.255.255", UDP,
                            udp(67, 68, message(kind, 2, address, options)))
            self.wait(0.04)
        device.address = address
        self.announce(device)

    def release(self, device):
        body = struct.pack(">BBBBIHH", 1, 1, 6, 0, 0x5EED8000 + self.count, 0, 0) + address_bytes(device.address)
        body += bytes(12) + mac_bytes(device.mac) + bytes(10 + 64 + 128) + b"\x63\x82\x53\x63"
        body += bytes([53, 1, 7, 54, 4]) + address_bytes(GATEWAY) + b"\xff"
        self.packet(device.mac, GATEWAY_MAC, device.address, GATEWAY, UDP, udp(68, 67, body))
        self.wait(0.01)

    def announce(self, device, address=None):
        """Gratuitous ARP, or an unsolicited neighbour advertisement."""
        address = address or device.address
        if ipaddress.ip_address(address).version == 4:
            self.put(device.mac, BROADCAST, ARP, arp(1, device.mac, address, "00:00:00:00:00:00", address))
        else:
            body = struct.pack(">I", 0x20000000) + address_bytes(address) + b"\x02\x01" + mac_bytes(device.mac)
            self.packet(device.mac, "33:33:00:00:00:01", address, "ff02::1", ICMPV6, icmpv6(136, 0, body), 255)
        self.wait(0.01)

    def mdns(self, device, host, model=""):
        """An announcement: host.local has the address, and what model it is."""
        def name(*labels):
            return b"".join(bytes([len(label)]) + label.encode() for label in labels) + b"\0"
        records = [name(host, "local") + struct.pack(">HHIH", 1, 0x8001, 120, 4) + address_bytes(device.address)]
        if model:
            text = f"model={model}".encode()
            records.append(name(host, "_device-info", "_tcp", "local")
                           + struct.pack(">HHIH", 16, 0x8001, 4500, 1 + len(text)) + bytes([len(text)]) + text)
        body = struct.pack(">HHHHHH", 0, 0x8400, 0, len(records), 0, 0) + b"".join(records)
        self.packet(device.mac, "01:00:5e:00:00:fb", device.address, "224.0.0.251", UDP, udp(5353, 5353, body), 255)
        self.wait(0.05)

    def ssdp(self, device, server, kind):
        text = ("NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nCACHE-CONTROL: max-age=1800\r\n"
                f"LOCATION: http://{device.address}:49152/description.xml\r\nNT: {kind}\r\nNTS: ssdp:alive\r\n"
                f"SERVER: {server}\r\nUSN: uuid:00000000-0000-4000-8000-000000000001::{kind}\r\n\r\n")
        self.packet(device.mac, "01:00:5e:7f:ff:fa", device.address, "239.255.255.250", UDP,
                    udp(1900, 1900, text.encode()), 4)
        self.wait(0.05)

    def ask_exchangers(self, device, domain, exchanger):
        """A DNS query for MX and its answer."""
        labels = b"".join(bytes([len(label)]) + label.encode() for label in domain.split(".")) + b"\0"
        question = labels + struct.pack(">HH", 15, 1)
        target = b"".join(bytes([len(label)]) + label.encode() for label in exchanger.split(".")) + b"\0"
        port, number = device.next_port(), self.count & 0xFFFF
        self.packet(device.mac, GATEWAY_MAC, device.address, GATEWAY, UDP,
                    udp(port, 53, struct.pack(">HHHHHH", number, 0x0100, 1, 0, 0, 0) + question), device.ttl)
        self.wait(0.012)
        answer = b"\xc0\x0c" + struct.pack(">HHIHH", 15, 1, 300, 2 + len(target), 10) + target
        self.packet(GATEWAY_MAC, device.mac, GATEWAY, device.address, UDP,
                    udp(53, port, struct.pack(">HHHHHH", number, 0x8180, 1, 1, 0, 0) + question + answer))
        self.wait(0.02)

    # --- what it does

    def connect(self, device, server, port=25, address=None, **how):
        return Connection(self, device, address or device.address, server, port, **how)

    def unanswered(self, device, server, port=25, seconds=7.0):
        """A SYN and its repetitions after 1 and 3 s; nothing comes back. Time moves on by `seconds`."""
        connection = Connection(self, device, device.address, server, port)
        first = connection.sequence[True]
        for after in (0, 1, 3):
            connection.sequence[True] = first
            connection.send(True, SYN, options=LINUX_SYN, after=after * SECOND)
        self.wait(seconds)


# MSS 1460, SACK permitted, timestamps, no operation, window scale 7
LINUX_SYN = bytes.fromhex("020405b40402080a5eed000000000000") + bytes.fromhex("01030307")
MSS = 1448


class Connection:
    """One TCP connection, as the LAN side of the gateway sees it: the client's frames carry its own MAC, those of
    the server carry the gateway's. `sides`: which of the two a one-sided capture keeps."""

    def __init__(self, home, device, address, server, port, sides="both", round_trip=0.02):
        self.home, self.device, self.address, self.server, self.port = home, device, address, server, port
        self.sides, self.round_trip = sides, round_trip
        self.own_port = device.next_port()
        self.sequence = {True: 0x10000000 + self.own_port * 4099, False: 0x90000000 + self.own_port * 8191}
        self.lose = False  # what is sent meanwhile happens, but the capture does not have it

    def send(self, from_client, flags, payload=b"", options=b"", after=0):
        acknowledged = self.sequence[not from_client] if flags & ACK else 0
        ports = (self.own_port, self.port) if from_client else (self.port, self.own_port)
        segment = tcp(*ports, self.sequence[from_client], acknowledged, flags, payload, options,
                      64240 if flags & SYN else 502)
        if flags & (SYN | FIN):
            self.sequence[from_client] += 1
        self.sequence[from_client] += len(payload)
        if self.lose or self.sides not in ("both", "client" if from_client else "server"):
            return
        if from_client:
            self.home.packet(self.device.mac, GATEWAY_MAC, self.address, self.server, TCP, segment, self.device.ttl, after)
        else:
            self.home.packet(GATEWAY_MAC, self.device.mac, self.server, self.address, TCP, segment, 51, after)

    def open(self):
        self.send(True, SYN, options=LINUX_SYN)
        self.pause()
        self.send(False, SYN | ACK, options=LINUX_SYN)
        self.send(True, ACK, after=200)
        self.pause()
        return self

    def pause(self):
        self.home.now += int(self.round_trip * SECOND)

    def say(self, from_client, data):
        data = data.encode() if isinstance(data, str) else data
        for start in range(0, len(data), MSS):
            self.send(from_client, PSH | ACK, data[start:start + MSS])
        self.send(not from_client, ACK, after=300)
        self.pause()

    def ask(self, command, reply):
        self.say(True, command + "\r\n")
        self.say(False, reply + "\r\n")

    def close(self):
        self.send(True, FIN | ACK)
        self.pause()
        self.send(False, FIN | ACK)
        self.send(True, ACK, after=200)
        self.pause()

    def reset(self):
        self.send(True, RST | ACK)
        self.pause()

    # --- SMTP (RFC 5321)

    def greet(self, server_name, ehlo, offers=("PIPELINING", "SIZE 52428800", "8BITMIME")):
        self.open()
        self.say(False, f"220 {server_name} ESMTP ready\r\n")
        lines = [server_name] + list(offers)
        self.ask(f"EHLO {ehlo}", "\r\n".join(f"250{'-' if i + 1 < len(lines) else ' '}{line}"
                                             for i, line in enumerate(lines)))
        return self

    def deliver(self, from_domain, to_domain, queue_id, size=400):
        """One mail that is taken."""
        self.ask(f"MAIL FROM:<{SECRET_PERSON}@{from_domain}>", f"250 2.1.0 <{SECRET_PERSON}@{from_domain}> ok")
        self.ask(f"RCPT TO:<{SECRET_PERSON}@{to_domain}>", f"250 2.1.5 <{SECRET_PERSON}@{to_domain}> ok")
        self.ask("DATA", "354 end with <CRLF>.<CRLF>")
        head = f"From: <{SECRET_PERSON}@{from_domain}>\r\nSubject: {SECRET_SUBJECT}\r\n\r\n"
        line = f"{SECRET_BODY} lorem ipsum dolor sit amet\r\n"
        self.say(True, head + line * (size // len(line) + 1) + ".\r\n")
        self.say(False, f"250 2.0.0 Ok: queued as {queue_id}\r\n")

    def quit(self):
        self.ask("QUIT", "221 2.0.0 Bye")
        self.close()

    def start_tls(self, server_name, up=1800, down=3200):
        """STARTTLS and what it looks like from outside: a ClientHello with its server name, then records."""
        self.ask("STARTTLS", "220 2.0.0 go ahead")
        self.say(True, client_hello(server_name))
        self.say(False, tls_record(22, opaque(2600)))
        self.say(True, tls_record(20, b"\x01") + tls_record(23, opaque(74)))
        self.say(False, tls_record(23, opaque(down - 2600)))
        self.say(True, tls_record(23, opaque(up)))
        self.say(False, tls_record(23, opaque(90)))
        self.close()


def opaque(size):
    """Bytes that look like nothing, always the same ones."""
    value, out = 0x1234567, bytearray()
    for _ in range(size):
        value = (value * 1103515245 + 12345) & 0x7FFFFFFF
        out.append(value >> 16 & 0xFF)
    return bytes(out)


def tls_record(kind, body):
    return struct.pack(">BHH", kind, 0x0303, len(body)) + body


def client_hello(server_name):
    """RFC 8446, with a server name (RFC 6066)."""
    name = server_name.encode()
    entry = struct.pack(">HBH", len(name) + 3, 0, len(name)) + name
    extensions = struct.pack(">HH", 0, len(entry)) + entry + bytes.fromhex("002b0003020304") + bytes.fromhex("000d000400020403")
    body = b"\x03\x03" + opaque(32) + b"\0" + bytes.fromhex("00041301c02f") + b"\x01\0"
    body += struct.pack(">H", len(extensions)) + extensions
    return tls_record(22, b"\x01" + struct.pack(">I", len(body))[1:] + body)
