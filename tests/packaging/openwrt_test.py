#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The OpenWrt package, as far as it can be proved without an OpenWrt: its scripts under busybox ash against stand-ins of procd,
UCI and netifd, its programs with the rights that their capability files leave, its nft file in a network namespace.
usage: openwrt_test.py GATEWITNESS GATEWITNESSD GATEWITNESS-CAPTURE GATEWITNESS-KERNEL [GATEWITNESS-GUARD] [unittest options]"""
import json
import os
import pathlib
import re
import shutil
import stat
import subprocess
import sys
import unittest

import yaml

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import router as routers
from router import Router, defaults, keys, leaves, option_of, quoted

PROGRAMS = []
HOSTILE = ["it's", '"', "'", "''", "a: b", "- x", "#", "{a: 1}", "[1]", "&a", "*a", "!x", "%", "\\", "\\n", "$(touch /tmp/pwned)", "`touch /tmp/pwned`",
           "${PATH}", ";touch /tmp/pwned", "a\\", "~", "null", "a #b", "'\ndaemon: {user: root}".replace("\n", " "), "é", "\u202e", "?", "| x", "> x", "x:"]


def uci(values):
    """/etc/config/gatewitness with these paths set: text, or a list."""
    text = ""
    for path, value in values.items():
        section, option = option_of(path)
        text += f"config {section} '{section}'\n"
        for item in value if isinstance(value, list) else [value]:
            text += f"\t{'list' if isinstance(value, list) else 'option'} {option} {quoted(item)}\n"
    return text


@unittest.skipIf(routers.missing(), routers.missing())
class OnRouter(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.router = Router(PROGRAMS)
        cls.addClassCleanup(cls.router.close)

    def setUp(self):
        self.router.config("")
        self.router.firewall(routers.FIREWALL)
        self.router.up(routers.UP)
        self.router.jail(True)
        for name in ("tmp/running", "tmp/pwned", "var/etc/gatewitness.yaml"):
            (self.router.root / name).unlink(missing_ok=True)

    def start(self, *words):
        status, output, errors, calls = self.router.init(*(words or ("start",)))
        self.assertEqual([call for call in calls if call[0].startswith("FAULT")], [])
        self.assertFalse((self.router.root / "tmp/pwned").exists())
        return status, output, errors, calls

    def instances(self, calls):
        return [call[1] for call in calls if call[0] == "procd_open_instance"]

    def of(self, calls, name):
        """The calls within one instance."""
        begin = calls.index(["procd_open_instance", name])
        return calls[begin + 1:calls.index(["procd_close_instance"], begin)]

    def logged(self, calls):
        return [call[-1] for call in calls if call[0] == "logger"]


class Installed(OnRouter):
    def test_files_and_modes(self):
        executable = {"usr/bin/gatewitness", "usr/sbin/gatewitness-capture", "usr/sbin/gatewitness-kernel",
                      "etc/init.d/gatewitness", "etc/uci-defaults/90-gatewitness", "usr/libexec/gatewitness/offload"}
        for name in executable:
            self.assertEqual(stat.S_IMODE((self.router.root / name).stat().st_mode), 0o755, name)
        self.assertEqual(os.readlink(self.router.root / "usr/sbin/gatewitnessd"), "../bin/gatewitness")
        self.assertIn("\n/etc/gatewitness/\n", (self.router.root / "lib/upgrade/keep.d/gatewitness").read_text())
        self.assertEqual(os.readlink(self.router.root / "etc/gatewitness/gatewitness.yaml"), "/var/etc/gatewitness.yaml")

    def test_defaults_make_the_firewall_call_us(self):
        (self.router.root / "tmp/calls").unlink(missing_ok=True)
        self.assertEqual(self.router.run("/bin/sh", "/etc/uci-defaults/90-gatewitness").returncode, 0)
        batch = [call[0].removeprefix("batch ").strip() for call in self.router.calls() if call[0].startswith("batch")]
        self.assertIn("set firewall.gatewitness=include", batch)
        self.assertIn("set firewall.gatewitness.fw4_compatible=1", batch)
        path = next(line for line in batch if ".path=" in line).split("=")[1]
        self.assertTrue(os.access(self.router.root / path.lstrip("/"), os.X_OK))
        self.assertEqual(batch[-1], "commit firewall")


class Rendering(OnRouter):
    def check(self, *config, checked=None):
        """Renders each of the configurations; gives [(status, YAML text, check-config's status, its words)]. checked: only these
        are shown to check-config, which takes its time with sanitizers."""
        script = ". /lib/functions.sh; . /usr/share/gatewitness/render.sh\n"
        for i, text in enumerate(config):
            (self.router.root / f"etc/config/case{i}").write_text(text)
            script += (f"( config_load case{i}; gw_render >/tmp/{i}.yaml 2>/tmp/{i}.errors; echo $? >/tmp/{i}.status )\n"
                       f"echo 0 >/tmp/{i}.checked; : >/tmp/{i}.words\n")
            if checked is None or i in checked:
                script += f"/usr/bin/gatewitness check-config /tmp/{i}.yaml >/tmp/{i}.words 2>&1; echo $? >/tmp/{i}.checked\n"
        done = self.router.run("/bin/sh", "-c", script)
        self.assertEqual(done.stderr, b"")
        read = lambda i, what: (self.router.root / f"tmp/{i}.{what}").read_text()
        self.assertFalse((self.router.root / "tmp/pwned").exists())
        return [(int(read(i, "status")), read(i, "yaml"), int(read(i, "checked")), read(i, "words") + read(i, "errors")) for i in range(len(config))]

    def value_of(self, kind, path, default):
        given = {"capture.interfaces": ["br-lan", "eth0.3"], "capture.mail_ports": ["2526", "8025"], "network.lan_prefixes": ["2001:db8:1::/48", "198.51.100.0/24"],
                 "identity.leases": ["/tmp/dhcp.leases", "/tmp/hosts/odhcpd"]}
        if kind == "list":
            return given[path]
        if kind == "flag":
            return "0" if default == "true" else "1"
        return default

    def test_every_option_alone_and_all_together(self):
        given = {path: self.value_of(kind, path, defaults()[path]) for kind, path, _ in keys() if kind not in ("map", "items")}
        given = {path: value for path, value in given.items() if value not in ("", '""')}  # an empty option is none
        cases = [{path: value} for path, value in given.items()] + [given]
        kinds = {path: kind for kind, path, _ in keys()}
        for case, (status, text, checked, words) in zip(cases, self.check(*map(uci, cases), checked=[len(cases) - 1])):
            self.assertEqual((status, checked), (0, 0), (case, text, words))
            told = dict(leaves(yaml.load(text, yaml.BaseLoader)))
            for path, value in case.items():
                want = {"0": "false", "1": "true"}.get(value, value) if kinds[path] == "flag" else value
                self.assertEqual(told.pop(path), want)
            self.assertEqual(told, {p: d for k, p, d in keys() if d and k == "text" and p not in case})

    def test_the_isp_s_profile_says_what_its_yaml_says(self):
        (status, text, checked, words), = self.check((routers.FEED / "isp.config").read_text())
        self.assertEqual((status, checked), (0, 0), words)
        told = dict(leaves(yaml.load(text, yaml.BaseLoader)))
        want = dict(leaves(yaml.load((routers.ROOT / "conf/profiles/isp.yaml").read_text(), yaml.BaseLoader)))
        self.assertEqual((want.pop("identity.ethers"), told.pop("identity.ethers")), ("", "/nonexistent"))
        folders = {p: d for k, p, d in keys() if d and k == "text" and p not in want}
        self.assertEqual(told, {**folders, **want})

    def test_words_of_a_boolean(self):
        words = {"1": "true", "on": "true", "yes": "true", "0": "false", "off": "false", "disabled": "false"}
        for (word, want), (_, text, checked, _) in zip(words.items(), self.check(*[uci({"capture.ndpi": w}) for w in words])):
            self.assertEqual((yaml.load(text, yaml.BaseLoader)["capture"]["ndpi"], checked), (want, 0), word)

    def test_hostile_names_of_devices_stay_text(self):
        config = "".join(f"config device\n\toption mac '02:00:5e:10:00:{i:02x}'\n\toption name {quoted(name)}\n\toption role 'appliance'\n" for i, name in enumerate(HOSTILE))
        (status, text, checked, words), = self.check(config)
        self.assertEqual((status, checked), (0, 0), words)
        self.assertEqual(yaml.safe_load(text)["devices"], {f"02:00:5e:10:00:{i:02x}": {"name": name, "role": "appliance"} for i, name in enumerate(HOSTILE)})

    def test_hostile_values_of_every_key_stay_values(self):
        plain = [(kind, path) for kind, path, _ in keys() if kind not in ("map", "items")]
        for value in HOSTILE:
            values = {path: [value] if kind == "list" else value for kind, path in plain}
            (status, text, checked, words), = self.check(uci(values))
            self.assertEqual((status, checked), (0, 1), (value, words))
            self.assertEqual(dict(leaves(yaml.load(text, yaml.BaseLoader))), values, value)
            if value not in ("null", "~", "#"):
                self.assertIn("capture.buffer must be a whole number", words, value)

    def test_a_mac_that_is_none_is_refused_by_name(self):
        for mac in ("x: {name: y}\\", "'", "02:00:5e:10:00"):
            (status, _, checked, words), = self.check(f"config device\n\toption mac {quoted(mac)}\n\toption name 'x'\n")
            self.assertEqual((status, checked), (0, 1))
            self.assertIn("must be a device's MAC", words)

    def test_control_characters_are_refused(self):
        for text in ("a\nb", "a\tb", "\x1b[31m", "\x7f", "a\r"):
            for config in (uci({"daemon.user": text}), uci({"capture.interfaces": ["br-lan", text]}), uci({"capture.buffer": text}),
                           f"config device\n\toption mac '02:00:5e:10:00:01'\n\toption name {quoted(text)}\n"):
                (status, _, _, words), = self.check(config)
                self.assertEqual(status, 1, (text, config))
                self.assertIn("has a control character", words)

    def test_entries_of_lists_and_maps_of_any_depth(self):
        table = self.router.root / "tmp/keys"
        table.write_text("text a.b.c\nitems a.b.things thing kind plain:port\nlist a.d\nmap e.f thing kind url list:words pairs:headers\nflag g.h.i.j\n")
        config = "config a 'a'\n\toption b_c 'x'\n\tlist d '1'\n\tlist d '2'\nconfig g 'g'\n\toption h_i_j '1'\n"
        config += "config thing\n\toption kind 'it''s'\n\toption port '5'\nconfig thing\n\toption kind 'two'\n\toption url 'http://x/#y'\n\tlist words 'a, b'\n\tlist words ']'\n\tlist headers 'X-Key: {{token}}: }'\n\tlist headers 'Y:z'\n".replace("it''s", "it'\\''s")
        self.router.config(config)
        done = self.router.run("/bin/sh", "-c", "GW_KEYS=/tmp/keys; . /lib/functions.sh; . /usr/share/gatewitness/render.sh; config_load gatewitness; gw_render")
        self.assertEqual(done.stderr, b"")
        self.assertEqual(yaml.safe_load(done.stdout), {"a": {"b": {"c": "x", "things": [{"kind": "it's", "port": 5}, {"kind": "two"}]}, "d": ["1", "2"]},
                                                       "e": {"f": {"it's": {}, "two": {"url": "http://x/#y", "words": ["a, b", "]"], "headers": {"X-Key": "{{token}}: }", "Y": "z"}}}}, "g": {"h": {"i": {"j": True}}}})


class Starting(OnRouter):
    def test_nothing_configured(self):
        status, _, errors, calls = self.start()
        self.assertEqual((status, errors), (0, ""))
        self.assertEqual(self.instances(calls), ["gatewitnessd", "gatewitness-kernel", "gatewitness-capture"])
        capture = self.of(calls, "gatewitness-capture")
        command = next(call for call in capture if call[:2] == ["procd_set_param", "command"])[2:]
        self.assertEqual(command[0], "/usr/sbin/gatewitness-capture")
        self.assertEqual([command[i + 1] for i, word in enumerate(command) if word == "--interface"], ["br-lan", "br-guest"])
        self.assertIn(["procd_set_param", "netdev", "br-lan", "br-guest"], capture)
        for name in self.instances(calls):
            own = self.of(calls, name)
            self.assertIn(["procd_set_param", "respawn", "3600", "5", "0"], own)
            self.assertIn(["procd_set_param", "file", "/var/etc/gatewitness.yaml"], own)
            self.assertIn(["procd_set_param", "capabilities", f"/etc/capabilities/{name}.json"], own)
            self.assertIn(["procd_set_param", "user", "gatewitness"], own)
            self.assertIn(["procd_set_param", "no_new_privs", "1"], own)
            self.assertIn(["procd_add_jail_mount_rw", "/var/run/gatewitness"], own)
        self.assertIn(["procd_add_jail_mount", "/etc/gatewitness/state/hash.key"], capture)
        self.assertNotIn(["procd_add_jail_mount_rw", "/etc/gatewitness/state"], capture)
        self.assertEqual(calls[-1], ["ubus", "set"])
        folder = (self.router.root / "etc/gatewitness/state").stat()
        key = (self.router.root / "etc/gatewitness/state/hash.key").stat()
        self.assertEqual((folder.st_uid, key.st_uid, stat.S_IMODE(key.st_mode)), (2525, 2525, 0o600))
        rendered = (self.router.root / "var/etc/gatewitness.yaml").stat()
        self.assertEqual((rendered.st_uid, rendered.st_gid, stat.S_IMODE(rendered.st_mode)), (0, 2525, 0o640))

    def test_the_kernel_probe_sees_the_lease_files_of_the_dhcp_servers(self):
        def mounts():
            *_, calls = self.start()
            own = self.of(calls, "gatewitness-kernel")
            command = next(call for call in own if call[:2] == ["procd_set_param", "command"])
            for other in ("gatewitnessd", "gatewitness-capture"):
                self.assertFalse([call for call in self.of(calls, other) if call[1:2] == ["/tmp/dhcp.leases"]])
            return ([path for call in own if call[0] == "procd_add_jail_mount" for path in call[1:]],
                    [command[i + 1] for i, word in enumerate(command) if word == "--leases"])
        self.assertEqual(mounts()[0], [], "nothing is there")
        self.router.write("etc/config/dhcp", "config dnsmasq\n\toption leasefile '/tmp/dhcp.leases'\n"
                          "config odhcpd 'odhcpd'\n\toption leasefile '/tmp/hosts/odhcpd'\nconfig dnsmasq\n\toption leasefile 'none'\n")
        self.assertEqual(mounts(), ([], ["/tmp/dhcp.leases", "/tmp/hosts/odhcpd"]))
        for path in ("tmp/dhcp.leases", "tmp/hosts/odhcpd", "etc/ethers"):
            self.router.write(path, "")
        self.assertEqual(mounts()[0], ["/tmp/dhcp.leases", "/tmp/hosts", "/etc/ethers"])
        self.router.config(uci({"identity.leases": ["/tmp/hosts/odhcpd"], "identity.ethers": "/tmp/dhcp.leases"}))
        self.assertEqual(mounts(), (["/tmp/hosts", "/tmp/dhcp.leases"], ["/tmp/hosts/odhcpd"]))

    def test_triggers(self):
        *_, calls = self.start()
        self.assertIn(["procd_add_reload_trigger", "gatewitness", "network", "firewall"], calls)
        for network in ("lan", "guest"):
            self.assertIn(["procd_add_interface_trigger", "interface.*", network, "/etc/init.d/gatewitness", "reload"], calls)
        self.assertNotIn(["procd_add_interface_trigger", "interface.*", "wan", "/etc/init.d/gatewitness", "reload"], calls)
        for section in ("main", "capture", "device"):
            self.assertIn(["procd_add_validation", f"validate_{section}"], calls)

    def test_without_jails_the_processes_give_up_root_themselves(self):
        self.router.jail(False)
        *_, calls = self.start()
        self.assertEqual(len(self.instances(calls)), 3)
        for call in calls:
            self.assertFalse(call[0].startswith("procd_add_jail"))
            self.assertNotIn(call[:2], (["procd_set_param", "user"], ["procd_set_param", "capabilities"]))
        self.assertIn("--user", next(call for call in self.of(calls, "gatewitness-capture") if call[1] == "command"))

    def test_networks_and_interfaces_that_are_named(self):
        self.router.config("config gatewitness 'main'\n\tlist network 'guest'\n")
        *_, calls = self.start()
        self.assertIn(["procd_set_param", "netdev", "br-guest"], calls)
        self.router.config(uci({"capture.interfaces": ["eth0"]}))
        *_, calls = self.start()
        self.assertIn(["procd_set_param", "netdev", "eth0"], calls)
        self.assertEqual(self.start("interfaces")[1], "eth0\n")

    def test_without_zones_it_is_lan(self):
        self.router.firewall("")
        self.assertEqual(self.start("interfaces")[1], "br-lan\n")

    def test_hostile_device_names_are_left_out(self):
        self.router.firewall("config zone\n\toption name 'lan'\n\tlist network 'lan'\n\tlist device 'x;touch'\n\tlist device 'eth0'\n\tlist device '*'\n")
        self.assertEqual(self.start("interfaces")[1].split(), ["eth0", "br-lan"])

    def test_disabled(self):
        self.router.config("config gatewitness 'main'\n\toption enabled '0'\n")
        status, _, errors, calls = self.start()
        self.assertEqual((status, errors, self.instances(calls), calls[-1]), (0, "", [], ["ubus", "set"]))
        self.assertIn("is not enabled", self.start("check")[1])

    def test_no_interface_yet(self):
        self.router.up("wan pppoe-wan\n")
        _, _, _, calls = self.start()
        self.assertEqual(self.instances(calls), [])
        self.assertIn("no LAN interface is up yet; waiting for one", self.logged(calls))
        self.assertTrue(any(call[0] == "procd_add_interface_trigger" for call in calls))

    def test_a_wrong_configuration_starts_nothing_and_ends_nothing(self):
        self.router.config(uci({"detection.burst.short_attempts": "1", "journal.max_age": "soon"}))
        *_, errors, calls = self.start()
        self.assertEqual(self.instances(calls), [])
        for where in ("detection.burst.short_attempts must be a whole number from 2", "journal.max_age must be a time"):
            self.assertTrue(any(where in line for line in self.logged(calls)), errors)
        *_, errors, calls = self.start("reload")
        self.assertNotIn(["ubus", "set"], calls)
        self.assertIn("goes on with the configuration that it has", errors)
        self.assertEqual(self.start("check")[0], 1)
        self.assertFalse((self.router.root / "var/etc/gatewitness.yaml").exists())

    def test_an_invalid_main_section_is_named(self):
        self.router.config("config gatewitness 'main'\n\tlist network 'a;b'\n")
        *_, calls = self.start()
        self.assertEqual(self.instances(calls), [])
        self.assertTrue(any("section main is not valid" in line for line in self.logged(calls)))

    def test_a_good_one_is_taken_at_reload(self):
        self.assertEqual(len(self.instances(self.start("reload")[3])), 3)
        self.assertIn("is good; watches br-lan br-guest", self.start("check")[1])

    def test_ppp_beside_hardware_offload_is_refused(self):
        hardware = routers.FIREWALL.replace("flow_offloading '1'", "flow_offloading_hw '1'")
        named = "config gatewitness 'main'\n\tlist network 'wan'\n"
        for firewall, config, starts in ((hardware, named, False), (routers.FIREWALL, named, True), (hardware, named + "\toption force_pppoe '1'\n", True),
                                         (hardware, uci({"capture.interfaces": ["br-lan", "pppoe-wan"]}), False), (hardware, "", True)):
            self.router.firewall(firewall)
            self.router.config(config)
            *_, calls = self.start()
            self.assertEqual(bool(self.instances(calls)), starts, (firewall, config))
            self.assertEqual(any("refuses to capture on pppoe-wan" in line for line in self.logged(calls)), not starts)

    def test_a_planted_key_is_not_given_away(self):
        self.start()
        key = self.router.root / "etc/gatewitness/state/hash.key"
        secret = self.router.root / "etc/secret"
        secret.write_text("sixteen bytes...")
        for plant in (lambda: key.symlink_to("/etc/secret"), lambda: os.link(secret, key)):
            key.unlink()
            plant()
            *_, calls = self.start()
            self.assertEqual((secret.stat().st_uid, self.instances(calls)), (0, []))
            self.assertTrue(any("cannot start: " in line for line in self.logged(calls)))
        key.unlink()
        secret.unlink()

    def test_status_when_it_does_not_run(self):
        status, output, _, calls = self.start("status")
        self.assertEqual((status, output), (3, "gatewitness does not run. Why not: logread -e gatewitness\n"))
        self.assertIn(["procd_running", "gatewitness", "*"], calls)

    def test_a_verb_that_is_none(self):
        self.assertIn(" explain ", self.start("dance")[1])


@unittest.skipIf(not shutil.which("nft") or not shutil.which("ip"), "nft or ip is not installed")
class Guarded(OnRouter):
    """gatewitness-guard with the rights that procd would leave it, and the end of its package."""
    MAC = "8c:79:f5:10:00:01"

    def test_it_blocks_with_its_capability_file_alone_and_its_removal_leaves_nothing(self):
        if len(PROGRAMS) < 5:
            self.skipTest("gatewitness-guard is not in this build")
        self.router.config(uci({"guard.enabled": "1"}))
        self.router.up("lan br-lan\n")
        *_, calls = self.start()
        own = self.of(calls, "gatewitness-guard")
        self.assertIn(["procd_add_jail_mount_rw", "/etc/gatewitness/state"], own)
        self.assertIn(["procd_add_jail_mount_rw", "/var/run/gatewitness"], own)
        self.assertIn(["procd_set_param", "user", "gatewitness"], own)
        started = [as_procd(self.router, name, self.of(calls, name)) for name in ("gatewitnessd", "gatewitness-guard")]
        # procd's part: an instance that is deleted gets SIGTERM, and ends when it ends.
        routers.write(self.router.root / "bin/ubus", '#!/bin/sh\n[ "$1 $2 $3" = "call service delete" ] && case "$4" in *gatewitness-guard*) '
                                                     '(sleep 0.5; kill $(pidof gatewitness-guard)) & ;; esac\n', 0o755)
        routers.write(self.router.root / "tmp/prerm", routers.make("script-gatewitness-guard").replace("$$", "$"), 0o755)
        (self.router.root / "tmp").chmod(0o1777)
        state = "/etc/gatewitness/state/guard.state"
        script = "\n".join(["nft list ruleset >/tmp/before", *started, "for i in $(seq 100); do gatewitness blocked >/dev/null 2>&1 && break; sleep 0.2; done",
                            f"gatewitness block {self.MAC} || exit 3", "nft list table inet gatewitness >/tmp/during",
                            f"grep -c . {state}", "sed -n 's/^CapPrm:/held/p;s/^Uid:/uid/p' /proc/$(pidof gatewitness-guard)/status",
                            "PKG_UPGRADE=1 /bin/sh /tmp/prerm; nft list table inet gatewitness >/dev/null && echo an upgrade leaves it",
                            "/bin/sh /tmp/prerm", "nft list ruleset >/tmp/after",
                            f"ls {state} /var/run/gatewitness/guard.sock 2>/dev/null", "kill $(pidof gatewitnessd)", "wait"])
        (self.router.root / "tmp/script").write_text(script)
        inside = self.router.command("env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "ASAN_OPTIONS=detect_leaks=0", "/bin/sh", "/tmp/script", network=True)
        world = ["unshare", "--net", "--pid", "--fork", "--kill-child", "sh", "-c", "ip link set lo up && exec \"$@\"", "sh"]
        done = subprocess.run(world + inside, capture_output=True, text=True, timeout=routers.TIMEOUT_S, check=False)
        logs = "".join(path.read_text() for path in (self.router.root / "tmp").glob("gatewitness*.log"))
        read = lambda name: (self.router.root / f"tmp/{name}").read_text()
        self.assertEqual(done.returncode, 0, (done.stdout, done.stderr, logs))
        self.assertIn(self.MAC, read("during"))
        self.assertRegex(done.stdout, r"is blocked until .*\nNote: .* has never been seen here\.\n2\nuid\s+2525.*\nheld\s+0000000000001000\nan upgrade leaves it\n$")
        self.assertEqual(read("after"), read("before"))


def as_procd(router, name, calls):
    """The shell's words that start an instance with the rights of its capability file."""
    command = next(call[2:] for call in calls if call[1] == "command")
    rights = json.loads((router.root / f"etc/capabilities/{name}.json").read_text())["ambient"]
    held = ",".join(["-all", *["+" + right.removeprefix("CAP_").lower() for right in rights]])
    return (f"setpriv --reuid gatewitness --regid gatewitness --clear-groups --inh-caps {held} --ambient-caps {held} "
            f"--bounding-set {held} --no-new-privs {' '.join(command)} 2>/tmp/{name}.log &")


class Living(OnRouter):
    """The programs with the rights that procd would leave them, in a network of its own with one LAN device."""

    def test_the_capability_files_suffice_and_status_tells_of_offload(self):
        if not shutil.which("ip"):
            self.skipTest("ip is not installed")
        self.router.up("lan br-lan\n")
        *_, calls = self.start()
        commands = []
        for name in self.instances(calls):
            own = self.of(calls, name)
            rights = json.loads((self.router.root / f"etc/capabilities/{name}.json").read_text())
            self.assertEqual(set(rights), {"bounding", "effective", "ambient", "permitted", "inheritable"})
            self.assertEqual(len({tuple(v) for v in rights.values()}), 1)
            commands.append(as_procd(self.router, name, own))
        (self.router.root / "tmp").chmod(0o1777)
        waits = "for i in $(seq 100); do /usr/bin/gatewitness status 2>/dev/null | grep -c ' well ' | grep -q 2 && break; sleep 0.2; done"
        script = "\n".join(["sleep 1", *commands, waits, "touch /tmp/running", "/bin/sh /etc/rc.common /etc/init.d/gatewitness status", "/usr/bin/gatewitness status --json",
                            "grep -h CapEff /proc/[0-9]*/status >/dev/null", "for p in $(pidof gatewitnessd gatewitness-capture gatewitness-kernel); do "
                            "sed -n 's/^Uid:/uid/p;s/^CapPrm:/held/p' /proc/$p/status; done", "kill $(pidof gatewitness-capture gatewitness-kernel gatewitnessd)", "wait"])
        (self.router.root / "tmp/script").write_text(script)
        inside = self.router.command("env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "ASAN_OPTIONS=detect_leaks=0", "/bin/sh", "/tmp/script", network=True)
        world = ["unshare", "--net", "--pid", "--fork", "--kill-child", "sh", "-c", "ip link add br-lan type veth peer name device0 && ip link set br-lan up && ip link set device0 up && ip link set lo up && exec \"$@\"", "sh"]
        done = subprocess.run(world + inside, capture_output=True, text=True, timeout=routers.TIMEOUT_S, check=False)
        logs = "".join((self.router.root / f"tmp/{name}.log").read_text() for name in self.instances(calls))
        output = done.stdout
        self.assertIn("br-lan: ", output, (output, done.stderr, logs))
        self.assertEqual(output.count(" well "), 2, (output, logs))
        self.assertIn("Flow offload: cannot be told", output)
        told = json.loads(next(line for line in output.splitlines() if line.startswith("{")))
        self.assertEqual(told["offload"], {"state": "unknown", "exemption": "unneeded"})
        uids = re.findall(r"^uid\s+(\d+)", output, re.M)
        held = re.findall(r"^held\s+([0-9a-f]+)", output, re.M)
        self.assertEqual(set(uids), {"2525"})
        # Only the kernel probe's requester keeps one, CAP_NET_ADMIN (12).
        self.assertEqual(sorted(set(held)), ["0000000000000000", "0000000000001000"])


# Not every kernel that the tests run on has flowtables: a rule whose comment reads as theirs stands in for the rule.
OFFLOADS = 'meta l4proto { tcp, udp } counter comment "flow add @ft"'
FW4 = """table inet fw4 {
	chain forward {
		type filter hook forward priority filter; policy drop;
		%s
		ct state vmap { established : accept, related : accept } comment "!fw4: Handle forwarded flows"
	}
}
"""


@unittest.skipIf(not shutil.which("nft"), "nft is not installed")
class Offload(OnRouter):
    def told(self, ruleset, ours, nft=None):
        (self.router.root / "tmp/fw4.nft").write_text(ruleset)
        drop_in = "/usr/share/nftables.d/ruleset-post/30-gatewitness.nft"
        script = "nft -f /tmp/fw4.nft || exit 9\n" if ruleset else ""
        if ours:
            script += f"nft -f {drop_in} || exit 8\n"
        if nft:
            script += f"mkdir -p /tmp/bin; printf '%s\\n' '#!/bin/sh' {quoted(nft)} >/tmp/bin/nft; chmod +x /tmp/bin/nft; PATH=/tmp/bin:$PATH\n"
        done = self.router.run("/bin/sh", "-c", script + "/usr/libexec/gatewitness/offload; cat /var/run/gatewitness.offload; nft list chain inet fw4 forward 2>/dev/null")
        self.assertEqual((done.returncode in (8, 9), done.stderr), (False, b""))
        return done.stdout.decode().split("\n", 1)

    def test_no_rules_at_all(self):
        self.assertEqual(self.told("", False)[0], "unknown unneeded")

    def test_no_offload(self):
        self.assertEqual(self.told(FW4 % "", True)[0], "none unneeded")

    def test_exempt(self):
        words, rules = self.told(FW4 % OFFLOADS, True)
        self.assertEqual(words, "software active")
        self.assertLess(rules.index("tcp dport { 25, 465, 587, 2525 } ct state established accept"), rules.index("@ft"))
        self.assertLess(rules.index("tcp sport { 25, 465, 587, 2525 } ct state established accept"), rules.index("@ft"))

    def test_not_exempt(self):
        self.assertEqual(self.told(FW4 % OFFLOADS, False)[0], "software absent")

    def test_a_rule_behind_the_offload_is_no_exemption(self):
        late = OFFLOADS + '; tcp dport 25 accept comment "!gatewitness: mail out is not offloaded"; tcp sport 25 accept comment "!gatewitness: mail back is not offloaded"'
        self.assertEqual(self.told(FW4 % late, False)[0], "software absent")

    def test_a_real_flowtable(self):
        table = "table inet fw4 { flowtable ft { hook ingress priority 0; devices = { lo }; }\n" + (FW4 % "meta l4proto { tcp, udp } flow add @ft").split("\n", 1)[1]
        probe = subprocess.run(["unshare", "--net", "nft", "-f", "-"], input=table, text=True, capture_output=True, check=False)
        if probe.returncode != 0:
            self.skipTest("this kernel has no flowtables: " + probe.stderr.splitlines()[0])
        self.assertEqual(self.told(table, True)[0], "software active")

    def test_hardware(self):
        # No such device here: what nft lists then, by a stand-in.
        nft = 'case "$*" in "list flowtables inet") echo "table inet fw4 { flowtable ft {"; echo "flags offload;" ;; *) echo "meta l4proto { tcp, udp } flow add @ft" ;; esac'
        self.assertEqual(self.told("", False, nft)[0], "hardware absent")


if __name__ == "__main__":
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    count = 5 if sys.argv[5:] and os.access(sys.argv[5], os.X_OK) else 4
    PROGRAMS = [pathlib.Path(path) for path in sys.argv[1:count + 1]]
    unittest.main(argv=sys.argv[:1] + sys.argv[count + 1:], verbosity=1)
