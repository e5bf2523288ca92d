#!/usr/bin/python3
"""test_compare - whether compare.py and corpus.py measure what they say.

Ends with "N passed, N failed, N skipped".
"""
import json
import os
import subprocess
import sys
import tempfile

import compare
import corpus

HERE = os.path.dirname(os.path.abspath(__file__))
RULES = [("A", "body", 0, "/a/"), ("B", "body", 0, "/b/"),
         ("__S", "body", 0, "/s/"), ("M", "meta", 0, "A && __S"),
         ("N", "header eval", 1, "check_rbl()"), ("OLD", "empty", 0, "")]


def answers(rows):
    """{file: (hits, score)} from {file: "A B:3"}."""
    made = {}
    for file, text in rows.items():
        words = [word.partition(":") for word in text.split()]
        made[file] = ({n: int(c or 1) for n, _, c in words}, len(words))
    return made


def rules():
    return {n: {"rule": n, "kind": k, "net": net, "text": text}
            for n, k, net, text in RULES if k != "empty"}


def found(theirs, ours):
    return compare.Comparison(answers(theirs), answers(ours), rules())


# name, theirs, ours, attribute of the comparison as text
PAIRS = [
    ("equal sides", {"f": "A __S M"}, {"f": "A __S M"},
     lambda c: (c.share(False), c.share(True), c.differing()),
     ((100.0, 2), (100.0, 1), [])),
    ("either side's hits count", {"f": "A", "g": "A"}, {"f": "B", "g": "A"},
     lambda c: (c.share(False), sorted(c.differing())),
     ((100.0 / 3, 3), ["A", "B"])),
    ("sub rules are told apart", {"f": "A __S"}, {"f": "A"},
     lambda c: (c.share(False), c.share(True)), ((100.0, 1), (0.0, 1))),
    ("no pairs, no share", {"f": ""}, {"f": ""},
     lambda c: c.share(False), (None, 0)),
    ("a message without our answer hits nothing", {"f": "A", "g": "A"},
     {"g": "A"}, lambda c: (c.share(False), c.missing),
     ((50.0, 2), ["f"])),
    ("counts alone do not differ", {"f": "A:3"}, {"f": "A:2"},
     lambda c: (c.share(False), c.counts), ((100.0, 1), 1)),
    ("a count of 0 is no hit", {"f": "A"}, {"f": "A B:0"},
     lambda c: c.share(False), (100.0, 1)),
    ("names that SpamAssassin lacks do not count", {"f": "A"},
     {"f": "A OURS"}, lambda c: c.share(False), (100.0, 1)),
    ("a meta that follows is no cause", {"f": "A __S M"}, {"f": "A"},
     lambda c: dict(c.causes), {"__S": 1}),
    ("a meta that differs by itself is", {"f": "A __S M"}, {"f": "A __S"},
     lambda c: dict(c.causes), {"M": 1}),
    ("a meta may follow from a count", {"f": "A:2 __S M"}, {"f": "A __S"},
     lambda c: dict(c.causes), {}),
    ("rules with few hits are not judged", {str(i): "A" for i in range(9)},
     {}, lambda c: c.frequent(), []),
    ("the worst comes first", {str(i): "A B" for i in range(10)},
     {str(i): "A" for i in range(9)},
     lambda c: [(n, c.rule_share(n)) for n in c.frequent()],
     [("B", 0.0), ("A", 90.0)]),
]

# name, one side's scores, the other's, correlation
SCORES = [
    ("same order", [1, 2, 3], [10, 20, 40], 1.0),
    ("reverse order", [1, 2, 3], [3, 2, 1], -1.0),
    ("ties share their rank", [1, 1, 2, 2], [1, 2, 1, 2], 0.0),
    ("one side does not vary", [1, 1, 1], [1, 2, 3], None),
]

# name, file as it lies in a corpus, what is left
MESSAGES = [
    ("the mbox line goes", b"From a@b  Mon\nTo: x\n\nb\n", b"To: x\n\nb\n"),
    ("a From field stays", b"From: a@b\n\nb\n", b"From: a@b\n\nb\n"),
    ("folded labels go", b"A: 1\r\nX-Spam-Status: Yes,\r\n\tscore=9\r\nB: 2"
     b"\r\n\r\nb\r\n", b"A: 1\nB: 2\n\nb\n"),
    ("the last field is a label", b"A: 1\nX-MS-Exchange: y\n\nb",
     b"A: 1\n\nb"),
    ("labels in a body stay", b"A: 1\n\nX-Spam-Status: Yes\n",
     b"A: 1\n\nX-Spam-Status: Yes\n"),
    ("X-Spammer is another name", b"X-Spammer: 1\n\n", b"X-Spammer: 1\n\n"),
    ("the victim goes", b"To: Phishing@pot\n\nDear phishing@pot,\n",
     b"To: user@example.org\n\nDear user@example.org,\n"),
    ("no body", b"A: 1\n", b"A: 1\n"),
    ("nothing", b"", b""),
]

# name, lines of posternctl rules check, unsupported rules
CHECKS = [
    ("of a rule", "x.cf:3: B: no such plugin\n", {"B": "no such plugin"}),
    ("of no rule", "x.cf:3: something else\n# 3 body\n", {}),
    ("of a rule that is no stock rule", "x.cf:3: OURS: reason\n", {}),
]


def program(theirs, ours, check="", explained=""):
    """Status and bar lines of the whole program."""
    with tempfile.TemporaryDirectory() as folder:
        def put(name, lines):
            path = os.path.join(folder, name)
            with open(path, "w", encoding="utf-8") as f:
                f.writelines(line + "\n" for line in lines)
            return path

        def side(rows):
            return [json.dumps({"file": f, "hits": h, "score": s})
                    for f, (h, s) in answers(rows).items()]
        done = subprocess.run(
            [sys.executable, os.path.join(HERE, "compare.py"),
             "--theirs", put("theirs", side(theirs)),
             "--ours", put("ours", side(ours)),
             "--rules", put("rules", [json.dumps(
                 {"rule": n, "kind": k, "net": net, "text": text})
                 for n, k, net, text in RULES]),
             "--check", put("check", [check]),
             "--explained", put("explained", [explained])],
            capture_output=True, text=True, check=False)
    bars = {line.split()[1]: line.split()[-1]
            for line in done.stdout.splitlines() if line.startswith("bar: ")}
    return done.returncode, bars


def all_met():
    rows = {str(i): "A __S M" for i in range(1000)}
    return program(rows, rows)


def all_missed():
    return program({str(i): "A" for i in range(20)},
                   {str(i): "B" for i in range(20)}, "x.cf:1: B: why")


def one_explained():
    rows = {str(i): "A" for i in range(1000)}
    return program(rows, {**rows, "0": ""}, explained="A\n  a reason")


NAMES = ["parity-" + name for name in (
    "messages", "scored", "subrules", "lowest-rule", "supported",
    "unexplained-rules")]
PROGRAMS = [
    ("all met", all_met, (0, dict.fromkeys(NAMES, "met"))),
    ("all missed", all_missed, (1, dict.fromkeys(NAMES, "missed") |
                                {"parity-subrules": "unmeasured"})),
    ("explained", one_explained, (0, dict.fromkeys(NAMES, "met") |
                                  {"parity-subrules": "unmeasured"})),
]


def check_of(text):
    with tempfile.NamedTemporaryFile("w", suffix=".check") as f:
        f.write(text)
        f.flush()
        return compare.read_check(f.name, rules())


def cases():
    for name, theirs, ours, look, wanted in PAIRS:
        yield name, look(found(theirs, ours)), wanted
    for name, left, right, wanted in SCORES:
        got = compare.spearman(left, right)
        yield name, got if got is None else round(got, 9), wanted
    for name, message, wanted in MESSAGES:
        yield name, corpus.clean(message), wanted
    for name, text, wanted in CHECKS:
        yield name, check_of(text), wanted
    for name, run, wanted in PROGRAMS:
        yield name, run(), wanted
    yield "evenly spaced", corpus.spread("fedcba", 3), ["a", "c", "e"]
    yield "all of them", corpus.spread("cab", 0), ["a", "b", "c"]


def main():
    passed = failed = 0
    for name, got, wanted in cases():
        if got == wanted:
            passed += 1
        else:
            failed += 1
            print(f"FAIL {name}: {got!r}, not {wanted!r}")
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
