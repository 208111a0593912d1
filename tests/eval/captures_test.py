#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the detector says of real captures: no alarm on what is innocent (iot_benign, confuser), and a table of the rest.
usage: captures_test.py PATH/gatewitness [--table]

The captures are not part of this tree: GATEWITNESS_PCAPS, or ../shared/pcaps beside the repository, names their folder.
Without it the test says so and is skipped (exit status 77)."""
import json
import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
INNOCENT = ("iot_benign", "confuser")
SHOWN = ("malicious", "mail", "mixed")


def captures(folder, kind):
    path = os.path.join(folder, kind)
    return sorted(os.path.join(path, name) for name in os.listdir(path)) if os.path.isdir(path) else []


def clients(path):
    """Whoever opens connections to mail ports, as tcpdump has it: captures are from anywhere, and these are their homes."""
    ports = " or ".join(f"tcp dst port {port}" for port in (25, 465, 587, 2525))
    done = subprocess.run(["tcpdump", "-nn", "-r", path, ports], capture_output=True, text=True, timeout=300, check=False)
    found = re.findall(r" IP6? (\S+)\.\d+ > \S+: Flags", done.stdout)
    return sorted({f"{address}/{128 if ':' in address else 32}" for address in found})


def replay(program, path):
    homes = [word for prefix in clients(path)[:16] for word in ("--lan", prefix)]
    done = subprocess.run([program, "replay", "--json", *homes, path], capture_output=True, timeout=300, check=False)
    if done.returncode not in (0, 3) or not done.stdout:
        return None, done.stderr.decode("utf-8", "replace").strip()
    return json.loads(done.stdout), ""


def row(program, path):
    report, fault = replay(program, path)
    if report is None:
        return {"fault": fault, "alarms": [], "notices": [], "attempts": 0}
    kinds = {severity: [incident["kind"] for incident in report["incidents"] if incident["severity"] == severity and incident["device"]]
             for severity in ("alarm", "notice")}
    attempts = sum(sum(device["attempts"].values()) for device in report["devices"])
    return {"fault": "", "alarms": kinds["alarm"], "notices": kinds["notice"], "attempts": attempts}


def main():
    program, table = os.path.abspath(sys.argv[1]), "--table" in sys.argv
    folder = os.environ.get("GATEWITNESS_PCAPS") or os.path.join(ROOT, "../shared/pcaps")
    if not os.path.isdir(folder):
        print("NO CAPTURES: set GATEWITNESS_PCAPS to a folder with iot_benign, confuser, mail, malicious; nothing was judged")
        return 77
    if not shutil.which("tcpdump"):
        print("NO TCPDUMP (packaging/packages.sh lab): nothing was judged")
        return 77
    failed = False
    for kind in INNOCENT:
        rows = {os.path.basename(path): row(program, path) for path in captures(folder, kind)}
        alarms = {name: found["alarms"] for name, found in rows.items() if found["alarms"]}
        unread = [name for name, found in rows.items() if found["fault"]]
        print(f"{kind}: {len(rows)} captures, {sum(found['attempts'] for found in rows.values())} attempts, "
              f"{len(alarms)} with an alarm {alarms or ''}")
        failed = failed or bool(alarms) or bool(unread) or not rows
    if table:
        print("\n| capture | attempts | alarms | notices |\n|---|---|---|---|")
        for kind in SHOWN:
            for path in captures(folder, kind):
                found = row(program, path)
                count = {what: ", ".join(sorted(set(found[what]))) or "-" for what in ("alarms", "notices")}
                print(f"| {kind}/{os.path.basename(path)} | {found['fault'] or found['attempts']} | {count['alarms']} | {count['notices']} |")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
