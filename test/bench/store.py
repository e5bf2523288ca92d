#!/usr/bin/python3
"""store - measures what a shared store costs: Redis against memory.

Postern as in auth.py, with every check that asks the store: greylisting of
all mail, reputation with GeoIP, trust entries, replies, rate limits, watched
users, and a DNS list.  Daemons that differ in nothing but the store run at the
same time and are loaded in turns, round by round, with the same messages over
8 connections: the store in memory, Redis over TCP on loopback, Redis over a
unix socket, and for information the embedded one.  One message of ten is
outbound.  Limits are as shipped, but a thousand times higher.

Then, with Redis alone and small messages that nobody has to authenticate, what
a message costs (CPU of Postern and Redis together, and time) with a thousand
keys in Redis, all of them in use, and with ten million, of which the messages
use those of thousands of senders.  What fills it are copies of the records
that mail left there, but for buckets, which last a minute, under other keys
(fill.c); Redis may then move its keys to larger tables before it is measured.

And what a sender leaves in Redis, by class of records.

Runs in a network of its own as auth.py does, and ends with bar lines as
run.py does; what cannot be had is unmeasured.
"""
import argparse
import glob
import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import time

import auth
from auth import write
from run import Failed, Filter, bar, load, median, refused, send

REDIS = "/usr/bin/redis-server"
REDIS_CLI = "/usr/bin/redis-cli"
CONNECTIONS = 8
SENDERS = 400           # of the comparison, each with a message of its own
STRANGERS = 20000       # senders of the mail into the large Redis
FEW = 50                # those of the small one: less than a thousand keys
SMALL_KEYS = 1000
OUTBOUND = 10           # one message of so many
TRUSTED = 10            # one sender of so many has a trust entry
REHASH = 180            # seconds that Redis may take to enlarge its tables
DELAY = 1.0             # seconds that greylisting wants
PORT = 6390
TCP, UNIX, MEMORY, EMBEDDED = "redis-tcp", "redis-unix", "memory", "embedded"
# What is off, or does little, as shipped.
CHECKS = ["greylist.when=always", f"greylist.delay={int(DELAY)}s",
          "rate.limits={0}/limits", "geoip.files={0}/places.mmdb",
          "providers.files={0}/providers"]
COMMON = ["mode=enforce", "log.to=stderr", "daemon.user=", *CHECKS]
ASKING = ["dns.forwarders=127.0.0.1", "dns.local_zones=yes",
          "dnslists.definitions={0}/dnslists", "dnslists.use=bench",
          "trust.files={0}/trusted"]
# An empty Redis is one that lost its contents, whose silence says nothing.
WARM = ["redis.warm_up=0"]
LIST = """list bench
\tabout	of this measurement
\tterms	https://www.example.org/ none
\tzone	bl.signed.example
\task	client
\tcode	127.0.0.2	RCVD_IN_SBL
"""
LISTED = "2.0.0.127.bl IN A 127.0.0.2\n"

# name, limit, whether met.  The second is of CPU or of time, the worse of them.
BARS = {
    "store-redis-vs-memory": (">= 0.7", lambda v: v >= 0.7),
    "store-flat-10m-keys": ("<= 1.2", lambda v: v <= 1.2),
}


def print_bars(values):
    return all([bar(name, values.get(name), wanted, good)
                for name, (wanted, good) in BARS.items()])


def unmeasured(reason):
    print(f"store: {reason}", file=sys.stderr)
    print_bars({})
    return 0


class Redis(Filter):
    """A private server that writes nothing to disk."""

    def __init__(self, name, port, folder, log):
        self.socket = f"{folder}/{name}.redis"
        super().__init__(f"redis of {name}", [
            REDIS, "--port", str(port), "--bind", "127.0.0.1", "--save", "",
            "--appendonly", "no", "--dir", folder, "--unixsocket", self.socket,
            "--maxmemory-policy", "noeviction", "--daemonize", "no",
            "--enable-debug-command", "local"],
            port, log)

    def say(self, *words):
        return subprocess.run([REDIS_CLI, "-p", str(self.place), *words],
                              check=True, stdout=subprocess.PIPE,
                              text=True).stdout

    def info(self, section):
        """Values by name."""
        lines = (line.partition(":") for line in
                 self.say("INFO", section).splitlines())
        return {name: value for name, colon, value in lines if colon}

    def commands(self):
        """Calls and microseconds of each command so far."""
        return {name.removeprefix("cmdstat_"): tuple(
            int(re.search(f"{key}=([0-9]+)", value)[1])
            for key in ("calls", "usec"))
            for name, value in self.info("commandstats").items()}


class Daemon(Filter):
    """Postern with one of the stores, and the Redis behind it, if any."""

    def __init__(self, arguments, name, options, redis, log):
        state = f"{arguments.state}/{name}"
        os.makedirs(f"{state}/store", exist_ok=True)
        self.redis = redis
        self.control = f"{state}/control"
        self.options = [
            f"daemon.listen=unix:{state}/socket",
            f"daemon.control={self.control}", f"store.path={state}/store",
            *(option.format(arguments.state) for option in COMMON + options),
            *arguments.option]
        super().__init__(name, [
            os.path.join(arguments.build, "postern"),
            *self.settings(arguments)], f"{state}/socket", log)

    def settings(self, arguments):
        out = ["-c", f"{arguments.state}/postern.conf"]
        for option in self.options:
            out += ["-o", option]
        return out

    def figures(self, arguments):
        """Batches, and operations by verb, since the start."""
        text = ask(arguments, self, "stats")
        verbs = {}
        for verb, value in re.findall(r'postern_store_operations_total\{.*verb'
                                      r'="(\w+)".*\} (\d+)', text):
            verbs[verb] = verbs.get(verb, 0) + int(value)
        batches = re.search(r"^postern_store_batches_total (\d+)", text, re.M)
        unanswered = sum(int(n) for n in re.findall(
            r"^postern_unanswered_total\{.*\} (\d+)", text, re.M))
        return int(batches[1]), verbs, unanswered


def ask(arguments, daemon, *words):
    return subprocess.run(
        [os.path.join(arguments.build, "posternctl"),
         *daemon.settings(arguments), *words], check=True,
        stdout=subprocess.PIPE, text=True).stdout


def network(number):
    return f"20.{number >> 8}.{number & 255}"


def inbound(number, domain):
    """A line for posternctl send: a sender in a network of his own."""
    return (f"{network(number)}.25,mail.{domain} mail.{domain} x@{domain} "
            "bob@recipient.example\n")


def envelope(number, domain):
    """The same, or mail that a user of ours sends there."""
    if number % OUTBOUND == OUTBOUND - 1:
        return (f"{network(number)}.25,mail.{domain} mail.{domain} "
                f"bob@recipient.example x@{domain} user{number}\n")
    return inbound(number, domain)


def prepare(arguments):
    """The files that the configuration names."""
    state = arguments.state
    with open(f"{state}/rules/lists/limits") as f:
        write(f"{state}/limits", re.sub(r"\b([0-9]+) (?=recip|mess)|"
                                        r"(?<=burst )([0-9]+)", r"\1\g<2>000 ",
                                        f.read()))
    # Whose names in the zone are told apart as those of strangers would be.
    with open(f"{state}/rules/lists/providers") as f:
        write(f"{state}/providers", f"{f.read()}parent {auth.ORIGIN}\n")
    write(f"{state}/dnslists", LIST)
    until = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 30 * 86400))
    write(f"{state}/trusted", "".join(
        f"dkim:d{number}.{auth.ORIGIN} owner=bench expires={until} "
        f"discount=1 reason=measured\n"
        for number in range(0, SENDERS, TRUSTED)))
    write(f"{state}/senders", "".join(
        envelope(n, f"d{n}.{auth.ORIGIN}") for n in range(SENDERS)))
    places = "".join(f"20.{n}.0.0/16 DE AS{64512 + n} Bench {n}\n"
                     for n in range(256))
    subprocess.run([f"{arguments.build}/test/bench/places",
                    f"{state}/places.mmdb"], input=places, text=True,
                   check=True)


def settle(arguments, target, files, *more):
    """Lets every sender be greylisted, and come back; checks the outcome."""
    for _ in range(2):
        send(arguments, target, files, "--quiet", *more)
        time.sleep(DELAY + 0.2)
    summary = send(arguments, target, files, "--quiet", *more)[-1]["summary"]
    odd = refused(summary["replies"])
    if odd:
        raise Failed(f"{target.name} answered {odd}; it is to accept")


class Account:
    """What happened between two looks at a daemon."""

    def __init__(self, arguments, daemon):
        self.arguments, self.daemon = arguments, daemon
        self.before = self.look()

    def look(self):
        redis = self.daemon.redis
        return (self.daemon.figures(self.arguments),
                redis.commands() if redis else {})

    def show(self, messages):
        (batches, verbs, failed), commands = self.look()
        (batches0, verbs0, failed0), commands0 = self.before
        verbs = {verb: n - verbs0.get(verb, 0) for verb, n in verbs.items()}
        print(f"{self.daemon.name}: per message "
              f"{(batches - batches0) / messages:.2f} waits for the store, "
              f"{sum(verbs.values()) / messages:.1f} operations (" +
              ", ".join(f"{n / messages:.2f} {verb}" for verb, n in
                        verbs.items() if n) + ")")
        spent = []
        for name, (calls, usec) in commands.items():
            calls -= commands0.get(name, (0, 0))[0]
            usec -= commands0.get(name, (0, 0))[1]
            if calls / messages >= 0.01:
                spent.append(f"{calls / messages:.2f} {name} of "
                             f"{usec / calls:.1f} us")
        if spent:
            print(f"  in Redis per message: {', '.join(spent)}")
        if failed > failed0:
            raise Failed(f"{self.daemon.name} left {failed - failed0} "
                         "questions unanswered")


def client_cpu():
    """Seconds of all runs of the client so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def once(arguments, target, files, count, *more):
    """As run.load; CPU of Redis and of the client beside Postern's."""
    begin = target.redis.cpu() if target.redis else 0, client_cpu()
    arguments.send = list(more)
    row = load(arguments, target, files, CONNECTIONS, count)
    end = target.redis.cpu() if target.redis else 0, client_cpu()
    row["redis"], row["client"] = ((e - b) / count for b, e in
                                   zip(begin, end))
    row["both"] = row["cpu"] + row["redis"]
    row["all"] = row["both"] + row["client"]
    return row


def quotient(rows, key, above, below):
    """Median over the rounds of above's value divided by below's."""
    return statistics.median(a[key] / b[key] for a, b in
                             zip(rows[above], rows[below]))


def print_table(rows, below):
    """Microseconds are of CPU, per message; the last column is the rate that
    they allow, if nothing ever waited, relative to that of below."""
    print(f"{'store':11} {'msg/s':>7} {'of ' + below:>10} {'p50 ms':>7} "
          f"{'p99 ms':>7} {'postern us':>10} {'redis us':>9} {'client us':>9} "
          f"{'anon kB':>8} {'by CPU':>7}")
    for name, r in rows.items():
        print(f"{name:11} {median(r, 'rate'):7.0f} "
              f"{quotient(rows, 'rate', name, below):10.2f} "
              f"{median(r, 'p50'):7.3f} {median(r, 'p99'):7.3f} "
              f"{median(r, 'cpu') * 1e6:10.1f} "
              f"{median(r, 'redis') * 1e6:9.1f} "
              f"{median(r, 'client') * 1e6:9.1f} {median(r, 'anon'):8.0f} "
              f"{quotient(rows, 'all', below, name):7.2f}")


def start_redis(arguments, name, started, log):
    started.append(Redis(name, PORT + len(started), arguments.state, log))
    return started[-1]


def start_stores(arguments, started, log):
    """A daemon for each store."""
    found = []
    for name in (MEMORY, TCP, UNIX, EMBEDDED):
        redis, options = None, [f"store.backend={name}"]
        if name in (TCP, UNIX):
            redis = start_redis(arguments, name, started, log)
            server = (f"unix:{redis.socket}" if name == UNIX else
                      f"127.0.0.1:{redis.place}")
            options = ["store.backend=redis", f"redis.servers={server}",
                       *WARM]
        found.append(Daemon(arguments, name, ASKING + options, redis, log))
        started.append(found[-1])
    return found


def compare(arguments, files, started, log):
    """Messages per second with Redis over TCP, of those with memory."""
    targets = start_stores(arguments, started, log)
    senders = ["--envelopes", f"{arguments.state}/senders"]
    for target in targets:
        arguments.send = senders
        settle(arguments, target, files)
    accounts = [Account(arguments, target) for target in targets]
    rows = {target.name: [] for target in targets}
    for number in range(arguments.rounds):
        # Who goes first changes from round to round.
        for target in targets[::-1 if number % 2 else 1]:
            rows[target.name].append(once(arguments, target, files,
                                          arguments.messages, *senders))
        print(f"round {number + 1} of {arguments.rounds} done",
              file=sys.stderr)
    for account in accounts:
        account.show(arguments.rounds * arguments.messages)
    print_table(rows, MEMORY)
    print_left(arguments, targets[1], SENDERS, "authenticated sender")
    return quotient(rows, "rate", TCP, MEMORY)


def print_left(arguments, daemon, senders, what):
    """What the senders so far left in Redis, by class."""
    found = json.loads(ask(arguments, daemon, "store", "audit", "--json"))
    memory = daemon.redis.info("memory")
    print(f"what an {what} leaves in Redis, by posternctl store audit:")
    print(f"  {'class':12} {'keys':>7} {'bytes':>9}")
    rows = found["classes"]
    keys, size = (sum(row[name] for row in rows) for name in
                  ("keys", "bytes"))
    for row in [*rows, {"class": "all", "keys": keys, "bytes": size}]:
        if row["keys"] / senders >= 0.005:
            print(f"  {row['class']:12} {row['keys'] / senders:7.2f} "
                  f"{row['bytes'] / senders:9.1f}")
    taken = sum(sign * int(memory[name]) for sign, name in (
        (1, "used_memory"), (-1, "used_memory_startup"),
        (-1, "mem_clients_normal")))
    print(f"  Redis takes {taken / keys:.0f} bytes a key: a "
          "million messages of as many new senders leave "
          f"{taken / senders:.0f} MB, of which rate limits are gone in a "
          "minute; further messages of a sender leave nothing more")


def start_flat(arguments, name, started, log):
    redis = start_redis(arguments, name, started, log)
    started.append(Daemon(arguments, name, [
        "dns.enabled=no", "store.backend=redis",
        f"redis.servers=127.0.0.1:{redis.place}", *WARM], redis, log))
    return started[-1]


def rest(redis):
    """Has Redis move its keys to larger tables, which it does by and by."""
    redis.say("CONFIG", "SET", "hz", "500")
    for _ in range(REHASH // 5):
        time.sleep(5)
        if "rehashing" not in redis.say("DEBUG", "HTSTATS", "0"):
            break
    else:
        print("Redis is still rehashing", file=sys.stderr)
    redis.say("CONFIG", "SET", "hz", "10")


def grow(arguments, daemon, keys):
    begin = time.monotonic()
    with subprocess.Popen([f"{arguments.build}/test/bench/fill",
                           f"127.0.0.1:{daemon.redis.place}", str(keys)],
                          stdout=subprocess.PIPE) as fill:
        subprocess.run([REDIS_CLI, "-p", str(daemon.redis.place), "--pipe"],
                       stdin=fill.stdout, stdout=subprocess.DEVNULL,
                       check=True)
    if fill.returncode:
        raise Failed(f"fill ended with {fill.returncode}")
    rest(daemon.redis)
    found = int(daemon.redis.say("DBSIZE"))
    usage = int(daemon.redis.info("memory")["used_memory"])
    print(f"{daemon.name}: {found} keys, {usage / 1e6:.0f} MB in Redis, "
          f"filled in {time.monotonic() - begin:.0f} s")
    # Buckets of rate limits that are over went meanwhile.
    if not 0.98 * keys <= found <= 1.02 * keys:
        raise Failed(f"Redis of {daemon.name} has {found} keys")


def slices(arguments, strangers):
    """Files of envelopes, one for a round, each of other strangers."""
    part = strangers // arguments.rounds
    out = []
    for number in range(arguments.rounds):
        out.append(write(f"{arguments.state}/strangers.{number}", "".join(
            envelope(n, f"s{n}.example")
            for n in range(number * part, (number + 1) * part))))
    return out


def flat(arguments, files, started, log):
    """How much more a message costs with many keys: CPU, or time."""
    few, many = [start_flat(arguments, name, started, log)
                 for name in ("few-keys", "many-keys")]
    known = write(f"{arguments.state}/few", "".join(
        envelope(n, f"s{n}.example") for n in range(FEW)))
    count = min(STRANGERS, arguments.keys // 10)
    strangers = slices(arguments, count)
    everybody = write(f"{arguments.state}/everybody", "".join(
        open(path).read() for path in strangers))
    for target, path, senders in ((few, known, FEW), (many, everybody, count)):
        arguments.send = ["--envelopes", path, "--connections",
                          str(CONNECTIONS)]
        settle(arguments, target, files, "--count", str(senders))
    print_left(arguments, many, count, "unauthenticated sender")
    grow(arguments, few, SMALL_KEYS)
    grow(arguments, many, arguments.keys)
    accounts = [Account(arguments, target) for target in (few, many)]
    rows = {target.name: [] for target in (few, many)}
    for number in range(arguments.rounds):
        turn = [(few, known), (many, strangers[number])]
        for target, path in turn[::-1 if number % 2 else 1]:
            rows[target.name].append(once(arguments, target, files,
                                          arguments.messages, "--envelopes",
                                          path))
    for account in accounts:
        account.show(arguments.rounds * arguments.messages)
    print_table(rows, few.name)
    worse = [quotient(rows, "both", many.name, few.name),
             quotient(rows, "rate", few.name, many.name)]
    print(f"with {arguments.keys} keys a message costs {worse[0]:.2f} times "
          f"the CPU and {worse[1]:.2f} times the time that it costs with "
          f"{SMALL_KEYS}")
    return max(worse)


def small_messages(state):
    """Copies of the messages without what is long."""
    os.makedirs(f"{state}/small", exist_ok=True)
    out = []
    for path in sorted(glob.glob(f"{state}/plain/*.eml")):
        if os.path.getsize(path) <= 10000:
            out.append(shutil.copy(path, f"{state}/small"))
    return out


def measure(arguments, started, log):
    auth.private_network(arguments.state)
    files = auth.make_corpus(arguments.state, SENDERS, "20.0.0.0/8", LISTED)
    prepare(arguments)
    started.append(auth.start_nsd(arguments.state, log))
    values = {}
    if not arguments.only_flat:
        values["store-redis-vs-memory"] = compare(arguments, files, started,
                                                  log)
        while started:
            started.pop().stop()
    if arguments.keys:
        value = flat(arguments, small_messages(arguments.state), started, log)
        # With fewer keys it is no answer to the question.
        if arguments.keys >= 10000000:
            values["store-flat-10m-keys"] = value
    return print_bars(values)


def parse_arguments():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--build", default="build", help="folder of the programs")
    p.add_argument("--state", required=True,
                   help="folder with postern.conf, rules and plain/*.eml")
    p.add_argument("--option", action="append", default=[],
                   metavar="KEY=VALUE", help="passed to postern as -o")
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--messages", type=int, default=4000)
    p.add_argument("--keys", type=int, default=10000000,
                   help="keys in the large Redis, 0 leaves that part out; "
                   "they take about 300 bytes each")
    p.add_argument("--only-flat", action="store_true",
                   help="leave the comparison of stores out")
    p.add_argument("--per-connection", type=int, default=1)
    arguments = p.parse_args()
    arguments.state = os.path.abspath(arguments.state)
    arguments.build = os.path.abspath(arguments.build)
    arguments.posternctl = os.path.join(arguments.build, "posternctl")
    arguments.send = []
    return arguments


def main():
    arguments = parse_arguments()
    absent = [path for path in (REDIS, REDIS_CLI, auth.PROGRAMS["nsd"])
              if not os.access(path, os.X_OK)]
    if absent or not shutil.which("unshare"):
        return unmeasured(f"not there: {' '.join(absent) or 'unshare'}")
    if auth.INSIDE not in os.environ:
        auth.enter_network()
        return unmeasured("no network namespace is to be had")
    started = []
    try:
        with open(f"{arguments.state}/log", "a", encoding="utf-8") as log:
            return 0 if measure(arguments, started, log) else 1
    except (Failed, OSError, subprocess.CalledProcessError) as reason:
        print(f"store: {reason}; see {arguments.state}/log", file=sys.stderr)
        return 2
    finally:
        for target in reversed(started):
            target.stop()


if __name__ == "__main__":
    sys.exit(main())
