#!/usr/bin/python3
"""torture - postern behind real MTAs under load, while everything around it
fails; what was expected of the mail beside what became of it.

	torture.py [--short] [--only CASE]... [--mta NAME]... [--list]

One postern serves a Postfix and a Sendmail at once, and each gets numbered
letters over several connections.  Then comes the trouble of a case, and goes
again; after it every good letter must have been taken and have arrived once,
none may have been refused, and postern must be as well as before.  $BUILD
says which build is tried (build); of a sanitizer's, what it complained of
counts as a crash.
"""

import argparse
import os
import resource
import sys
import tempfile
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "mta")]
sys.path.append(os.path.join(HERE, "..", "bench"))
sys.dont_write_bytecode = True

from case import Fault, Skip, cases, need  # noqa: E402
from mta import MTAS  # noqa: E402
from place import CALM, COMPLAINT, GROWTH_KB, Place  # noqa: E402
from process import become_root, exit_on_signals  # noqa: E402
from run import bar  # noqa: E402
import trouble_clients  # noqa: E402,F401
import trouble_daemon  # noqa: E402,F401
import trouble_dns  # noqa: E402,F401
import trouble_files  # noqa: E402,F401
import trouble_redis  # noqa: E402,F401

LINES = 12              # of the log, shown of a case that failed
REPORT = 100            # of what a sanitizer has to say
COLUMNS = ("sent", "accepted", "deferred", "refused", "lost", "duplicated",
           "wrongly-refused")


class Account:
    """What became of the letters of one flow."""

    def __init__(self, flow):
        taken = flow.of(False, 2) | flow.of(True, 2)
        arrived = flow.arrived()
        good, bad = flow.of(False, 2), flow.of(True, 2)
        self.numbers = {
            "sent": len(flow.answers),
            "accepted": len(taken),
            "deferred": sum(code // 100 not in (2, 5) for codes in
                            flow.answers.values() for code in codes),
            "refused": len(flow.of(True, 5)),
            "lost": len(taken - set(arrived)),
            "duplicated": sum(count - 1 for count in arrived.values())
            + len(set(arrived) - taken),
            "wrongly-refused": len(flow.of(False, 5)),
        }
        self.untaken = len([n for n in flow.open])
        self.obtained = "/".join((
            "4xx+250" if flow.of(False, 0, 4) else "250",
            "550?" if bad else "550"))
        self.good = bool(good)

    def as_expected(self, expected):
        good, bad = expected.split("/")
        got_good, got_bad = self.obtained.split("/")
        harmless = not any(self.numbers[key] for key in
                           ("lost", "duplicated", "wrongly-refused"))
        return harmless and self.good and not self.untaken and \
            (got_good == good or good == "4xx?+250") and \
            (got_bad == bad or (bad, got_bad) == ("550?", "550"))


class Torture:
    def __init__(self, place):
        self.place = place
        self.count = dict.fromkeys(("passed", "failed", "skipped"), 0)
        self.total = dict.fromkeys(("lost", "duplicated", "wrongly-refused",
                                    "crashes"), 0)

    def run(self, case):
        """One case; prints its rows, and below them what was wrong."""
        start, faults = time.monotonic(), []
        try:
            need(not (case.optimised and self.place.sanitized),
                 "not with a sanitizer")
            self.try_one(case, faults)
        except Skip as why:
            self.count["skipped"] += len(self.place.mtas())
            print(f"skipped {case.name}: {why}", flush=True)
            self.place.end()
            return
        except Exception as why:
            faults.append(f"{type(why).__name__}: {why}")
            if not isinstance(why, Fault):
                faults += traceback.format_exc(limit=-3).splitlines()
            if not self.place.flows:
                self.count["failed"] += 1
        accounts = self.settle(case, faults)
        self.tell(case, accounts, faults, time.monotonic() - start)

    def try_one(self, case, faults):
        place = self.place
        place.begin(case)
        place.daemon.start()
        place.start_flows()
        time.sleep(CALM)
        before = place.memory()
        case.function(place)
        time.sleep(CALM)
        place.end_flows()
        self.accounts = [Account(flow) for flow in place.flows]
        place.probe()
        place.until(place.idle, "nothing under way")
        grown = place.memory() - before
        if grown > GROWTH_KB and not place.sanitized:
            faults.append(f"memory grew by {grown} kB from {before} kB")

    def settle(self, case, faults):
        """Ends the case, looks for crashes, and returns the accounts."""
        place = self.place
        flows, accounts = place.flows, getattr(self, "accounts", [])
        self.accounts = []
        if not accounts and flows:
            place.end_flows()
            accounts = [Account(flow) for flow in flows]
        crashes = place.complaints()
        if place.daemon and place.daemon.process and \
                not place.daemon.process.running():
            crashes.append("postern ended with "
                           f"{place.daemon.process.popen.returncode}")
        names = [flow.mta.name for flow in flows]
        notes = place.notes() if place.daemon else []
        status = place.end()
        if status not in (0, None) and not crashes:
            crashes.append(f"postern stopped with {status}")
        self.total["crashes"] += len(crashes)
        faults += crashes
        if faults:
            first = next((i for i, note in enumerate(notes)
                          if COMPLAINT.match(note)), -LINES)
            faults += ["| " + note[:400] for note in notes[first:][:REPORT]]
        return list(zip(names, accounts))

    def tell(self, case, accounts, faults, seconds):
        for name, account in accounts:
            good = account.as_expected(case.expected) and not faults
            self.count["passed" if good else "failed"] += 1
            for key in self.total.keys() & account.numbers.keys():
                self.total[key] += account.numbers[key]
            print("torture:", case.name, name, *(
                account.numbers[key] for key in COLUMNS), case.expected,
                account.obtained, "ok" if good else "FAIL", flush=True)
            if account.untaken:
                print(f"  {account.untaken} letters were never taken")
        for fault in faults:
            print(f"  {fault}")
        print(f"  {seconds:.1f} s", flush=True)

    def print_bars(self):
        tried = self.count["passed"] + self.count["failed"]
        return all([bar(f"torture-{name}", count if tried else None, "0",
                        lambda v: v == 0, "{}")
                    for name, count in self.total.items()])


def parse_arguments():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--short", action="store_true",
                   help="a part that takes about a minute")
    p.add_argument("--only", action="append", default=[], metavar="CASE",
                   help="its name, or a part of it")
    p.add_argument("--mta", action="append", choices=MTAS)
    p.add_argument("--list", action="store_true",
                   help="names the cases, and what is expected")
    return p.parse_args()


def choose(arguments):
    return [case for case in cases.values()
            if (case.short or not arguments.short) and
            (not arguments.only or
             any(word in case.name for word in arguments.only))]


def main():
    exit_on_signals()
    arguments = parse_arguments()
    chosen = choose(arguments)
    if arguments.list:
        for case in chosen:
            print(f"{case.name:<24} {case.expected:<14} {case.what()}")
        return 0
    become_root(*sys.argv[1:])
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory(prefix="postern-torture-") as top:
        os.chmod(top, 0o755)
        os.environ.setdefault("RULES_CACHE", os.path.join(top, "cache"))
        place = Place(top, arguments.mta or list(MTAS))
        torture = Torture(place)
        try:
            print("torture: case mta", *COLUMNS, "expected obtained result")
            for case in chosen if place.mtas() else ():
                torture.run(case)
        finally:
            place.stop()
    met = torture.print_bars()
    for name, why in place.missing.items():
        print(f"skipped {name}: {why}")
        torture.count["skipped"] += len(chosen)
    print(", ".join(f"{n} {what}" for what, n in torture.count.items()))
    return 0 if met and not torture.count["failed"] else 1


if __name__ == "__main__":
    sys.exit(main())
