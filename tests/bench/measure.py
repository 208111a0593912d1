# SPDX-License-Identifier: Apache-2.0
"""Whole-process figures of commands run in turn (A B C, A B C, ...), so that a noisy machine disturbs all alike; and the
memory of a process that lives."""
import os
import statistics
import subprocess
import time
from dataclasses import dataclass, field


@dataclass
class Figures:
    name: str
    wall_s: list = field(default_factory=list)
    cpu_s: list = field(default_factory=list)
    peak_mib: list = field(default_factory=list)

    def median(self, what):
        return statistics.median(getattr(self, what))


def run_once(command, figures):
    """Runs a command to its end with its output thrown away; adds its wall time, CPU time and peak memory."""
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{figures.name}: exit status {process.returncode}: {' '.join(command)}")
    figures.wall_s.append(wall)
    figures.cpu_s.append(usage.ru_utime + usage.ru_stime)
    figures.peak_mib.append(usage.ru_maxrss / 1024)


def in_turn(commands, runs):
    """commands: {name: argv}. One uncounted warm-up round, then the given number of counted rounds."""
    warm = {name: Figures(name) for name in commands}
    counted = {name: Figures(name) for name in commands}
    for round_number in range(runs + 1):
        for name, command in commands.items():
            run_once(command, (warm if round_number == 0 else counted)[name])
    return counted


# What is read of a process's memory: (file in /proc/PID, its key).
MEMORY = {"rss": ("status", "VmRSS"), "anon": ("status", "RssAnon"), "peak": ("status", "VmHWM"),
          "pss": ("smaps_rollup", "Pss"), "dirty": ("smaps_rollup", "Private_Dirty")}


def memory_kib(pid):
    """{what of MEMORY: KiB} of a process as it stands. OSError if it has ended."""
    read = {}
    for name in {file for file, _ in MEMORY.values()}:
        with open(f"/proc/{pid}/{name}", encoding="utf-8") as file:
            read[name] = dict(line.split(":", 1) for line in file if ":" in line)
    return {what: int(read[name][key].split()[0]) for what, (name, key) in MEMORY.items()}
