#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What packaging/debian says, against what the sources say: files, libraries, options, version. Seconds; the packages themselves are
built and tried by packaging/debian/test.sh. usage: debian_lists_test.py BUILD-FOLDER [unittest options]"""
import json
import pathlib
import re
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEBIAN = ROOT / "packaging/debian"
BUILD = None


def read(name):
    return (DEBIAN / name).read_text(encoding="utf-8")


def lines(name):
    return [line for line in read(name).split("\n") if line and not line.startswith("#")]


def packages():
    return re.findall(r"^Package: (.*)$", read("control"), re.M)


class Lists(unittest.TestCase):
    def test_each_file_that_meson_installs_is_in_one_package(self):
        installed = json.loads((BUILD / "meson-info/intro-installed.json").read_text(encoding="utf-8"))
        settings = {one["name"]: one["value"] for one in json.loads((BUILD / "meson-info/intro-buildoptions.json").read_text(encoding="utf-8"))}
        prefix, etc = settings["prefix"], settings["sysconfdir"]
        # As dh_auto_configure has it: /usr and /etc.
        paths = []
        for path in installed.values():
            in_etc = path.startswith(f"{prefix}/{etc}/") or path.startswith(f"{etc}/")
            paths.append("etc" + path.split(etc, 1)[1] if in_etc else "usr" + path.removeprefix(prefix))
        wanted = {name: lines(f"{name}.install") for name in packages()}
        for path in paths:
            takers = [name for name, entries in wanted.items() if any(path == entry or path.startswith(entry + "/") for entry in entries)]
            self.assertEqual(len(takers), 1, (path, takers))
        for entry in sum(wanted.values(), []):
            self.assertTrue(any(path == entry or path.startswith(entry + "/") for path in paths), entry)

    def test_libraries_are_those_of_the_build(self):
        needs = re.search(r"^Build-Depends:\n((?: .*\n)+)", read("control"), re.M)[1]
        own = {"debhelper-compat", "dh-sequence-installsysusers"}
        listed = subprocess.run([ROOT / "packaging/packages.sh", "--list", "build"], capture_output=True, text=True, check=True).stdout.split()
        self.assertEqual(sorted(set(re.findall(r"[a-z0-9.+-]{2,}(?= |,)", needs)) - own), sorted(listed))

    def test_each_feature_is_asked_for(self):
        known = re.findall(r"^option\('(\w+)', type: 'feature'", (ROOT / "meson_options.txt").read_text(encoding="utf-8"), re.M)
        self.assertEqual(sorted(re.search(r"^FEATURES = (.*)$", read("rules"), re.M)[1].split()), sorted(known))

    def test_version(self):
        version = re.search(r"version: '([^']+)'", (ROOT / "meson.build").read_text(encoding="utf-8"))[1]
        self.assertEqual(re.match(r"gatewitness \(([^)]+)\)", read("changelog"))[1], version)

    def test_units_are_those_of_packaging_systemd(self):
        units = re.search(r"^UNITS = (.*)$", read("rules"), re.M)[1].split()
        self.assertEqual(sorted(units), sorted(path.name for path in (ROOT / "packaging/systemd").iterdir() if path.suffix != ".md"))
        for unit in units:
            self.assertIn(unit.split(".")[0], packages())
            self.assertIn(f"debian/{unit}", lines("clean"))

    def test_each_program_has_its_manual_page(self):
        pages = sum((lines(f"{name}.manpages") for name in packages()), [])
        programs = [entry for name in packages() for entry in lines(f"{name}.install") if "bin/" in entry]
        self.assertEqual({pathlib.Path(page).stem for page in pages}, {pathlib.Path(program).name for program in programs})
        for program in programs:
            self.assertIn(f"$(STAGE)/{program} ", read("rules"))

    def test_maintainer_scripts_are_whole(self):
        scripts = sorted(path for path in DEBIAN.iterdir() if path.suffix in (".postinst", ".postrm", ".preinst", ".prerm"))
        self.assertTrue(scripts)
        for script in scripts:
            self.assertIn("\nset -e\n", script.read_text(encoding="utf-8"), script)
            self.assertIn("\n#DEBHELPER#\n", script.read_text(encoding="utf-8"), script)
            subprocess.run(["sh", "-n", script], check=True)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    BUILD = pathlib.Path(sys.argv[1])
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=1)
