#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Adds up what the test runners wrote (JUnit XML) and ends with one line: N passed, N failed, N skipped.

    tests/summary.py [--check NAME=STATUS]... FILE.xml...

A check is a test without an XML file of its own: its exit status, 0 passed, 77 skipped. A file that is missing or
cannot be read counts as a failure: a runner that died must not look like one that had nothing to say.
"""
import argparse
import sys
import xml.etree.ElementTree as ET


def outcome_of(case):
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    if case.find("skipped") is not None or case.get("status") == "notrun" or case.get("result") in ("skipped", "suppressed"):
        return "skipped"
    return "passed"


def name_of(case):
    return ".".join(part for part in (case.get("classname"), case.get("name")) if part)


def reason_of(case):
    for tag in ("skipped", "failure", "error"):
        found = case.find(tag)
        if found is not None:
            return (found.get("message") or (found.text or "").strip()).strip().split("\n")[0][:200]
    return ""


def outcomes(options):
    for check in options.check:
        name, _, status = check.rpartition("=")
        yield name, {"0": "passed", "77": "skipped"}.get(status, "failed"), ""
    for path in options.files:
        try:
            cases = list(ET.parse(path).getroot().iter("testcase"))
        except (OSError, ET.ParseError) as error:
            yield path, "failed", f"no result: {error}"
            continue
        for case in cases:
            yield name_of(case), outcome_of(case), reason_of(case)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="append", default=[], metavar="NAME=STATUS")
    parser.add_argument("files", nargs="*")
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for name, outcome, reason in outcomes(parser.parse_args()):
        counts[outcome] += 1
        if outcome != "passed":
            print(f"{outcome.upper()}: {name}" + (f" ({reason})" if reason else ""))
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    return 1 if counts["failed"] or not counts["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
