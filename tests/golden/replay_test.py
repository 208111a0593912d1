#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Replays each capture of captures/ and compares with expected/, byte for byte: the report in words (NAME.txt), as JSON
(NAME.json), the exit status and what is said on standard error (in front of NAME.txt); twice, and from standard input.
Nothing of what a mail holds may show up anywhere.

usage: replay_test.py PATH/gatewitness [--update | --without-ndpi] [NAME...]

--update writes expected/ anew. Read every changed line as the owner of that fridge would before committing it.
--without-ndpi: of a program without it; nothing but the name of each application may be missing."""
import difflib
import gzip
import json
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True  # the tree stays as it was
FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, FOLDER)

import make_captures  # noqa: E402
from home import SECRETS  # noqa: E402

CAPTURES = os.path.join(FOLDER, "captures")
EXPECTED = os.path.join(FOLDER, "expected")
TIMEOUT_S = 60
# A terminal obeys these; a report holds line feeds only.
HARMLESS = set(range(0x20, 0x7F)) | {0x0A}


def replay(program, arguments, stdin=None):
    environment = {"PATH": "/nonexistent", "LC_ALL": "C", "TZ": "Pacific/Auckland"}  # neither may matter
    environment.update({key: os.environ[key] for key in os.environ if key.endswith("SAN_OPTIONS")})
    with open(os.path.join(CAPTURES, stdin) if stdin else os.devnull, "rb") as file:
        return subprocess.run([program, "replay", *arguments], stdin=file, capture_output=True, cwd=CAPTURES,
                              env=environment, timeout=TIMEOUT_S, check=False)


def as_text(run):
    """All that a person would see."""
    return b"exit status %d\n" % run.returncode + run.stderr + b"\n" + run.stdout


def same_file(name):
    """The committed capture is what its story writes today."""
    with open(os.path.join(CAPTURES, name), "rb") as file:
        committed, made = file.read(), make_captures.capture(name)
    if name.endswith(".gz"):  # what another zlib packs differently is still the same
        committed, made = gzip.decompress(committed), gzip.decompress(made)
    return [] if committed == made else [f"captures/{name} is not what make_captures.py writes"]


def difference(wanted, got, name):
    if wanted == got:
        return []
    if name.endswith(".json"):
        try:
            wanted, got = (json.dumps(json.loads(text), indent=1).encode() for text in (wanted, got))
        except ValueError:
            pass
    lines = difflib.unified_diff(wanted.decode(errors="backslashreplace").splitlines(),
                                 got.decode(errors="backslashreplace").splitlines(), f"expected/{name}", "now", lineterm="")
    return ["\n".join(lines) or f"{name}: differs in white space"]


def compare(name, got, update):
    path = os.path.join(EXPECTED, name)
    if update:
        with open(path, "wb") as file:
            file.write(got)
    if not os.path.exists(path):
        return [f"expected/{name} is missing (--update writes it)"]
    with open(path, "rb") as file:
        wanted = file.read()
    if "--without-ndpi" in sys.argv and name.endswith(".json"):
        wanted = re.sub(rb'"application":"[A-Za-z0-9_./-]+"', b'"application":""', wanted)
    return difference(wanted, got, name)


def secrets_in(name, *outputs):
    return [f"{name}: {secret} is in the output" for secret in SECRETS for output in outputs
            if secret.encode() in output]


def harmless(name, text, as_json):
    wrong = []
    allowed = HARMLESS | set(range(0x80, 0x100))
    if any(byte not in allowed for byte in text):
        wrong.append(f"{name}: control characters in the output")
    if any(mark in text.decode(errors="replace") for mark in "\u202a\u202b\u202d\u202e\u2066\u2067\u2068") and not as_json:
        wrong.append(f"{name}: text that turns its direction in the output")
    return wrong


def from_standard_input(program, name, report):
    """The same report, but for what the file is called."""
    run = replay(program, ["--json", "-"], stdin=name)
    got, wanted = json.loads(run.stdout), json.loads(report)
    for file in wanted["files"]:
        file["path"] = "-"
    return [] if got == wanted else difference(json.dumps(wanted).encode(), json.dumps(got).encode(), name + " (-).json")


def check(program, name, update):
    words, report = replay(program, [name]), replay(program, ["--json", name])
    wrong = same_file(name)
    wrong += compare(name + ".txt", as_text(words), update) + compare(name + ".json", report.stdout, update)
    again = replay(program, [name]), replay(program, ["--json", name])
    if (again[0].stdout, again[1].stdout) != (words.stdout, report.stdout):
        wrong.append(f"{name}: another result the second time")
    if report.returncode != words.returncode or report.stdout.count(b"\n") != 1:
        wrong.append(f"{name}: --json: exit status {report.returncode}, {report.stdout.count(bytes([10]))} lines")
    wrong += from_standard_input(program, name, report.stdout)
    wrong += secrets_in(name, words.stdout, words.stderr, report.stdout, report.stderr)
    return wrong + harmless(name, words.stdout + words.stderr, False) + harmless(name, report.stdout, True)


def leftovers(names):
    wanted = {name + kind for name in names for kind in (".txt", ".json")}
    return [f"expected/{name} belongs to no capture" for name in sorted(set(os.listdir(EXPECTED)) - wanted)]


def main():
    arguments = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    program, chosen = os.path.abspath(arguments[0]), arguments[1:]
    os.makedirs(EXPECTED, exist_ok=True)
    failed = 0
    for name in chosen or make_captures.STORIES:
        wrong = check(program, name, "--update" in sys.argv)
        print(("not ok " if wrong else "ok ") + name)
        for line in wrong:
            print("    " + line.replace("\n", "\n    "))
        failed += bool(wrong)
    for line in leftovers(make_captures.STORIES):
        print("not ok " + line)
        failed += 1
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
