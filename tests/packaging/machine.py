# SPDX-License-Identifier: Apache-2.0
"""A Debian with systemd at work, in a folder and in namespaces: its own processes, mounts, host name and control groups, and the
network namespace that the caller names. Booted in half a second, gone with the end of the `with`.

    with Machine(base_with(["iproute2"]), network=["ip", "netns", "exec", "gateway"]) as machine:
        machine.do("systemctl", "is-active", "dbus")

The base is made by debootstrap once and kept in /var/tmp/gatewitness-debian (GATEWITNESS_DEBIAN names another folder); a machine
writes to memory only. Needs root. Not like a machine of its own: the kernel is this one's, and control groups have no
controllers, so limits like MemoryMax= are taken and not held.
"""
import hashlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

SUITE = "bookworm"
CACHE = pathlib.Path(os.environ.get("GATEWITNESS_DEBIAN") or "/var/tmp/gatewitness-debian")
# What a gateway has, and what stands between debootstrap's smallest set and a systemd that boots.
BASE = ("systemd", "systemd-sysv", "dbus", "iproute2", "nftables", "procps", "ca-certificates")
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
BOOT_S = 60

BOOT = """
mount -t tmpfs -o mode=755 machine "$WORK"
mkdir "$WORK/upper" "$WORK/work" "$WORK/root"
mount -t overlay overlay -o "lowerdir=$BASE,upperdir=$WORK/upper,workdir=$WORK/work" "$WORK/root"
cd "$WORK/root"
mkdir -p srv/packages
echo 67617465776974006e65737300000001 > etc/machine-id
cp -r "$PACKAGES"/. srv/packages
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom tty; do touch "dev/$device"; mount --bind "/dev/$device" "dev/$device"; done
mkdir dev/pts dev/shm
touch dev/console
ln -s pts/ptmx dev/ptmx
pivot_root . mnt
umount -l /mnt
exec env -i container=gatewitness-test "PATH=$TOOLS" /lib/systemd/systemd --show-status=no --log-target=journal multi-user.target
"""


def mirror():
    """Where this machine's apt gets the release from."""
    targets = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Origin: Debian", f"Codename: {SUITE}"],
                             capture_output=True, text=True, check=True).stdout.split()
    if not targets:
        raise OSError(f"apt knows no mirror of Debian {SUITE} (apt-get update)")
    return targets[0]


def missing():
    """Why there can be no machine here, or nothing."""
    if os.geteuid() != 0:
        return "a machine in namespaces needs root"
    absent = [name for name in ("debootstrap", "unshare", "nsenter") if not shutil.which(name)]
    if absent:
        return f"not installed: {', '.join(absent)} (packaging/packages.sh debian)"
    if not _unified_groups():
        return "there is no second version of control groups here"
    return None


def base_with(packages):
    """The folder of a Debian with these packages; made if there is none. OSError if the mirror cannot be reached."""
    wanted = sorted({*BASE, *packages})
    name = hashlib.sha256(" ".join([SUITE, *wanted]).encode()).hexdigest()[:12]
    folder = CACHE / f"{SUITE}-{name}"
    if folder.is_dir():
        return folder
    CACHE.mkdir(parents=True, exist_ok=True)
    for old in CACHE.glob(f"{SUITE}-*"):  # of other packages, or cut short
        shutil.rmtree(old)
    fresh = folder.with_suffix(".new")
    done = subprocess.run(["debootstrap", "--variant=minbase", f"--include={','.join(wanted)}", SUITE, fresh, mirror()],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise OSError("debootstrap: " + done.stdout[-1000:] + done.stderr[-1000:])
    (fresh / "etc/systemd/system/console-getty.service").symlink_to("/dev/null")
    fresh.rename(folder)
    return folder


def _unified_groups():
    for line in pathlib.Path("/proc/mounts").read_text(encoding="utf-8").splitlines():
        _, where, kind, *_ = line.split()
        if kind == "cgroup2":
            return pathlib.Path(where)
    return None


class Machine:
    def __init__(self, base, packages, network=()):
        """packages: the folder whose content lies in /srv/packages of the machine; network: words that begin a command in there."""
        self.base, self.packages, self.network = base, packages, list(network)
        self.process, self.init = None, None

    def __enter__(self):
        self.work = tempfile.mkdtemp(prefix="gw-machine-", dir="/var/tmp")
        self.group = _unified_groups() / f"gw-machine-{os.getpid()}"
        self.group.mkdir()
        try:
            self._boot()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_):
        self._end()

    def _boot(self):
        environment = {**os.environ, "WORK": self.work, "BASE": str(self.base), "PACKAGES": str(self.packages), "TOOLS": PATH}
        join = f"echo $$ > {self.group}/cgroup.procs; exec \"$@\""
        self.process = subprocess.Popen(
            ["sh", "-c", join, "sh", *self.network, "unshare", "--mount", "--pid", "--fork", "--uts", "--ipc", "--cgroup", "--kill-child",
             "--propagation", "private", "sh", "-ec", BOOT], env=environment)
        deadline = time.monotonic() + BOOT_S
        while True:
            if self.process.poll() is not None:
                raise OSError(f"the machine did not begin (status {self.process.returncode})")
            self.init = self._first_process()
            if self.init and self.ask("systemctl", "is-system-running").stdout.strip() in ("running", "degraded"):
                return
            if time.monotonic() > deadline:
                raise OSError("the machine did not boot: " + self.ask("journalctl", "--no-pager").stdout[-2000:])
            time.sleep(0.1)

    def _first_process(self):
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text(encoding="ascii").split()
        if not children or pathlib.Path(f"/proc/{children[0]}/comm").read_text(encoding="ascii").strip() != "systemd":
            return None
        return int(children[0])

    def _end(self):
        if self.process:
            self.process.kill()  # and with it all that is in there
            self.process.wait()
        deadline = time.monotonic() + 10
        while self.group.exists() and time.monotonic() < deadline:
            for folder, _, _ in os.walk(self.group, topdown=False):
                try:
                    os.rmdir(folder)
                except OSError:  # its processes are just ending
                    time.sleep(0.05)
        os.rmdir(self.work)

    def ask(self, *words, **options):
        """Runs a command in there to its end, whatever that is."""
        inside = ["nsenter", "--target", str(self.init), "--mount", "--pid", "--net", "--uts", "--ipc", "--cgroup", "env", "-i", f"PATH={PATH}",
                  "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8"]
        return subprocess.run([*inside, *words], capture_output=True, text=True, check=False, timeout=180, **options)

    def do(self, *words, **options):
        """What it printed; AssertionError with its words and the journal's last ones if it failed."""
        done = self.ask(*words, **options)
        if done.returncode != 0:
            raise AssertionError(f"{' '.join(words)}: status {done.returncode}\n{done.stdout}{done.stderr}\n{self.journal()}")
        return done.stdout

    def journal(self):
        return self.ask("journalctl", "--no-pager", "-n", "60", "-u", "gatewitness*").stdout

    def property(self, unit, name):
        return self.do("systemctl", "show", "--value", "-p", name, unit).strip()

    def write(self, path, text):
        self.do("sh", "-c", 'cat > "$0"', path, input=text)

    def files(self):
        """Every file, folder and link that lies on its disk, but not what dpkg, apt and systemd note for themselves."""
        listed = self.do("find", "/", "-xdev", "-not", "-path", "/srv/*", "-not", "-path", "/var/log/*", "-not", "-path", "/var/cache/*",
                         "-not", "-path", "/var/lib/apt/*", "-not", "-path", "/var/lib/systemd/*", "-not", "-path", "/var/lib/dpkg/*-old")
        return set(listed.splitlines())
