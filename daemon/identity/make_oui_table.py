#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns the IEEE's registries, as Debian's package ieee-data has them, into the table that oui_table.h reads.

usage: make_oui_table.py OUTPUT [FOLDER]

FOLDER (/usr/share/ieee-data) holds oui.txt (MA-L), mam.txt (MA-M), oui36.txt (MA-S) and iab.txt. The layout of OUTPUT stands
in oui_table.h. Prints the table's size; exit status 1 if the registries are not as expected or the table is too big."""
import pathlib
import re
import sys
import unicodedata

LIMIT = 700 * 1024
LONGEST_NAME = 20  # bytes
REGISTRIES = ("oui.txt", "mam.txt", "oui36.txt", "iab.txt")
MAGIC = b"GWOUI\0\0\1"

LINES = re.compile(r"^([0-9A-F]{2}-[0-9A-F]{2}-[0-9A-F]{2})\s+\(hex\)[^\n]*\n"
                   r"([0-9A-F]{6})(?:-([0-9A-F]{6}))?\s+\(base 16\)[ \t]*([^\r\n]*)", re.MULTILINE)

# Words at a name's end that say what kind of company it is, not which.
LEGAL = {word.lower() for word in """
  Inc Incorporated Corp Corporation Co Company Ltd Limited Ltda LLC LLP LP PLC Pty Pte PVT Private GmbH mbH AG KG OHG eG SE SA SAS SARL
  SRL SPA SPR SPRL NV BV AB AS ASA Oy Oyj ApS Kft Zrt DOO SRO ZAO OOO OAO Sdn Bhd KK Int'l International Intl Technology Technologies
  Technologie Tech Technolgy Electronic Electronics Industrial Industries Industry Group Holding Holdings Enterprise Enterprises Shenzhen
  Hangzhou Beijing Shanghai Guangdong Guangzhou Dongguan Systems System Communication Communications Telecommunication Telecommunications
  Elettronica Electric Corporate Networks Network Digital Computer Computers Equipment Development Science Scientific Information Intelligent
  Products Product Solutions Solution Services Service Manufacturing Mfg Innovation Innovations
  USA US UK China Taiwan Japan Korea Europe America Americas North and of the & Trading Appliance Appliances Elektronik Elektrotechnik
  Entwicklung HK
""".split()}
# A place or a praise that stands before the name.
PLACES = {word.lower() for word in """
  Shenzhen Hangzhou Beijing Shanghai Guangdong Guangzhou Dongguan Zhejiang Jiangsu Fujian Xiamen Chengdu Wuhan Nanjing Suzhou Zhuhai
  Ningbo Tianjin Sichuan Hunan Huizhou Hefei Qingdao Foshan Taicang Hong Kong The
""".split()}
# Legal forms go wherever a name ends; the other words only while enough of the name is left to know it by.
FORMS = {word.lower() for word in """
  Inc Incorporated Corp Corporation Co Company Ltd Limited Ltda LLC LLP LP PLC Pty Pte PVT GmbH mbH AG KG OHG eG SE SA SAS SARL SRL SPA
  SPR SPRL NV BV AB AS ASA Oy Oyj ApS Kft Zrt DOO SRO ZAO OOO OAO Sdn Bhd KK & and of the
""".split()}


def ascii_of(text):
    """Printable ASCII; accents go, what has no letter to stand for it goes too."""
    flat = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in flat if " " <= letter <= "~")


def bare(word):
    return re.sub(r"[^a-z0-9&']", "", word.lower())


def short_name(full):
    """"HUAWEI TECHNOLOGIES CO.,LTD" -> "HUAWEI": short, and still to be recognised."""
    text = re.sub(r"\([^)]*\)|,? an? .* company$", " ", ascii_of(full), flags=re.IGNORECASE)
    text = re.sub(r"[,;]|(?<=\w)\.(?=\w{2,})", " ", text)
    kept = [word.strip("\"'") for word in text.split()]
    while len(kept) > 1 and bare(kept[0]) in PLACES:
        kept.pop(0)
    while len(kept) > 1 and (not bare(kept[-1]) or bare(kept[-1]) in FORMS):
        kept.pop()
    while len(kept) > 1 and (bare(kept[-1]) in LEGAL or not bare(kept[-1])) and len(bare("".join(kept[:-1]))) >= 3:
        kept.pop()
    name = " ".join(kept).rstrip(".,-& ") or ascii_of(full).strip()
    while len(name) > LONGEST_NAME and " " in name:
        name = name.rsplit(" ", 1)[0]
    return name[:LONGEST_NAME].strip()


def entries_of(text):
    """(key, bits, name) of each assignment; who wants to stay private says no name."""
    for oui, low, high, full in LINES.findall(text):
        base = int(oui.replace("-", ""), 16)
        if high == "":
            key, bits = int(low, 16), 24
        else:
            span = int(high, 16) - int(low, 16) + 1
            bits = 48 - (span.bit_length() - 1)
            if span & (span - 1) or bits not in (28, 36):
                raise ValueError(f"{oui} {low}-{high} is no range of a known size")
            key = ((base << 24) | int(low, 16)) >> (48 - bits)
        if full.strip().lower() == "ieee registration authority":
            continue  # cut up into the smaller blocks that follow
        yield key, bits, short_name(full) if full.strip() else "Private"


def table_of(folder):
    levels = {24: {}, 28: {}, 36: {}}
    spelling = {}  # of "HUAWEI" and "Huawei" the one that came first
    for registry in REGISTRIES:
        text = (folder / registry).read_text(encoding="utf-8", errors="replace")
        found = 0
        for key, bits, name in entries_of(text):
            levels[bits].setdefault(key, spelling.setdefault(name.casefold(), name))
            found += 1
        if found < 100:
            raise ValueError(f"{folder / registry}: {found} entries only")
    places, names = {}, bytearray()
    for name in sorted({name for level in levels.values() for name in level.values()}):
        places[name] = len(names)
        names += bytes([len(name)]) + name.encode("ascii")
    head, body = bytearray(MAGIC), bytearray()
    for bits, level in levels.items():
        head += len(level).to_bytes(4, "big")
        for key in sorted(level):
            body += key.to_bytes((bits + 7) // 8, "big") + places[level[key]].to_bytes(3, "big")
    head += len(names).to_bytes(4, "big")
    return bytes(head + body + names), {bits: len(level) for bits, level in levels.items()}, len(places)


def main():
    output = pathlib.Path(sys.argv[1])
    folder = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else "/usr/share/ieee-data")
    try:
        table, counts, names = table_of(folder)
    except (OSError, ValueError) as fault:
        sys.exit(f"make_oui_table.py: {fault}")
    print(f"oui table: {len(table)} bytes; MA-L {counts[24]}, MA-M {counts[28]}, MA-S and IAB {counts[36]}; {names} vendors")
    if len(table) > LIMIT:
        sys.exit(f"make_oui_table.py: more than {LIMIT} bytes")
    output.write_bytes(table)


if __name__ == "__main__":
    main()
