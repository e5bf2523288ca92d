#!/usr/bin/python3
"""run - every fuzz entry under libFuzzer, then the daemon behind its socket,
for a given time in all; what was found, and which lines were reached.

Corpora grow below --state and are used again.  A crash is made small, told
with the command that repeats it, and makes this program fail.
"""
import argparse
import collections
import concurrent.futures
import glob
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(TOP, "test", "coverage"))
import report  # noqa: E402

# Entries that know the words of another one.
WORDS = {"arc": "dkim", "arcclaims": "authres", "author": "address",
         "authres_write": "authres", "dkim_field": "dkim", "dkim_key": "dkim",
         "evals": "mail", "feed": "mail", "fieldaddr": "address",
         "fields": "mail", "html_readings": "html", "lines": "conf",
         "message": "mail", "mime": "mail", "onetime": "mail",
         "param": "mail", "redis_answer": "redis", "relays": "received",
         "spfflat": "spf", "split": "mail", "taglist": "dkim",
         "urltext": "url", "words": "mail"}
# Parsers of foreign bytes, whose lines are counted.
PARSERS = ("lib/mail/*.c", "lib/auth/*.c", "lib/rules/parse*.c",
           "lib/rules/reader.c", "lib/rules/ruleset.c", "lib/rules/words.c",
           "lib/rules/condition.c", "lib/rules/meta.c", "lib/rules/netrule.c",
           "lib/rules/regex_perl.c", "lib/rules/regex_tree.c",
           "lib/rules/relay*.c", "lib/rules/field*.c", "lib/rules/loosedate.c",
           "lib/rules/replace.c", "lib/rules/template.c",
           "lib/net/dns_answer.c", "lib/net/dns_name.c", "lib/net/geo*.c",
           "lib/store/redis_reply.c", "lib/store/redis_said.c",
           "lib/store/redis_name.c", "lib/store/redis_batch.c",
           "lib/store/record.c", "lib/store/dump.c", "lib/store/epoch.c",
           "lib/conf/*.c", "lib/shared/change.c", "lib/shared/entry.c",
           "lib/shared/fleet.c", "lib/shared/dnslist_parse.c",
           "lib/check/rate_limit.c", "lib/check/outbound_account.c",
           "lib/check/outbound_level.c", "lib/check/onetime.c",
           "lib/check/tenant.c", "lib/feed.c", "ctl/mpacket.c",
           "ctl/spfflat.c", "ctl/domain*.c")
LARGEST = 65536         # bytes of an input
SLOW = 25               # seconds for one input: a parser that hangs
MEMORY = 2048           # MB
MINIMISING = 60         # seconds for one crash
SOCKET_SHARE = 4        # the socket counts as so many entries
CRASH = re.compile(r"^(crash|leak|oom|timeout)-[0-9a-f]{40}$")
STATUS = re.compile(r"^#(\d+)\s.*?cov: (\d+) ft: (\d+) corp: (\d+)/(\S+)",
                    re.M)

Row = collections.namedtuple(
    "Row", "name runs speed edges features corpus bytes crashes failed")


class Entry:
    """One program, its corpus and what it is told."""

    def __init__(self, program, state):
        self.name = os.path.basename(program)
        self.program = program
        self.corpus = os.path.join(state, self.name, "corpus")
        self.crashes = os.path.join(state, self.name, "crashes")
        self.log = os.path.join(state, self.name, "log")
        self.seeds = os.path.join(HERE, "seeds", self.name)
        self.words = os.path.join(
            HERE, "dict", WORDS.get(self.name, self.name) + ".dict")
        os.makedirs(self.corpus, exist_ok=True)
        shutil.rmtree(self.crashes, ignore_errors=True)
        os.makedirs(self.crashes)

    def options(self):
        yield from (f"-timeout={SLOW}", f"-rss_limit_mb={MEMORY}",
                    "-print_funcs=0", f"-max_len={LARGEST}",
                    f"-artifact_prefix={self.crashes}/")
        if os.path.exists(self.words):
            yield f"-dict={self.words}"

    def fuzz(self, seconds):
        folders = [self.corpus]
        folders += [self.seeds] if os.path.isdir(self.seeds) else []
        with open(self.log, "w") as log:
            done = subprocess.run(
                [self.program, f"-max_total_time={seconds}",
                 "-print_final_stats=1", *self.options(), *folders],
                stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, env=environment())
        return self.row(done.returncode != 0)

    def row(self, failed):
        with open(self.log, errors="replace") as log:
            text = log.read()
        seen = STATUS.findall(text) or [("0", "0", "0", "0", "0b")]
        runs = re.findall(r"number_of_executed_units:\s*(\d+)", text)
        speed = re.findall(r"average_exec_per_sec:\s*(\d+)", text)
        found = [f for f in os.listdir(self.crashes) if CRASH.match(f)]
        return Row(self.name, int(runs[-1] if runs else seen[-1][0]),
                   speed[-1] if speed else "-", *seen[-1][1:4], seen[-1][4],
                   found, failed)

    def minimise(self, crash):
        """The path of the smallest input that still fails."""
        small = os.path.join(self.crashes, "small-" + crash)
        subprocess.run(
            [self.program, "-minimize_crash=1",
             f"-max_total_time={MINIMISING}",
             f"-exact_artifact_path={small}",
             *(o for o in self.options() if "artifact" not in o),
             os.path.join(self.crashes, crash)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env=environment())
        return small if os.path.exists(small) else \
            os.path.join(self.crashes, crash)


def environment():
    return dict(os.environ, UBSAN_OPTIONS="halt_on_error=1:"
                "print_stacktrace=1", ASAN_OPTIONS="detect_leaks=1:"
                "allocator_may_return_null=1")


def shown(path):
    return os.path.relpath(path)


def tell(entry, row):
    """What is known of a failure; libFuzzer ends at the first one."""
    print(f"\nFAIL {row.name}: {', '.join(row.crashes) or 'it ended early'}")
    with open(entry.log, errors="replace") as log:
        lines = [line for line in log if re.search(
            r"ERROR: |runtime error|SUMMARY|Assertion|^\s+#\d+ .* in ", line)]
    sys.stdout.writelines(lines[:16])
    for crash in row.crashes:
        print(f"  repeat with: {shown(entry.program)} "
              f"{shown(entry.minimise(crash))}")
    if row.crashes:
        print("  once it is repaired, the input belongs into "
              f"{shown(entry.seeds)}/")
    print(f"  all it said: {shown(entry.log)}", flush=True)


def print_table(rows):
    print(f"\n{'entry':<16} {'executions':>11} {'per s':>7} {'edges':>6} "
          f"{'features':>8} {'corpus':>6} {'bytes':>7} {'crashes':>7}")
    for r in rows:
        print(f"{r.name:<16} {r.runs:>11} {r.speed:>7} {r.edges:>6} "
              f"{r.features:>8} {r.corpus:>6} {r.bytes:>7} "
              f"{len(r.crashes):>7}")
    print(f"{'all':<16} {sum(r.runs for r in rows):>11}", flush=True)


def fuzz_socket(options, seconds):
    """The daemon behind its socket; True when nothing was found."""
    argv = [options.socket, "--time", str(seconds)]
    if options.seed:
        argv += ["--seed", options.seed]
    print(f"\nthe daemon behind its socket, {seconds} s", flush=True)
    return subprocess.run(argv, stdin=subprocess.DEVNULL).returncode == 0


def fuzz_entries(entries, seconds, jobs):
    failed = False
    rows = []
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        fuzzed = [(e, pool.submit(e.fuzz, seconds)) for e in entries]
        for entry, future in fuzzed:
            rows.append(future.result())
            if rows[-1].failed or rows[-1].crashes:
                failed = True
                tell(entry, rows[-1])
    print_table(rows)
    return not failed


def replay(entries, build, jobs):
    """Seeds and corpora through the entries that count lines."""
    def one(entry):
        program = os.path.join(build, "test", "fuzz", entry.name)
        files = glob.glob(os.path.join(entry.corpus, "*")) + \
            glob.glob(os.path.join(entry.seeds, "*"))
        # An argument list has an end.
        for at in range(0, len(files), 1000):
            subprocess.run([program, *files[at:at + 1000]],
                           stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)

    report.reset(build)
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        list(pool.map(one, entries))


def print_coverage(entries, options):
    replay(entries, options.coverage, options.jobs)
    lines = report.read(options.coverage)
    names = sorted({os.path.relpath(path, TOP) for pattern in PARSERS
                    for path in glob.glob(os.path.join(TOP, pattern))})
    print("\nlines of the parsers that the corpora reach")
    share = report.table(lines, [n for n in names if n in lines.files])
    print(f"parsers: {share:.1f} % of lines")


def options_of(argv):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", required=True, help="libFuzzer's programs")
    parser.add_argument("--coverage", help="the same, counting lines")
    parser.add_argument("--socket", help="the program that fuzzes the daemon")
    parser.add_argument("--state", required=True, help="where corpora are")
    parser.add_argument("--time", type=int, default=3600,
                        help="seconds for all")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--seed", help="of the program of --socket")
    parser.add_argument("only", nargs="*", help="entries (all)")
    return parser.parse_args(argv)


def main():
    options = options_of(sys.argv[1:])
    programs = sorted(
        p for p in glob.glob(os.path.join(options.build, "test/fuzz/*"))
        if os.access(p, os.X_OK) and os.path.isfile(p))
    entries = [Entry(p, options.state) for p in programs
               if not options.only or os.path.basename(p) in options.only]
    if not entries:
        sys.exit("run: no such entry")
    shares = len(entries) / options.jobs + \
        (SOCKET_SHARE if options.socket else 0)
    seconds = max(1, int(options.time / shares))
    print(f"{len(entries)} entries, {seconds} s each, {options.jobs} at a "
          "time", flush=True)
    good = fuzz_entries(entries, seconds, options.jobs)
    if options.socket:
        good &= fuzz_socket(options, seconds * SOCKET_SHARE)
    if options.coverage:
        print_coverage(entries, options)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
