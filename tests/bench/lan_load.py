# SPDX-License-Identifier: Apache-2.0
"""A home's devices and the world's mail servers as raw frames on both sides of a gateway: each device asks for its
address, its connections are opened and then left in the middle of what they say. Nobody waits in a TCP stack for the
answers: both ends stand here, in step, so that a frame that is lost is known at once.

Used by footprint_bench.py, with the interfaces of two namespaces between which the gateway forwards and translates.
"""
import contextlib
import ctypes
import errno
import os
import select
import socket
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "golden"))

from frames import checksum  # noqa: E402  (needs the path above)

ETH_ALL, ETH_ARP, ETH_IPV4 = 0x0003, 0x0806, 0x0800
SO_RCVBUFFORCE, SOL_PACKET, PACKET_IGNORE_OUTGOING = 33, 263, 23  # socket(7), packet(7)
CLONE_NEWNET = 0x40000000
SYN, ACK, PSH = 0x02, 0x10, 0x08
MAIL_PORT = 25
FIRST_PORT = 20000  # the client's port of connection 0; the gateway keeps ports that are free
# As Linux opens without timestamps: MSS, SACK, window scale.
SYN_OPTIONS = bytes.fromhex("020405b4" "01010402" "01030307")
MAKERS = ("8c79f5", "3c22fb", "001132", "b827eb", "ecfabc")
BATCH = 50  # connections at a time: what is under way at once fits every queue on its way
PATIENCE_S = 10


class LoadError(Exception):
    """The load could not be brought about."""


@contextlib.contextmanager
def in_namespace(name):
    """This thread is in the namespace; so is what it opens and starts meanwhile."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/thread-self/ns/net", "rb") as home, open(f"/run/netns/{name}", "rb") as there:
        def enter(file):
            if libc.setns(file.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), f"setns {name}: {os.strerror(ctypes.get_errno())}")
        enter(there)
        try:
            yield
        finally:
            enter(home)


def ipv4(protocol, source, destination, payload):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 0, 0x4000, 64, protocol, 0, source, destination)
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def tcp(source, destination, numbers, flags, payload=b""):
    """source, destination: (address, port). numbers: (sequence, acknowledgement)."""
    options = SYN_OPTIONS if flags & SYN else b""
    head = struct.pack("!HHIIBBHHH", source[1], destination[1], *numbers, (20 + len(options)) // 4 << 4, flags, 64240, 0, 0)
    segment = head + options + payload
    pseudo = source[0] + destination[0] + struct.pack("!BBH", 0, 6, len(segment))
    segment = segment[:16] + struct.pack("!H", checksum(pseudo + segment)) + segment[18:]
    return ipv4(6, source[0], destination[0], segment)


def ethernet(destination, source, kind, payload):
    return destination + source + struct.pack("!H", kind) + payload


def arp(operation, sender, target):
    """sender, target: (MAC, address)."""
    return struct.pack("!HHBBH", 1, ETH_IPV4, 6, 4, operation) + b"".join(sender) + b"".join(target)


class Segment:
    """What matters of a received TCP segment."""

    def __init__(self, frame):
        self.macs = frame[:6], frame[6:12]  # destination, source
        end = 14 + struct.unpack_from("!H", frame, 16)[0]
        at = 14 + (frame[14] & 15) * 4
        self.source, self.destination = frame[26:30], frame[30:34]
        self.source_port, self.destination_port, self.sequence, self.acknowledgement = struct.unpack_from("!HHII", frame, at)
        self.flags = frame[at + 13]
        self.payload = frame[at + (frame[at + 12] >> 4) * 4:end]

    def next_sequence(self):
        return self.sequence + len(self.payload) + (1 if self.flags & SYN else 0)

    def answer(self, flags, payload=b""):
        """A frame back to who sent this, whose numbers follow from it."""
        acknowledgement = self.acknowledgement if self.flags & ACK else 5_000_000
        return ethernet(self.macs[1], self.macs[0], ETH_IPV4,
                        tcp((self.destination, self.destination_port), (self.source, self.source_port),
                            (acknowledgement, self.next_sequence()), flags, payload))


class Wire:
    """An interface of a namespace; frames of mail come out as segments, an ARP question is answered on the way."""

    def __init__(self, namespace, interface, owners):
        """owners: {address: MAC} of who is behind this interface and asked by ARP."""
        self.owners = owners
        with in_namespace(namespace):
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
            self.socket.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
            self.socket.bind((interface, ETH_ALL))
        self.socket.setblocking(False)

    def close(self):
        self.socket.close()

    def send(self, frame):
        while True:
            try:
                self.socket.send(frame)
                return
            except OSError as error:
                if error.errno not in (errno.EAGAIN, errno.ENOBUFS):
                    raise
                time.sleep(0.001)

    def receive(self):
        """The next segment of mail; None if there is nothing to read."""
        while True:
            try:
                frame = self.socket.recv(65536)
            except BlockingIOError:
                return None
            kind = int.from_bytes(frame[12:14], "big")
            if kind == ETH_ARP:
                self._answer_arp(frame)
            elif kind == ETH_IPV4 and frame[23] == 6:
                segment = Segment(frame)
                if MAIL_PORT in (segment.source_port, segment.destination_port):
                    return segment

    def _answer_arp(self, frame):
        operation, asker_mac, asker, _, wanted = struct.unpack_from("!H6s4s6s4s", frame, 20)
        if operation == 1 and wanted in self.owners:
            mac = self.owners[wanted]
            self.send(ethernet(asker_mac, mac, ETH_ARP, arp(2, (mac, wanted), (asker_mac, asker))))


class Home:
    """Devices on the LAN of a gateway, with connections to mail servers behind it.

    lan, wan: (namespace, interface) of the far ends of the gateway's two links. gateway: (MAC, address) on the LAN.
    first: address before the first device's. Frames leave at most so fast that `rate` connections open in a second."""

    def __init__(self, lan, wan, gateway, first, devices, rate):
        self.gateway_mac, self.gateway = gateway[0], socket.inet_aton(gateway[1])
        base = struct.unpack("!I", socket.inet_aton(first))[0]
        self.devices = [(bytes.fromhex(MAKERS[i % len(MAKERS)]) + (0x100000 + i).to_bytes(3, "big"),
                         struct.pack("!I", base + 1 + i)) for i in range(devices)]
        self.rate = rate
        self.lan = Wire(*lan, {address: mac for mac, address in self.devices})
        self.wan = Wire(*wan, {})
        self.heard = []  # what came out on the other side last
        self.waiting = {}  # {connection: the newest segment that the server has had of it}
        self.stop = threading.Event()
        self.thread = None

    def close(self):
        self.rest(False)
        self.lan.close()
        self.wan.close()

    def macs(self):
        return {mac.hex(":") for mac, _ in self.devices}

    def introduce(self):
        """Each device asks for its address by DHCP, with its name, and asks for the gateway by ARP."""
        everybody = b"\xff" * 6
        for number, (mac, address) in enumerate(self.devices):
            self.lan.send(ethernet(everybody, mac, ETH_IPV4, self._dhcp(number, mac, address)))
            self.lan.send(ethernet(everybody, mac, ETH_ARP, arp(1, (mac, address), (b"\0" * 6, self.gateway))))
            self.lan.receive()
            time.sleep(1 / self.rate)

    @staticmethod
    def _dhcp(number, mac, address):
        def option(code, value):
            return bytes([code, len(value)]) + value
        options = (option(53, b"\x03") + option(61, b"\x01" + mac) + option(50, address) + option(12, b"device-%04d" % number)
                   + option(60, b"udhcp 1.36.1") + option(55, bytes([1, 3, 6, 12, 15, 28, 42])) + b"\xff")
        boot = struct.pack("!BBBBIHH16s16s64s128s4s", 1, 1, 6, 0, number, 0, 0, b"", mac, b"", b"", b"\x63\x82\x53\x63")
        udp = struct.pack("!HHHH", 68, 67, 8 + len(boot + options), 0) + boot + options
        return ipv4(17, b"\0" * 4, b"\xff" * 4, udp)

    def connections(self, numbers, talk):
        """Opens these connections (the devices take turns); with talk they speak up to their MAIL command."""
        for batch in self._batches(numbers):
            self._cross(self.lan, [self._syn(number) for number in batch], self.wan)
            self._cross(self.wan, [s.answer(SYN | ACK) for s in self.heard], self.lan)
            answered = self.heard
            self._cross(self.lan, [s.answer(ACK) for s in answered], self.wan)
            for segment in self.heard:
                self.waiting[segment.source_port - FIRST_PORT] = segment
            if talk:
                self._talk(batch)

    def talk(self, numbers):
        """Open connections that were silent until now speak up to their MAIL command."""
        for batch in self._batches(numbers):
            self._talk(batch)

    def _talk(self, batch):
        said = [self.waiting.pop(number) for number in batch]
        server = (b"220 mx.example.net ESMTP\r\n", b"250-mx.example.net\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n250-STARTTLS\r\n"
                  b"250 8BITMIME\r\n", b"250 2.1.0 Ok\r\n")
        client = (b"EHLO device.example.org\r\n", b"MAIL FROM:<someone@example.org>\r\n", b"")
        for reply, command in zip(server, client):
            self._cross(self.wan, [s.answer(PSH | ACK, reply) for s in said], self.lan)
            self._cross(self.lan, [s.answer(PSH | ACK if command else ACK, command) for s in self.heard], self.wan)
            said = self.heard

    def _batches(self, numbers):
        numbers = list(numbers)
        for at in range(0, len(numbers), BATCH):
            begin = time.monotonic()
            yield numbers[at:at + BATCH]
            time.sleep(max(0, BATCH / self.rate - (time.monotonic() - begin)))

    def _syn(self, number):
        mac, address = self.devices[number % len(self.devices)]
        server = bytes([198, 18, number // len(self.devices) % 250, 25])  # RFC 2544: nobody's
        return ethernet(self.gateway_mac, mac, ETH_IPV4,
                        tcp((address, FIRST_PORT + number), (server, MAIL_PORT), (1_000_000 + number, 0), SYN))

    def _cross(self, sender, frames, receiver):
        """Sends all and waits until all have come out on the other side, as self.heard."""
        for frame in frames:
            sender.send(frame)
        self.heard = []
        deadline = time.monotonic() + PATIENCE_S
        while len(self.heard) < len(frames):
            for wire in (self.lan, self.wan):
                while segment := wire.receive():
                    if wire is receiver:
                        self.heard.append(segment)
            if time.monotonic() > deadline:
                raise LoadError(f"only {len(self.heard)} of {len(frames)} frames came through the gateway")
            if len(self.heard) < len(frames):
                select.select([self.lan.socket, self.wan.socket], [], [], 0.1)

    def rest(self, on=True):
        """From now on devices only answer when they are asked for their address; off again with on=False."""
        if self.thread:
            self.stop.set()
            self.thread.join()
            self.thread = None
        if not on:
            return
        self.stop.clear()
        self.thread = threading.Thread(target=self._answer, daemon=True)
        self.thread.start()

    def _answer(self):
        while not self.stop.is_set():
            select.select([self.lan.socket, self.wan.socket], [], [], 0.2)
            self.lan.receive()
            self.wan.receive()
