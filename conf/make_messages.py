#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns conf/messages/*.yaml into C++: an enumeration of the messages, and a table of their texts.

usage: make_messages.py header OUTPUT.h en.yaml              daemon/words/messages.h
       make_messages.py table OUTPUT.cc en.yaml OTHER.yaml... the other half of daemon/words/table.h

Refuses what would reach a phone wrong: an id that a language lacks or has alone, other {places}, other forms, a text that
is too long, or one that is as in English and not named in "same". Needs no YAML library: one message a line, in the form
that the files keep."""
import pathlib
import re
import sys

TEXT = r'"((?:[^"\\]|\\")*)"'
LINE = re.compile(rf"^([a-z][a-z0-9_.-]*): (?:{TEXT}|\{{(.*)\}})$")
FORM = re.compile(rf"\s*(one|other|bare|the|behind): {TEXT}(?:,|$)")
SAME = re.compile(r"^same: \[([^\]]*)\]$")
SHAPES = [("",), ("one", "other"), ("bare", "the", "behind")]
PLACE = re.compile(r"\{([a-z]+)\}")
MAX_BYTES = 320  # of one text, before its places are filled
# What a phone cuts: a button has room for two words, a title for a line.
SHORTER = {"button.": 24, "title.": 80, "titled.": 40, "mqtt.": 40, "class.": 40}


class Fault(Exception):
    pass


def forms_of(body, where):
    forms, end = {}, 0
    for found in FORM.finditer(body):
        if found.start() != end or found[1] in forms:
            raise Fault(f"{where}: forms not understood: {body[end:]}")
        forms[found[1]], end = found[2], found.end()
    if end != len(body) or tuple(forms) not in SHAPES:
        raise Fault(f"{where}: the forms must be one, other or bare, the, behind, in this order")
    return forms


def read(path):
    """Messages by id, each a dictionary of its forms ({"": text} for one without), and the ids that are as in English."""
    messages, same = {}, set()
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        where = f"{path}:{number}"
        if not line.strip() or line.startswith("#"):
            continue
        if found := SAME.match(line):
            same = {name.strip() for name in found[1].split(",") if name.strip()}
            continue
        found = LINE.match(line)
        if not found:
            raise Fault(f"{where}: one message a line, please: {line}")
        name = found[1]
        if name in messages:
            raise Fault(f"{where}: {name} is given twice")
        messages[name] = {"": found[2]} if found[3] is None else forms_of(found[3], where)
        for text in messages[name].values():
            check_text(name, text, where)
    return messages, same


def check_text(name, text, where):
    most = min([MAX_BYTES, *(length for start, length in SHORTER.items() if name.startswith(start))])
    if not 0 < len(text.encode()) <= most:
        raise Fault(f"{where}: {name} must have 1 to {most} bytes, not {len(text.encode())}")
    if any(ord(c) < 32 or c in "\u200e\u200f\u202a\u202b\u202c\u202d\u202e" for c in text):
        raise Fault(f"{where}: {name} has a control character")
    if "{" in PLACE.sub("", text) or "}" in PLACE.sub("", text):
        raise Fault(f"{where}: {name} has a brace that is no {{place}}")


def places(forms):
    return set().union(*(PLACE.findall(text) for text in forms.values()))


def compare(english, other, same, path):
    """Raises what is wrong with a translation."""
    if missing := [name for name in english if name not in other]:
        raise Fault(f"{path}: lacks {', '.join(missing)}")
    if unknown := [name for name in other if name not in english]:
        raise Fault(f"{path}: {', '.join(unknown)} is not in English")
    if unknown := sorted(same - english.keys()):
        raise Fault(f"{path}: same: {', '.join(unknown)} is no message")
    for name, forms in english.items():
        if tuple(forms) != tuple(other[name]):
            raise Fault(f"{path}: {name} has other forms than in English")
        if places(forms) != places(other[name]):
            raise Fault(f"{path}: {name} has other places than in English: {sorted(places(other[name]))}")
        # Of a noun the bare form decides; what is nothing but places needs no translation.
        first = next(iter(forms))
        alike = forms[first] == other[name][first] and re.search("[a-z]", PLACE.sub("", forms[first]))
        if alike and name not in same:
            raise Fault(f"{path}: {name} is as in English; translate it or name it in \"same\"")
        if name in same and not alike:
            raise Fault(f"{path}: same: {name} is not as in English")


def constant(name):
    return "k" + "".join(part[:1].upper() + part[1:] for part in re.split("[._-]", name))


HEAD = "// SPDX-License-Identifier: Apache-2.0\n// Made by make_messages.py from conf/messages.\n"


def header(english):
    names = sorted(english)
    lines = [HEAD + "#pragma once\n\n#include <cstddef>\n#include <cstdint>\n\nnamespace gatewitness::words {\n",
             "enum class Message : uint16_t {"]
    lines += [f"  {constant(name)}," for name in names]
    lines += ["};", f"inline constexpr std::size_t kMessages = {len(names)};", "\n}  // namespace gatewitness::words\n"]
    return "\n".join(lines)


def size(text):
    """In bytes, once the compiler has read it."""
    return len(text.encode()) - text.count('\\"')


def table(languages):
    names = sorted(languages[0])
    texts, end = {"": 0}, 0  # each text once: where it begins
    for text in names + [text for messages in languages for name in names for text in messages[name].values()]:
        if text not in texts:
            texts[text], end = end, end + size(text)
    if end > 0xffff:
        raise Fault(f"all texts together have {end} bytes; the table can count to 65535")

    def piece(text):
        return f"{{{texts[text]}, {size(text)}}}"

    lines = [HEAD + '#include "daemon/words/table.h"\n\nnamespace gatewitness::words {\n', "const char kText[] ="]
    lines += [f'    "{text}"' for text in texts if text]
    lines += ["    ;\n", "const Piece kIds[kMessages] = {"]
    lines += [f"    {piece(name)}," for name in names]
    lines += ["};\n", "const Piece kForms[kLanguages][kMessages][3] = {"]
    for messages in languages:
        lines.append("    {")
        lines += ["        {" + ", ".join(piece(text) for text in messages[name].values()) + "}," for name in names]
        lines.append("    },")
    lines += ["};", "\n}  // namespace gatewitness::words\n"]
    return "\n".join(lines)


def main():
    what, output, paths = sys.argv[1], pathlib.Path(sys.argv[2]), [pathlib.Path(p) for p in sys.argv[3:]]
    try:
        read_all = [read(path) for path in paths]
        english = read_all[0][0]
        if len({constant(name) for name in english}) != len(english):
            raise Fault(f"{paths[0]}: two ids make the same constant")
        for path, (messages, same) in zip(paths[1:], read_all[1:]):
            compare(english, messages, same, path)
    except Fault as fault:
        sys.exit(f"make_messages.py: {fault}")
    made = header(english) if what == "header" else table([messages for messages, _ in read_all])
    output.write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main()
