#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of the fuzz target `wire`: a record of each type with every field, and messages that are refused.
Usage: make_wire_seeds.py FOLDER; needs python3-cbor2."""
import pathlib
import sys

import cbor2

MAC = bytes.fromhex("02005e100001")
V4, V6 = bytes([192, 168, 1, 20]), bytes.fromhex("20010db8000000000000000000000020")
FLOW = [V4, 40000, bytes([192, 0, 2, 1]), 25, 6]
FLOW6 = [V6, 40000, V6, 25, 6]
TIME = 1_795_521_791_000_250

COUNTS = ("ehlo_names senders recipients mail_commands rcpt_commands rcpt_accepted rcpt_refused data_commands bdat_commands "
          "messages_accepted messages_refused replies_2xx replies_3xx replies_4xx replies_5xx auth_tried auth_failed "
          "auth_succeeded").split()
SMTP = {key: number + 1 for number, key in enumerate(COUNTS)} | {
    "greeting_code": 220, "banner": b"mx.example ESMTP \xff", "ehlo": "fridge", "mail_from_domains": ["example.org", ""],
    "sender_hashes": [1, 2**64 - 1], "recipient_hashes": [3, 70000], "queue_ids": ["4Xyz", "5Abc"],
    "refusals": [{"kind": 0, "code": 550, "list": "zen.example", "count": 2}, {"kind": 6}],
    "auth_mechanism": "PLAIN", "auth_identity_hash": 9, "tls": 2, "sni": "mx.example", "pipelining_offered": True,
    "starttls_offered": True, "dialect": 0x1ff}
TRAFFIC = {"packets": 9, "bytes": 4000, "lost_bytes": 12}
RECORDS = {
    "attempt": {"id": 7, "revision": 2, "final": True, "interface": "br-lan", "vlan": 5, "client_mac": MAC, "next_hop_mac": MAC,
                "other_client_macs": [MAC], "client_ttl": 64, "flow": FLOW, "started": TIME, "last": TIME, "outcome": 5,
                "syns": 2, "mid_stream": True, "client_seen": True, "server_seen": True, "is_mail": 1, "application": "SMTP",
                "at_least": True, "connect_us": 900, "banner_us": 4000, "syn_fingerprint": "64:29200,7:1460:mss,sok,ts,nop,ws",
                "to_server": TRAFFIC, "to_client": TRAFFIC, "smtp": SMTP},
    "binding": {"id": 8, "inside": FLOW, "outside": FLOW, "started": TIME, "ended": TIME + 1, "from_dump": True,
                "gateway_origin": True, "replied": True, "assured": True, "offloaded": True, "tcp_state": "ESTABLISHED"},
    "address_claim": {"interface": "br-lan", "mac": MAC, "address": V6, "source": 1, "lease_s": 3600, "withdrawn": True,
                      "is_router": True},
    "identity_fact": {"interface": "br-lan", "mac": MAC, "address": V4, "kind": 12, "value": "192.168.1.20"},
    "mx_query": {"interface": "br-lan", "mac": MAC, "address": V4, "name": "example.org"},
    "capture_gap": {"interface": "br-lan", "from": TIME, "to": TIME + 5, "reason": 0, "count": 3},
    "local_address": {"interface": "br-lan", "mac": MAC, "address": V4, "prefix_length": 24, "removed": True},
    "probe_status": {"pid": 4242, "stopping": True, "sandboxed": True, "note": "kernel without seccomp",
                     "interfaces": [{"name": "br-lan", "up": True, "received": 5, "dropped": 1}],
                     "counters": [{"name": "frames_malformed", "value": 2}]},
    "frame": {"attempt": 7, "interface": "br-lan", "link": 1, "length": 74, "from_client": True,
              "bytes": bytes(range(0x80, 0x80 + 54)) + b"EHLO"},
}


def message(kind, record):
    return {"v": 1, "probe": "seed", "epoch": 1, "seq": 0, "time": TIME, "type": kind, "record": record}


def seeds():
    for kind, record in RECORDS.items():
        yield kind, cbor2.dumps(message(kind, record))
    yield "binding_ipv6", cbor2.dumps(message("binding", {"id": 1, "inside": FLOW6, "outside": FLOW6, "started": 0}))
    gap = message("capture_gap", RECORDS["capture_gap"])
    yield "unknown_fields", cbor2.dumps(gap | {"more": [1.5, None, -1, {"x": [b"y"]}]})
    yield "unknown_version", cbor2.dumps(gap | {"v": 2})
    yield "unknown_type", cbor2.dumps(gap | {"type": "weather"})
    yield "bad_field", cbor2.dumps(gap | {"seq": -1})
    yield "cut_short", cbor2.dumps(gap)[:-9]
    yield "key_twice", b"\xa2\x61v\x02\x61v\x02"
    yield "indefinite", b"\xbf\x61v\x01\x7f" + b"\x61p\xff\x5f\x42ab\xff\xff"
    yield "nested_texts", b"\x7f" * 4096
    yield "nested_arrays", b"\x81" * 4096
    yield "tagged", b"\xa1\x61v\xc1\x01"


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in seeds():
        (folder / f"{name}.seed").write_bytes(data)


if __name__ == "__main__":
    main()
