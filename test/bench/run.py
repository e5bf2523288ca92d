#!/usr/bin/python3
"""run - measures Postern against a filter that does nothing (floor.c).

Both run at the same time on the same machine, but are loaded in turns, round
by round, by the same client with the same messages.  The floor takes away the
steps and replies that Postern takes away, asks for the same macros and inserts
the header fields that Postern inserted into a sample; all this is read from
what the client shows of the running Postern.

Ends with lines "bar: NAME VALUE (wanted LIMIT) met|missed|unmeasured" and the
status 0 when nothing was missed.
"""
import argparse
import glob
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time

TICK = os.sysconf("SC_CLK_TCK")
PLACES = ["connect", "helo", "mail", "rcpt", "data", "eom", "eoh"]
SAMPLE = 20             # messages whose edits are looked at
WARM = 200              # messages before anything is measured
SETTLE = 1.0            # seconds of rest before memory is read
FLAT_FIRST = 10000      # messages before growth is measured
GREYLIST = 1.0          # seconds that a stranger has to wait here

# Everything on, the store asked about every message; the sender of all of
# them came back after being greylisted before anything is measured.
OPTIONS = ["mode=enforce", "greylist.when=always",
           f"greylist.delay={int(GREYLIST)}s", "log.to=stderr", "daemon.user=",
           "dns.enabled=no"]
SEND = ["--client", "192.0.2.77,mail.sender.example",
        "--helo", "mail.sender.example", "--from", "news@sender.example",
        "--rcpt", "bob@recipient.example"]


class Failed(Exception):
    pass


def address(place):
    """A port, or the path of a socket, as a milter's address."""
    return (f"inet:{place}@127.0.0.1" if isinstance(place, int)
            else f"unix:{place}")


class Filter:
    """A filter under load: a process in a session of its own.

    It listens at a port, or at the path of a socket.
    """
    PATIENCE = 10       # seconds until it has to listen
    LOOK = 0.05         # seconds between two looks at its memory

    def __init__(self, name, command, place, log):
        self.name = name
        self.place = place
        self.address = address(place)
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True)
        for _ in range(10 * self.PATIENCE):
            if self.process.poll() is not None:
                raise Failed(f"{name} ended with {self.process.returncode}")
            try:
                self.connect()
                return
            except OSError:
                time.sleep(0.1)
        self.stop()
        raise Failed(f"{name} does not listen")

    def connect(self):
        if isinstance(self.place, int):
            socket.create_connection(("127.0.0.1", self.place), 1).close()
            return
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(self.place)

    def cpu(self):
        """User and system seconds so far, of all threads."""
        with open(f"/proc/{self.process.pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def memory(self):
        """Anonymous and file-backed resident kilobytes."""
        found = {}
        with open(f"/proc/{self.process.pid}/status") as f:
            for line in f:
                key, _, value = line.partition(":")
                if key in ("RssAnon", "RssFile"):
                    found[key] = int(value.split()[0])
        return found["RssAnon"], found["RssFile"]

    def stop(self):
        if self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            # All that it started, too: they are a session of their own.
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Peak(threading.Thread):
    """Watches a filter's memory until done is set."""

    def __init__(self, target):
        super().__init__()
        self.target = target
        self.done = threading.Event()
        self.anon = self.file = 0

    def run(self):
        while not self.done.wait(self.target.LOOK):
            anon, file = self.target.memory()
            self.anon = max(self.anon, anon)
            self.file = max(self.file, file)


def send(arguments, target, files, *more):
    command = [arguments.posternctl, "send", "--socket", target.address,
               "--json", *SEND, *arguments.send, *more, "--", *files]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True,
                          stdin=subprocess.DEVNULL, start_new_session=True)
    if done.returncode != 0:
        raise Failed(f"client of {target.name}: status {done.returncode}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def load(arguments, target, files, connections, count):
    """One measured run; seconds of CPU, rate and memory."""
    peak = Peak(target)
    before = target.cpu()
    peak.start()
    try:
        lines = send(arguments, target, files, "--quiet",
                     "--connections", str(connections),
                     "--per-connection", str(arguments.per_connection),
                     "--count", str(count))
    finally:
        peak.done.set()
        peak.join()
    summary = lines[-1]["summary"]
    return {"cpu": (target.cpu() - before) / count, "anon": peak.anon,
            "file": peak.file, "rate": summary["per_second"],
            "p50": summary["p50_ms"], "p99": summary["p99_ms"],
            "replies": summary["replies"]}


def refused(replies):
    """Which of a summary's replies did not let a message in."""
    return {kind: n for kind, n in replies.items()
            if kind not in ("accept", "continue")}


def floor_options(arguments, postern, files):
    """What the floor must do to cost libmilter the same as Postern does."""
    lines = send(arguments, postern, files[:SAMPLE])
    terms = lines[0]["negotiated"]
    verdicts = [line for line in lines if "edits" in line]
    options = ["--pflags", hex(terms["steps"]),
               "--actions", hex(terms["actions"])]
    for place, names in terms["macros"].items():
        options += ["--macros", f"{PLACES.index(place)}:{names}"]
    # The verdict with the most usual number of edits stands for all.
    usual = statistics.mode(len(v["edits"]) for v in verdicts)
    sample = next(v for v in verdicts if len(v["edits"]) == usual)
    for edit in sample["edits"]:
        if edit["kind"] in ("insert-header", "add-header"):
            options += ["--insert", f"{edit['name']}: {edit['value']}"]
    replies = {}
    for v in verdicts:
        key = f"{v['reply']} at {v['stage']}"
        replies[key] = replies.get(key, 0) + 1
    print("postern negotiated:", json.dumps(terms))
    print("replies to a sample:", json.dumps(replies))
    print("edits of the usual verdict:", json.dumps(sample["edits"]))
    return options


def median(rows, key):
    return statistics.median(row[key] for row in rows)


def paired(results, connections, key):
    """Median over the rounds of Postern's value divided by the floor's."""
    pairs = zip(results["postern", connections], results["floor", connections])
    quotients = [p[key] / f[key] for p, f in pairs if f[key] > 0]
    return statistics.median(quotients) if quotients else None


def cpu_quotient(results, connections):
    """The same for CPU, all numbers of connections of a round together."""
    quotients = []
    for rounds in zip(*(results[name, c] for name in ("postern", "floor")
                        for c in connections)):
        half = len(connections)
        floor = sum(row["cpu"] for row in rounds[half:])
        if floor > 0:
            quotients.append(sum(row["cpu"] for row in rounds[:half]) / floor)
    return statistics.median(quotients) if quotients else None


def print_table(results, connections):
    print(f"{'filter':8} {'conn':>4} {'msg/s':>9} {'cpu us/msg':>11} "
          f"{'p50 ms':>8} {'p99 ms':>8} {'anon kB':>8} {'file kB':>8}")
    for c in connections:
        for name in ("floor", "postern"):
            rows = results[name, c]
            print(f"{name:8} {c:4} {median(rows, 'rate'):9.0f} "
                  f"{median(rows, 'cpu') * 1e6:11.1f} "
                  f"{median(rows, 'p50'):8.3f} {median(rows, 'p99'):8.3f} "
                  f"{median(rows, 'anon'):8.0f} {median(rows, 'file'):8.0f}")


def measure(arguments, filters, files):
    results = {}
    for target in filters:
        load(arguments, target, files, 8, WARM)
    for number in range(arguments.rounds):
        for c in arguments.connections:
            # Who goes first changes from round to round.
            for target in filters[::-1 if number % 2 else 1]:
                results.setdefault((target.name, c), []).append(
                    load(arguments, target, files, c, arguments.messages))
        print(f"round {number + 1} of {arguments.rounds} done",
              file=sys.stderr)
    return results


def settled(target):
    time.sleep(SETTLE)
    return target.memory()[0]


def growth(arguments, target, files):
    """Percent by which anonymous memory grew over the long run."""
    load(arguments, target, files, 8, FLAT_FIRST)
    first = settled(target)
    load(arguments, target, files, 8, arguments.flat)
    last = settled(target)
    print(f"anonymous memory after {FLAT_FIRST} messages: {first} kB, "
          f"after {FLAT_FIRST + arguments.flat}: {last} kB")
    return (last - first) * 100 / first


def bar(name, value, wanted, good, form="{:.2f}"):
    """Prints one line; returns False when it was missed."""
    if value is None:
        print(f"bar: {name} - (wanted {wanted}) unmeasured")
        return True
    met = good(value)
    print(f"bar: {name} {form.format(value)} (wanted {wanted}) "
          f"{'met' if met else 'missed'}")
    return met


def print_bars(results, connections, grown):
    def quotient(c):
        return paired(results, c, "rate") if c in connections else None

    peak = None
    if 32 in connections:
        peak = median(results["postern", 32], "anon") * 1024 / 1e6
    return all([
        bar("cpu-per-message-vs-floor", cpu_quotient(results, connections),
            "<= 1.3", lambda v: v <= 1.3),
        bar("throughput-8-vs-floor", quotient(8), ">= 0.8",
            lambda v: v >= 0.8),
        bar("throughput-32-vs-floor", quotient(32), ">= 0.8",
            lambda v: v >= 0.8),
        bar("anonymous-memory-32", peak, "< 20 MB", lambda v: v < 20,
            "{:.1f} MB"),
        bar("memory-flat-100k", grown, "<= 5 %", lambda v: v <= 5,
            "{:.1f} %")])


def numbers(text):
    return [int(n) for n in text.split(",")]


def parse_arguments():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--build", default="build", help="folder of the programs")
    p.add_argument("--conf", required=True, help="Postern's configuration")
    p.add_argument("--corpus", required=True, help="folder of messages")
    p.add_argument("--state", required=True, help="folder for its state")
    p.add_argument("--option", action="append", default=[],
                   metavar="KEY=VALUE", help="passed to postern as -o")
    p.add_argument("--send", action="append", default=[],
                   metavar="ARGUMENT", help="passed to posternctl send")
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--messages", type=int, default=4000)
    p.add_argument("--connections", type=numbers, default=[1, 8, 32])
    p.add_argument("--per-connection", type=int, default=1)
    p.add_argument("--flat", type=int, default=100000,
                   help="messages of the long run, 0 leaves it out")
    p.add_argument("--socket", choices=("unix", "inet"), default="unix",
                   help="how the filters are reached")
    p.add_argument("--port", type=int, default=18790,
                   help="this and the next are used")
    p.add_argument("--log", default=os.devnull, help="what filters print")
    arguments = p.parse_args()
    arguments.posternctl = os.path.join(arguments.build, "posternctl")
    return arguments


def places(arguments):
    """Where Postern and the floor listen."""
    if arguments.socket == "inet":
        return arguments.port, arguments.port + 1
    folder = os.path.abspath(arguments.state)
    return f"{folder}/postern.socket", f"{folder}/floor.socket"


def postern_command(arguments):
    command = [os.path.join(arguments.build, "postern"), "-c", arguments.conf,
               "-o", "daemon.listen=" + address(places(arguments)[0]),
               "-o", f"daemon.control={arguments.state}/control",
               "-o", f"store.path={arguments.state}/store"]
    for option in OPTIONS + arguments.option:
        command += ["-o", option]
    return command


def run(arguments, started, log):
    files = sorted(glob.glob(os.path.join(arguments.corpus, "*.eml")))
    if not files:
        raise Failed("no messages in " + arguments.corpus)
    # What a log line costs beyond its making is up to where it goes.
    print(f"over {arguments.socket} sockets, log to {arguments.log}")
    postern = Filter("postern", postern_command(arguments),
                     places(arguments)[0],
                     log)
    started.append(postern)
    send(arguments, postern, files[:1])
    time.sleep(GREYLIST + 0.2)
    send(arguments, postern, files[:1])
    options = floor_options(arguments, postern, files)
    command = [os.path.join(arguments.build, "test/bench/floor"), "--socket",
               address(places(arguments)[1]), *options]
    floor = Filter("floor", command, places(arguments)[1], log)
    started.append(floor)
    results = measure(arguments, [postern, floor], files)
    print_table(results, arguments.connections)
    grown = None
    if arguments.flat:
        grown = growth(arguments, postern, files)
    return print_bars(results, arguments.connections, grown)


def main():
    arguments = parse_arguments()
    started = []
    try:
        with open(arguments.log, "a") as log:
            return 0 if run(arguments, started, log) else 1
    except Failed as reason:
        print(f"run: {reason}", file=sys.stderr)
        return 2
    finally:
        for target in started:
            target.stop()


if __name__ == "__main__":
    sys.exit(main())
