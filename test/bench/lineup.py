"""lineup - the filters that side_by_side.py measures, each started privately
and seen to do its work before it counts.

Postern is as shipped, with everything on that its sample configuration offers:
authentication, rules, greylisting of all mail, reputation and rate limits in
Redis, GeoIP, trust entries, the DNS lists that the sample names.  The name
server answers the lists' own test entries; nobody else is listed.  The peers
are as Debian ships them, but: SpamAssassin without Bayes, which nobody has
taught; rspamd without what its makers' servers answer, told of the Redis, asked for the
header field that shows its score, and greylisting for as short a time as
Postern here, so that both have let all senders pass before they are measured.
spamd and rspamd get a process
for each processor, and rspamd's proxy judges by itself, which spares it a hop.
"""
import itertools
import json
import os
import subprocess
import time

import auth
import content
import peers
import run
import store
from auth import write
from run import Failed, Filter

PORT = 18795            # of spamd, and those after it
DOMAINS = 100           # of senders
PASSES = 6              # of the corpus, until nobody is greylisted
ODD = 0.02              # share of messages that may be refused all the same
SEEN = 20               # messages by which a filter is seen to work
CORES = os.cpu_count()
STOCK = f"{peers.STOCK}/*.cf"
SHIPPED_RULES = "rules/*.cf"
LISTS = "zen, dbl, dbl-names, spamcop, dnswl"   # those of the sample
# What these lists say to who tests whether they are alive.
ALIVE = """2.0.0.127.zen.spamhaus.org. IN A 127.0.0.2
dbltest.com.dbl.spamhaus.org. IN A 127.0.1.2
2.0.0.127.bl.spamcop.net. IN A 127.0.0.2
2.0.0.127.list.dnswl.org. IN A 127.0.10.0
"""
# As Postfix sends them; spamass-milter makes a Received field of them, and
# any client of ours will do for it.
MACROS = ("j=mx.bench.example", "v=Postfix 3.7.11",
          f"_=mail.d0.{auth.ORIGIN} [20.0.0.25]")
NAMES = {
    "nothing": "filter that does nothing",
    "postern": "Postern, everything on",
    "stock": "Postern, SpamAssassin's rules too",
    "opendkim": "opendkim",
    "opendmarc": "opendmarc",
    "chain": "opendkim, then opendmarc",
    "rspamd": "rspamd",
    "spamd": "spamd behind spamass-milter",
    "verify": "bare libopendkim",
    "none": "no filter",
}
RESULTS = "authentication-results"
# The field that shows a filter's work, and in what share of the messages, of
# which three quarters are signed, it has the words.
WORK = {
    "postern": (RESULTS, {"dkim=pass": 0.75, "spf=pass": 1, "dmarc=pass": 1}),
    "stock": (RESULTS, {"dkim=pass": 0.75, "spf=pass": 1, "dmarc=pass": 1}),
    "opendkim": (RESULTS, {"dkim=pass": 0.75}),
    "opendmarc": (RESULTS, {"spf=pass": 1, "dmarc=pass": 1}),
    "rspamd": ("x-spamd-result", {"R_DKIM_ALLOW": 0.75, "R_SPF_ALLOW": 1,
                                  " / 15.00]": 1}),
    "spamd": ("x-spam-status", {"DKIM_VALID": 0.75, "SPF_PASS": 1,
                                "score=": 1}),
}


class Verifier:
    """Not a filter but a program that has libopendkim verify files."""
    name = "verify"

    def __init__(self, program, files):
        self.program, self.files = program, files

    def run(self, count):
        done = subprocess.run([self.program, str(count), *self.files],
                              stdout=subprocess.PIPE, text=True)
        if done.returncode != 0:
            raise Failed(f"verify ended with {done.returncode}")
        found = json.loads(done.stdout)
        return {"cpu": found["cpu"] / count, "passed": found["passed"],
                "rate": count / found["seconds"]}

    def stop(self):
        """There is nothing left of it."""


class Lineup:
    """Filters by name as they were started; and why others are missing.

    state has postern.conf, rules and plain/*.eml; log takes what they say.
    """

    def __init__(self, arguments, log):
        self.arguments, self.log = arguments, log
        self.state = arguments.state
        self.filters, self.missing, self.others = {}, {}, []
        self.ports = itertools.count(PORT)
        count = len(os.listdir(f"{self.state}/plain"))
        self.files = auth.make_corpus(
            self.state, DOMAINS, "20.0.0.0/8", "".join(
                f"mail.d{n % DOMAINS} IN A {store.network(n)}.25\n"
                for n in range(count)))
        self.envelopes = write(f"{self.state}/envelopes", "".join(
            store.inbound(n, self.domain(n)) for n in range(count)))
        arguments.send = ["--envelopes", self.envelopes, *(
            word for macro in MACROS for word in ("--macro", macro))]
        write(f"{self.state}/root", auth.ROOT + ALIVE + "".join(
            f"25.{n & 255}.{n >> 8}.20.in-addr.arpa. IN PTR "
            f"mail.{self.domain(n)}.\n" for n in range(count)))
        store.prepare(arguments)
        self.others.append(auth.start_nsd(self.state, log))
        self.redis = store.Redis("all", store.PORT, self.state, log)
        self.others.append(self.redis)

    @staticmethod
    def domain(number):
        return f"d{number % DOMAINS}.{auth.ORIGIN}"

    def stop(self):
        for target in [*self.filters.values(), *reversed(self.others)]:
            target.stop()

    def start(self, name):
        """Starts one, unless it is missing; refuses it if it is idle."""
        need = NEEDS.get(name)
        if need in self.missing:
            self.missing[name] = f"{need} is missing"
            return
        try:
            self.filters[name] = STARTS[name](self)
        except (Failed, OSError, subprocess.CalledProcessError) as why:
            # What is ours is always there.
            if name in OURS:
                raise
            self.missing[name] = str(why)
            return
        self.look(self.filters[name])

    def look(self, target):
        if not hasattr(target, "files"):
            target.files = self.files
        if target.name == "verify":
            passed = target.run(4 * SEEN)["passed"]
            if passed != 3 * SEEN:
                raise Failed(f"verify passed {passed} of {4 * SEEN} messages")
        elif target.name in WORK:
            field, words = WORK[target.name]
            auth.look(self.arguments, target, target.files[:SEEN], words,
                      field)

    def postern(self, name="postern", rules=(SHIPPED_RULES,)):
        """A daemon of ours."""
        options = [option.format(self.state) for option in store.CHECKS] + [
            "dns.forwarders=127.0.0.1", "dns.local_zones=yes",
            f"dnslists.use={LISTS}", "dnslists.rules=yes",
            f"trust.files={self.state}/trusted", "store.backend=redis",
            f"redis.servers=127.0.0.1:{self.redis.place}", *store.WARM]
        return self.known(content.start_postern(
            self.arguments, name, rules, options, self.log))

    def known(self, target):
        """Has all senders pass the greylist."""
        try:
            for _ in range(PASSES):
                summary = run.send(
                    self.arguments, target, self.files, "--quiet",
                    "--connections", str(content.CONNECTIONS))[-1]["summary"]
                if not run.refused(summary["replies"]):
                    return target
                time.sleep(store.DELAY + 0.2)
            check_replies(target.name, summary["replies"])
        except Failed:
            target.stop()
            raise
        return target

    def nothing(self):
        """What costs libmilter the same as Postern does."""
        options = run.floor_options(self.arguments, self.filters["postern"],
                                    self.files)
        place = f"{self.state}/nothing.socket"
        return Filter("nothing", [
            f"{self.arguments.build}/test/bench/floor", "--socket",
            run.address(place), *options], place, self.log)

    def opendmarc(self):
        """It judges by the field that opendkim really added."""
        target = auth.start_opendmarc(self.state, self.log)
        lines = [line for line in run.send(
            self.arguments, self.filters["opendkim"], self.files)
            if "edits" in line]
        target.files = auth.with_results(self.state, self.files, lines)
        return target

    def rspamd(self, name="rspamd", rules=None):
        files = {"redis.conf": f'servers = "127.0.0.1:{self.redis.place}";\n',
                 "milter_headers.conf": 'use = ["x-spamd-result"];\n',
                 "greylist.conf": f"timeout = {int(store.DELAY)}s;\n"}
        if rules:
            files["spamassassin.conf"] = f'ruleset = "{rules}";\n'
        target = peers.Rspamd(
            f"{self.arguments.peers}/rspamd", f"{self.state}/{name}",
            f"{self.state}/{name}.socket", CORES, self.log, peers.WORLDLY,
            files)
        target.name = name
        return self.known(settled(target))

    def spamd(self, name="spamd", rules=None):
        folder = f"{self.arguments.peers}/{{0}}/usr/sbin/{{0}}"
        milter = folder.format("spamass-milter")
        for program in (milter, "/usr/bin/spamc"):
            if not os.access(program, os.X_OK):
                raise Failed(f"{program} is not there")
        more = "dns_server 127.0.0.1\n"
        if rules:
            with open(rules, encoding="utf-8") as f:
                more += f.read()
        daemon = peers.Spamd(folder.format("spamd"), next(self.ports), CORES,
                             self.log, False, more)
        try:
            target = peers.SpamassMilter(milter, f"{self.state}/{name}.socket",
                                         daemon, self.log)
        except Failed:
            daemon.stop()
            raise
        target.name = name
        return settled(target)


def check_replies(name, replies):
    """What a filter refuses costs less than what it lets in."""
    odd = run.refused(replies)
    if sum(odd.values()) > ODD * sum(replies.values()):
        raise Failed(f"{name} answered {odd}; it is to accept")


def settled(target):
    """Some go on compiling after they have begun to listen."""
    for _ in range(peers.PATIENCE):
        before = target.cpu()
        time.sleep(1)
        if target.cpu() - before < 0.05:
            return target
    target.stop()
    raise Failed(f"{target.name} finds no rest")


# In this order, for some need another.
STARTS = {
    "postern": Lineup.postern,
    "stock": lambda self: self.postern("stock", (SHIPPED_RULES, STOCK)),
    "nothing": Lineup.nothing,
    "verify": lambda self: Verifier(
        f"{self.arguments.build}/test/bench/verify", self.files),
    "opendkim": lambda self: auth.start_opendkim(self.state, self.log),
    "opendmarc": Lineup.opendmarc,
    "rspamd": Lineup.rspamd,
    "spamd": Lineup.spamd,
}
NEEDS = {"nothing": "postern", "opendmarc": "opendkim"}
OURS = ("postern", "nothing", "verify")
