# SPDX-License-Identifier: Apache-2.0
"""Routers were part of the 2014 botnet: the gateway itself sends, and no frame on the LAN shows it."""
from device import send_from
from internet import HOME_ADDRESS, ISP_ADDRESS, STRANGERS
from truth import conntrack_bindings


def test_gateway_is_its_own_verdict(home, bindings, witness, fridge):
    sent = send_from(home.gateway, [server.domain for server in STRANGERS], count=12, resolver=ISP_ADDRESS)
    assert {attempt["local"] for attempt in sent} == {HOME_ADDRESS}
    incident = witness.incident("gateway-sends", "gateway", severity="alarm", timeout_s=10)
    told = {attempt["flow"] for attempt in incident["attempts"]}
    truth = {f"tcp {inside}:{port} > {remote}:{remote_port}"
             for inside, port, remote, remote_port in conntrack_bindings(home)}
    assert told and told <= truth
    assert witness.incidents(device=fridge.mac) == []
