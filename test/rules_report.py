#!/usr/bin/python3
"""rules_report - how often each shipped rule hits spam and ham.

Scans the corpora of the folder of third-party suites with the shipped rules,
each message as it arrived (parity/corpus.py says what is stripped), without
DNS, and writes rules/REPORT.md.  Symbols that need the DNS cannot be measured
so; that is told.  Ends with bar lines and status 1 where one is missed; says
"unmeasured" where there are no corpora.
"""
import argparse
import collections
import json
import os
import re
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TOP, "test", "parity"))
import corpus  # noqa: E402  (found by the line above)

# Mail of past years is not late: it is the archive that is old.
ARCHIVE = "score DATE_IN_PAST_YEAR 0\n"
CONF = """\
mode = mark
dns {{
	enabled = no
}}
greylist {{
	when = never
}}
reputation {{
	enabled = no
}}
rules {{
	files = {{ "{top}/rules/*.cf", "{work}/archive.cf" }}
	cache = "{work}"
	selftest = ""
}}
recipients {{
	roles = "{top}/rules/lists/roles"
}}
"""
# Files about what archived messages still have: no client, no DNS.
SHOWN = re.compile(r"[2-6]\d_\w+\.cf$")
# Rules that speak against more ham than spam here, and why they may.
EXCEPTIONS = {
    "MISSING_HEADERS": "135 letters of easy_ham lost their `To` before they "
                       "were archived",
    "DATE_IN_PAST_YEAR": "nearly all letters here are older than a year, "
                         "which mail that arrives is not",
    "DATE_IN_FUTURE_96_XX": "one letter of easy_ham says 2028, and no spam "
                            "here is ahead of its time",
}
BARS = (("own-rules-ham-heavier", 0), ("own-rules-false-positives", 0))
HEADING = """\
# Hits of the shipped rules

Made by `make rules-report`; do not edit.  {spam} spam, {ham} ham:

{sources}

Judged without DNS and client: what needs them has no hits here, and files
about nothing else are left out.  *Share*: how much of the hits would be spam if
there were as much spam as ham.  By content alone {caught} of the spam ({part:.1f} %)
and {wrong} of the ham have {required} points or more.

No rule that speaks against a message may hit more ham than spam, but for these:

{exceptions}
"""


def unmeasured(why):
    for name, _ in BARS:
        print(f"bar: {name} unmeasured ({why})")
    sys.exit(0)


def scan(ctl, conf, folders):
    """The verdicts, one JSON object a line, of a process per folder."""
    running = [subprocess.Popen(
        [ctl, "-c", conf, "scan", "--json", folder], text=True,
        stdout=subprocess.PIPE) for folder in folders]
    for process in running:
        for line in process.stdout:
            yield json.loads(line)
        if process.wait() not in (0, 1):
            sys.exit(f"posternctl scan failed on {process.args[-1]}")


def lay_out(suites, work):
    """Unpacks the corpora: the label of each file, messages by source."""
    labels, sources = {}, collections.Counter()
    for messages in (corpus.corpora(suites, 0), corpus.templates(suites)):
        for path, source, label in corpus.write(work, messages):
            labels[path] = label
            sources[source, label] += 1
    return labels, sources


def scored_rules():
    """Scored names in the order of the files: (file, name, points)."""
    for name in sorted(os.listdir(os.path.join(TOP, "rules"))):
        path = os.path.join(TOP, "rules", name)
        if not SHOWN.fullmatch(name):
            continue
        with open(path, encoding="utf-8") as f:
            for rule, points in re.findall(r"^score\s+(\S+)\s+(\S+)",
                                           f.read(), re.M):
                yield path, rule, float(points)


def table(hits, totals):
    """Lines of the report."""
    file = None
    for path, rule, points in scored_rules():
        if path != file:
            file = path
            yield (f"\n## {os.path.basename(path)}\n\n"
                   "| rule | points | spam | ham | share |\n"
                   "| --- | ---: | ---: | ---: | ---: |")
        spam, ham = (hits[rule, label] for label in ("spam", "ham"))
        both = spam / totals["spam"] + ham / totals["ham"]
        share = f"{100 * spam / totals['spam'] / both:.1f} %" if both else ""
        yield f"| {rule} | {points:g} | {spam} | {ham} | {share} |"


def count(verdicts, labels):
    """Hits by (symbol, label), and messages by (spam?, label)."""
    hits, verdict = collections.Counter(), collections.Counter()
    for report in verdicts:
        label = labels[report["file"]]
        verdict[report["score"] >= report["required"], label] += 1
        for symbol in report["symbols"]:
            hits[symbol["name"], label] += 1
        required = report["required"]
    return hits, verdict, required


def heavier(hits):
    """Rules that speak against a message, and hit more ham than spam."""
    for _, rule, points in scored_rules():
        if points > 0 and rule not in EXCEPTIONS and \
                hits[rule, "ham"] > hits[rule, "spam"]:
            print(f"FAIL {rule}: {hits[rule, 'ham']} ham, "
                  f"{hits[rule, 'spam']} spam")
            yield rule


def measure(ctl, suites, out):
    with tempfile.TemporaryDirectory() as work:
        try:
            labels, sources = lay_out(suites, os.path.join(work, "mail"))
        except corpus.Absent as absent:
            unmeasured(str(absent))
        for name, text in (("archive.cf", ARCHIVE), ("postern.conf",
                           CONF.format(top=TOP, work=work))):
            with open(os.path.join(work, name), "w", encoding="utf-8") as f:
                f.write(text)
        folders = sorted({os.path.dirname(path) for path in labels})
        hits, verdict, required = count(
            scan(ctl, os.path.join(work, "postern.conf"), folders), labels)
    totals = collections.Counter(labels.values())
    wrong, caught = verdict[True, "ham"], verdict[True, "spam"]
    with open(out, "w", encoding="utf-8") as f:
        print(HEADING.format(
            **totals, required=required, caught=caught, wrong=wrong,
            part=100 * caught / totals["spam"], exceptions="\n".join(
                f"- {rule}: {why}" for rule, why in EXCEPTIONS.items()),
            sources="\n".join(
                f"- {source}: {n} {label}"
                for (source, label), n in sorted(sources.items()))),
            end="", file=f)
        for line in table(hits, totals):
            print(line, file=f)
    return (len(list(heavier(hits))), wrong)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default=os.environ.get("BUILD", "build"))
    parser.add_argument("--suites", default=os.environ.get(
        "SUITES", os.path.join(TOP, "..", "shared", "suites")))
    parser.add_argument("--out", default=os.path.join(TOP, "rules",
                                                      "REPORT.md"))
    args = parser.parse_args()
    found = measure(os.path.join(args.build, "posternctl"), args.suites,
                    args.out)
    missed = 0
    for (name, wanted), value in zip(BARS, found):
        missed += value > wanted
        print(f"bar: {name} {value} (wanted {wanted}) "
              f"{'missed' if value > wanted else 'met'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
