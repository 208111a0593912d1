# SPDX-License-Identifier: Apache-2.0
"""Addresses move, MACs stay: who is named must be who sent."""
from internet import STRANGERS
from netns import wait_for
from witness import Witness

FIVE = [server.domain for server in STRANGERS[:5]]


def test_address_moves_to_the_laptop_and_the_fridge_is_named(home, witness, fridge, laptop):
    old = fridge.address
    fridge.send(FIVE[:1])
    witness.wait_for_attempts(fridge.mac, 1)
    fridge.leave()
    laptop.leave()
    assert laptop.join(wanted=old) == old
    new = fridge.join()
    assert home.leases()[old][0] == laptop.mac and home.leases()[new][0] == fridge.mac, "the DHCP server's own word"

    sent = fridge.send(FIVE, count=12)
    assert {attempt["local"] for attempt in sent} == {new}
    burst = witness.incident("burst", fridge.mac)
    assert burst["device"]["address"] == new
    assert witness.incidents(device=laptop.mac) == [], "the laptop has the fridge's old address, and sent nothing"

    held = {row["address"]: row for row in witness.device(fridge.mac)["addresses"] if "." in row["address"]}
    assert held[old]["to"] is not None and held[new]["to"] is None
    now_laptop = {row["address"]: row["to"] for row in witness.device(laptop.mac)["addresses"]}
    assert now_laptop[old] is None


def test_ipv6_privacy_addresses_are_one_device(home, witness, fridge):
    fridge.wait_for_addresses6()
    first, = fridge.send(FIVE[:1], ipv6=True)
    before, after = fridge.rotate_privacy_address()
    second, = fridge.send(FIVE[1:2], ipv6=True)
    assert (first["local"], second["local"]) == (before, after) and before != after
    witness.wait_for_attempts(fridge.mac, 2)
    incident = witness.incident("direct-to-mx", fridge.mac)
    assert {attempt["flow"].split("]")[0].split("[")[1] for attempt in incident["attempts"]} == {before, after}
    assert {before, after} <= {row["address"] for row in witness.device(fridge.mac)["addresses"]}
    owners = [device["id"] for device in witness.ask("devices")
              if {before, after} & {row["address"] for row in device["addresses"]}]
    assert owners == [fridge.mac]


def test_burst_over_ipv6_names_the_fridge(witness, fridge):
    fridge.wait_for_addresses6()
    sent = fridge.send([server.domain for server in STRANGERS], count=12, ipv6=True)
    assert all(":" in attempt["remote"] and attempt["outcome"] == "accepted" for attempt in sent)
    assert witness.incident("burst", fridge.mac)["severity"] == "alarm"


def test_who_asked_for_his_address_before_the_witness_came_is_in_the_gateways_lease_file(home, fridge):
    """The real file of the real dnsmasq. Nothing of DHCP is seen again: the name can come from there only."""
    config = f"identity:\n  leases: [{home.folder}/leases]\n"
    with Witness(home, config) as late:
        known = wait_for(lambda: late.device(fridge.mac), 10, lambda: f"the fridge; there is {late.ask('devices')}")
        assert (known["name"], known["class"]) == ("Family-Hub-Fridge", "fridge")
        held = [row for row in known["addresses"] if row["address"] == fridge.address]
        assert held and held[0]["to"] is None


def test_without_the_lease_file_nobody_can_know_the_name(home, fridge):
    with Witness(home, "identity:\n  leases: []\n") as late:
        fridge.send(FIVE[:1])
        late.wait_for_attempts(fridge.mac, 1)
        assert late.device(fridge.mac)["name"] != fridge.hostname
