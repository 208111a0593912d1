# SPDX-License-Identifier: Apache-2.0
"""Who sends as people and their machines do is left alone, and is seen all the same: silence is not blindness."""
from home import GATEWAY_MAC
from internet import PROVIDER


def attempts(witness, device, key):
    return witness.device(device.mac)["attempts"][key]


def test_laptop_and_nas_submit_in_silence(home, witness, laptop, nas):
    laptop.swaks("--server", PROVIDER.host, "--port", "587", "--tls")
    laptop.swaks("--server", PROVIDER.host, "--port", "465", "--tls-on-connect")
    nas.swaks("--server", PROVIDER.host, "--port", "587", "--tls")
    nas.send([PROVIDER.address], port=465, tls=True)
    witness.wait_for_attempts(laptop.mac, 2)
    witness.wait_for_attempts(nas.mac, 2)
    assert attempts(witness, laptop, "submission") == attempts(witness, nas, "submission") == 2
    assert witness.incidents() == []
    assert witness.ask("status")["quiet"]
    listed = {device["mac"] for device in witness.ask("devices")}
    on_the_lan = {device.mac for device in home.devices.values()}
    assert listed <= on_the_lan | {GATEWAY_MAC}, "the provider's router is in the neighbour table, and no device of the home"


def test_nightly_mail_of_the_nas_on_port_25_is_a_notice_at_most(witness, nas):
    """Until the smarthost is learned (accepted mail on two days), R0 says it once, and calmly."""
    for _ in range(3):
        nas.send([PROVIDER.address])
    witness.wait_for_attempts(nas.mac, 3)
    assert witness.incidents(severity="alarm") == []
    assert [incident["kind"] for incident in witness.incidents()] == ["direct-to-mx"]
