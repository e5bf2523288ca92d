#!/usr/bin/python3
"""side_by_side - measures Postern beside its peers, in one run.

The peers: a filter that does nothing (floor.c), opendkim, opendmarc, the one
after the other, rspamd, and spamd behind spamass-milter; lineup.py says how
each is set up.  All of them run at the same time and are loaded in turns,
round by round, with the same messages from the same senders, over local
sockets, with the same DNS and Redis.

 - Messages per second and time to the final answer at 1, 8 and 32 connections,
   CPU of each with all its processes, and memory;
 - what becomes of that with size, rules, and keys in Redis (scaling.py);
 - SMTP through a private Postfix (through.py).

A turn lasts about --seconds, with no more than --messages.  opendkim and
opendmarc one after the other are calculated from their rows: an MTA asks its
milters in turn, so times and CPU add up (through Postfix they are measured).

Everything is in a network of its own, with a name server and a folder in
memory.  Prints a page, writes the same as Markdown, ends with bar lines as
run.py does; a peer that is not there is unmeasured, and one that does not do
its work ends it all.
"""
import argparse
import contextlib
import glob
import gzip
import os
import re
import shutil
import statistics
import subprocess
import sys
import time

import auth
import lineup
import scaling
import through
from page import Table, short
from run import Failed, bar, load, median

WORK = "/mnt"           # where memory is mounted, for us alone
CONNECTIONS = (1, 8, 32)
USUAL = 8               # of them
FEW = 80                # messages that --short makes do with
WARM = 16               # messages by which a filter's speed is guessed
PARTS = ("connections", "sizes", "rules", "keys", "postfix")
PACKAGES = {"postfix": "", "nsd": "", "redis-server": "", "opendkim": "",
            "opendmarc": "", "libopendkim11": "", "spamassassin": "",
            "rspamd": "rspamd", "spamass-milter": "spamass-milter"}
# What an observer may see of the whole run: name, limit, whether met, form.
BARS = {
    "peers-rate-vs-rspamd": (">= 10", lambda v: v >= 10, "{:.1f}"),
    "peers-cpu-vs-floor-and-libopendkim": ("<= 1.5", lambda v: v <= 1.5,
                                           "{:.2f}"),
    "peers-postfix-vs-floor": (">= 0.8", lambda v: v >= 0.8, "{:.2f}"),
    "peers-memory-stock-32": ("< 100 MB", lambda v: v < 100, "{:.1f} MB"),
}


def say(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def version(name, folder, peers):
    """Of a Debian package, installed or unpacked; None without it."""
    if not folder:
        done = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", name],
                              stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.DEVNULL)
        return done.stdout or None
    path = f"{peers}/{folder}/usr/share/doc/{name}/changelog.Debian.gz"
    if not os.path.exists(path):
        return None
    with gzip.open(path, "rt", encoding="utf-8") as f:
        return re.search(r"\((.*?)\)", f.readline())[1]


def found_in(path, pattern):
    with open(path, encoding="utf-8") as f:
        found = re.search(pattern, f.read(), re.M)
    return found[1] if found else "unknown"


def surroundings(arguments):
    """What it was measured on, and of what versions."""
    versions = {name: version(name, folder, arguments.peers)
                for name, folder in PACKAGES.items()}
    own = subprocess.run([arguments.posternctl, "version"],
                         stdout=subprocess.PIPE, text=True).stdout.strip()
    memory = int(found_in("/proc/meminfo", r"^MemTotal:\s+(\d+)"))
    return [
        f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores of " +
        found_in("/proc/cpuinfo", r"^model name\s*:\s*(.*)") +
        f", {memory / 1e6:.0f} GB, Linux {os.uname().release}.",
        f"{own}; " + ", ".join(f"{name} {v}" for name, v in versions.items()
                               if v) + "."]


def corpus(files):
    sizes = sorted(map(os.path.getsize, files))
    return (f"{len(sizes)} messages of {statistics.mean(sizes) / 1000:.1f} kB "
            f"on average (median {statistics.median(sizes) / 1000:.1f}, "
            f"largest {sizes[-1] / 1000:.0f}), three quarters signed.")


def guess_speed(arguments, target):
    """Warms a filter up; sets how many messages it does in a second."""
    count = WARM
    for _ in range(2):
        target.speed = turn(arguments, target, USUAL, count)["rate"]
        count = share(arguments, target, USUAL)


def share(arguments, target, connections):
    """How many messages are this filter's turn."""
    return min(arguments.messages, max(
        connections, int(target.speed * arguments.seconds)))


def turn(arguments, target, connections=USUAL, count=None):
    count = count or share(arguments, target, connections)
    if target.name == "verify":
        return target.run(count)
    row = load(arguments, target, target.files, connections, count)
    lineup.check_replies(target.name, row["replies"])
    return row


def by_connections(arguments, targets):
    """Rows by filter and connections."""
    rows = {}
    for number in range(arguments.rounds):
        for c in CONNECTIONS:
            for target in targets[::-1 if number % 2 else 1]:
                rows.setdefault((target.name, c), []).append(
                    turn(arguments, target, c))
        say(f"round {number + 1} of {arguments.rounds} done")
    add_chain(rows)
    return rows


def add_chain(rows):
    """opendkim, then opendmarc; the 99th of 100 is at most the sum."""
    for c in CONNECTIONS:
        if ("opendkim", c) not in rows or ("opendmarc", c) not in rows:
            continue
        rows["chain", c] = [
            {"rate": 1 / (1 / a["rate"] + 1 / b["rate"]),
             **{key: a[key] + b[key] for key in ("cpu", "p50", "p99",
                                                 "anon")}}
            for a, b in zip(rows["opendkim", c], rows["opendmarc", c])]


def main_table(rows):
    table = Table("Speed, latency, CPU, memory", [
        "filter", *(f"{what} {c}" for c in CONNECTIONS
                    for what in ("msg/s", "p50/p99 ms")),
        "CPU s/1,000", "anon MB"])
    for name in lineup.NAMES:
        found = [rows.get((name, c)) for c in CONNECTIONS]
        if not all(found):
            continue
        cells = []
        for r in found:
            timed = "p50" in r[0]
            cells += [short(median(r, "rate")), "/".join(
                short(median(r, key)) for key in ("p50", "p99"))
                if timed else "-"]
        cpu = statistics.mean(median(r, "cpu") for r in found) * 1000
        table.add(lineup.NAMES[name], *cells, short(cpu),
                  short(peak(found[-1])))
    table.remarks.append(
        "Columns are for 1, 8 and 32 connections; CPU is the mean of them, "
        "memory the peak at 32.  The two filters in a row are computed from "
        "each alone: times, CPU and memory are sums.")
    return table


def peak(rows):
    """The most anonymous memory of a round, in MB."""
    return (max(row["anon"] for row in rows) * 1024 / 1e6
            if "anon" in rows[0] else None)


def through_postfix(line, targets):
    """Rows by the name of the filter; "none" has none."""
    arguments = line.arguments
    filters = {"none": "", **{t.name: t.address for t in targets}}
    if "opendkim" in filters and "opendmarc" in filters:
        filters["chain"] = f"{filters['opendkim']},{filters['opendmarc']}"
    for target in targets:
        os.chmod(target.place, 0o666)   # Postfix asks as its own user
    folder = f"{line.state}/postfix"
    os.mkdir(folder)
    doors = through.Doors(folder, filters)
    # It stops what it did not start, too.
    line.others.insert(0, doors)
    doors.start()
    files = {t.name: t.files for t in targets}
    count = {name: WARM for name in filters}
    rows = {name: [] for name in filters}
    for number in range(-1, arguments.rounds):
        for name in list(filters)[::-1 if number % 2 else 1]:
            row = through.load(f"{arguments.build}/test/bench/smtp", doors,
                               name, line.envelopes,
                               files.get(name, line.files), count[name],
                               USUAL)
            if number < 0:
                count[name] = min(arguments.messages, max(
                    USUAL, int(row["rate"] * arguments.seconds)))
            else:
                rows[name].append(row)
    return rows


def postfix_table(rows):
    table = Table("SMTP through Postfix (8 connections, one message each)", [
        "filter", "msg/s", "p50/p99 ms", "of no filter", "of one that does "
        "nothing"])
    for name in lineup.NAMES:
        if name in rows:
            table.add(lineup.NAMES[name], short(median(rows[name], "rate")),
                      "/".join(short(median(rows[name], key))
                               for key in ("p50", "p99")),
                      *(short(scaling.quotient(rows, "rate", name, base))
                        if base in rows else "-"
                        for base in ("none", "nothing")))
    client = max(median(r, "client") for r in rows.values()) * 1000
    table.remarks.append(f"Of that the client takes {client:.2f} ms of CPU a "
                         "message.")
    return table


def smtp(line, targets, values):
    """The table, or why there is none."""
    try:
        rows = through_postfix(line, targets)
    except through.Unavailable as why:
        return Table(f"SMTP through Postfix: unmeasured, {why}", ["-"])
    if "postern" in rows and "nothing" in rows:
        values["peers-postfix-vs-floor"] = scaling.quotient(
            rows, "rate", "postern", "nothing")
    return postfix_table(rows)


def cpu_of_sum(rows):
    """Postern's CPU by that of the floor and bare libopendkim together."""
    names = ("postern", "nothing", "verify")
    if not all((name, USUAL) in rows for name in names):
        return None
    found = []
    for number in range(len(rows["postern", USUAL])):
        own, floor, bare = (sum(rows[name, c][number]["cpu"]
                                for c in CONNECTIONS) for name in names)
        found.append(own / (floor + bare))
    return statistics.median(found)


def values_of(rows):
    """The bars that the rows by connections answer."""
    out = {"peers-cpu-vs-floor-and-libopendkim": cpu_of_sum(rows)}
    if ("rspamd", USUAL) in rows and ("postern", USUAL) in rows:
        # The worst number of connections counts.
        out["peers-rate-vs-rspamd"] = min(
            scaling.quotient({n: rows[n, c] for n in ("postern", "rspamd")},
                             "rate", "postern", "rspamd")
            for c in CONNECTIONS)
    if ("stock", 32) in rows:
        out["peers-memory-stock-32"] = peak(rows["stock", 32])
    return out


def print_bars(values):
    return all([bar(name, values.get(name), wanted, good, form)
                for name, (wanted, good, form) in BARS.items()])


def measure(line, targets, values):
    """Tables, one by one; fills in values of bars."""
    arguments = line.arguments
    milters = [t for t in targets if t.name != "verify"]

    def once(target):
        if not hasattr(target, "speed"):
            guess_speed(arguments, target)
        return turn(arguments, target)
    for target in targets:
        guess_speed(arguments, target)
        say(f"{target.name}: about {target.speed:.0f} messages a second")
    if "connections" in arguments.parts:
        rows = by_connections(arguments, targets)
        values.update(values_of(rows))
        yield main_table(rows)
    if "sizes" in arguments.parts:
        yield scaling.by_size(line, milters)
    if "rules" in arguments.parts:
        yield scaling.by_rules(line, milters, once)
    if "keys" in arguments.parts:
        yield scaling.by_keys(line, milters, once)
    if "postfix" in arguments.parts:
        yield smtp(line, milters, values)


def wanted(arguments):
    """Names to be started, those that others need among them."""
    names = set(arguments.only or lineup.STARTS)
    for name in list(names):
        names.add(lineup.NEEDS.get(name, name))
    if "keys" in arguments.parts:
        names.add("postern")
    return [name for name in lineup.STARTS if name in names]


def compare(arguments, log):
    """Tables, remarks and values of bars."""
    line = lineup.Lineup(arguments, log)
    tables, values = [], {}
    try:
        for name in wanted(arguments):
            line.start(name)
            say(f"{name} " + line.missing.get(name, "runs"))
        targets = [line.filters[name] for name in wanted(arguments)
                   if name in line.filters and
                   name in (arguments.only or lineup.STARTS)]
        notes = surroundings(arguments) + [corpus(line.files)] + [
            f"{lineup.NAMES[name]}: unmeasured, {why}."
            for name, why in line.missing.items()]
        for table in measure(line, targets, values):
            tables.append(table)
            say(table.title + " done")
    finally:
        line.stop()
    # So few messages answer nothing.
    return tables, notes, {} if arguments.short else values


def print_page(arguments, tables, notes, values):
    """On paper and in the file; returns whether all bars are met."""
    print("\n".join(notes) + "\n")
    for table in tables:
        print(table.text())
    met = print_bars(values)
    with open(arguments.table, "w", encoding="utf-8") as f, \
            contextlib.redirect_stdout(f):
        print("# Postern beside its peers\n\nWritten by `make bench-peers`.\n")
        print("\n\n".join(notes) + "\n")
        for table in tables:
            print(table.markdown())
        print("## Bars\n\n```")
        print_bars(values)
        print("```")
    return met


def names_of(known):
    def parse(text):
        found = text.split(",")
        for name in found:
            if name not in known:
                raise argparse.ArgumentTypeError(
                    f"{name} is none of {', '.join(known)}")
        return found
    return parse


def parse_arguments():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--build", default="build", help="folder of the programs")
    p.add_argument("--state", required=True,
                   help="folder with postern.conf, rules and plain/*.eml")
    p.add_argument("--peers", default="build/peers",
                   help="where spamd, spamass-milter and rspamd are unpacked")
    p.add_argument("--table", help="the Markdown file (PEERS.md beside this "
                   "program; in the folder of state if not all is measured)")
    p.add_argument("--option", action="append", default=[],
                   metavar="KEY=VALUE", help="passed to postern as -o")
    p.add_argument("--only", type=names_of(lineup.STARTS), metavar="NAME,...",
                   help=f"of {', '.join(lineup.STARTS)}")
    p.add_argument("--parts", type=names_of(PARTS), default=list(PARTS),
                   metavar="PART,...", help=f"of {', '.join(PARTS)}")
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--seconds", type=float, default=2.0)
    p.add_argument("--messages", type=int, default=10000)
    p.add_argument("--keys", type=int, default=scaling.KEYS)
    p.add_argument("--short", action="store_true",
                   help="whether all of it works, in minutes: one round of "
                   "few messages, without what is largest; no bars")
    p.add_argument("--per-connection", type=int, default=1)
    return complete(p.parse_args())


def complete(arguments):
    if arguments.short:
        arguments.rounds, arguments.seconds = 1, 0.2
        arguments.messages = min(arguments.messages, 64)
        arguments.keys = min(arguments.keys, 100000)
    for name in ("build", "state", "peers"):
        setattr(arguments, name, os.path.abspath(getattr(arguments, name)))
    arguments.posternctl = os.path.join(arguments.build, "posternctl")
    whole = not (arguments.short or arguments.only or
                 arguments.parts != list(PARTS))
    arguments.table = os.path.abspath(arguments.table or os.path.join(
        auth.HERE if whole else arguments.state, "PEERS.md"))
    return arguments


def unmeasured(reason):
    say(f"nothing is measured: {reason}")
    print_bars({})
    return 0


def into_memory(arguments):
    """Moves the folder of state there, where nobody else sees it."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "none", WORK],
                   check=True)
    arguments.state = shutil.copytree(arguments.state, f"{WORK}/bench")
    os.chmod(arguments.state, 0o755)
    if arguments.short:
        for path in sorted(glob.glob(f"{arguments.state}/plain/*"))[FEW:]:
            os.unlink(path)


def main():
    arguments = parse_arguments()
    through.exit_on_signals()
    absent = [path for path in (auth.PROGRAMS["nsd"], lineup.store.REDIS,
                                lineup.store.REDIS_CLI)
              if not os.access(path, os.X_OK)]
    if absent or not shutil.which("unshare"):
        return unmeasured(f"not there: {' '.join(absent) or 'unshare'}")
    if auth.INSIDE not in os.environ:
        auth.enter_network()
        return unmeasured("no network namespace is to be had")
    try:
        with open(f"{arguments.state}/log", "a", encoding="utf-8") as log:
            auth.private_network(arguments.state)
            into_memory(arguments)
            # What comes on the way is no part of the page.
            with contextlib.redirect_stdout(sys.stderr):
                found = compare(arguments, log)
        return 0 if print_page(arguments, *found) else 1
    except (Failed, OSError, subprocess.CalledProcessError) as reason:
        say(f"ended: {reason}; the log in the folder of state says more")
        return 2


if __name__ == "__main__":
    sys.exit(main())
