#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""schema.cddl says what the code does: every record, field, type, cap and enumeration of fields.h, records.h, attempt.h
and names.cc stands in the schema and the other way round. Usage: schema_test.py PATH/probes/wire"""
import pathlib
import re
import sys
import unittest

WIRE = pathlib.Path()  # set by main
TEXT_ELEMENT = 255     # decode.cc: an element of a list of texts is at most kMaxEhlo bytes long
# What C++ says with a wider type and a check in decode.cc, or with constants.
SPECIAL = {("SmtpDialogue", "dialect"): "dialect", ("LocalAddress", "prefix_length"): "0..128"}
LEAVES = {"bool": "bool", "uint8_t": "u8", "uint16_t": "u16", "uint32_t": "u32", "uint64_t": "u64",
          "Timestamp": "timestamp", "MacAddress": "mac", "IpAddress": "address", "FiveTuple": "five-tuple"}


def kebab(name):
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


def source(name):
    return (WIRE / name).read_text(encoding="utf-8")


def constants():
    texts = source("fields.h") + source("attempt.h") + source("codec.h") + source("records.h")
    return {name: int(value) for name, value in re.findall(r"constexpr \w+(?:::\w+)* (k\w+) = (\d+);", texts)}


def members():
    """struct -> member -> C++ type, of every record."""
    out = {}
    for text in (source("attempt.h"), source("records.h")):
        for name, body in re.findall(r"^struct (\w+) \{(.*?)^\};", text, re.S | re.M):
            out[name] = {member: kind for kind, member in
                         re.findall(r"^  ([\w:<>]+) (\w+)(?: = [^;]+)?;", body, re.M)}
    return out


def type_in_schema(kind, limit):
    """The schema's word for a C++ type with this cap."""
    if optional := re.fullmatch(r"std::optional<(.*)>", kind):
        return type_in_schema(optional[1], limit)
    if vector := re.fullmatch(r"std::vector<(.*)>", kind):
        return f"[0*{limit} {type_in_schema(vector[1], TEXT_ELEMENT)}]"
    if kind == "std::string":
        return f"text{limit}"
    return LEAVES.get(kind, kebab(kind))


def fields_of_code():
    """rule -> [(key, is optional, type)], in order."""
    numbers, structs, out = constants(), members(), {}
    for record, body in re.findall(r"Of<(\w+)> R>\nvoid fields\(V& visit, R& r\) \{\n(.*?)\n\}", source("fields.h"), re.S):
        rows = []
        for verb, key, member, limit in re.findall(r'visit\.(\w+)\("(\w+)", r\.(\w+)(?:, (\w+))?\);', body):
            kind = SPECIAL.get((record, member)) or type_in_schema(structs[record][member], numbers.get(limit))
            rows.append((key, verb != "required", kind))
        assert len(rows) == body.count("visit."), f"a line of fields.h in {record} is not understood"
        assert len(rows) == len(structs[record]), f"fields.h walks {len(rows)} of {len(structs[record])} members of {record}"
        out[kebab(record)] = rows
    return out


def rules(schema):
    """rule -> its text, without comments."""
    bare = re.sub(r";.*", "", schema)
    parts = re.split(r"^([a-z][\w-]*) = ", bare, flags=re.M)
    return dict(zip(parts[1::2], (body.strip() for body in parts[2::2])))


def fields_of_schema(schema):
    out = {}
    for name, body in rules(schema).items():
        if name == "envelope" or not body.startswith("{"):
            continue
        rows = re.findall(r"^  (\? )?(\w+): (.+?),\s*$", body, re.M)
        out[name] = [(key, bool(optional), kind) for optional, key, kind in rows]
        assert len(rows) + 3 == len(body.splitlines()), f"a line of {name} in the schema is not understood"
        assert body.splitlines()[-2].strip() == "* tstr => any,", f"{name} does not let unknown fields pass"
    return out


def enumerations_of_code():
    out = {}
    for name, names in re.findall(r"to_string\((\w+) \w+\) \{\s*static constexpr [^=]+ = \{(.*?)\};", source("names.cc"), re.S):
        out[kebab(name)] = [(text, number) for number, text in enumerate(re.findall(r'"([^"]+)"', names))]
    bits = re.findall(r"constexpr uint32_t k(\w+) = 1U << (\d+);", source("attempt.h"))
    out["dialect-bits"] = [(kebab(name), int(bit)) for name, bit in bits]
    return out


def enumerations_of_schema(schema):
    return {name: [(text, int(number)) for text, number in re.findall(r"([\w-]+): (\d+)", body)]
            for name, body in rules(schema).items() if body.startswith("&(")}


def differences(schema):
    code, text = fields_of_code(), fields_of_schema(schema)
    faults = [f"{rule}: only in the {'code' if rule in code else 'schema'}" for rule in code.keys() ^ text.keys()]
    for rule in code.keys() & text.keys():
        faults += [f"{rule}.{row[0]}: the code has it so: {row}" for row in code[rule] if row not in text[rule]]
        faults += [f"{rule}.{row[0]}: the schema has it so: {row}" for row in text[rule] if row not in code[rule]]
        if not faults and code[rule] != text[rule]:
            faults.append(f"{rule}: another order")
    code, text = enumerations_of_code(), enumerations_of_schema(schema)
    faults += [f"{rule}: {code.get(rule)} in the code, {text.get(rule)} in the schema"
               for rule in code.keys() | text.keys() if code.get(rule) != text.get(rule)]
    return faults


class Schema(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.schema = source("schema.cddl")

    def test_code_and_schema_agree(self):
        self.assertEqual(differences(self.schema), [])

    def test_every_type_of_record_is_in_the_envelope(self):
        names = re.search(r"type_name\(const Record& record\) \{.*?= \{(.*?)\};", source("encode.cc"), re.S)[1]
        names = re.findall(r'"(\w+)"', names)
        choices = re.findall(r'type: "(\w+)",\s+record: ([\w-]+)', rules(self.schema)["record-of-type"])
        self.assertEqual(choices, [(name, name.replace("_", "-")) for name in names])
        variant = re.search(r"using Record = std::variant<(.*?)>;", source("records.h"), re.S)[1]
        self.assertEqual([kebab(name) for name in re.findall(r"\w+", variant)], [rule for _, rule in choices])

    def test_the_envelope_is_what_the_codec_reads_and_writes(self):
        body = rules(self.schema)["envelope"]
        keys = set(re.findall(r"^  (\w+): ", body, re.M)) | {"type", "record"}
        written = set(re.findall(r'^\s+(?:return )?\{+"(\w+)", ', source("encode.cc"), re.M))
        read = set(re.findall(r'reader\.required\("(\w+)"', source("decode.cc")))
        read |= set(re.findall(r'tree(?:\.|->)find\("(\w+)"\)', source("decode.cc")))
        self.assertEqual(keys, written)
        self.assertEqual(keys, read)
        self.assertIn(f"v: {constants()['kVersion']},", body)

    def test_no_rule_is_missing_or_idle(self):
        known = rules(self.schema)
        prelude = {"bool", "uint", "tstr", "bstr", "any"}
        used = set()
        for body in known.values():
            body = re.sub(r'"[^"]*"', "", body)
            if not body.startswith("&("):  # an enumeration's words are keys
                used |= set(re.findall(r"(?<![\w.-])([a-z][\w-]*)(?!\s*:)(?![\w-])", body))
        self.assertEqual(used - known.keys() - prelude, set())
        self.assertEqual(known.keys() - used, {"envelope"})

    def test_limits_in_words_are_the_codes(self):
        self.assertIn(f"at most {constants()['kMaxMessage']} bytes, nested at most", self.schema)
        depth = re.search(r"kMaxDepth = (\d+);", source("well_formed.h"))[1]
        self.assertIn(f"nested at most {depth} deep", self.schema)

    def test_every_field_that_goes_missing_is_noticed(self):
        lines = self.schema.splitlines(keepends=True)
        fields = [i for i, line in enumerate(lines) if re.match(r"  (\? )?\w+: (?!\d+,).+,", line)
                  and not re.match(r"  (v|probe|epoch|seq|time): ", line)]
        self.assertGreater(len(fields), 100)
        for i in fields:
            with self.subTest(line=lines[i].strip()):
                self.assertNotEqual(differences("".join(lines[:i] + lines[i + 1:])), [])
                self.assertNotEqual(differences("".join(lines[:i] + ["  unknown_one: bool,\n"] + lines[i:])), [])


if __name__ == "__main__":
    WIRE = pathlib.Path(sys.argv.pop(1))
    unittest.main(verbosity=1)
