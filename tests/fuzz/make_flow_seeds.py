#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of the fuzz targets frame, stream and dissector into corpus/ beside this file.

Frames of each link type, conversations as turns, and conversations as steps, each in the form that its target reads
(see the head of its source). Addresses are documentation's. Run it after adding a seed; the files are committed, what
fuzzing found stands beside them under other names.
"""
import pathlib
import socket
import struct

CORPUS = pathlib.Path(__file__).parent / "corpus"
ETHERNET, SLL, SLL2, RAW, NULL, PPP, PPPOE = range(7)
MACS = bytes.fromhex("02005e00000102005e000020")
FIN, SYN, RST, ACK = 1, 2, 4, 16

CLIENT, SERVER = 0, 1
SESSION = [(SERVER, b"220 mx.example ESMTP\r\n"), (CLIENT, b"EHLO fridge\r\n"),
           (SERVER, b"250-mx.example\r\n250-PIPELINING\r\n250 CHUNKING\r\n"),
           (CLIENT, b"MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n"),
           (SERVER, b"250 2.1.0 ok\r\n550 5.7.1 blocked, see zen.example\r\n354 go\r\n"),
           (CLIENT, b"Subject: x\r\n\r\n..y\r\n.\r\n"), (SERVER, b"250 2.0.0 Ok: queued as 4Xyz\r\n"),
           (CLIENT, b"QUIT\r\n"), (SERVER, b"221 bye\r\n")]
TLS = [(SERVER, b"220 mx ESMTP\r\n"), (CLIENT, b"EHLO x\r\n"), (SERVER, b"250-mx\r\n250 STARTTLS\r\n"),
       (CLIENT, b"STARTTLS\r\n"), (SERVER, b"220 go\r\n"), (CLIENT, b"\x16\x03\x01\0\x04\x01\0\0\0")]
CHUNKS = [(SERVER, b"220 mx ESMTP\r\n"), (CLIENT, b"EHLO x\r\n"), (SERVER, b"250 CHUNKING\r\n"),
          (CLIENT, b"MAIL FROM:<>\r\nRCPT TO:<b@example.com>\r\nBDAT 4 LAST\r\nabcd"),
          (SERVER, b"250 ok\r\n250 ok\r\n250 ok id=7\r\n")]
FTP = [(SERVER, b"220 FTP\r\n"), (CLIENT, b"USER x\r\n"), (SERVER, b"331 password\r\n")]


def write(target, name, data):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def ip4(payload, protocol=6, flags=0, identification=7, options=b""):
    head = struct.pack(">BBHHHBBH", 0x45 + len(options) // 4, 0, 20 + len(options) + len(payload), identification, flags, 64,
                       protocol, 0)
    return head + socket.inet_aton("192.168.1.20") + socket.inet_aton("203.0.113.25") + options + payload


def ip6(payload, following=6):
    addresses = socket.inet_pton(socket.AF_INET6, "2001:db8:1::20") + socket.inet_pton(socket.AF_INET6, "2001:db8:ffff::25")
    return struct.pack(">IHBB", 6 << 28, len(payload), following, 64) + addresses + payload


def tcp(payload=b"EHLO fridge\r\n", flags=ACK):
    return struct.pack(">HHIIBBHHH", 40000, 25, 1000, 0, 0x50, flags, 64240, 0, 0) + payload


def udp(payload):
    return struct.pack(">HHHH", 5000, 53, 8 + len(payload), 0) + payload


def frames(link, *packets, limit=4):
    return bytes([link, limit]) + b"".join(b"\1" + struct.pack(">H", len(packet)) + packet for packet in packets)


def frame_seeds():
    four, six = ip4(tcp()), ip6(tcp())
    ppp = lambda packet: (b"\0\x21" if packet[0] >> 4 == 4 else b"\0\x57") + packet
    pppoe = lambda packet: b"\x11\0\0\1" + struct.pack(">H", len(packet) + 2) + ppp(packet)
    kind = lambda packet: b"\x08\0" if packet[0] >> 4 == 4 else b"\x86\xdd"
    write("frame", "ethernet", frames(ETHERNET, *(MACS + kind(p) + p for p in (four, six))))
    write("frame", "vlan", frames(ETHERNET, MACS + b"\x81\0\0\7" + kind(four) + four,
                                  MACS + b"\x88\xa8\0\7\x81\0\0\x09" + kind(six) + six))
    write("frame", "pppoe", frames(ETHERNET, MACS + b"\x88\x64" + pppoe(four), MACS + b"\x81\0\0\7\x88\x64" + pppoe(six)))
    write("frame", "sll", frames(SLL, *(b"\0\0\0\1\0\6" + MACS[6:] + b"\0\0" + kind(p) + p for p in (four, six))))
    write("frame", "sll2", frames(SLL2, *(kind(p) + bytes(6) + b"\0\1\0\6" + MACS[6:] + b"\0\0" + p for p in (four, six))))
    write("frame", "raw", frames(RAW, four, six))
    write("frame", "null", frames(NULL, b"\2\0\0\0" + four, b"\0\0\0\x1e" + six))
    write("frame", "ppp", frames(PPP, b"\xff\3" + ppp(four), b"\x57" + six))
    write("frame", "pppoe-bare", frames(PPPOE, pppoe(four), pppoe(six)))
    write("frame", "arp", frames(ETHERNET, MACS + b"\x08\6\0\1\x08\0\6\4\0\1" + MACS[6:] + bytes([192, 168, 1, 20]) + bytes(6)
                                 + bytes([192, 168, 1, 1])))
    write("frame", "options", frames(RAW, ip4(tcp(), options=b"\x94\4\0\0\7\3\4\0"), ip4(udp(b"question"), 17),
                                     ip4(b"\3\3\0\0\0\0\0\0" + four[:28], 1)))
    write("frame", "extensions", frames(RAW, ip6(b"\x2b\0" + bytes(6) + b"\x33\0" + bytes(6) + b"\x3c\4" + bytes(22) + b"\6\0"
                                                 + bytes(6) + tcp(), 0)))
    segment = tcp(b"x" * 76)
    pieces4 = [ip4(segment[at:at + 48], flags=(0x2000 if at == 0 else 0) | at // 8) for at in (0, 48)]
    pieces6 = [ip6(struct.pack(">BBHI", 6, 0, at | (at == 0), 7) + segment[at:at + 48], 44) for at in (0, 48)]
    write("frame", "fragments", frames(RAW, *pieces4, *reversed(pieces6)))
    write("frame", "fragments-contradict", frames(RAW, pieces4[0], ip4(segment[:40], flags=0x2000), pieces4[1]))
    write("frame", "fragments-many", frames(RAW, *(ip4(segment[:8], flags=0x2000, identification=i) for i in range(5)), limit=2))


def turns(session, flags=0, kind=0, isn=1000):
    out = bytes([flags]) + struct.pack(">II", isn, isn + 5)
    return out + b"".join(bytes([side | kind, len(text)]) + text for side, text in session)


def hostile(*steps):
    return b"\1" + struct.pack(">II", 0xfffffff0, 7) + b"".join(steps)


def said(side, offset, text, kind=0x2a):
    return bytes([side | kind, offset & 0xff, len(text)]) + text


def stream_seeds():
    write("stream", "session", turns(SESSION, kind=0x04))
    write("stream", "session-reversed", turns(SESSION, kind=0x66, isn=0xfffffff8))
    write("stream", "session-twice", turns(SESSION, kind=0xb2))
    write("stream", "tls", turns(TLS, kind=0x20))
    write("stream", "chunks", turns(CHUNKS, kind=0x80))
    write("stream", "hostile-session", hostile(*(said(side, 0, text) for side, text in SESSION)))
    write("stream", "hostile-holes", hostile(said(SERVER, 0, b"220 mx ESMTP\r\n"), said(CLIENT, 9, b"MAIL FROM:<>\r\n"),
                                             b"\0\x20", said(CLIENT, -20, b"EHLO x\r\n"), b"\2\x30", b"\4\0",
                                             b"\x80" + struct.pack(">I", 0x40000000), said(CLIENT, 0, b"QUIT\r\n")))


def segment(who, flags, sequence, acknowledgement, text=b"", time=9, kind=4):
    return bytes([kind, time, who, flags, sequence & 0xff, acknowledgement & 0xff, len(text)]) + text


def conversation(session, who=0, opened=True, time=9):
    """Steps of a whole session: who as the target reads it (bit 2 is set for the server's segments)."""
    steps, next_of = [], [1, 1]
    if opened:
        steps += [segment(who, SYN, 0, 0), segment(who | 4, SYN | ACK, 0, 1), segment(who, ACK, 1, 1)]
    for side, text in session:
        steps.append(segment(who | side << 2, ACK, next_of[side], next_of[1 - side], text, time))
        next_of[side] += len(text)
    return steps + [segment(who, FIN | ACK, next_of[0], next_of[1]), segment(who | 4, FIN | ACK, next_of[1], next_of[0] + 1)]


def dissector_seeds():
    write("dissector", "session", b"".join(conversation(SESSION[:5])))
    write("dissector", "chunks", b"".join(conversation(CHUNKS, who=2)))
    write("dissector", "odd-port", b"".join(conversation(SESSION[:4], who=0x20, opened=False)))
    write("dissector", "ftp", b"".join(conversation(FTP, who=0x30, opened=False)))
    write("dissector", "starttls", b"".join(conversation(TLS)))
    write("dissector", "refused", segment(0, SYN, 0, 0) + segment(4, RST | ACK, 0, 1) + segment(0, SYN, 0, 0, time=0x0c))
    write("dissector", "unreachable", segment(0, SYN, 0, 0) + b"\2\x09\0\2\0\0\1\x3f" + b"\1\x7e")
    flood = [segment(who, SYN, who, 0) for who in (0, 1, 2, 3, 8, 9, 10, 11, 16, 17)]
    write("dissector", "syn-flood", b"".join(flood))
    talkers = [segment(who, ACK, 9, 0, b"EHLO x\r\n") for who in (0, 1, 2, 3)]
    write("dissector", "talkers", b"".join(talkers + [segment(0, ACK, 60 + 2 * i, 0, b"x") for i in range(20)]))
    write("dissector", "clock", segment(0, SYN, 0, 0) + segment(4, SYN | ACK, 0, 1, time=0x87) + b"\1\x7f" + b"\3\x0f")
    write("dissector", "two-macs", segment(0, SYN, 0, 0) + segment(0, ACK, 1, 1, kind=12) + b"\x33")
    arp = MACS + b"\x08\6\0\1\x08\0\6\4\0\1" + MACS[6:] + bytes([192, 168, 1, 20]) + bytes(6) + bytes([192, 168, 1, 1])
    write("dissector", "arp", bytes([0, 9, len(arp)]) + arp)


if __name__ == "__main__":
    frame_seeds()
    stream_seeds()
    dissector_seeds()
