# SPDX-License-Identifier: Apache-2.0
"""Frames as they stand on a wire, with lengths and checksums that are right: Ethernet, 802.1Q, ARP, IPv4, IPv6, UDP,
TCP, ICMPv6; and the two file formats they are kept in. Times are microseconds since 1970. Standard library only."""
import ipaddress
import struct

ARP, VLAN = 0x0806, 0x8100
UDP, TCP, ICMPV6 = 17, 6, 58
BROADCAST = "ff:ff:ff:ff:ff:ff"
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16


def mac_bytes(mac):
    return bytes.fromhex(mac.replace(":", ""))


def address_bytes(address):
    return ipaddress.ip_address(address).packed


def checksum(data):
    """RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ethernet(source, destination, ethertype, payload, vlan=None):
    tag = struct.pack(">HH", VLAN, vlan) if vlan is not None else b""
    frame = mac_bytes(destination) + mac_bytes(source) + tag + struct.pack(">H", ethertype) + payload
    return frame.ljust(60, b"\0")  # the shortest frame without its check sequence


def arp(operation, sender_mac, sender_address, target_mac, target_address):
    """RFC 826; operation 1 asks, 2 answers."""
    return (struct.pack(">HHBBH", 1, 0x0800, 6, 4, operation) + mac_bytes(sender_mac) + address_bytes(sender_address)
            + mac_bytes(target_mac) + address_bytes(target_address))


def ip(source, destination, protocol, payload, ttl=64, number=0):
    """(ethertype, packet); IPv4 or IPv6 as the addresses are. payload has no checksum yet if it is a tuple of
    (bytes, offset of the checksum)."""
    from_bytes, to_bytes = address_bytes(source), address_bytes(destination)
    if isinstance(payload, tuple):
        payload = with_checksum(from_bytes, to_bytes, protocol, *payload)
    if len(from_bytes) == 16:
        return 0x86DD, struct.pack(">IHBB", 6 << 28, len(payload), protocol, ttl) + from_bytes + to_bytes + payload
    header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), number & 0xFFFF, 0x4000, ttl, protocol, 0)
    header += from_bytes + to_bytes
    return 0x0800, header[:10] + struct.pack(">H", checksum(header)) + header[12:] + payload


def with_checksum(from_bytes, to_bytes, protocol, segment, offset):
    pseudo = from_bytes + to_bytes + struct.pack(">II", len(segment), protocol)
    value = checksum(pseudo + segment)
    if protocol == UDP and value == 0:
        value = 0xFFFF  # RFC 768: zero means "none"
    return segment[:offset] + struct.pack(">H", value) + segment[offset + 2:]


def udp(source_port, destination_port, payload):
    return struct.pack(">HHHH", source_port, destination_port, 8 + len(payload), 0) + payload, 6


def tcp(source_port, destination_port, sequence, acknowledgement, flags, payload=b"", options=b"", window=502):
    words = 5 + len(options) // 4
    header = struct.pack(">HHIIBBHHH", source_port, destination_port, sequence & 0xFFFFFFFF,
                         acknowledgement & 0xFFFFFFFF, words << 4, flags, window, 0, 0)
    return header + options + payload, 16


def icmpv6(kind, code, body):
    return struct.pack(">BBH", kind, code, 0) + body, 2


def pcap_bytes(records, link_type=1):
    """records: (time, frame) in order."""
    out = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link_type)]
    for time, frame in records:
        out.append(struct.pack("<IIII", time // 1_000_000, time % 1_000_000, len(frame), len(frame)) + frame)
    return b"".join(out)


def pcapng_bytes(records, link_type=1):
    """One section, one interface, an enhanced packet block each."""
    def block(kind, body):
        body += b"\0" * (-len(body) % 4)
        return struct.pack("<II", kind, 12 + len(body)) + body + struct.pack("<I", 12 + len(body))
    out = [block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)), block(1, struct.pack("<HHI", link_type, 0, 0))]
    for time, frame in records:
        out.append(block(6, struct.pack("<IIIII", 0, time >> 32, time & 0xFFFFFFFF, len(frame), len(frame)) + frame))
    return b"".join(out)
