#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What watching costs a gateway that forwards traffic which is not mail: CPU time per forwarded GB.

usage: live_bench.py BUILD_DIR [--gigabytes N] [--rounds N]        (root)

Three network namespaces (client, gateway with a bridge and masquerading, server) are made for this run and removed
after it; iperf3 sends a fixed amount through the gateway at MTU-sized packets. The watchers take turns, round by
round, with a round of nothing. Two figures: CPU time of the watcher itself, and of the whole machine (which holds the
kernel's share too, and everybody else's noise).
"""
import argparse
import contextlib
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time

TICK = os.sysconf("SC_CLK_TCK")
PREFIX = f"gwb-{os.getpid()}"
CLIENT, GATEWAY, SERVER = (f"{PREFIX}-{name}" for name in ("client", "gateway", "server"))
SERVER_ADDRESS = "198.51.100.2"


def sh(command):
    subprocess.run(command, shell=True, check=True, stdout=subprocess.DEVNULL)


def inside(namespace, command):
    return f"ip netns exec {namespace} {command}"


@contextlib.contextmanager
def network():
    """client -- br-lan [gateway] wan -- server; segmentation offloads are off, so packets are as large as on a wire."""
    try:
        for namespace in (CLIENT, GATEWAY, SERVER):
            sh(f"ip netns add {namespace}")
            sh(inside(namespace, "ip link set lo up"))
        sh(f"ip -n {GATEWAY} link add br-lan type bridge")
        sh(f"ip -n {GATEWAY} link add lan0 type veth peer name eth0 netns {CLIENT}")
        sh(f"ip -n {GATEWAY} link add wan type veth peer name eth0 netns {SERVER}")
        sh(f"ip -n {GATEWAY} link set lan0 master br-lan")
        for device in ("br-lan", "lan0", "wan"):
            sh(f"ip -n {GATEWAY} link set {device} up")
        sh(f"ip -n {GATEWAY} addr add 192.168.1.1/24 dev br-lan")
        sh(f"ip -n {GATEWAY} addr add 198.51.100.1/24 dev wan")
        for namespace, address in ((CLIENT, "192.168.1.2/24"), (SERVER, f"{SERVER_ADDRESS}/24")):
            sh(f"ip -n {namespace} addr add {address} dev eth0")
            sh(f"ip -n {namespace} link set eth0 up")
        sh(f"ip -n {CLIENT} route add default via 192.168.1.1")
        for namespace, device in ((CLIENT, "eth0"), (SERVER, "eth0"), (GATEWAY, "lan0"), (GATEWAY, "wan")):
            sh(inside(namespace, f"ethtool -K {device} tso off gso off gro off"))
        sh(inside(GATEWAY, "sysctl -qw net.ipv4.ip_forward=1"))
        sh(inside(GATEWAY, "nft 'table inet nat { chain out { type nat hook postrouting priority srcnat; "
                           "oifname wan masquerade; }; }'"))
        yield
    finally:
        for namespace in (CLIENT, GATEWAY, SERVER):
            subprocess.run(f"ip netns pids {namespace} | xargs -r kill -9; ip netns del {namespace}", shell=True,
                           stderr=subprocess.DEVNULL, check=False)


def machine_busy_s():
    fields = [int(x) for x in open("/proc/stat", encoding="ascii").readline().split()[1:9]]
    user, nice, system, _idle, _iowait, irq, softirq, _steal = fields
    return (user + nice + system + irq + softirq) / TICK


def descendants(pid):
    found = [pid]
    for task in os.listdir(f"/proc/{pid}/task"):
        with contextlib.suppress(OSError):
            for child in open(f"/proc/{pid}/task/{task}/children", encoding="ascii").read().split():
                found += descendants(int(child))
    return found


def process_cpu_s(pid):
    """utime + stime of a process and all that descend from it, in seconds."""
    total = 0
    for member in descendants(pid):
        with contextlib.suppress(OSError):
            fields = open(f"/proc/{member}/stat", encoding="ascii").read().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
    return total / TICK


def transfer(gigabytes):
    server = subprocess.Popen(["ip", "netns", "exec", SERVER, "iperf3", "-s", "-1"], stdout=subprocess.DEVNULL)
    time.sleep(0.3)
    sh(inside(CLIENT, f"iperf3 -c {SERVER_ADDRESS} -n {gigabytes}G"))
    server.wait(timeout=60)


def watchers(build, folder):
    run = inside(GATEWAY, "")
    return {
        "nothing": None,
        "gatewitness": f"{run}{build}/daemon/cli/gatewitness run --interface br-lan --run-dir {folder}/run "
                       f"--state-dir {folder}/state --user nobody",
        "tcpdump port 25": f"{run}tcpdump -n -i br-lan -w /dev/null port 25",
        "ndpiReader": f"{run}ndpiReader -q -i br-lan",
    }


def measure(command, gigabytes):
    watcher = None
    if command:
        watcher = subprocess.Popen(command.split(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(3)
        if watcher.poll() is not None:
            sys.exit(f"the watcher ended at once: {command}")
    own_before = process_cpu_s(watcher.pid) if watcher else 0
    busy_before, start = machine_busy_s(), time.monotonic()
    transfer(gigabytes)
    busy, wall = machine_busy_s() - busy_before, time.monotonic() - start
    own = process_cpu_s(watcher.pid) - own_before if watcher else 0
    if watcher:
        watcher.send_signal(signal.SIGINT)
        try:
            watcher.wait(timeout=15)
        except subprocess.TimeoutExpired:
            watcher.kill()
            watcher.wait()
    return own / gigabytes, busy / gigabytes, wall / gigabytes


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build_dir")
    parser.add_argument("--gigabytes", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("live_bench.py needs root: it makes network namespaces")
    figures = {}
    with tempfile.TemporaryDirectory(prefix="gatewitness-bench-") as folder, network():
        os.chmod(folder, 0o755)
        commands = watchers(os.path.abspath(options.build_dir), folder)
        transfer(1)  # warm-up
        for _ in range(options.rounds):
            for name, command in commands.items():
                figures.setdefault(name, []).append(measure(command, options.gigabytes))
    nothing = statistics.median(busy for _, busy, _ in figures["nothing"])
    print(f"{'':18}{'own CPU s/GB':>14}{'machine s/GB':>14}{'x nothing':>11}{'min..max':>16}{'wall s/GB':>11}")
    for name, rows in figures.items():
        own, busy, wall = (statistics.median(column) for column in zip(*rows))
        spread = f"{min(r[1] for r in rows) / nothing:.2f}..{max(r[1] for r in rows) / nothing:.2f}"
        print(f"{name:18}{own:14.4f}{busy:14.3f}{busy / nothing:11.2f}{spread:>16}{wall:11.3f}")
    print(f"medians of {options.rounds} rounds of {options.gigabytes} GB, taken in turn")


if __name__ == "__main__":
    main()
