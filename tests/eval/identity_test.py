#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How often the maker and the class of a real device are right, on set-up traffic of 31 devices (IoT Sentinel, Miettinen et
al., 2017): a table, and a floor that a change must not fall under.
usage: identity_test.py PATH/gatewitness PATH/oui.table

The captures are not part of this tree: GATEWITNESS_PCAPS, or ../shared/pcaps beside the repository, names their folder.
Without it, or without the table of makers, the test says so and is skipped (exit status 77)."""
import collections
import json
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VENDOR_FLOOR, CLASS_FLOOR, OWN_FLOOR = 0.90, 0.74, 0.82
# capture: what the box says, its class, and of what speaks over radio only, the class of the hub whose frames these are.
TRUTH = {
    "Aria": ("Fitbit", "scale"), "D_LinkCam": ("D-Link", "camera"), "D_LinkDayCam": ("D-Link", "camera"),
    "D_LinkDoorSensor": ("D-Link", "sensor", "hub"), "D_LinkHomeHub": ("D-Link", "hub"), "D_LinkSensor": ("D-Link", "sensor"),
    "D_LinkSiren": ("D-Link", "siren"), "D_LinkSwitch": ("D-Link", "plug"), "D_LinkWaterSensor": ("D-Link", "sensor"),
    "EdimaxCam1": ("Edimax", "camera"), "EdimaxCam2": ("Edimax", "camera"), "EdimaxPlug1101W": ("Edimax", "plug"),
    "EdimaxPlug2101W": ("Edimax", "plug"), "EdnetCam1": ("Assmann", "camera"), "EdnetCam2": ("Assmann", "camera"),
    "EdnetGateway": ("Assmann", "hub"), "HomeMaticPlug": ("eQ-3", "plug", "hub"), "HueBridge": ("Philips", "hub"),
    "HueSwitch": ("Philips", "light", "hub"), "Lightify": ("OSRAM", "hub"), "MAXGateway": ("eQ-3", "hub"),
    "SmarterCoffee": ("Smarter", "kitchen"), "TP_LinkPlugHS100": ("TP-Link", "plug"), "TP_LinkPlugHS110": ("TP-Link", "plug"),
    "WeMoInsightSwitch": ("Belkin", "plug"), "WeMoInsightSwitch2": ("Belkin", "plug"), "WeMoLink": ("Belkin", "hub"),
    "WeMoSwitch": ("Belkin", "plug"), "WeMoSwitch2": ("Belkin", "plug"), "Withings": ("Withings", "scale"),
    "iKettle2": ("Smarter", "kitchen"),
}
RADIO = "the device speaks over radio; these are its hub's frames"
WHY = {
    "D_LinkDoorSensor": RADIO + ", which says nothing of itself here", "HomeMaticPlug": RADIO, "HueSwitch": RADIO,
    "EdnetCam1": "says nothing but a DHCP request, as any small Linux does; the MAC's owner trades in all kinds of devices",
    "EdnetCam2": "as the other camera",
    "EdnetGateway": "a Wi-Fi module's MAC and host name, and a cloud that is let to many makers",
    "SmarterCoffee": "an ESP8266 that says nothing but its module's name; the kettle's traffic is the same to the byte count",
    "iKettle2": "as the coffee machine",
}


def devices(program, path, config):
    done = subprocess.run([program, "replay", "--json", "--config", config, path], capture_output=True, timeout=300, check=True)
    return json.loads(done.stdout)["devices"]


def main():
    program, table = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    folder = os.path.join(os.environ.get("GATEWITNESS_PCAPS") or os.path.join(ROOT, "../shared/pcaps"), "iot_benign")
    if not os.path.isdir(folder) or not os.path.isfile(table):
        print("NO CAPTURES, OR NO TABLE OF MAKERS (ieee-data): identity was not measured; GATEWITNESS_PCAPS names the captures")
        return 77
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as config:
        config.write(f"identity:\n  vendors: {table}\n")
        config.flush()
        seen = {name: devices(program, f"{folder}/iot_{name}.pcap", config.name) for name in TRUTH}
    # Who is in many captures is the laboratory's gateway; of the others the one that says most is the device.
    homes = collections.Counter(device["mac"] for found in seen.values() for device in found)
    right = collections.Counter()
    print("| device | maker | class | |\n|---|---|---|---|")
    for name, (vendor, *classes) in TRUTH.items():
        found = max((d for d in seen[name] if homes[d["mac"]] < 4), key=lambda d: len(d["facts"]))
        vendor_right, class_right = found["vendor"] == vendor, found["class"] == classes[0]
        right["vendor"] += vendor_right
        right["class"] += class_right
        right["own"] += class_right and len(classes) == 1
        right["speaking"] += found["class"] == classes[-1]
        known = max((d for others in seen.values() for d in others if d["mac"] == found["mac"]), key=lambda d: len(d["facts"]))
        right["remembered"] += known["class"] == classes[-1]
        right["silly"] += found["class"] not in (*classes, "unknown", "iot-module")
        miss = "" if vendor_right and class_right else WHY.get(name, "?")
        print(f"| {name} | {found['vendor']}{'' if vendor_right else ' (is ' + vendor + ')'} | "
              f"{found['class']}{'' if class_right else ' (is ' + classes[0] + ')'} | {miss} |")
    all_of_them = len(TRUTH)
    own = sum(len(classes) == 1 for _, *classes in TRUTH.values())
    print(f"\nof {all_of_them}: maker right {right['vendor'] / all_of_them:.3f}, class right {right['class'] / all_of_them:.3f}, "
          f"wrong instead of unknown {right['silly']}\n"
          f"of the {own} that have a MAC of their own: class right {right['own'] / own:.3f}\n"
          f"class of whose frames these are: {right['speaking'] / all_of_them:.3f}; for a witness that was there when a hub was set up "
          f"(known by its MAC from another capture): {right['remembered'] / all_of_them:.3f}")
    return int(right["vendor"] < VENDOR_FLOOR * all_of_them or right["class"] < CLASS_FLOOR * all_of_them
               or right["own"] < OWN_FLOOR * own or right["silly"] > 0)


if __name__ == "__main__":
    sys.exit(main())
