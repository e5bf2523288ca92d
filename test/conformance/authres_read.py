#!/usr/bin/python3
"""authres_read - has another implementation (python3-authres) read the fields that
lib/auth/authres_write.c writes out of hostile bytes.

Takes them from test/unit/authres_write of the build in $BUILD (build), one
JSON object each: the field, what of it holds the value, and the value, or null
where it had to be left out.
"""

import json
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
BUILD = os.path.join(TOP, os.environ.get("BUILD", "build"))
FIELDS = 300

try:
    import authres
except ImportError:
    authres = None


def unquoted(text):
    """That implementation keeps escapes, and the quotes of a local part."""
    text = re.sub(r"\n([ \t])", r"\1", text or "")
    quoted = re.fullmatch(r'"((?:\\.|[^"\\])*)"(@[^"]*)', text)
    if quoted:
        text = quoted[1] + quoted[2]
    return re.sub(r"\\(.)", r"\1", text)


def fault_of(case):
    """None, or what it read otherwise."""
    header = authres.AuthenticationResultsHeader.parse(
        "Authentication-Results: " + case["field"])
    if header.authserv_id != "mx.example":
        return f"authserv-id {header.authserv_id}"
    found = [(r.method, r.result) for r in header.results]
    if found != [("spf", "pass"), ("dkim", "fail"), ("dmarc", "none")]:
        return f"results {found}"
    dkim = header.results[1]
    values = {f"{p.type}.{p.name}": unquoted(p.value)
              for p in dkim.properties}
    if dkim.reason:
        values["reason"] = unquoted(dkim.reason)
    if values.get(case["what"]) != case["value"]:
        return f"{case['what']} is {values.get(case['what'])!r}"
    if case["what"] == "reason" and values.get("header.d") != "b.example":
        return "the property behind the reason is lost"
    return None


def main():
    if authres is None:
        print(f"skipped {FIELDS}: python3-authres is absent", file=sys.stderr)
        print(f"0 passed, 0 failed, {FIELDS} skipped")
        return 0
    lines = subprocess.run(
        [os.path.join(BUILD, "test/unit/authres_write"), "print"],
        stdout=subprocess.PIPE, check=True).stdout.splitlines()
    failed = int(len(lines) != FIELDS)
    for line in lines:
        case = json.loads(line)
        try:
            fault = fault_of(case)
        except Exception as error:
            fault = repr(error)
        if fault is not None:
            failed += 1
            print(f"FAIL: {fault}: {case}", file=sys.stderr)
    print(f"{len(lines) - failed} passed, {failed} failed, 0 skipped")
    return int(failed != 0)


sys.exit(main())
