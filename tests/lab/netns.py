# SPDX-License-Identifier: Apache-2.0
"""Network namespaces and the processes in them, and the promise that nothing of them stays.

Every namespace of this laboratory is named gwl-<pid>-<name> and every folder gwl-<pid>-*, so that what a killed run
left behind can be told from what lives: cleanup() removes what belongs to processes that are gone. Owned by Home.
"""
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

PREFIX = "gwl"


class LabError(Exception):
    """The laboratory itself could not do what it was asked; not a finding about gatewitness."""


def run(*command, check=True, text_in=None, timeout=30):
    """Runs a command to its end and gives what it printed. LabError with its words if it fails."""
    done = subprocess.run(command, input=text_in, capture_output=True, text=True, timeout=timeout)
    if check and done.returncode != 0:
        raise LabError(f"{' '.join(command)}: status {done.returncode}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def wait_for(condition, timeout_s, what):
    """Calls condition() until it gives something true, which is returned. AssertionError after timeout_s."""
    deadline = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise AssertionError(f"within {timeout_s} s: no {what() if callable(what) else what}")
        time.sleep(0.05)


class Namespace:
    """One host of the laboratory: its own network, and its own resolv.conf if it has a resolver."""

    def __init__(self, lab_id, name, resolver=None, folder=None):
        """resolver: address of the DNS server that the host asks; the file that says so goes into folder."""
        self.name = name
        self.full_name = f"{PREFIX}-{lab_id}-{name}"
        self.prefix = ["ip", "netns", "exec", self.full_name]
        run("ip", "netns", "add", self.full_name)
        self.do("ip", "link", "set", "lo", "up")
        if resolver:
            self._use_resolver(resolver, os.path.join(folder, f"{name}.resolv.conf"))

    def _use_resolver(self, resolver, path):
        with open(path, "w", encoding="ascii") as file:
            file.write(f"nameserver {resolver}\n")
        # `ip netns exec` has made a mount namespace, so this is seen by the one process and gone with it.
        self.prefix += ["sh", "-c", 'mount --bind "$0" /etc/resolv.conf && exec "$@"', path]

    def do(self, *command, **options):
        """Runs a command in the namespace to its end; see run()."""
        return run(*self.prefix, *command, **options)

    def start(self, *command, **options):
        """A process that goes on. Its own process group, so that a Ctrl-C on the terminal is ours to pass on."""
        return subprocess.Popen([*self.prefix, *command], process_group=0, **options)

    def sysctl(self, key, value):
        self.do("sysctl", "-qw", f"{key}={value}")

    def nft(self, rules):
        self.do("nft", "-f", "-", text_in=rules)

    def mac(self, interface="eth0"):
        return self.do("cat", f"/sys/class/net/{interface}/address").strip()

    def remove(self):
        remove_namespace(self.full_name)


def end_process(process, timeout_s=5):
    """SIGTERM, and SIGKILL for who does not listen."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def remove_namespace(full_name):
    """Kills every process in the namespace, by its id, and removes it."""
    for _ in range(40):
        pids = run("ip", "netns", "pids", full_name, check=False).split()
        if not pids:
            break
        for pid in pids:
            try:
                os.kill(int(pid), signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.05)
    run("ip", "netns", "del", full_name, check=False)


def make_folder(lab_id):
    folder = tempfile.mkdtemp(prefix=f"{PREFIX}-{lab_id}-")
    os.chmod(folder, 0o755)  # unprivileged daemons of the laboratory have their files in it
    return folder


def _is_gone(lab_id):
    return not os.path.exists(f"/proc/{lab_id}")


def cleanup(is_leftover=_is_gone):
    """Removes namespaces and folders of laboratories whose process is gone. Gives their names."""
    removed = []
    pattern = re.compile(rf"{PREFIX}-(\d+)-")
    for line in run("ip", "netns", "list").splitlines():
        name = line.split()[0] if line.split() else ""
        match = pattern.match(name)
        if match and is_leftover(match[1]):
            remove_namespace(name)
            removed.append(name)
    for name in os.listdir(tempfile.gettempdir()):
        match = pattern.match(name)
        if match and is_leftover(match[1]):
            shutil.rmtree(os.path.join(tempfile.gettempdir(), name), ignore_errors=True)
            removed.append(name)
    return removed
