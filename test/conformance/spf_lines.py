#!/usr/bin/python3
"""spf_lines - flattens a YAML suite of SPF cases for test/unit/spf_suite.c.

One line each, fields between tabs, bytes of answers in hexadecimal:

    zone
    answer NAME TYPE DATA       TYPE is TIMEOUT for all that is not listed
    case NAME SECTION HOST HELO SENDER RESULT,... EXPLANATION

A zone comes before its cases.  An empty EXPLANATION stands for the default
one, "-" for one that does not matter.
"""

import sys

import yaml


def bytes_of(text):
    """The suite writes bytes above 127 as escapes of code points."""
    return text.encode("latin-1")


def data_of(kind, value):
    if kind == "MX":
        return bytes_of(f"{value[0]} {value[1] or '.'}")
    if isinstance(value, list):
        return b"".join(bytes_of(v) for v in value)
    return bytes_of(str(value))


def answers(entries):
    """An SPF record stands for TXT unless the name has TXT as well."""
    kinds = [kind for e in entries if isinstance(e, dict) for kind in e]
    for entry in entries:
        if entry == "TIMEOUT":
            yield "TIMEOUT", b""
            continue
        ((kind, value),) = entry.items()
        if kind == "SPF" and "TXT" not in kinds:
            kind = "TXT"
        if kind != "SPF" and value != "NONE":
            yield kind, data_of(kind, value)


def listed(value):
    return value if isinstance(value, list) else [value]


def explanation_of(case):
    text = case.get("explanation", "-")
    return "" if text == "DEFAULT" else text


def print_scenario(scenario):
    print("zone")
    for name, entries in scenario.get("zonedata", {}).items():
        for kind, data in answers(entries):
            print("answer", name, kind, data.hex(), sep="\t")
    for name, case in scenario["tests"].items():
        print("case", name, " ".join(map(str, listed(case["spec"]))),
              case["host"], case["helo"], case["mailfrom"],
              ",".join(listed(case["result"])), explanation_of(case),
              sep="\t")


with open(sys.argv[1], encoding="utf-8") as f:
    for part in yaml.safe_load_all(f):
        if part:
            print_scenario(part)
