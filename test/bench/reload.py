#!/usr/bin/python3
"""reload - measures reloads of Postern with SpamAssassin's stock rules.

Mail flows all the time, over one connection after the other.  A reload counts
from the question on the control socket to its answer, by when new messages
meet the new generation: first with nothing changed, then with another pattern
in one rule each time.  The slowest counts.  No message may go unanswered.

Ends with bar lines as run.py does; without the stock rules they are
unmeasured.
"""
import argparse
import glob
import os
import socket
import subprocess
import sys
import threading
import time

import content
import peers
from auth import write
from run import Failed, bar, send

# name, limit, whether met
BARS = {
    "reload-unchanged-ms": ("< 100", lambda v: v < 100),
    "reload-one-rule-ms": ("< 2000", lambda v: v < 2000),
}
BATCH = 200             # messages of one run of the client
OPTIONS = content.QUIET + ["greylist.when=never"]


class Flow(threading.Thread):
    """Mail until done is set; failure says what went wrong, if anything."""

    def __init__(self, arguments, target, files):
        super().__init__()
        self.arguments, self.target, self.files = arguments, target, files
        self.done = threading.Event()
        self.messages = 0
        self.failure = None

    def run(self):
        while not self.done.is_set() and not self.failure:
            try:
                send(self.arguments, self.target, self.files, "--quiet",
                     "--count", str(BATCH))
                self.messages += BATCH
            except Failed as failure:
                self.failure = failure


def ask(control, command):
    """The answer of the daemon, and how many ms it took."""
    begin = time.monotonic()
    answer = b""
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(control)
        s.sendall(command.encode() + b"\n")
        while part := s.recv(65536):
            answer += part
    elapsed = (time.monotonic() - begin) * 1000
    code, _, text = answer.decode().partition("\n")
    if code != "0":
        raise Failed(f"{command}: {text.strip()}")
    return text, elapsed


def change_rule(path, number):
    write(path, f"body BENCH_CHANGES /no such words {number} in any mail/\n"
                "score BENCH_CHANGES 1\n")


def measure(arguments, control, mine):
    """The ms of all reloads, by bar."""
    found = {name: [] for name in BARS}
    before = ask(control, "reload")[0]
    for number in range(arguments.rounds):
        text, ms = ask(control, "reload")
        if text != before:
            raise Failed("a reload of the same files is another generation")
        found["reload-unchanged-ms"].append(ms)
        change_rule(mine, number + 1)
        text, ms = ask(control, "reload")
        if text == before:
            raise Failed("a changed rule is the same generation")
        found["reload-one-rule-ms"].append(ms)
        before = text
    return found


def print_bars(found):
    return all([bar(name, max(found[name], default=None), wanted, good,
                    "{:.0f}") for name, (wanted, good) in BARS.items()])


def compare(arguments, started, log):
    files = sorted(glob.glob(f"{arguments.state}/plain/*.eml"))
    if not files:
        raise Failed(f"no messages in {arguments.state}/plain")
    mine = f"{arguments.state}/mine.cf"
    change_rule(mine, 0)
    target = content.start_postern(
        arguments, "reload", ["rules/*.cf", f"{peers.STOCK}/*.cf", mine],
        OPTIONS, log)
    started.append(target)
    flow = Flow(arguments, target, files)
    flow.start()
    try:
        found = measure(arguments, f"{arguments.state}/reload/control", mine)
    finally:
        flow.done.set()
        flow.join()
    if flow.failure:
        raise flow.failure
    for name, values in found.items():
        print(f"{name}: " + " ".join(f"{v:.0f}" for v in values))
    print(f"{flow.messages} messages meanwhile")
    return print_bars(found)


def parse_arguments():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--build", default="build", help="folder of the programs")
    p.add_argument("--state", required=True,
                   help="folder with postern.conf, rules and plain/*.eml")
    p.add_argument("--option", action="append", default=[],
                   metavar="KEY=VALUE", help="passed to postern as -o")
    p.add_argument("--rounds", type=int, default=5)
    arguments = p.parse_args()
    arguments.state = os.path.abspath(arguments.state)
    arguments.posternctl = os.path.join(arguments.build, "posternctl")
    arguments.send = []
    return arguments


def main():
    arguments = parse_arguments()
    if not os.path.isdir(peers.STOCK):
        print("reload: the stock rules are not there", file=sys.stderr)
        print_bars({name: [] for name in BARS})
        return 0
    started = []
    try:
        with open(f"{arguments.state}/log", "a", encoding="utf-8") as log:
            return 0 if compare(arguments, started, log) else 1
    except (Failed, OSError, subprocess.CalledProcessError) as reason:
        print(f"reload: {reason}; see {arguments.state}/log", file=sys.stderr)
        return 2
    finally:
        for target in reversed(started):
            target.stop()


if __name__ == "__main__":
    sys.exit(main())
