#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""conf/messages: that make_messages.py refuses what would reach a phone wrong, that the files are the YAML that they look
like, and that every message is said somewhere."""
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]
MAKE = ROOT / "conf" / "make_messages.py"
MESSAGES = ROOT / "conf" / "messages"
# Looked up by their id; words_test.cc says which of them there must be.
FAMILIES = ("class.", "title.", "grade.", "sure.")

ENGLISH = 'a.one: "say {x}"\nb.two: {one: "{count} day", other: "{count} days"}\nc.three: {bare: "fridge", the: "the fridge", behind: "the fridge"}\n'
GERMAN = 'a.one: "sag {x}"\nb.two: {one: "{count} Tag", other: "{count} Tagen"}\nc.three: {bare: "Schrank", the: "der Schrank", behind: "dem Schrank"}\n'


def make(english, german, what="table"):
    with tempfile.TemporaryDirectory() as folder:
        paths = [pathlib.Path(folder, name) for name in ("en.yaml", "de.yaml")]
        for path, text in zip(paths, (english, german)):
            path.write_text(text, encoding="utf-8")
        out = pathlib.Path(folder, "out")
        done = subprocess.run([sys.executable, MAKE, what, out, *paths], capture_output=True, text=True, check=False)
        return done.returncode, done.stderr + (out.read_text(encoding="utf-8") if out.exists() else "")


class Maker(unittest.TestCase):
    def test_what_is_right_is_taken(self):
        code, said = make(ENGLISH, GERMAN)
        self.assertEqual(code, 0, said)
        self.assertIn('"{count} Tag"\n    "{count} Tagen"\n', said)
        self.assertIn("{{63, 7}},\n        {{70, 11}, {81, 13}},", said)
        quoted = make(ENGLISH.replace("say {x}", 'say \\"{x}\\"'), GERMAN)[1]
        self.assertIn("{{17, 9}},", quoted)  # as long as the compiler reads it
        self.assertIn("kBTwo,", make(ENGLISH, GERMAN, "header")[1])

    def test_what_is_wrong_is_refused(self):
        for name, change, wanted in [
                ("missing", lambda de: de.split("\n", 1)[1], "lacks a.one"),
                ("unknown", lambda de: de + 'd.four: "x"\n', "d.four is not in English"),
                ("places", lambda de: de.replace("{x}", "{y}"), "other places"),
                ("a place lost", lambda de: de.replace(" {x}", ""), "other places"),
                ("forms", lambda de: de.replace('{one: "{count} Tag", other: "{count} Tagen"}', '"{count} Tagen"'), "other forms"),
                ("untranslated", lambda de: de.replace("sag", "say"), "is as in English"),
                ("an untranslated noun", lambda de: de.replace('"Schrank"', '"fridge"'), "is as in English"),
                ("same that is none", lambda de: "same: [a.one]\n" + de, "same: a.one is not as in English"),
                ("same of nothing", lambda de: "same: [d.four]\n" + de, "d.four is no message"),
                ("twice", lambda de: de + 'a.one: "sag {x}"\n', "given twice"),
                ("too long", lambda de: de.replace("sag", "s" * 400), "1 to 320 bytes"),
                ("empty", lambda de: de.replace("sag {x}", ""), "1 to 320 bytes"),
                ("a brace", lambda de: de.replace("sag", "sag {"), "a brace"),
                ("a direction mark", lambda de: de.replace("sag", "s\u202eag"), "control character"),
                ("half a form", lambda de: de.replace(', other: "{count} Tagen"', ""), "forms must be"),
                ("something else", lambda de: de + "- x\n", "one message a line")]:
            with self.subTest(name):
                code, said = make(ENGLISH, change(GERMAN))
                self.assertNotEqual(code, 0)
                self.assertIn(wanted, said)

    def test_same_allows_what_it_names(self):
        self.assertEqual(make(ENGLISH, "same: [a.one]\n" + GERMAN.replace("sag", "say"))[0], 0)


class Files(unittest.TestCase):
    def test_they_are_the_yaml_that_they_look_like(self):
        sys.path.insert(0, str(MAKE.parent))
        import make_messages
        for path in sorted(MESSAGES.glob("*.yaml")):
            mine, same = make_messages.read(path)
            theirs = yaml.safe_load(path.read_text(encoding="utf-8"))
            self.assertEqual(set(theirs.pop("same", [])), same)
            plain = {name: forms[""] if "" in forms else forms for name, forms in mine.items()}
            unescaped = {name: text.replace('\\"', '"') if isinstance(text, str) else text for name, text in plain.items()}
            self.assertEqual(theirs, unescaped, path)

    def test_each_language_is_compiled_in(self):
        built = (ROOT / "daemon" / "words" / "meson.build").read_text(encoding="utf-8")
        named = re.findall(r"messages/(\w+)\.yaml", built)
        self.assertEqual(sorted(named), sorted(path.stem for path in MESSAGES.glob("*.yaml")))
        in_code = re.search(r"kLanguageNames\[kLanguages\] = \{([^}]*)\}", (ROOT / "daemon" / "words" / "words.h").read_text())
        self.assertEqual(re.findall(r'"(\w+)"', in_code[1]), named, "the order of the table is that of the names")

    def test_every_message_is_said_somewhere(self):
        sys.path.insert(0, str(MAKE.parent))
        import make_messages
        said = set()
        for path in (ROOT / "daemon").rglob("*.cc"):
            said |= set(re.findall(r"Message::(k\w+)", path.read_text(encoding="utf-8")))
        dead = [name for name in make_messages.read(MESSAGES / "en.yaml")[0]
                if not name.startswith(FAMILIES) and make_messages.constant(name) not in said]
        self.assertEqual(dead, [], "nobody says these")


if __name__ == "__main__":
    unittest.main(verbosity=1)
