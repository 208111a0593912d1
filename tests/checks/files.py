#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks what every file of the project owes: an SPDX line at its head, no path of a machine, at most 500 lines of code."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Data that has no room for a comment; LICENSE is the licence itself.
BARE = {".pcap", ".pcapng", ".gz", ".json", ".txt", ".bin", ".seed", ".svg"}
BARE_FOLDERS = ("tests/fuzz/corpus/", "tests/golden/captures/", "tests/golden/expected/", "tests/golden/reports/",
                "tests/unit/pipeline/snapshots/")
BARE_FILES = {"LICENSE", ".gitignore", "packaging/debian/changelog", "packaging/debian/source/format"}
CODE = {".cc", ".h", ".py", ".sh"}
MAX_LINES = 500
# Put together here so that this file does not accuse itself.
MACHINE_PATHS = re.compile("/" + r"(work|root|home/\w+|tmp/gw-\w+)" + "/")


def faults_of(name, path):
    if name in BARE_FILES or path.suffix in BARE or name.startswith(BARE_FOLDERS):
        return
    text = path.read_text(encoding="utf-8", errors="replace")
    if "SPDX-License-Identifier: Apache-2.0" not in "\n".join(text.splitlines()[:5]):
        yield "no SPDX line at its head"
    for number, line in enumerate(text.splitlines(), 1):
        if MACHINE_PATHS.search(line):
            yield f"line {number} has a path of a machine"
    if path.suffix in CODE and len(text.splitlines()) > MAX_LINES:
        yield f"{len(text.splitlines())} lines; look for the second idea in it"


def main():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split("\n")
    names = [name for name in listed if name and (ROOT / name).is_file()]
    if not names:  # an unpacked archive
        names = [p.relative_to(ROOT).as_posix() for p in ROOT.rglob("*")
                 if p.is_file() and not p.relative_to(ROOT).parts[0].startswith(("build", ".git"))]
    faults = [f"{name}: {what}" for name in names for what in faults_of(name, ROOT / name)]
    print("\n".join(faults) if faults else f"files: {len(names)}, each with its licence line")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
