#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What runs on the fridge: a small mailer. Finds mail exchangers through the home's DNS as a spammer does, speaks SMTP
to each, and prints one JSON line per attempt: ground truth to compare gatewitness with. Started by Device.send().
"""
import argparse
import concurrent.futures
import json
import random
import smtplib
import socket
import struct
import sys
import time

MX = 15


def dns_name(message, at):
    """The name at this offset (RFC 1035, section 4.1.4) and the offset behind it."""
    labels, behind = [], None
    while message[at]:
        if message[at] >= 0xC0:
            behind = behind or at + 2
            at = struct.unpack_from("!H", message, at)[0] & 0x3FFF
        else:
            labels.append(message[at + 1:at + 1 + message[at]].decode())
            at += 1 + message[at]
    return ".".join(labels), behind or at + 1


def mail_exchanger(domain, resolver):
    """Asks for the MX of a domain and gives the first answer's host."""
    question = b"".join(bytes([len(label)]) + label.encode() for label in domain.split(".")) + b"\0"
    query = struct.pack("!6H", random.getrandbits(16), 0x0100, 1, 0, 0, 0) + question + struct.pack("!2H", MX, 1)
    with socket.socket(socket.AF_INET6 if ":" in resolver else socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(3)
        udp.connect((resolver, 53))
        udp.send(query)
        answer = udp.recv(4096)
    _, at = dns_name(answer, 12 + len(question) + 4)
    return dns_name(answer, at + 10 + 2)[0]  # behind type, class, TTL, length; preference


def address_of(target, options):
    """A target is an address, or a domain whose exchanger is looked up."""
    if ":" in target or target[-1].isdigit():
        return target
    host = mail_exchanger(target, options.resolver)
    family = socket.AF_INET6 if options.ipv6 else socket.AF_INET
    return socket.getaddrinfo(host, options.port, family, socket.SOCK_STREAM)[0][4][0]


def deliver(client, number, options, result):
    client.ehlo(options.ehlo)
    if options.starttls:
        client.starttls()
        client.ehlo(options.ehlo)
    body = f"Subject: offer {number}\r\nMessage-Id: <{number}@lab.example>\r\n\r\n" + "Buy now.\r\n" * 20
    try:
        client.sendmail(options.sender, [f"victim{number}@{options.to_domain}"], body)
        result["outcome"] = "accepted"
    except smtplib.SMTPRecipientsRefused as refusal:
        (code, text), = refusal.recipients.values()
        result.update(outcome="refused", code=code, text=text.decode("utf-8", "replace"))
    client.quit()


def attempt(number, target, options):
    result = {"target": target, "port": options.port, "time": time.time()}
    try:
        result["remote"] = address_of(target, options)
        source = (options.source or "", options.source_port) if options.source or options.source_port else None
        kind = smtplib.SMTP_SSL if options.tls else smtplib.SMTP
        client = kind(timeout=options.timeout, local_hostname=options.ehlo, source_address=source)
        if options.tls or options.starttls:
            client._host = result["remote"]  # smtplib sends it as SNI and sets it only if given at once
        result["time"] = time.time()
        client.connect(result["remote"], options.port)
        result["local"], result["local_port"] = client.sock.getsockname()[:2]
        deliver(client, number, options, result)
    except (OSError, smtplib.SMTPException) as error:
        result.update(outcome="failed", error=str(error))
    result["end"] = time.time()
    sys.stdout.write(json.dumps(result) + "\n")  # one write: the threads' lines must not mix
    sys.stdout.flush()
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("targets", nargs="+", help="domains or addresses, used in turn")
    parser.add_argument("--count", type=int, default=1, help="attempts in all")
    parser.add_argument("--pause", type=float, default=0.0, help="seconds between the starts of two attempts")
    parser.add_argument("--parallel", type=int, default=4)
    parser.add_argument("--port", type=int, default=25)
    parser.add_argument("--timeout", type=float, default=10, help="seconds for each answer")
    parser.add_argument("--resolver", default="192.168.1.1")
    parser.add_argument("--source", help="local address")
    parser.add_argument("--source-port", type=int, default=0, help="local port")
    parser.add_argument("--ipv6", action="store_true")
    parser.add_argument("--starttls", action="store_true")
    parser.add_argument("--tls", action="store_true", help="TLS from the first byte, as on port 465")
    parser.add_argument("--ehlo", default="localhost.localdomain")
    parser.add_argument("--to-domain", default="stranger.example", help="domain of the recipients")
    parser.add_argument("--sender", default="win-a-fridge@lab.example")
    options = parser.parse_args()
    with concurrent.futures.ThreadPoolExecutor(options.parallel) as pool:
        for number in range(options.count):
            pool.submit(attempt, number, options.targets[number % len(options.targets)], options)
            time.sleep(options.pause)


if __name__ == "__main__":
    sys.exit(main())
