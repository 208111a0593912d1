#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""One home of each kind, made into frames and replayed through the whole probe: dissector, attribution and detector must
raise the alarms that the simulator's records raised, on the same devices.

usage: packets_test.py PATH/gatewitness-judge PATH/gatewitness [--keep FOLDER] [WORD]"""
import json
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True  # the tree stays as it was
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "golden"))

from frames import ACK, RST, SYN, pcap_bytes  # noqa: E402
from home import GATEWAY_MAC, LINUX_SYN, Connection, Device, Home, client_hello, opaque, tls_record  # noqa: E402

SILENT, REFUSED, TALKS = 0, 1, 2
NOWHERE, GREETING, AUTH, RECIPIENT, CONTENT = range(5)
STARTED, IMPLICIT = 2, 3
TIMEOUT_S = 300
REFUSALS = {0: "5.7.1 Client host [203.0.113.7] blocked using {list}", 1: "5.1.1 User unknown", 3: "5.7.1 Message content rejected as spam",
            4: "4.7.1 Greylisted, please try again later"}


class Outsider:
    """Somebody beyond the gateway, whose frames carry its MAC on the LAN."""

    def __init__(self, port):
        self.mac, self.ttl, self.port = GATEWAY_MAC, 51, port

    def next_port(self):
        self.port += 1
        return self.port


class Inbound(Connection):
    """A connection to the device: the gateway's MAC is on the client's side."""

    def __init__(self, home, host, session, number):
        super().__init__(home, Outsider(20000 + number % 40000), session["server"], session["address"], session["port"])
        self.host = host

    def send(self, from_client, flags, payload=b"", options=b"", after=0):
        count = len(self.home.frames)
        super().send(from_client, flags, payload, options, after)
        for i in range(count, len(self.home.frames)):
            time, frame = self.home.frames[i]
            macs = (self.host, GATEWAY_MAC) if from_client else (GATEWAY_MAC, self.host)
            self.home.frames[i] = (time, b"".join(bytes.fromhex(mac.replace(":", "")) for mac in macs) + frame[12:])


def refusal(session):
    text = REFUSALS.get(session["refusal"], "5.0.0 Not accepted")
    return f"{session['code']} " + text.format(list=session["list"] or "a list of ours")


def under_tls(talk, session):
    """All that follows the handshake is opaque: a login, and perhaps a mail."""
    sent = session["messages"] > 0 and session["stop"] == NOWHERE
    talk.say(True, client_hello(session["sni"] or "mail.example"))
    talk.say(False, tls_record(22, opaque(2600)))
    talk.say(True, tls_record(20, b"\x01") + tls_record(23, opaque(74)))
    talk.say(False, tls_record(23, opaque(400)))
    talk.say(True, tls_record(23, opaque(min(session["bytes"], 12000) if sent else 60)))
    talk.say(False, tls_record(23, opaque(90)))


def transaction(talk, session):
    if session["identity"]:
        reply = "535 5.7.8 Authentication failed" if session["auth_refused"] else "235 2.7.0 ok"
        talk.ask("AUTH PLAIN " + f"id{session['identity']:012d}", reply)
    if session["stop"] == AUTH or session["messages"] == 0:
        return
    talk.ask(f"MAIL FROM:<{session['sender']}>", "250 2.1.0 ok")
    for number in range(session["recipients"]):
        talk.ask(f"RCPT TO:<r{number}@there.example>", refusal(session) if session["stop"] == RECIPIENT else "250 2.1.5 ok")
    if session["stop"] == RECIPIENT:
        return
    talk.ask("DATA", "354 go on")
    talk.say(True, "Subject: x\r\n\r\n" + "lorem ipsum\r\n" * (min(session["bytes"], 6000) // 13) + ".\r\n")
    talk.say(False, (refusal(session) if session["stop"] == CONTENT else "250 2.0.0 Ok: queued as 4Q000") + "\r\n")


def dialogue(talk, session):
    talk.open()
    if session["banner"] == "(not mail)":
        talk.say(True, b"\x00\x2a\x38" + opaque(42))
        talk.say(False, b"\x00\x36\x40" + opaque(54))
        talk.say(True, b"\x00\x2a\x28" + opaque(42))
        return talk.close()
    if session["tls"] == IMPLICIT:
        under_tls(talk, session)
        return talk.close()
    if session["stop"] == GREETING:
        talk.say(False, refusal(session) + "\r\n")
        return talk.close()
    talk.say(False, f"220 {session['banner']} ESMTP ready\r\n")
    if session["ehlo"]:
        offers = ["PIPELINING"] + (["STARTTLS"] if session["starttls"] else []) + ["AUTH PLAIN"]
        lines = [session["banner"]] + offers
        talk.ask(f"EHLO {session['ehlo']}", "\r\n".join(f"250{'-' if i + 1 < len(lines) else ' '}{line}"
                                                        for i, line in enumerate(lines)))
    if session["tls"] == STARTED:
        talk.ask("STARTTLS", "220 2.0.0 go ahead")
        under_tls(talk, session)
        return talk.close()
    transaction(talk, session)
    if session["stop"] == NOWHERE:
        talk.ask("QUIT", "221 2.0.0 Bye")
    talk.close()


def play(home, devices, session, number):
    home.now = session["start_us"]
    device = devices[session["device"]]
    if session["inbound"]:
        talk = Inbound(home, device.mac, session, number)
    else:
        talk = Connection(home, device, session["address"], session["server"], session["port"])
        talk.own_port = 20000 + number % 40000
    if session["fate"] != TALKS:
        first = talk.sequence[True]
        for after in (0, 1, 3) if session["fate"] == SILENT else (0,):
            talk.sequence[True] = first
            talk.send(True, SYN, options=LINUX_SYN, after=after * 1_000_000)
        if session["fate"] == REFUSED:
            talk.send(False, RST | ACK, after=50_000)
        return
    talk.round_trip = session["seconds"] / (14 + 2 * session["recipients"])
    dialogue(talk, session)


def frames_of(plan):
    home = Home(plan["start_us"])
    devices = []
    for entry in plan["devices"]:
        device = Device(entry["mac"], entry["address"], entry["name"])
        home.now = plan["start_us"]
        home.dhcp(device, entry["address"], entry["vendor"])
        devices.append(device)
    for lookup in plan["lookups"]:
        home.now = lookup["time_us"]
        home.ask_exchangers(devices[lookup["device"]], lookup["name"], "mx." + lookup["name"])
    for number, session in enumerate(plan["sessions"]):
        ttl = devices[session["device"]].ttl
        devices[session["device"]].ttl = 64 if session["address"] == devices[session["device"]].address else 63
        play(home, devices, session, number + 1)
        devices[session["device"]].ttl = ttl
    return sorted(home.frames, key=lambda frame: frame[0])


def config_of(plan):
    roles = [f"  {d['mac']}: {{role: {d['role']}}}\n" for d in plan["devices"] if d["role"]]
    return "devices:\n" + "".join(roles) if roles else "devices: {}\n"


def alarms_of(program, plan, folder, name):
    capture, config = os.path.join(folder, name + ".pcap"), os.path.join(folder, name + ".yaml")
    with open(capture, "wb") as file:
        file.write(pcap_bytes(frames_of(plan)))
    with open(config, "w", encoding="utf-8") as file:
        file.write(config_of(plan))
    run = subprocess.run([program, "replay", "--json", "--config", config, capture], capture_output=True,
                         timeout=TIMEOUT_S, check=False)
    if run.returncode != 0:
        raise RuntimeError(run.stderr.decode())
    incidents = json.loads(run.stdout)["incidents"]
    return {(incident["device"]["mac"], incident["kind"]) for incident in incidents
            if incident["severity"] == "alarm" and incident["device"]}


def main():
    arguments = sys.argv[1:]
    keep = arguments.pop(arguments.index("--keep") + 1) if "--keep" in arguments else None
    arguments = [argument for argument in arguments if argument != "--keep"]
    judge, program, only = arguments[0], arguments[1], arguments[2:]
    failed = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = keep or temporary
        subprocess.run([judge, "--plan", folder] + (["--only", only[0]] if only else []), check=True)
        for name in sorted((n for n in os.listdir(folder) if n.endswith(".json")), key=lambda n: int(n.split(".")[0])):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                plan = json.load(file)
            wanted = {tuple(alarm) for alarm in plan["alarms"]}
            got = alarms_of(program, plan, folder, name.split(".")[0])
            print(("ok " if got == wanted else "not ok ") + plan["kind"] + f": {len(plan['sessions'])} sessions")
            for what, alarms in (("missing", wanted - got), ("too many", got - wanted)):
                for alarm in sorted(alarms):
                    print(f"    {what}: {alarm[1]} of {alarm[0]}")
            failed += got != wanted
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
