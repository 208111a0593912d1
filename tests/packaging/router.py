# SPDX-License-Identifier: Apache-2.0
"""A router's root folder for the tests: busybox, what the package installs, our programs, and stand-ins of OpenWrt's own
scripts (openwrt/). Commands run in it by chroot, in namespaces of their own."""
import os
import pathlib
import shlex
import shutil
import subprocess
import tempfile

import yaml

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
FEED = ROOT / "packaging/openwrt"
STAND_INS = HERE / "openwrt"
TIMEOUT_S = 120
FIREWALL = """
config defaults
\toption flow_offloading '1'
config zone
\toption name 'lan'
\tlist network 'lan'
config zone
\toption name 'guest'
\toption network 'guest vpn'
config zone
\toption name 'wan'
\toption masq '1'
\tlist network 'wan'
\tlist network 'wan6'
"""
UP = "lan br-lan\nguest br-guest\nvpn wg0\nwan pppoe-wan\n"
# Each with its ARPHRD_ number, as /sys/class/net/X/type has it.
DEVICES = {"br-lan": 1, "br-guest": 1, "wg0": 65534, "pppoe-wan": 512, "eth0": 1}


def missing():
    """What keeps these tests from running, or nothing."""
    if os.geteuid() != 0:
        return "needs root, for chroot"
    for tool in ("busybox", "make", "unshare", "setpriv"):
        if not shutil.which(tool):
            return f"{tool} is not installed"
    return ""


def make(target, *variables, feed=FEED):
    done = subprocess.run(["make", "-s", "-C", feed, f"TOPDIR={STAND_INS}/mk", *variables, target], capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    if done.returncode != 0 or done.stderr:
        raise AssertionError(f"make {target}: {done.stdout}{done.stderr}")
    return done.stdout


def write(path, text, mode=0o644):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


def keys():
    """[(kind, path, rest)] of the table."""
    lines = (FEED / "files/uci.keys").read_text().splitlines()
    return [tuple((line.split(None, 2) + [""])[:3]) for line in lines if line and not line.startswith("#")]


def leaves(tree, prefix=""):
    for key, value in tree.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, prefix + key + ".")
        else:
            yield prefix + key, value


def defaults():
    return dict(leaves(yaml.load((ROOT / "conf/gatewitness.yaml").read_text(), yaml.BaseLoader)))


def quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"


def option_of(path):
    section, rest = path.split(".", 1)
    return section, rest.replace(".", "_")


class Router:
    def __init__(self, programs):
        """programs: paths of gatewitness, gatewitnessd, gatewitness-capture, gatewitness-kernel, perhaps gatewitness-guard."""
        self.folder = tempfile.TemporaryDirectory(prefix="gw-router-", dir="/tmp")
        self.root = pathlib.Path(self.folder.name) / "root"
        built = pathlib.Path(self.folder.name) / "built"
        for program in programs:
            to = built / "usr" / ("bin" if program.name == "gatewitness" else "sbin") / program.name
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(program, to)
        self.root.mkdir()
        self.root.chmod(0o755)
        pathlib.Path(self.folder.name).chmod(0o755)
        make("install-gatewitness", f"PKG_INSTALL_DIR={built}", f"OUT={self.root}")
        if any(program.name == "gatewitness-guard" for program in programs):
            make("install-gatewitness-guard", f"PKG_INSTALL_DIR={built}", f"OUT={self.root}")
        self._system()
        self.config("")
        self.firewall(FIREWALL)
        self.up(UP)
        self.sys(DEVICES)

    def close(self):
        self.folder.cleanup()

    def _system(self):
        for folder in ("proc", "sys", "dev", "tmp", "usr/lib", "lib64", "bin", "sbin", "etc/standin", "lib/functions", "var/run"):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        for folder in pathlib.Path("/usr/lib").glob("*-linux-gnu*"):
            (self.root / "lib" / folder.name).symlink_to(f"../usr/lib/{folder.name}")
        busybox = self.root / "bin/busybox"
        shutil.copy(shutil.which("busybox"), busybox)
        applets = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True).stdout.split()
        for applet in applets:
            if applet not in ("busybox", "logger", "nft", "uci"):
                (self.root / "bin" / applet).symlink_to("busybox")
        if shutil.which("nft"):
            shutil.copy(shutil.which("nft"), self.root / "usr/sbin/nft")
        shutil.copy(shutil.which("setpriv"), self.root / "usr/bin/setpriv")
        write(self.root / "etc/passwd", "root:x:0:0:root:/root:/bin/sh\ngatewitness:x:2525:2525::/var:/bin/false\n")
        write(self.root / "etc/group", "root:x:0:\ngatewitness:x:2525:\n")
        for name, to in (("lib/functions.sh", "lib/functions.sh"), ("lib/network.sh", "lib/functions/network.sh"),
                         ("lib/procd.sh", "lib/functions/procd.sh"), ("rc.common", "etc/rc.common")):
            shutil.copy(STAND_INS / name, self.root / to)
        (self.root / "etc/rc.common").chmod(0o755)
        write(self.root / "usr/bin/logger", '#!/bin/sh\n. /lib/functions.sh\nrecord logger "$@"\n', 0o755)
        write(self.root / "sbin/uci", '#!/bin/sh\n. /lib/functions.sh\nrecord uci "$@"\n[ "$2" != batch ] || sed "s/^/batch /" >>/tmp/calls\n', 0o755)
        self.jail(True)

    def config(self, text):
        write(self.root / "etc/config/gatewitness", text, 0o600)

    def write(self, path, text):
        write(self.root / path, text)

    def firewall(self, text):
        write(self.root / "etc/config/firewall", text)

    def up(self, text):
        write(self.root / "etc/standin/up", text)

    def sys(self, devices):
        shutil.rmtree(self.root / "sys/class", ignore_errors=True)
        for name, kind in devices.items():
            write(self.root / f"sys/class/net/{name}/type", f"{kind}\n")

    def jail(self, there):
        if there:
            write(self.root / "sbin/ujail", "#!/bin/sh\nexit 1\n", 0o755)
        else:
            (self.root / "sbin/ujail").unlink(missing_ok=True)

    def command(self, *words, network=False, real_sys=False):
        """The command line that runs the words in the router. network: in this process's network, not in an empty one."""
        root = shlex.quote(str(self.root))
        mounts = [f"mount --rbind -o ro /usr/lib {root}/usr/lib", f"mount --bind -o ro /lib64 {root}/lib64", f"mount -t proc proc {root}/proc",
                  f"mount --rbind /dev {root}/dev"]
        if real_sys:
            mounts.append(f"mount -t sysfs sysfs {root}/sys")
        script = " && ".join(mounts) + f' && exec chroot {root} "$@"'
        return ["unshare", "--mount", "--propagation", "private", *([] if network else ["--net"]), "sh", "-c", script, "sh", *map(str, words)]

    def run(self, *words, **how):
        # No leak check: it cannot trace within the chroot's namespaces.
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "ASAN_OPTIONS": "detect_leaks=0"}
        shell = ["env", "-i", *[f"{k}={v}" for k, v in environment.items()]]
        options = {k: how.pop(k) for k in ("network", "real_sys") if k in how}
        return subprocess.run(self.command(*shell, *words, **options), capture_output=True, timeout=TIMEOUT_S, check=False, **how)

    def init(self, *words, **how):
        """The init script; gives (status, output, errors, calls that the stand-ins saw)."""
        (self.root / "tmp/calls").unlink(missing_ok=True)
        done = self.run("/bin/sh", "/etc/rc.common", "/etc/init.d/gatewitness", *words, **how)
        return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"), self.calls()

    def calls(self):
        path = self.root / "tmp/calls"
        return [line.split("\t") for line in path.read_text(errors="replace").splitlines()] if path.exists() else []

    def yaml(self):
        return (self.root / "var/etc/gatewitness.yaml").read_text()
