#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The OpenWrt package on paper: its Makefile against a stand-in of the build system, the table of keys against the
configuration. usage: feed_test.py [unittest options]"""
import os
import re
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from router import FEED, ROOT, defaults, keys, make, option_of


class Feed(unittest.TestCase):
    """What the Makefile says."""

    def test_the_core_is_one_package_and_the_others_come_with_their_rooms(self):
        rooms = [name for name in ("notify", "guard", "replay") if (ROOT / f"daemon/{name}/meson.build").exists()]
        self.assertEqual(make("packages").split(), ["gatewitness"] + [f"gatewitness-{name}" for name in rooms])

    def test_every_meson_option_exists(self):
        known = set(re.findall(r"option\('(\w+)'", (ROOT / "meson_options.txt").read_text())) | {"b_lto"}
        for settings in ((), ("CONFIG_GATEWITNESS_NDPI=y", "CONFIG_GATEWITNESS_GZIP=y")):
            arguments = make("meson-arguments", *settings).split()
            self.assertLessEqual({re.match(r"-D(\w+)=", argument)[1] for argument in arguments}, known)
        self.assertIn("-Dndpi=enabled", arguments)
        self.assertIn("-Dndpi=disabled", make("meson-arguments"))

    def test_version_is_the_project_s(self):
        version = re.search(r"version: '([\d.]+)'", (ROOT / "meson.build").read_text())[1]
        self.assertIn(f"PKG_VERSION:={version}\n", (FEED / "Makefile").read_text())

    def test_user_conffiles_and_dependencies(self):
        told = make("tell-gatewitness")
        self.assertIn("USERID:=gatewitness=2525:gatewitness=2525", told)
        self.assertIn("conffiles: /etc/config/gatewitness", told)
        for library in ("libpcap", "libzmq-nc", "libyaml-cpp", "libsodium", "libsqlite3", "libseccomp", "libmnl", "libnetfilter-conntrack"):
            self.assertIn("+" + library, told)

    def test_shell_is_clean(self):
        if not shutil.which("shellcheck"):
            self.skipTest("shellcheck is not installed")
        scripts = [*FEED.glob("files/*.sh"), FEED / "files/gatewitness.init", FEED / "files/gatewitness.defaults"]
        done = subprocess.run(["shellcheck", "-s", "dash", *scripts], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout), (0, ""))


class Keys(unittest.TestCase):
    """The table from UCI to YAML."""

    def test_every_key_of_the_configuration_is_reachable(self):
        self.assertEqual({path for _, path, _ in keys()}, set(defaults()))

    def test_no_two_keys_share_an_option(self):
        options = [option_of(path) for kind, path, _ in keys() if kind not in ("map", "items")]
        self.assertEqual(len(options), len(set(options)))
        for section, option in options:
            self.assertRegex(section + option, r"^[a-z0-9_]+$")
            self.assertNotEqual(section, "main")

    def test_keys_of_a_section_stand_together(self):
        seen, before = set(), None
        for _, path, _ in keys():
            section = path.rpartition(".")[0]
            for depth in range(1, section.count(".") + 2):
                part = ".".join(section.split(".")[:depth])
                if before is None or not (before + ".").startswith(part + "."):
                    self.assertNotIn(part, seen)
                    seen.add(part)
            before = section

    def test_kinds_fit_the_values(self):
        for kind, path, _ in keys():
            value = defaults()[path]
            if kind in ("list", "map", "items"):
                self.assertIsInstance(value, dict if kind == "map" else list, path)
            elif kind == "flag":
                self.assertIn(value, ("true", "false"), path)
            elif kind == "plain":
                float(value)
            else:
                self.assertNotIn(value, ("true", "false"), path)


if __name__ == "__main__":
    unittest.main()
