#!/usr/bin/python3
"""soak - a million messages through one daemon, and through reloads: nobody
goes without an answer, and memory, descriptors and threads stay what they were.

Letters of all kinds come over several connections, from friends, regular
strangers, strangers never seen before, forgers and users of ours, so that the
store grows all the time.  Every few seconds a rule changes and the daemon is
told by HUP or over the control socket; every fourth change is wrong and must be
refused.  Between batches of messages nothing is under way: then it is measured.
Memory is what a fifth of all batches had after the first fifth, and what the
last fifth has; the middle value of each.

--short is for a build with the address sanitizer: it takes --minutes, looks for
leaks at the end, and leaves memory alone, for a sanitizer adds its own.  Ends
with bar lines as run.py does, and "N passed, N failed, N skipped".
"""
import argparse
import glob
import json
import os
import random
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.append(os.path.join(os.path.dirname(HERE), "mta"))

import names  # noqa: E402
from reload import ask, change_rule  # noqa: E402
from run import SETTLE, Failed, Filter, bar, send  # noqa: E402

BATCH, SHORT_BATCH = 5000, 200
SHORT_SECONDS = 35
RELOAD_SECONDS = 3
WRONG = 4               # one of so many reloads is
WINDOWS = 5             # warm-up, what is compared, and so on
SAMPLES = 3 * WINDOWS   # fewer say nothing of memory
SPARE = 2               # descriptors or threads that may come and go
LOG_MAX = 64 << 20
END_SECONDS = 120
SIGNED = 20
REGULARS, USERS = 500, 50

OPTIONS = ["mode=enforce", "daemon.user=", "log.to=stderr", "rules.cache=",
           "dns.local_zones=yes", "dns.cache=1M", "rules.selftest="]


class Patient(Filter):
    """With a sanitizer and a busy machine it takes its time."""
    PATIENCE = 100


def envelopes(rng, begin, count):
    """Lines for posternctl send; no stranger's number comes again."""
    friend = (f"{names.ADDRESS},{names.NAME} {names.NAME} "
              f"anna@{names.DOMAIN} marc@test.example")
    forger = (f"{names.STRANGER},unknown mail.invalid "
              f"office@{names.MISUSED} marc@test.example")
    for number in range(begin, begin + count):
        kind = rng.randrange(10)
        if kind < 4:
            yield friend
        elif kind < 5:
            yield forger
        elif kind < 6:
            yield (f"192.0.2.{1 + number % 250},pc.test.example pc "
                   f"u{number % USERS}@test.example r{number}@far.example "
                   f"u{number % USERS}")
        else:
            who = number if kind < 8 else number % REGULARS
            yield (f"20.{who >> 16 & 255}.{who >> 8 & 255}.{who & 255},unknown "
                   f"mx.d{who % 9973}.example s{who}@d{who % 9973}.example "
                   f"r{number % 300}@test.example")


class Reloads(threading.Thread):
    """Changes a rule and has it loaded, until done is set."""

    def __init__(self, target, control, mine):
        super().__init__()
        self.target, self.control, self.mine = target, control, mine
        self.done, self.quiet = threading.Event(), threading.Lock()
        self.number = 0
        self.failure = None

    def run(self):
        try:
            while not self.done.wait(RELOAD_SECONDS):
                with self.quiet:
                    self.change()
        except (Failed, OSError) as failure:
            self.failure = failure

    def change(self):
        self.number += 1
        wrong = self.number % WRONG == 0
        change_rule(self.mine, self.number)
        if wrong:
            with open(self.mine, "a", encoding="utf-8") as f:
                f.write("score BENCH_CHANGES many\n")
        if wrong or self.number % 2:
            before = self.counted()
            self.target.process.send_signal(signal.SIGHUP)
            until = time.monotonic() + END_SECONDS
            while self.counted() == before:
                if time.monotonic() > until:
                    raise Failed("HUP had no effect")
                time.sleep(0.05)
        else:
            ask(self.control, "reload")

    def counted(self):
        """Good reloads, and refused ones."""
        text = ask(self.control, "stats")[0]
        return [int(re.search(rf"^postern_{name} (\d+)$", text, re.M)[1])
                for name in ("reloads_total", "reloads_refused_total")]


def prepare(arguments):
    """The shipped configuration, and one rule file of ours."""
    state = arguments.state
    shutil.copy(os.path.join(TOP, "contrib/postern.conf"), state)
    shutil.copytree(os.path.join(TOP, "rules"), f"{state}/rules",
                    dirs_exist_ok=True)
    change_rule(f"{state}/mine.cf", 0)


def start(arguments, dns, log):
    state = arguments.state
    command = [os.path.join(arguments.build, "postern"), "-c",
               f"{state}/postern.conf"]
    for option in (*OPTIONS, f"daemon.listen=unix:{state}/socket",
                   f"daemon.control={state}/control",
                   f"store.path={state}/store", f"dns.forwarders={dns.address}",
                   f"sign.keys={dns.table}",
                   f"rules.files={{ {state}/rules/*.cf, {state}/mine.cf }}"):
        command += ["-o", option]
    return Patient("soak", command, f"{state}/socket", log)


def sign(arguments, target, files):
    """Letters of friends.example as they leave the daemon."""
    made = []
    for number, path in enumerate(files[:SIGNED]):
        with open(path, "rb") as f:
            data = re.sub(rb"(?im)^From:.*(\n[ \t].*)*",
                          f"From: anna@{names.DOMAIN}\r".encode(), f.read(), 1)
        made.append(f"{arguments.state}/signed{number}.eml")
        with open(made[-1], "wb") as f:
            f.write(data)
        for record in send(arguments, target, made[-1:], "--client",
                           "127.0.0.1,localhost", "--from",
                           f"anna@{names.DOMAIN}"):
            for edit in record.get("edits", []):
                if edit["kind"] == "insert-header":
                    data = (f"{edit['name']}: {edit['value'].strip()}\n"
                            .replace("\n", "\r\n").encode() + data)
        with open(made[-1], "wb") as f:
            f.write(data)
    return made


def batch(arguments, target, files, lines):
    """How many were sent, and how many of them answered."""
    path = f"{arguments.state}/envelopes"
    with open(path, "w", encoding="utf-8") as f:
        f.write("\n".join(lines) + "\n")
    command = [arguments.posternctl, "send", "--socket", target.address,
               "--json", "--quiet", "--connections",
               str(arguments.connections), "--per-connection", "20",
               "--count", str(len(lines)), "--envelopes", path, "--", *files]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True,
                          stdin=subprocess.DEVNULL, check=False)
    summary = json.loads(done.stdout.splitlines()[-1])["summary"]
    return summary["replies"]


def measure(target, state):
    with open(f"/proc/{target.process.pid}/status", encoding="ascii") as f:
        threads = int(re.search(r"^Threads:\s*(\d+)", f.read(), re.M)[1])
    size = sum(os.stat(path).st_blocks for path in
               glob.glob(f"{state}/store/*")) // 2
    return {"memory": target.memory()[0], "threads": threads, "store": size,
            "descriptors": len(os.listdir(f"/proc/{target.process.pid}/fd"))}


class Soak:
    def __init__(self, arguments, target, files):
        self.arguments, self.target, self.files = arguments, target, files
        self.reloads = Reloads(target, f"{arguments.state}/control",
                               f"{arguments.state}/mine.cf")
        self.sent, self.replies, self.samples = 0, {}, []
        self.size = SHORT_BATCH if arguments.short else BATCH

    def crashed(self):
        return self.target.process.poll() is not None

    def over(self, until):
        return (self.sent >= self.arguments.messages or self.crashed() or
                time.monotonic() > until or self.reloads.failure)

    def go(self):
        until = time.monotonic() + (SHORT_SECONDS if self.arguments.short else
                                    60 * self.arguments.minutes)
        rng = random.Random(6)
        self.reloads.start()
        try:
            while not self.over(until):
                self.one(rng)
        finally:
            self.reloads.done.set()
            self.reloads.join()

    def one(self, rng):
        lines = list(envelopes(rng, self.sent, min(
            self.size, self.arguments.messages - self.sent)))
        for reply, count in batch(self.arguments, self.target, self.files,
                                  lines).items():
            self.replies[reply] = self.replies.get(reply, 0) + count
        self.sent += len(lines)
        if self.crashed():
            return
        with self.reloads.quiet:
            time.sleep(SETTLE)
            self.samples.append(measure(self.target, self.arguments.state))
        log = f"{self.arguments.state}/log"
        if os.path.getsize(log) > LOG_MAX:
            os.truncate(log, 0)
        print(f"{self.sent} messages, {self.reloads.number} reloads, "
              + ", ".join(f"{k} {v}" for k, v in self.samples[-1].items()),
              flush=True)

    def lost(self):
        return self.sent - sum(self.replies.values())

    def windows(self, what):
        """The values to compare: after the warm-up, and at the end."""
        width = max(1, len(self.samples) // WINDOWS)
        values = [sample[what] for sample in self.samples]
        return values[width:2 * width], values[-width:]

    def growth(self):
        """Percent, or None where it cannot be said."""
        if self.arguments.short or len(self.samples) < SAMPLES:
            return None
        first, last = map(statistics.median, self.windows("memory"))
        return (last - first) * 100 / first


def looks_for_leaks(program):
    """Whether a sanitizer is built in that does so when the program ends."""
    with open(program, "rb") as f:
        return b"__asan_init" in f.read()


def stopped(target):
    """The exit status after SIGTERM."""
    if target.process.poll() is None:
        target.process.send_signal(signal.SIGTERM)
    try:
        return target.process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        return "none"


def judge(soak, status, state):
    """Prints what failed and the bars; returns passed, failed, skipped."""
    good, refused = soak.counts
    complaints = glob.glob(f"{state}/sanitizer*")
    cases = [("no message is lost", soak.lost() == 0, soak.lost()),
             ("reloads", soak.reloads.failure is None and good > 0 and
              (refused > 0 or soak.reloads.number < WRONG),
              soak.reloads.failure or soak.counts),
             ("the store grows", bool(soak.samples) and
              soak.samples[-1]["store"] > soak.samples[0]["store"],
              [sample["store"] for sample in soak.samples]),
             ("ends as it should", status == 0, f"status {status}"),
             ("no sanitizer complains", not complaints, complaints)]
    for what in ("descriptors", "threads"):
        first, last = soak.windows(what)
        cases.append((f"flat {what}", bool(last) and
                      max(last) <= max(first or last) + SPARE, (first, last)))
    failed = 0
    for name, met, why in cases:
        if not met:
            failed += 1
            print(f"FAIL {name}: {why}")
    for path in complaints:
        with open(path, encoding="utf-8", errors="replace") as f:
            print(f.read()[:8000])
    skipped = 0
    if not looks_for_leaks(f"{soak.arguments.build}/postern"):
        skipped += 1
        print("skipped leaks: built without the address sanitizer")
    grown = soak.growth()
    failed += not bar("soak-memory", grown, "<= 5 %", lambda v: v <= 5,
                      "{:.1f} %")
    wanted = soak.arguments.messages
    enough = soak.sent if soak.sent >= wanted else None
    failed += not bar("soak-messages", enough, f">= {wanted}",
                      lambda v: v >= wanted, "{}")
    failed += not bar("soak-lost", soak.lost(), "0", lambda v: v == 0, "{}")
    if grown is None:
        skipped += 1
        print("skipped soak-memory: too short a run, or a sanitizer's")
    if enough is None:
        skipped += 1
        print(f"skipped soak-messages: time was up after {soak.sent}")
    total = len(cases) + 3 - (grown is None) - (enough is None)
    return total - failed, failed, skipped


def run(arguments, stack):
    prepare(arguments)
    dns = names.Names(arguments.state, arguments.build)
    stack.append(dns)
    dns.start()
    files = sorted(glob.glob(f"{arguments.state}/plain/*.eml") +
                   glob.glob(f"{TOP}/test/corpus/*.eml") +
                   glob.glob(f"{TOP}/rules/selftest/*/*.eml"))
    with open(f"{arguments.state}/log", "a", encoding="utf-8") as log:
        target = start(arguments, dns, log)
    stack.append(target)
    files += sign(arguments, target, files)
    soak = Soak(arguments, target, files)
    begin = time.monotonic()
    soak.go()
    seconds = time.monotonic() - begin
    soak.counts = (soak.reloads.counted() if not soak.crashed() else [0, 0])
    status = stopped(target)
    print(f"{soak.sent} messages in {seconds:.0f} s, replies "
          f"{json.dumps(soak.replies)}; {soak.counts[0]} reloads, "
          f"{soak.counts[1]} refused; memory kB after the warm-up and at the "
          f"end {soak.windows('memory')}")
    return judge(soak, status, arguments.state)


def parse_arguments():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--build", default="build", help="folder of the programs")
    p.add_argument("--state", help="a folder for it, with plain/*.eml or "
                   "without; one of its own unless said")
    p.add_argument("--messages", type=int, default=1000000)
    p.add_argument("--minutes", type=float, default=60)
    p.add_argument("--connections", type=int, default=8)
    p.add_argument("--short", action="store_true")
    arguments = p.parse_args()
    arguments.build = os.path.abspath(arguments.build)
    arguments.posternctl = os.path.join(arguments.build, "posternctl")
    arguments.send = []
    return arguments


def main():
    arguments, stack = parse_arguments(), []
    with tempfile.TemporaryDirectory(prefix="postern-soak-") as scratch:
        arguments.state = os.path.abspath(arguments.state or scratch)
        # Where the log cannot hide it; otherwise ASAN_OPTIONS as they are.
        os.environ["ASAN_OPTIONS"] = ":".join(filter(None, (
            os.environ.get("ASAN_OPTIONS"),
            f"log_path={arguments.state}/sanitizer")))
        try:
            passed, failed, skipped = run(arguments, stack)
        except (Failed, OSError, RuntimeError, subprocess.CalledProcessError,
                ValueError) as reason:
            print(f"FAIL soak: {reason!r}; see {arguments.state}/log")
            passed, failed, skipped = 0, 1, 0
        finally:
            for started in reversed(stack):
                started.stop()
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
