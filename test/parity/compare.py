#!/usr/bin/python3
"""compare - how far Postern's rules hit what SpamAssassin's do.

Both sides come as lines of JSON, one a message:
    {"file": PATH, "hits": {RULE: COUNT, ...}, "score": POINTS}
A pair is a message and a rule that hit it on either side; the pair agrees when
both sides have it.  Only rules that SpamAssassin parsed count (--rules, from
"sa_hits --rules"); what "posternctl rules check" (--check) names as
unsupported counts as not hit.

A difference that follows from another in the same message (of a rule that a
meta asks about) is told apart, so that the tables show causes.  The file of
--explained has the reasons of what remains: lines that begin with globs of
rules, and the reason in indented lines below.

Ends with lines "bar: NAME VALUE (wanted LIMIT) met|missed|unmeasured" and the
status 0 when nothing was missed.
"""
import argparse
import collections
import fnmatch
import json
import os
import re
import sys

PAIRS = 99.5            # percent of pairs that have to agree
RULE = 95.0             # and of those of each rule with
RULE_HITS = 10          # so many pairs or more
SUPPORTED = 95.0        # percent of the rules that need no network
MESSAGES = 1000
WORST = 40              # rows of a table
EXAMPLES = 3
FORM = "{:.2f} %"
NAME = re.compile(r"[A-Za-z_]\w*")
# "FILE:LINE: RULE: reason", as posternctl prints it.
REMARK = re.compile(r"\S+:\d+: ([A-Za-z_]\w*): (.+)")


# Test messages of MIME libraries, broken on purpose.  What differs in them has
# to be explained as well, but the shares are those of mail that was sent.
BROKEN = re.compile(r"/(mail-parser|mime4j|mime-torture)/[^/]*$")


class Failed(Exception):
    pass


def sent(answers):
    return {name: answer for name, answer in answers.items()
            if not BROKEN.search(name)}


def read_answers(path):
    """The lines of one side by file."""
    found = {}
    with open(path, encoding="latin-1") as f:
        for number, line in enumerate(f, 1):
            try:
                row = json.loads(line)
                found[row["file"]] = (row["hits"], float(row["score"]))
            except (ValueError, KeyError, TypeError) as error:
                raise Failed(f"{path}:{number}: {error!r}") from error
    return found


def read_rules(path):
    with open(path, encoding="latin-1") as f:
        rows = [json.loads(line) for line in f]
    # A rule that is merely declared never hits.
    return {row["rule"]: row for row in rows if row["kind"] != "empty"}


def read_check(path, rules):
    """The rules that are not supported, and why."""
    found = {}
    with open(path, encoding="latin-1") as f:
        for line in f:
            remark = REMARK.match(line)
            if remark and remark[1] in rules:
                found[remark[1]] = remark[2]
    return found


def read_explained(path):
    """Globs of rules whose differences have a written reason."""
    globs = []
    with open(path, encoding="utf-8") as f:
        for line in f:
            if line.strip() and line[0] not in "# \t":
                globs += line.split()
    return globs


class Comparison:
    """All pairs of both sides."""

    def __init__(self, theirs, ours, rules):
        self.theirs, self.ours, self.rules = theirs, ours, rules
        self.top = os.path.dirname(os.path.commonprefix(list(theirs)))
        self.missing = sorted(set(theirs) - set(ours))
        self.pairs = collections.Counter()
        self.agree = collections.Counter()
        self.counts = 0         # agreeing pairs whose counts differ
        self.only = {"theirs": collections.defaultdict(list),
                     "ours": collections.defaultdict(list)}
        self.causes = collections.Counter()
        self.operands = {name: set(NAME.findall(row["text"])) & set(rules)
                         for name, row in rules.items()
                         if row["kind"] == "meta"}
        for file in theirs:
            self.add(file)

    def add(self, file):
        left = self.theirs[file][0]
        right = self.ours.get(file, ({}, 0))[0]
        left, right = ({n: c for n, c in side.items()
                        if c and n in self.rules} for side in (left, right))
        differ = {n for n in set(left) | set(right)
                  if left.get(n, 0) != right.get(n, 0)}
        for name in set(left) | set(right):
            self.pairs[name] += 1
            if name in left and name in right:
                self.agree[name] += 1
                self.counts += left[name] != right[name]
                continue
            side = "theirs" if name in left else "ours"
            self.only[side][name].append(file)
            if not self.operands.get(name, set()) & differ:
                self.causes[name] += 1

    def share(self, sub):
        """Percent of pairs that agree, of "__" rules or of all others."""
        names = [n for n in self.pairs if n.startswith("__") == sub]
        total = sum(self.pairs[n] for n in names)
        return percent(sum(self.agree[n] for n in names), total), total

    def rule_share(self, name):
        return percent(self.agree[name], self.pairs[name])

    def frequent(self):
        """Rules with hits enough to be judged, the worst first."""
        return sorted((n for n, c in self.pairs.items() if c >= RULE_HITS),
                      key=lambda n: (self.rule_share(n), n))

    def differing(self):
        return [n for n in self.pairs if self.agree[n] < self.pairs[n]]


def percent(part, whole):
    return 100.0 * part / whole if whole else None


def ranks(values):
    """Ranks from 1; equal values share the mean of theirs."""
    order = sorted(range(len(values)), key=values.__getitem__)
    result = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end < len(order) and \
                values[order[end]] == values[order[start]]:
            end += 1
        for i in order[start:end]:
            result[i] = (start + end + 1) / 2
        start = end
    return result


def spearman(left, right):
    """Rank correlation, or None where one side does not vary."""
    a, b = ranks(left), ranks(right)
    mean = (len(a) + 1) / 2
    above = sum((x - mean) * (y - mean) for x, y in zip(a, b))
    below = (sum((x - mean) ** 2 for x in a) *
             sum((y - mean) ** 2 for y in b)) ** 0.5
    return above / below if below else None


def print_scores(theirs, ours):
    both = sorted(set(theirs) & set(ours))
    if not both:
        return
    left = [theirs[f][1] for f in both]
    right = [ours[f][1] for f in both]
    gaps = [b - a for a, b in zip(left, right)]
    correlation = spearman(left, right)
    sides = sum((a >= 5) == (b >= 5) for a, b in zip(left, right))
    print(f"scores of {len(both)} messages: rank correlation "
          + ("-" if correlation is None else f"{correlation:.4f}") +
          f", mean difference {sum(gaps) / len(gaps):+.4f}, "
          f"mean absolute difference "
          f"{sum(map(abs, gaps)) / len(gaps):.4f}, "
          f"same side of 5 points {percent(sides, len(both)):.2f} %")


def print_worst(found):
    """Rules whose own differences are most; those that follow, summed up."""
    own = found.causes.most_common()
    total = sum(found.pairs.values()) - sum(found.agree.values())
    print(f"differences: {total}, of which {sum(found.causes.values())} are "
          f"no consequence of others; pairs that agree but for the count: "
          f"{found.counts}")
    if own:
        print(f"examples are below {found.top}")
        print(f"{'rule':32} {'own':>5} {'agree':>7} {'theirs':>7} "
              f"{'ours':>5}  kind, examples")
    for name, number in own[:WORST]:
        left, right = (found.only[side][name] for side in ("theirs", "ours"))
        print(f"{name:32} {number:5} {found.rule_share(name):6.1f}% "
              f"{len(left):7} {len(right):5}  {found.rules[name]['kind']} "
              + " ".join(sign + file[len(found.top):]
                         for sign, side in (("-", left), ("+", right))
                         for file in side[:EXAMPLES]))
    if len(own) > WORST:
        print(f"... and {len(own) - WORST} rules more")


def print_unsupported(found, unsupported):
    print(f"unsupported rules: {len(unsupported)}")
    for name in sorted(unsupported,
                       key=lambda n: (-len(found.only["theirs"][n]), n)):
        print(f"  {name} would have hit {len(found.only['theirs'][name])} "
              f"times: {unsupported[name]}")


def supported_share(rules, unsupported):
    """Percent of the rules without network that are supported."""
    local = [n for n, row in rules.items() if not row["net"]]
    return percent(sum(n not in unsupported for n in local), len(local))


def bar(name, value, wanted, good, form=FORM):
    """Prints one line; returns False when it was missed."""
    if value is None:
        print(f"bar: {name} - (wanted {wanted}) unmeasured")
        return True
    met = good(value)
    print(f"bar: {name} {form.format(value)} (wanted {wanted}) "
          f"{'met' if met else 'missed'}")
    return met


def print_bars(messages=None, scored=None, sub=None, lowest=None,
               supported=None, unexplained=None):
    return all([
        bar("parity-messages", messages, f">= {MESSAGES}",
            lambda v: v >= MESSAGES, "{}"),
        bar("parity-scored", scored, f">= {PAIRS} %", lambda v: v >= PAIRS),
        bar("parity-subrules", sub, f">= {PAIRS} %", lambda v: v >= PAIRS),
        bar("parity-lowest-rule", lowest, f">= {RULE:.0f} %",
            lambda v: v >= RULE),
        bar("parity-supported", supported, f">= {SUPPORTED:.0f} %",
            lambda v: v >= SUPPORTED),
        bar("parity-unexplained-rules", unexplained, "0",
            lambda v: v == 0, "{}")])


def compare(arguments):
    rules = read_rules(arguments.rules)
    found = Comparison(read_answers(arguments.theirs),
                       read_answers(arguments.ours), rules)
    unsupported = read_check(arguments.check, rules) \
        if arguments.check else None
    globs = read_explained(arguments.explained) \
        if arguments.explained else None
    if found.missing:
        print(f"{len(found.missing)} messages have no answer of ours, such "
              "as", *found.missing[:EXAMPLES])
    print_worst(found)
    if unsupported is not None:
        print_unsupported(found, unsupported)
    frequent = found.frequent()
    low = [n for n in frequent if found.rule_share(n) < RULE]
    print(f"rules with {RULE_HITS} hits or more: {len(frequent)}; below "
          f"{RULE:.0f} %: {len(low)}")
    for name in low[:WORST]:
        print(f"  {name} {found.rule_share(name):.1f} % "
              f"of {found.pairs[name]}")
    print_scores(found.theirs, found.ours)
    strange = None
    if globs is not None:
        strange = [n for n in found.differing() if found.causes[n] and
                   not any(fnmatch.fnmatchcase(n, g) for g in globs)]
        if strange:
            print("differences that nobody explained:",
                  *sorted(strange)[:WORST])
    (scored, scored_pairs), (sub, sub_pairs) = map(found.share, (False, True))
    print(f"of all messages {scored or 0:.2f} % of {scored_pairs} pairs of "
          f"scored rules agree, {sub or 0:.2f} % of {sub_pairs} of sub rules")
    found = Comparison(sent(found.theirs), sent(found.ours), rules)
    frequent = found.frequent()
    (scored, scored_pairs), (sub, sub_pairs) = map(found.share, (False, True))
    print(f"of those that were sent: {scored_pairs} and {sub_pairs} pairs")
    return print_bars(
        len(found.theirs) - len(found.missing), scored, sub,
        found.rule_share(frequent[0]) if frequent else None,
        None if unsupported is None else supported_share(rules, unsupported),
        None if strange is None else len(strange))


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--theirs", help="what SpamAssassin hit")
    p.add_argument("--ours", help="what Postern hit")
    p.add_argument("--rules", help="what SpamAssassin parsed")
    p.add_argument("--check", help="what posternctl rules check printed")
    p.add_argument("--explained", help="reasons of differences")
    p.add_argument("--unmeasured", metavar="WHY",
                   help="only print the bars, and why nothing was measured")
    arguments = p.parse_args()
    if arguments.unmeasured:
        print("parity:", arguments.unmeasured)
        print_bars()
        return 0
    if not (arguments.theirs and arguments.ours and arguments.rules):
        p.error("--theirs, --ours and --rules are needed")
    try:
        return 0 if compare(arguments) else 1
    except (Failed, OSError) as reason:
        print(f"compare: {reason}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
