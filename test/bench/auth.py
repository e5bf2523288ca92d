#!/usr/bin/python3
"""auth - measures sender authentication against opendkim and opendmarc.

All filters run at the same time, each with its usual number of threads, and
are loaded in turns, round by round, by the same client with the same messages:
three quarters of them signed (rsa-2048, by another implementation), of 37 kB
on average.  Postern runs its shipped configuration, so it does SPF, DKIM, ARC,
DMARC, iprev and all its other checks; opendkim verifies DKIM; opendmarc does
SPF by itself and DMARC.

The chain: an MTA asks its milters one after the other at every step, so a
message costs the time at opendkim and then the time at opendmarc.  Each is
loaded alone, and the chain's rate is 1/(1/a + 1/b) of their rates in the same
round.  That is right as long as filter, client and nsd together keep all
processors busy, and too low for the chain where processors idle: the quotient
of CPU time, of the filters alone, is printed beside it and does not depend on
that.  opendmarc gets the messages with the field on top that opendkim really
added, so that it has DKIM results to judge by.

The filters listen at local sockets: through TCP, opendkim and opendmarc lose
40 ms per message, because their small writes wait for a delayed
acknowledgement, and that says nothing about authentication.

Everything runs in a network of its own (unshare: mount and network), where
127.0.0.1 port 53 is one nsd that holds the zone, and /etc/resolv.conf names
it: opendmarc asks the system's resolver and nothing else.

Ends with bar lines as run.py does; what cannot be had is unmeasured.
"""
import argparse
import fcntl
import glob
import json
import os
import shutil
import socket
import statistics
import struct
import subprocess
import sys

import run
from run import Failed, Filter, bar, load, median, send

HERE = os.path.dirname(os.path.abspath(__file__))
SIGN = os.path.join(HERE, "../conformance/sign.py")
ORIGIN = "signed.example"
KINDS = "rsa,rsa,rsa,none"
DOMAINS = 8
CLIENT = "192.0.2.77"
NAME = "mail.d0.signed.example"
SENDER = "x@d0.signed.example"
PROGRAMS = {"opendkim": "/usr/sbin/opendkim",
            "opendmarc": "/usr/sbin/opendmarc", "nsd": "/usr/sbin/nsd"}
BARS = [("auth-vs-opendkim", 1.2), ("auth-vs-chain", 1.6)]
INSIDE = "POSTERN_BENCH_INSIDE"

NSD = """server:
    ip-address: 127.0.0.1
    port: 53
    username: ""
    chroot: ""
    pidfile: ""
    database: ""
    zonesdir: "{0}"
    zonelistfile: "{0}/zones"
    xfrdfile: ""
    hide-version: yes
    rrl-ratelimit: 0
    server-count: 1
remote-control:
    control-enable: no
zone:
    name: signed.example
    zonefile: signed.example
zone:
    name: .
    zonefile: root
"""

# Whatever else is asked does not exist, and that is an answer too.
ROOT = f"""$TTL 3600
. IN SOA ns.signed.example. hostmaster.signed.example. 1 3600 600 86400 3600
. IN NS ns.signed.example.
signed.example. IN NS ns.signed.example.
ns.signed.example. IN A 127.0.0.1
77.2.0.192.in-addr.arpa. IN PTR {NAME}.
"""

OPENDKIM = """Mode v
Socket local:{0}/opendkim.socket
Background no
Syslog no
Nameservers 127.0.0.1
InternalHosts {0}/nobody
AuthservID bench.example
AlwaysAddARHeader yes
"""

OPENDMARC = """Socket local:{0}/opendmarc.socket
Background no
Syslog no
AuthservID bench.example
TrustedAuthservIDs bench.example
IgnoreHosts {0}/nobody
RejectFailures no
SPFIgnoreResults yes
SPFSelfValidate yes
PublicSuffixList /usr/share/publicsuffix/public_suffix_list.dat
"""


def unmeasured(reason):
    print(f"auth: {reason}", file=sys.stderr)
    for name, wanted in BARS:
        bar(name, None, f">= {wanted}", None)
    return 0


def write(path, text):
    with open(path, "w") as f:
        f.write(text)
    return path


def raise_loopback():
    """What "ip link set lo up" does (netdevice(7))."""
    up = struct.pack("16sH22x", b"lo", 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, 0x8914, up)


def private_network(state):
    raise_loopback()
    conf = write(f"{state}/resolv.conf", "nameserver 127.0.0.1\n")
    subprocess.run(["mount", "--bind", conf,
                    os.path.realpath("/etc/resolv.conf")], check=True)


def sign(state, source, target, domains, kinds=KINDS):
    """Signs the messages of a folder; all runs use the same keys."""
    subprocess.run(["/usr/bin/python3", SIGN, f"{state}/{target}", "--from",
                    f"{state}/{source}", "--count",
                    str(len(os.listdir(f"{state}/{source}"))), "--domains",
                    str(domains), "--kinds", kinds, "--keys",
                    f"{state}/keys"], check=True)


def make_corpus(state, domains=DOMAINS, clients=CLIENT, more=""):
    """Signed messages, and the zone that verifies them, with more in it."""
    sign(state, "plain", "signed", domains)
    with open(f"{state}/signed/zone") as f:
        zone = f.read().replace("ip4:127.0.0.0/8", f"ip4:{clients}")
    write(f"{state}/signed.example", zone + more +
          '_dmarc IN TXT "v=DMARC1; p=reject"\n' +
          f"{NAME}. IN A {CLIENT}\n")
    write(f"{state}/root", ROOT)
    files = sorted(glob.glob(f"{state}/signed/*.eml"))
    size = statistics.mean(os.path.getsize(f) for f in files)
    print(f"{len(files)} messages of {size / 1000:.1f} kB on average")
    return files


def start_nsd(state, log):
    conf = write(f"{state}/nsd.conf", NSD.format(state))
    return Filter("nsd", [PROGRAMS["nsd"], "-d", "-c", conf], 53, log)


def start_filters(arguments, started, log):
    state = arguments.state
    started.append(Filter("postern", postern_command(arguments),
                          f"{state}/postern.socket", log))
    for start in (start_opendkim, start_opendmarc):
        started.append(start(state, log))


def start_opendkim(state, log):
    write(f"{state}/nobody", "192.0.2.222\n")
    conf = write(f"{state}/opendkim.conf", OPENDKIM.format(state))
    return Filter("opendkim", [PROGRAMS["opendkim"], "-f", "-x", conf],
                  f"{state}/opendkim.socket", log)


def start_opendmarc(state, log):
    write(f"{state}/nobody", "192.0.2.222\n")
    conf = write(f"{state}/opendmarc.conf", OPENDMARC.format(state))
    return Filter("opendmarc", [PROGRAMS["opendmarc"], "-f", "-c", conf],
                  f"{state}/opendmarc.socket", log)


def postern_command(arguments):
    state = arguments.state
    command = [os.path.join(arguments.build, "postern"), "-c",
               f"{state}/postern.conf"]
    for option in [f"daemon.listen=unix:{state}/postern.socket",
                   f"daemon.control={state}/control", "daemon.user=",
                   f"store.path={state}/store", "log.to=stderr",
                   "mode=mark", "dns.forwarders=127.0.0.1",
                   "dns.local_zones=yes", *arguments.option]:
        command += ["-o", option]
    return command


def results_in(lines, word, field):
    """In how many verdicts a field of that name has the word."""
    return sum(any(e["name"].lower() == field and word in e["value"]
                   for e in line["edits"] if "name" in e)
               for line in lines)


def look(arguments, target, files, words, field="authentication-results"):
    """Every message once, and a word about what the filter found."""
    lines = [line for line in send(arguments, target, files)
             if "edits" in line]
    found = {word: results_in(lines, word, field) for word in words}
    print(f"{target.name} found in {len(lines)} messages:", json.dumps(found))
    # A filter that does not do its part must not win, or lose, by that.
    for word, wanted in words.items():
        if not wanted <= found[word] / len(lines) <= wanted + 0.02:
            raise Failed(f"{target.name} did not find {word}")
    return lines


def with_results(state, files, lines):
    """The messages as they are once opendkim has added its field."""
    os.makedirs(f"{state}/passed")
    out = []
    for path, line in zip(files, lines):
        added = "".join(f"{e['name']}: {e['value'].strip()}\n"
                        for e in line["edits"] if "header" in e["kind"])
        added = added.replace("\r\n", "\n").replace("\n", "\r\n").encode()
        out.append(f"{state}/passed/{os.path.basename(path)}")
        with open(path, "rb") as f, open(out[-1], "wb") as to:
            to.write(added + f.read())
    return out


def measure(arguments, work):
    """A row per round for each filter and number of connections."""
    rows = {}
    for target, files in work:
        load(arguments, target, files, 8, run.WARM)
    for number in range(arguments.rounds):
        for c in arguments.connections:
            # Who goes first changes from round to round.
            for target, files in work[::-1 if number % 2 else 1]:
                rows.setdefault((target.name, c), []).append(
                    load(arguments, target, files, c, arguments.messages))
        print(f"round {number + 1} of {arguments.rounds} done",
              file=sys.stderr)
    return rows


def print_table(rows, connections):
    print(f"{'filter':10} {'conn':>4} {'msg/s':>7} {'cpu us/msg':>11} "
          f"{'processors':>10} {'p50 ms':>8} {'p99 ms':>8} {'anon kB':>8}")
    for c in connections:
        for name in ("postern", "opendkim", "opendmarc"):
            r = rows[name, c]
            busy = statistics.median(x["cpu"] * x["rate"] for x in r)
            print(f"{name:10} {c:4} {median(r, 'rate'):7.0f} "
                  f"{median(r, 'cpu') * 1e6:11.1f} {busy:10.2f} "
                  f"{median(r, 'p50'):8.3f} {median(r, 'p99'):8.3f} "
                  f"{median(r, 'anon'):8.0f}")


def print_bars(rows, connections):
    """Of each number of connections the median over the rounds."""
    alone, chain = [], []
    for c in connections:
        rates = list(zip(*([x["rate"] for x in rows[name, c]] for name in
                           ("postern", "opendkim", "opendmarc"))))
        alone.append(statistics.median(p / a for p, a, b in rates))
        chain.append(statistics.median(p * (1 / a + 1 / b)
                                       for p, a, b in rates))
        own, dkim, dmarc = (median(rows[name, c], "cpu") for name in
                            ("postern", "opendkim", "opendmarc"))
        print(f"{c} connections: {alone[-1]:.2f} times opendkim (CPU "
              f"{dkim / own:.2f}), {chain[-1]:.2f} times the chain (CPU "
              f"{(dkim + dmarc) / own:.2f})")
    # The worse number of connections counts.
    return all([bar(name, min(values), f">= {wanted}",
                    lambda v, w=wanted: v >= w)
                for (name, wanted), values in zip(BARS, (alone, chain))])


def compare(arguments, started, log):
    state = arguments.state
    private_network(state)
    files = make_corpus(state)
    started.append(start_nsd(state, log))
    start_filters(arguments, started, log)
    postern, opendkim, opendmarc = started[1:]
    look(arguments, postern, files, {"dkim=pass": 0.75, "dkim=none": 0.25,
                                     "spf=pass": 1, "dmarc=pass": 1})
    lines = look(arguments, opendkim, files, {"dkim=pass": 0.75})
    passed = with_results(state, files, lines)
    # opendmarc takes no organizational domain from a suffix that the list
    # does not know (example), so SPF of another name there is not aligned.
    look(arguments, opendmarc, passed, {"spf=pass": 1, "dmarc=pass": 0.75})
    rows = measure(arguments, [(postern, files), (opendkim, files),
                               (opendmarc, passed)])
    print_table(rows, arguments.connections)
    return print_bars(rows, arguments.connections)


def parse_arguments():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--build", default="build", help="folder of the programs")
    p.add_argument("--state", required=True,
                   help="folder with postern.conf, rules and plain/*.eml")
    p.add_argument("--option", action="append", default=[],
                   metavar="KEY=VALUE", help="passed to postern as -o")
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--messages", type=int, default=3000)
    p.add_argument("--connections", type=run.numbers, default=[8, 32])
    p.add_argument("--per-connection", type=int, default=1)
    arguments = p.parse_args()
    arguments.state = os.path.abspath(arguments.state)
    arguments.posternctl = os.path.join(arguments.build, "posternctl")
    arguments.send = ["--client", f"{CLIENT},{NAME}", "--helo", NAME,
                      "--from", SENDER]
    return arguments


def enter_network():
    """This program again in namespaces of its own; returns if it cannot."""
    command = ["unshare", "--mount", "--net"]
    if os.geteuid() != 0:
        command.append("--map-root-user")
    if subprocess.run([*command, "true"]).returncode == 0:
        os.environ[INSIDE] = "yes"
        os.execvp("unshare", [*command, sys.executable, *sys.argv])


def main():
    arguments = parse_arguments()
    absent = [n for n, path in PROGRAMS.items() if not os.access(path, os.X_OK)]
    if absent or not shutil.which("unshare"):
        return unmeasured(f"not there: {' '.join(absent) or 'unshare'}")
    if INSIDE not in os.environ:
        enter_network()
        return unmeasured("no network namespace is to be had")
    started = []
    try:
        with open(f"{arguments.state}/log", "a") as log:
            return 0 if compare(arguments, started, log) else 1
    except Failed as reason:
        print(f"auth: {reason}; see {arguments.state}/log", file=sys.stderr)
        return 2
    finally:
        for target in reversed(started):
            target.stop()


if __name__ == "__main__":
    sys.exit(main())
