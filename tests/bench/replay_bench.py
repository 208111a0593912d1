#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Replay of a generated capture against the floor (an empty pcap_loop), ndpiReader and tshark, in one run.

usage: replay_bench.py BUILD_DIR [--packets N] [--runs N] [--keep FILE]

BUILD_DIR is a release build configured with -Dbench=true. What counts are the ratios: machines differ and are noisy.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile

from measure import in_turn


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build_dir")
    parser.add_argument("--packets", type=int, default=2_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--keep", metavar="FILE", help="make the capture here and leave it there")
    return parser.parse_args()


def tools(build, capture):
    commands = {
        "floor (empty pcap_loop)": [f"{build}/tests/bench/bench-floor", capture],
        "gatewitness replay": [f"{build}/daemon/cli/gatewitness", "replay", "--json", capture],
    }
    if shutil.which("ndpiReader"):
        commands["ndpiReader"] = ["ndpiReader", "-q", "-i", capture]
    if shutil.which("tshark"):
        commands["tshark (SMTP fields)"] = [
            "tshark", "-n", "-r", capture, "-Y", "smtp", "-T", "fields", "-e", "eth.src", "-e", "ip.dst",
            "-e", "smtp.req.command", "-e", "smtp.req.parameter", "-e", "smtp.response.code"]
    return commands


def check_answer(build, capture, expected):
    """A fast wrong answer is worth nothing: the replay must have seen every session and message that was generated."""
    out = subprocess.run([f"{build}/daemon/cli/gatewitness", "replay", "--json", capture],
                         capture_output=True, text=True)
    report = json.loads(out.stdout)
    seen = sum(device["attempts"]["port25"] for device in report["devices"])
    if seen != expected["sessions"]:
        sys.exit(f"replay saw {seen} attempts on port 25, the capture holds {expected['sessions']}")


def main():
    options = arguments()
    build = options.build_dir.rstrip("/")
    with tempfile.TemporaryDirectory(prefix="gatewitness-bench-") as folder:
        capture = options.keep or f"{folder}/bench.pcap"
        made = subprocess.run([f"{build}/tests/bench/bench-make-capture", capture, str(options.packets)],
                              check=True, capture_output=True, text=True)
        expected = json.loads(made.stdout)
        size = os.path.getsize(capture)
        print(f"capture: {expected['packets']} packets, {size / 1e6:.0f} MB, "
              f"{100 * expected['mail_packets'] / expected['packets']:.1f} % mail, {expected['sessions']} sessions")
        check_answer(build, capture, expected)
        results = in_turn(tools(build, capture), options.runs)
    floor = results["floor (empty pcap_loop)"]
    ours = results["gatewitness replay"]
    print(f"{'':26}{'wall s':>8}{'CPU s':>8}{'Mpkt/s':>8}{'peak MiB':>10}{'x floor':>9}{'x ours':>8}")
    for figures in results.values():
        wall = figures.median("wall_s")
        print(f"{figures.name:26}{wall:8.3f}{figures.median('cpu_s'):8.3f}{expected['packets'] / wall / 1e6:8.2f}"
              f"{figures.median('peak_mib'):10.1f}{wall / floor.median('wall_s'):9.2f}{wall / ours.median('wall_s'):8.2f}")
    print(f"medians of {options.runs} runs, taken in turn")


if __name__ == "__main__":
    main()
