#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns conf/devices.yaml into constants: the rules that are compiled in, and the clouds' names that the probe looks for.

usage: make_rules.py rules conf/devices.yaml OUTPUT.cc     the other half of daemon/identity/rules_table.h
       make_rules.py clouds conf/devices.yaml OUTPUT.cc    the other half of probes/dissect/dns_clouds.h

Needs no YAML library: one rule a line, in the form that the file keeps. A test compares the outcome with what yaml-cpp
reads (tests/unit/config/device_rules_test.cc)."""
import pathlib
import re
import sys

RULE = re.compile(r"^  - \{(.*)\}$")
ITEM = re.compile(r'\s*(\w+): (\[[^\]]*\]|"[^"\\]*"|[^",\[\]{}]+)(?:,|$)')
MATCHES = {"word": "kWord", "part": "kPart", "start": "kStart", "is": "kIs"}
KEYS = {"at", "vendor", "class", "strength", *MATCHES}
KINDS = """dhcp-host-name dhcp-vendor-class dhcp-parameters dhcp-client-id dhcp-fqdn mdns-name mdns-service mdns-model ssdp-server
  ssdp-type syn-fingerprint ssdp-user-agent dhcp-requested-address smtp-ehlo static-name dns-cloud oui""".split()
NAMES = ["dhcp-host-name", "dhcp-fqdn", "mdns-name", "static-name"]
GROUPS = {"name": NAMES,
          "words": NAMES + ["dhcp-vendor-class", "mdns-model", "ssdp-server", "ssdp-type", "ssdp-user-agent"]}


def unquoted(text):
    return text[1:-1] if text.startswith('"') else text.strip()


def rule_of(line, where):
    rule, end = {}, 0
    for item in ITEM.finditer(line):
        if item.start() != end or item[1] not in KEYS or item[1] in rule:
            sys.exit(f"{where}: not understood: {line[end:]}")
        rule[item[1]], end = item[2], item.end()
    matches = [key for key in MATCHES if key in rule]
    if end != len(line) or "at" not in rule or len(matches) != 1:
        sys.exit(f"{where}: a rule needs \"at\", and one of {', '.join(MATCHES)}")
    places = rule["at"].strip("[]").split(",")
    kinds = [kind for place in places for kind in GROUPS.get(place.strip(), [place.strip()])]
    if unknown := [kind for kind in kinds if kind not in KINDS]:
        sys.exit(f"{where}: unknown place {unknown[0]}")
    return {"places": sum(1 << KINDS.index(kind) for kind in set(kinds)), "match": matches[0],
            "text": unquoted(rule[matches[0]]), "vendor": unquoted(rule.get("vendor", "")),
            "class": unquoted(rule.get("class", "")), "strength": rule.get("strength", "fair")}


def read(path):
    rules, names, in_names = [], [], False
    text = path.read_text(encoding="utf-8")
    for number, line in enumerate(text.splitlines(), 1):
        where = f"{path}:{number}"
        if line.startswith("#") or line.lstrip().startswith("#") or not line.strip() or line == "rules:":
            continue
        if line.startswith("generic_names: ["):
            line, in_names = line[len("generic_names: ["):], True
        if in_names:
            names += [name.strip() for name in line.rstrip("]").split(",") if name.strip()]
            in_names = not line.endswith("]")
            continue
        found = RULE.match(line)
        if not found:
            sys.exit(f"{where}: one rule a line, please: {line}")
        rules.append(rule_of(found[1], where))
    if len(rules) < 50 or not names:
        sys.exit(f"{path}: {len(rules)} rules, {len(names)} generic names: this is not the file")
    return rules, names


def text(value):
    return '"' + value + '"'


HEAD = "// Made by make_rules.py from conf/devices.yaml.\n"


class Texts:
    """All texts in one, each once: what lies in another is not there again."""

    def __init__(self, texts):
        self.all = ""
        for each in sorted(set(texts), key=lambda text: (-len(text), text)):
            if each not in self.all:
                self.all += each

    def piece(self, text):
        return f"{{{self.all.index(text)}, {len(text)}}}"


def rules_source(rules, names):
    texts = Texts([rule[what] for rule in rules for what in ("text", "vendor", "class")] + names)
    lines = [HEAD + '#include "daemon/identity/rules_table.h"\n\nnamespace gatewitness {\n\nextern const char kRuleText[] =']
    lines += [f"    {text(texts.all[at:at + 96])}" for at in range(0, len(texts.all), 96)]
    lines[-1] += ";"
    lines.append("\nextern const PackedRule kPackedRules[] = {")
    for rule in rules:
        pieces = ", ".join(texts.piece(rule[what]) for what in ("text", "vendor", "class"))
        lines.append(f"    {{{rule['places']}U, {pieces}, WordMatch::{MATCHES[rule['match']]}, "
                     f"Strength::k{rule['strength'].capitalize()}}},")
    lines.append(f"}};\nextern const std::size_t kPackedRuleCount = {len(rules)};\n\nextern const RuleText kGenericNames[] = {{")
    lines += [f"    {texts.piece(name)}," for name in names]
    lines.append(f"}};\nextern const std::size_t kGenericNameCount = {len(names)};\n\n}}  // namespace gatewitness\n")
    return "\n".join(lines)


def clouds_source(rules):
    cloud = 1 << KINDS.index("dns-cloud")
    clouds = sorted({rule["text"] for rule in rules if rule["places"] & cloud})
    lines = [HEAD + '#include "probes/dissect/dns_clouds.h"\n\nnamespace gatewitness::dissect {\nnamespace {\n\n'
             "constexpr std::string_view kClouds[] = {"]
    lines += [f"    {text(name)}," for name in clouds]
    lines.append("};\n\n}  // namespace\n\nstd::span<const std::string_view> dns_clouds() {\n  return kClouds;\n}\n\n"
                 "}  // namespace gatewitness::dissect\n")
    return "\n".join(lines)


def main():
    what, source, output = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    rules, names = read(source)
    output.write_text(rules_source(rules, names) if what == "rules" else clouds_source(rules), encoding="utf-8")


if __name__ == "__main__":
    main()
