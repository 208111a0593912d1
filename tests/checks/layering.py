#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the direction of the house: which folder may include which, what PURE code may include, no cycles.

The link graph enforces most of it (one static library a room); this catches what only a header would let through.
Prints each forbidden include as file:line: what; exit status 1 if there is any.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Room -> rooms whose headers it may include, besides its own and probes/wire (the contract).
PURE = {
    "probes/wire": [],
    "probes/dissect": [],
    "probes/leases": [],
    "daemon/words": [],
    "daemon/model": [],
    "daemon/report": [],
    "daemon/alert": ["daemon/words"],
    "daemon/evidence": [],
    "daemon/metrics": [],
    "daemon/identity": ["daemon/model"],
    "daemon/attribution": ["daemon/words", "daemon/model", "daemon/identity"],
    "daemon/detection": ["daemon/model", "daemon/identity", "daemon/attribution"],
    "daemon/incident": ["daemon/words", "daemon/model", "daemon/identity", "daemon/attribution"],
    "daemon/pipeline": ["daemon/words", "daemon/model", "daemon/identity", "daemon/attribution", "daemon/detection", "daemon/incident"],
    "daemon/quarantine": [],
    "daemon/inquiry": ["daemon/model", "daemon/identity", "daemon/attribution"],
    "daemon/config": ["daemon/words", "daemon/model", "daemon/pipeline", "daemon/identity", "daemon/attribution", "daemon/detection",
                      "daemon/incident", "daemon/alert"],
}
WORLD = {
    "probes/process": [],
    "probes/capture": ["probes/dissect", "probes/process"],
    "probes/kernel": ["probes/process", "probes/leases"],
    "probes": ["probes/capture", "probes/kernel", "probes/process", "probes/dissect", "probes/leases"],
    "daemon/journal": ["daemon/inquiry", "daemon/attribution", "daemon/evidence", "daemon/model"],
    "daemon/control": ["daemon/words", "daemon/metrics", "daemon/alert", "daemon/config", "daemon/evidence", "daemon/identity", "daemon/journal",
                       "daemon/inquiry", "daemon/pipeline", "daemon/model", "daemon/quarantine", "probes/process"],
    "daemon/guard": ["daemon/quarantine", "daemon/control", "probes/process"],
    "daemon/notify": ["daemon/words", "daemon/alert", "daemon/config", "daemon/control", "daemon/journal", "probes/process"],
    "daemon/exporter": ["daemon/config", "daemon/control", "daemon/metrics", "probes/process"],
    "daemon/supervisor": ["daemon/config", "daemon/control", "probes/process"],
    "daemon/cli": ["daemon/config", "daemon/control", "daemon/evidence", "daemon/inquiry", "daemon/journal", "daemon/report", "daemon/supervisor",
                   "probes/process", "daemon/model"],
    # A replay is probe and daemon in one process: the one room of daemon/ that runs the probes' code.
    "daemon/replay": ["daemon/cli", "daemon/control", "daemon/config", "daemon/pipeline", "probes/capture", "probes/dissect", "probes/process"],
    "daemon": ["daemon/cli", "daemon/control", "probes/process"],
}

# Sockets, files, threads, clocks, logs, the environment: what PURE code takes as arguments.
WORLDLY = re.compile(
    r"^(sys/(socket|stat|types|wait|mman|ioctl|epoll|time)\.h|netinet/|net/|linux/|unistd\.h|fcntl\.h|poll\.h|"
    r"pthread\.h|signal\.h|csignal|thread|mutex|atomic|condition_variable|future|filesystem|fstream|iostream|"
    r"stdio\.h|ctime|time\.h|syslog\.h|zmq\.h|pcap|sqlite3\.h|libmnl|libnetfilter|seccomp\.h)")
# <cstdio> for snprintf and <arpa/inet.h> for inet_pton are values in, values out; the rest of them is not.
WORLDLY_CALLS = re.compile(r"\bstd::(printf|puts|fprintf|fputs|fopen|fwrite|perror)\b|\b(system_clock|steady_clock|high_resolution_clock)::now|\bgetenv\b|\bstd::rand\b|\brandom_device\b")
INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)')


def room_of(path):
    return str(pathlib.PurePosixPath(path).parent)


def faults_of(relative, text):
    room = room_of(relative)
    allowed = PURE.get(room, WORLD.get(room))
    if allowed is None:
        yield 1, f"{room} is no known room: give it a place in tests/checks/layering.py"
        return
    for number, line in enumerate(text.splitlines(), 1):
        if room in PURE and WORLDLY_CALLS.search(line.split("//")[0]):
            yield number, f"PURE code asks the world: {line.strip()}"
        include = INCLUDE.match(line)
        if not include:
            continue
        own, system = include.groups()
        if system:
            if room in PURE and WORLDLY.match(system):
                yield number, f"PURE code includes <{system}>"
            continue
        target = room_of(own)
        ok = target in (room, "probes/wire") or target in allowed
        if not ok:
            yield number, f"{room} may not include \"{own}\""


def cycle_in(graph):
    done, path = set(), []

    def visit(room):
        if room in path:
            return path[path.index(room):] + [room]
        if room in done:
            return None
        path.append(room)
        for target in sorted(graph.get(room, ())):
            found = visit(target)
            if found:
                return found
        path.pop()
        done.add(room)
        return None

    for room in sorted(graph):
        found = visit(room)
        if found:
            return found
    return None


def main():
    faults, graph, files = [], {}, 0
    for folder in ("probes", "daemon"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix not in (".h", ".cc"):
                continue
            files += 1
            relative = path.relative_to(ROOT).as_posix()
            text = path.read_text(encoding="utf-8")
            faults += [f"{relative}:{number}: {what}" for number, what in faults_of(relative, text)]
            for line in text.splitlines():
                include = INCLUDE.match(line)
                if include and include.group(1) and room_of(include.group(1)) != room_of(relative):
                    graph.setdefault(room_of(relative), set()).add(room_of(include.group(1)))
    cycle = cycle_in(graph)
    if cycle:
        faults.append("folders include each other in a circle: " + " -> ".join(cycle))
    if files < 50:
        faults.append(f"only {files} files found: this check looks at the wrong place")
    print("\n".join(faults) if faults else f"layering: {files} files, {len(graph)} rooms, one direction")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
