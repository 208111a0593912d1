# SPDX-License-Identifier: Apache-2.0
"""Somebody outside has a spam with the home's public address on it: from that to the device, with the kernel's and the mail
server's own word as truth."""
import datetime
import json
import os
import shutil

from device import send_from
from internet import HOME_ADDRESS, ISP_ADDRESS, STRANGERS
from netns import wait_for
from truth import conntrack_bindings


def utc(seconds, offset_s=0):
    return datetime.datetime.fromtimestamp(seconds + offset_s, datetime.timezone.utc)


def rfc3339(seconds, offset_s=0):
    return utc(seconds, offset_s).strftime("%Y-%m-%dT%H:%M:%SZ")


def outside_port(home, attempt):
    """The port that the world saw: conntrack's word."""
    return conntrack_bindings(home)[attempt["local"], attempt["local_port"], attempt["remote"], attempt["port"]]


def received_mail(attempt, helo, offset_s=0, queue_id=None):
    """A spam as the far server's owner keeps it, with the Received header that Postfix writes."""
    when = utc(attempt["time"], offset_s).strftime("%a, %d %b %Y %H:%M:%S +0000 (UTC)")
    return (f"Received: from {helo} (unknown [{HOME_ADDRESS}])\r\n\tby mx.stranger1.example (Postfix) with ESMTP"
            f" id {queue_id or 'AAAAAAAAAA'}\r\n\tfor <victim@stranger.example>; {when}\r\n"
            "From: win@lab.example\r\nSubject: SECRET-SUBJECT\r\n\r\nSECRET-BODY\r\n")


def arf(attempt, port, offset_s=0):
    when = utc(attempt["time"], offset_s).strftime("%a, %d %b %Y %H:%M:%S +0000")
    return ("From: abuse@stranger1.example\r\nTo: abuse@isp.example\r\nMIME-Version: 1.0\r\n"
            'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\r\n\r\n'
            "--b\r\nContent-Type: text/plain\r\n\r\nThis is an abuse report.\r\n"
            "--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nUser-Agent: Lab/1\r\nVersion: 1\r\n"
            f"Source-IP: {HOME_ADDRESS}\r\nSource-Port: {port}\r\nArrival-Date: {when}\r\n"
            "--b\r\nContent-Type: text/rfc822-headers\r\n\r\nFrom: win@lab.example\r\n--b--\r\n")


def spam(witness, fridge, laptop, nas):
    """The fridge sends a mail while others are busy, too. Gives what it did."""
    laptop.send([STRANGERS[1].address], count=1)
    sent, = fridge.send([STRANGERS[0].address], ehlo="fridge.example")
    nas.send([STRANGERS[2].address], count=1)
    for device in (fridge, laptop, nas):
        witness.wait_for_attempts(device.mac, 1)
    return sent


def named(answer, device, match=None):
    """Exactly one report, answered with this device."""
    status, (testimony,), errors = answer
    assert (status, errors) == (0, ""), testimony
    first = testimony["candidates"][0]
    assert first["device"]["mac"] == device.mac, testimony
    assert match in (None, first["match"]), first
    return testimony, first


def test_address_port_and_time_name_the_fridge(home, bindings, witness, fridge, laptop, nas):
    sent = spam(witness, fridge, laptop, nas)
    port = outside_port(home, sent)
    testimony, first = named(witness.attribute("--public-address", HOME_ADDRESS, "--port", str(port), "--at",
                                               rfc3339(sent["time"]), "--destination", sent["remote"]), fridge, "five-tuple")
    assert first["grade"] == "witnessed", first["grade_reasons"]
    assert first["session"]["outside"] == f"{HOME_ADDRESS}:{port}"
    assert first["device"]["address"] == sent["local"]
    cleared = {other["mac"]: other["cleared"] for other in testimony["others"]}
    assert cleared[laptop.mac] and cleared[nas.mac], testimony["others"]


def test_a_mail_with_its_received_header(home, bindings, witness, fridge, laptop, nas, tmp_path):
    """The server's clock is seven minutes wrong; its queue id decides."""
    sent = spam(witness, fridge, laptop, nas)
    said = wait_for(lambda: witness.incident("direct-to-mx", fridge.mac)["attempts"][0].get("queue_ids"), 5, "queue id read")
    assert said[0] in home.internet.maillog(), "the server's own word"
    path = tmp_path / "spam.eml"
    path.write_text(received_mail(sent, "fridge.example", offset_s=420, queue_id=said[0]))
    testimony, first = named(witness.attribute(str(path)), fridge, "queue-id")
    assert first["grade"] == "witnessed"
    assert testimony["report"]["format"] == "mail"
    assert any("outside its session" in line for line in first["speaks_against"])
    assert "SECRET" not in json.dumps(testimony) and "victim@" not in json.dumps(testimony)


def test_an_arf_report_with_a_source_port_on_standard_input(home, bindings, witness, fridge, laptop, nas):
    sent = spam(witness, fridge, laptop, nas)
    named(witness.attribute("-", stdin=arf(sent, outside_port(home, sent), offset_s=-180)), fridge, "public-port")


def test_a_folder_of_many_answers_each_and_says_which_cannot_be_read(home, bindings, witness, fridge, laptop, nas, tmp_path):
    sent = spam(witness, fridge, laptop, nas)
    (tmp_path / "a.eml").write_text(arf(sent, outside_port(home, sent)))
    (tmp_path / "b.json").write_text('{"SourceIp": 7}')
    (tmp_path / "c.eml").write_text(arf(sent, 1))
    status, testimonies, errors = witness.attribute(str(tmp_path))
    assert status == 1
    assert [t["verdict"] for t in testimonies] == ["named", "nobody"]
    assert errors.count("\n") == 1 and "b.json" in errors, errors


def test_two_devices_on_one_port_are_both_listed(home, bindings, witness, fridge, laptop):
    """The gateway keeps ports, and may use one for two servers at a time."""
    first, = fridge.send([STRANGERS[0].address], **{"source-port": 45678})
    second, = laptop.send([STRANGERS[1].address], **{"source-port": 45678})
    assert outside_port(home, first) == outside_port(home, second) == 45678, "the kernel's own word"
    witness.wait_for_attempts(fridge.mac, 1)
    witness.wait_for_attempts(laptop.mac, 1)
    asked = ["--public-address", HOME_ADDRESS, "--port", "45678", "--at", rfc3339(first["time"])]
    status, (testimony,), _ = witness.attribute(*asked)
    assert {c["device"]["mac"] for c in testimony["candidates"]} == {fridge.mac, laptop.mac}
    assert all(c["grade"] != "witnessed" for c in testimony["candidates"])
    named(witness.attribute(*asked, "--destination", second["remote"]), laptop, "five-tuple")


def test_the_gateway_itself(home, bindings, witness):
    sent, = send_from(home.gateway, [STRANGERS[0].address], resolver=ISP_ADDRESS)
    witness.incident("gateway-sends", "gateway")
    status, (testimony,), _ = witness.attribute("--public-address", HOME_ADDRESS, "--port", str(sent["local_port"]), "--at",
                                                rfc3339(sent["time"]))
    assert status == 0 and testimony["candidates"][0]["device"]["id"] == "gateway"


def test_ipv6_needs_no_translation(witness, fridge):
    fridge.wait_for_addresses6()
    sent, = fridge.send([STRANGERS[0].domain], ipv6=True)
    witness.wait_for_attempts(fridge.mac, 1)
    named(witness.attribute("--public-address", sent["local"], "--port", str(sent["local_port"]), "--at", rfc3339(sent["time"]),
                            "--destination", sent["remote"]), fridge, "five-tuple")


def test_what_nobody_did_names_nobody_and_says_what_was_watched(witness, fridge):
    status, (testimony,), _ = witness.attribute("--public-address", HOME_ADDRESS, "--port", "1", "--at",
                                                rfc3339(datetime.datetime.now().timestamp()))
    assert status == 5 and testimony["verdict"] == "nobody" and testimony["candidates"] == []
    assert any(line.startswith("capture was") for line in testimony["watched"])


def test_an_old_question_after_the_lease_moved_and_a_reboot(home, bindings, witness, fridge, laptop):
    """Memory is gone, the copy on flash is there; the fridge's address is the laptop's now."""
    old = fridge.address
    sent, = fridge.send([STRANGERS[0].address])
    port = outside_port(home, sent)
    witness.wait_for_attempts(fridge.mac, 1)
    fridge.leave()
    laptop.leave()
    assert laptop.join(wanted=old) == old
    fridge.join()
    witness.stop()
    shutil.rmtree(os.path.join(witness.folder, "run"))
    witness.start()
    named(witness.attribute("--public-address", HOME_ADDRESS, "--port", str(port), "--at", rfc3339(sent["time"])), fridge)


def test_the_copy_of_the_journal_answers_without_a_daemon(home, bindings, witness, fridge):
    sent, = fridge.send([STRANGERS[0].address])
    port = outside_port(home, sent)
    witness.wait_for_attempts(fridge.mac, 1)
    witness.stop()
    named(witness.attribute("--public-address", HOME_ADDRESS, "--port", str(port), "--at", rfc3339(sent["time"]), "--journal",
                            os.path.join(witness.folder, "state", "journal.db")), fridge)


def test_the_owners_word_wins_and_stays(home, witness, fridge):
    assert witness.ask("name", fridge.mac, "Kitchen fridge") == {"mac": fridge.mac, "name": "Kitchen fridge", "role": ""}
    assert witness.ask("enrol", fridge.mac, "appliance")["role"] == "appliance"
    witness.kill("gatewitnessd")
    wait_for(lambda: (witness.device(fridge.mac) or {}).get("name") == "Kitchen fridge", 15, "the owner's name")
    assert witness.device(fridge.mac)["role"] == "appliance"
    witness.ask("name", fridge.mac, "")
    assert witness.device(fridge.mac)["name"] == fridge.hostname
