#!/usr/bin/python3
"""content - measures content analysis against spamd and rspamd.

Postern has SpamAssassin's stock rules loaded beside its own, spamd the same
stock rules (-L: no network; no Bayes), rspamd its shipped rules without those
that ask a service.  All run at the same time and are loaded in turns, round
by round, with the same messages.  Postern runs twice: with all authentication
off ("content"), and as shipped ("auth").

CPU is that of a filter with all its processes, not the client's.  Rates are
those of 8 connections, with as many workers as processors; a peer's client is
written in Python, whose own time hardly matters beside spamd's and rspamd's.

Then, of Postern alone: memory; bytes, up to 50 MB with the limit on what is
looked at raised; numbers of rules that hit nothing.

Runs in a network of its own as auth.py does, and ends with bar lines as
run.py does; what cannot be had is unmeasured.
"""
import argparse
import base64
import os
import random
import shutil
import statistics
import subprocess
import sys

import auth
import peers
import run
from auth import write
from run import Failed, Filter, bar, load, median, send

CONNECTIONS = 8
BUSY = 32               # connections while memory is read
SAMPLE = 100            # messages, evenly spaced, that all filters judge
PORTS = {"spamd": 18793, "rspamd": 18794}
MEGABYTES = (5, 50)
BULK = 200              # megabytes in all for each size
FORMS = ("text", "html", "attachment")
RULES = (100, 1000, 10000)
SHIPPED = "files = rules/*.cf"  # a line of the sample configuration
STOCK_RULE = "HTML_MESSAGE"     # a stock rule that every newsletter hits
PROGRAMS = {"nsd": auth.PROGRAMS["nsd"], "perl": "/usr/bin/perl",
            "stock rules": f"{peers.STOCK}/20_head_tests.cf"}
QUIET = [f"{part}.enabled=no" for part in
         ("dns", "iprev", "spf", "dkim", "arc", "dmarc")] + [
    "reputation.enabled=no", "rules.score_set=0"]
WORDS = """harbour invoice window delivery question garden report version
schedule customer language account review kitchen ticket music""".split()

# name, limit, whether met, form
BARS = {
    "content-vs-spamd": (">= 200", lambda v: v >= 200, "{:.0f}"),
    "content-auth-vs-spamd": (">= 100", lambda v: v >= 100, "{:.0f}"),
    "content-rate-vs-rspamd": (">= 10", lambda v: v >= 10, "{:.1f}"),
    "content-memory-32": ("< 100 MB", lambda v: v < 100, "{:.1f} MB"),
    # Of CPU per byte at 50 MB to that at 5 MB, in the worst form.
    "content-linear-50mb": ("<= 1.5", lambda v: v <= 1.5, "{:.2f}"),
    # Of CPU per message with 10,000 rules that hit nothing to 100 of them.
    "content-flat-10000-rules": ("<= 1.5", lambda v: v <= 1.5, "{:.2f}"),
}


def print_bars(values):
    return all([bar(name, values.get(name), wanted, good, form)
                for name, (wanted, good, form) in BARS.items()])


def unmeasured(reason):
    print(f"content: {reason}", file=sys.stderr)
    print_bars({})
    return 0


class Patient(Filter):
    PATIENCE = 120      # rules may have to be compiled


def start_postern(arguments, name, rules, options, log):
    """A daemon of that name with these rule files."""
    place = f"{arguments.state}/{name}"
    for folder in ("store", "compiled"):
        os.makedirs(f"{place}/{folder}", exist_ok=True)
    with open(f"{arguments.state}/postern.conf", encoding="utf-8") as f:
        text = f.read()
    if SHIPPED not in text:
        raise Failed(f"postern.conf does not say {SHIPPED}")
    listed = ", ".join(f'"{rule}"' for rule in rules)
    conf = write(f"{arguments.state}/{name}.daemon.conf",
                 text.replace(SHIPPED, f"files = {{ {listed} }}"))
    command = [os.path.join(arguments.build, "postern"), "-c", conf]
    for option in [f"daemon.listen=unix:{place}/socket", "daemon.user=",
                   f"daemon.control={place}/control", "log.to=stderr",
                   f"store.path={place}/store", "mode=mark",
                   f"rules.cache={place}/compiled", *options,
                   *arguments.option]:
        command += ["-o", option]
    return Patient(name, command, f"{place}/socket", log)


def start_all(arguments, started, log):
    """Two daemons of ours, then the peers that are there, in started."""
    stock = ["rules/*.cf", f"{peers.STOCK}/*.cf"]
    workers = os.cpu_count()
    spamd = f"{arguments.peers}/spamd/usr/sbin/spamd"
    rspamd = f"{arguments.peers}/rspamd"
    if not arguments.only_peers:
        started.append(start_postern(arguments, "content", stock, QUIET, log))
        started.append(start_postern(
            arguments, "auth", stock,
            ["dns.forwarders=127.0.0.1", "dns.local_zones=yes"], log))
    if os.path.exists(f"{rspamd}/usr/bin/rspamd"):
        started.append(peers.Rspamd(rspamd, f"{arguments.state}/rspamd",
                                    PORTS["rspamd"], workers, log))
    if os.path.exists(spamd):
        started.append(peers.Spamd(spamd, PORTS["spamd"], workers, log))


def look(arguments, targets, files, messages):
    """Refuses to measure filters that do not do their part."""
    for target in targets:
        if isinstance(target, peers.Peer):
            wanted = "HTML" if target.name == "spamd" else "MIME_TRACE"
            found = sum(wanted in target.judge(m) for m in messages[:10])
        else:
            wanted = STOCK_RULE
            found = sum(any(STOCK_RULE in e["value"] for e in line["edits"])
                        for line in send(arguments, target, files)
                        if "edits" in line)
        print(f"{target.name} found {wanted} in {found} messages")
        if not found:
            raise Failed(f"{target.name} does not find {wanted}")


def measure(arguments, targets, files, messages):
    """A row for each round, by the name of the filter."""
    counts = {"spamd": arguments.spamd, "rspamd": arguments.rspamd}

    def once(target, share):
        if isinstance(target, peers.Peer):
            return target.run(messages, max(counts[target.name] // share, 1),
                              CONNECTIONS)
        return load(arguments, target, files, CONNECTIONS,
                    arguments.messages // share)
    rows = {target.name: [] for target in targets}
    for target in targets:
        once(target, 4)
    for number in range(arguments.rounds):
        # Who goes first changes from round to round.
        for target in targets[::-1 if number % 2 else 1]:
            rows[target.name].append(once(target, 1))
        print(f"round {number + 1} of {arguments.rounds} done",
              file=sys.stderr)
    return rows


def quotient(rows, key, above, below):
    """Median over the rounds of above's value divided by below's."""
    pairs = zip(rows.get(above, []), rows.get(below, []))
    found = [a[key] / b[key] for a, b in pairs if b[key] > 0]
    return statistics.median(found) if found else None


def print_table(rows):
    print(f"{'filter':10} {'msg/s':>8} {'cpu us/msg':>11} {'of spamd':>9} "
          f"{'of rspamd':>9}")
    for name, found in rows.items():
        shares = [quotient(rows, "cpu", peer, name)
                  for peer in ("spamd", "rspamd")]
        print(f"{name:10} {median(found, 'rate'):8.1f} "
              f"{median(found, 'cpu') * 1e6:11.1f} " +
              " ".join(f"{'-' if s is None else f'1/{s:.1f}':>9}"
                       for s in shares))


def memory(arguments, targets, files):
    """The most anonymous memory that a daemon of ours takes, in MB."""
    peaks = []
    for target in targets:
        if not isinstance(target, peers.Peer):
            row = load(arguments, target, files, BUSY, arguments.messages)
            peaks.append(row["anon"] * 1024 / 1e6)
            print(f"{target.name}: {peaks[-1]:.1f} MB anonymous, "
                  f"{row['file'] * 1024 / 1e6:.1f} MB of files, at {BUSY} "
                  "connections")
    return max(peaks) if peaks else None


def line_of(random_words):
    return " ".join(random_words.choice(WORDS) for _ in range(10))


def large(form, size):
    """A message of about that many bytes."""
    words = random.Random(size)
    block = []
    for number in range(2000):
        text = line_of(words)
        if form == "html":
            text = (f'<p style="color:#333">{text} <a href="https://www.'
                    f'example.com/{number}">{words.choice(WORDS)}</a></p>')
        block.append(text + ("\r\n\r\n" if number % 7 == 0 else "\r\n"))
    block = "".join(block).encode()
    kind = {"text": "text/plain", "html": "text/html",
            "attachment": "application/octet-stream"}[form]
    code = "base64" if form == "attachment" else "7bit"
    if form == "attachment":
        block = base64.encodebytes(words.randbytes(100000)).replace(
            b"\n", b"\r\n")
    head = (f"From: x@{auth.NAME}\r\nTo: bob@recipient.example\r\n"
            "Date: Mon, 2 Jun 2025 10:00:00 +0000\r\nSubject: large\r\n"
            f"Message-ID: <{form}.{size}@sender.example>\r\n"
            f"MIME-Version: 1.0\r\nContent-Type: {kind}\r\n"
            f"Content-Transfer-Encoding: {code}\r\n\r\n").encode()
    return head + (block * (size // len(block) + 1))[:size]


def linear(arguments, started, log):
    """CPU per byte of large messages, relative to a tenth of the size.

    Before each measured run goes one message: memory that a virtual machine
    only then gets from its host is none of a filter's cost."""
    target = start_postern(arguments, "large",
                           ["rules/*.cf", f"{peers.STOCK}/*.cf"],
                           [*QUIET, "limits.body=64M", "limits.bytes=1G"], log)
    started.append(target)
    worst = None
    for form in FORMS:
        costs = []
        for megabytes in MEGABYTES:
            path = f"{arguments.state}/{form}.{megabytes}.eml"
            with open(path, "wb") as f:
                f.write(large(form, megabytes * 1000000))
            times = BULK // megabytes
            load(arguments, target, [path], 1, 1)
            row = load(arguments, target, [path], 1, times)
            costs.append(row["cpu"] / megabytes)
            os.unlink(path)
            print(f"{form} of {megabytes} MB: {costs[-1] * 1e3:.1f} ms of "
                  "CPU per MB")
        if costs[0] <= 0:
            raise Failed("too little CPU time to be measured")
        worst = max(worst or 0, costs[-1] / costs[0])
    return worst


def idle_rules(path, count):
    """Rules of every kind, each with words that no message has."""
    kinds = ("body {0} /\\b(?:{1}|{2}) qzx{3}[0-9]{{2,5}}\\b/i",
             "body {0} /{1}.{{0,20}}qzy{3}(?:er|ing)/",
             "header {0} Subject =~ /{1}\\s+qzv{3}/i",
             "uri {0} /\\/qzw{3}\\/[a-z]+\\.php$/i",
             "rawbody {0} /<qzu{3}[^>]*>{1}/i")
    words = random.Random(count)
    return write(path, "".join(
        kinds[n % len(kinds)].format(f"IDLE_{n}", words.choice(WORDS),
                                     words.choice(WORDS), n) +
        f"\nscore IDLE_{n} 1\n" for n in range(count)))


def flat(arguments, files, started, log):
    """How much more CPU a message takes with the most rules."""
    targets = []
    for count in RULES:
        rules = idle_rules(f"{arguments.state}/idle.{count}.cf", count)
        targets.append(start_postern(arguments, f"rules-{count}",
                                     ["rules/*.cf", rules], QUIET, log))
        started.append(targets[-1])
    rows = {target.name: [] for target in targets}
    for number in range(arguments.rounds + 1):
        for target in targets[::-1 if number % 2 else 1]:
            row = load(arguments, target, files, CONNECTIONS,
                       arguments.messages)
            if number:
                rows[target.name].append(row)
    for target in targets:
        print(f"{target.name}: {median(rows[target.name], 'cpu') * 1e6:.1f} "
              "us of CPU per message")
    return quotient(rows, "cpu", targets[-1].name, targets[0].name)


def compare(arguments, started, log):
    auth.private_network(arguments.state)
    files = auth.make_corpus(arguments.state)
    files = files[::max(len(files) // SAMPLE, 1)]
    messages = []
    for path in files:
        with open(path, "rb") as f:
            messages.append(f.read())
    started.append(auth.start_nsd(arguments.state, log))
    start_all(arguments, started, log)
    targets = started[1:]
    look(arguments, targets, files, messages)
    rows = measure(arguments, targets, files, messages)
    print_table(rows)
    values = {
        "content-vs-spamd": quotient(rows, "cpu", "spamd", "content"),
        "content-auth-vs-spamd": quotient(rows, "cpu", "spamd", "auth"),
        "content-rate-vs-rspamd": quotient(rows, "rate", "content", "rspamd"),
        "content-memory-32": memory(arguments, targets, files)}
    while len(started) > 1:
        started.pop().stop()
    if not arguments.only_peers:
        values["content-linear-50mb"] = linear(arguments, started, log)
        values["content-flat-10000-rules"] = flat(arguments, files, started,
                                                  log)
    return print_bars(values)


def parse_arguments():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--build", default="build", help="folder of the programs")
    p.add_argument("--state", required=True,
                   help="folder with postern.conf, rules and plain/*.eml")
    p.add_argument("--peers", default="build/peers",
                   help="where spamd and rspamd are unpacked")
    p.add_argument("--only-peers", action="store_true",
                   help="leave Postern out, to try the other two")
    p.add_argument("--option", action="append", default=[],
                   metavar="KEY=VALUE", help="passed to postern as -o")
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--messages", type=int, default=3000)
    p.add_argument("--rspamd", type=int, default=300,
                   help="messages of a round for rspamd")
    p.add_argument("--spamd", type=int, default=100)
    p.add_argument("--per-connection", type=int, default=1)
    arguments = p.parse_args()
    arguments.state = os.path.abspath(arguments.state)
    arguments.peers = os.path.abspath(arguments.peers)
    arguments.posternctl = os.path.join(arguments.build, "posternctl")
    arguments.send = ["--client", f"{auth.CLIENT},{auth.NAME}", "--helo",
                      auth.NAME, "--from", auth.SENDER]
    return arguments


def main():
    arguments = parse_arguments()
    absent = [n for n, path in PROGRAMS.items() if not os.path.exists(path)]
    if absent or not shutil.which("unshare"):
        return unmeasured(f"not there: {' '.join(absent) or 'unshare'}")
    if auth.INSIDE not in os.environ:
        auth.enter_network()
        return unmeasured("no network namespace is to be had")
    started = []
    try:
        with open(f"{arguments.state}/log", "a") as log:
            return 0 if compare(arguments, started, log) else 1
    except (Failed, OSError, subprocess.CalledProcessError) as reason:
        print(f"content: {reason}; see {arguments.state}/log",
              file=sys.stderr)
        return 2
    finally:
        for target in reversed(started):
            target.stop()


if __name__ == "__main__":
    sys.exit(main())
