#!/usr/bin/python3
"""test_mta - postern behind real MTAs, seen from the sender and the queue.

	test_mta.py [WORD...]	only tests whose name contains each WORD

A test's name is mta/socket/test.  postern runs with the shipped configuration
and rules.  Without root, or without one of the MTAs, its tests are skipped, and
that is said.
"""

import contextlib
import os
import re
import shutil
import sys
import tempfile
import threading
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

from mta import MTAS, TOP, Address, Unavailable, write  # noqa: E402
from postern import Postern  # noqa: E402
from process import (  # noqa: E402
    become_root, exit_on_signals, free_port, wait_until)
from smtp import Client, Sink, send, stuffed  # noqa: E402

# Every client is a stranger, as it would be on the Internet, and only the
# test of greylisting wants mail to be deferred.
OPTIONS = {"mode": "enforce", "networks.trusted": "",
           "greylist.when": "never", "reputation.enabled": "no"}
CLIENT = {"ADDR": "203.0.113.25", "NAME": "mail.sender.example"}
SENDER, RECIPIENT = "anna@sender.example", "marc@test.example"
MEGABYTE = 1 << 20
QUIET_SECONDS = 0.5	# after which nothing more is expected to arrive

HEAD = (b"From: Anna <anna@sender.example>\r\n"
        b"To: marc@test.example\r\n"
        b"Subject: test\r\n"
        b"Date: Thu, 05 Nov 2026 09:14:07 +0100\r\n"
        b"Message-ID: <1@sender.example>\r\n")
CLEAN = HEAD + b"\r\nNothing special here.\r\n"
GTUBE = HEAD + (b"\r\nXJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-"
                b"TEST-EMAIL*C.34X\r\n")
FORGED = (b"X-Spam-Status: No, score=-99.0 forged\r\n"
          b"Authentication-Results: mx.test.example; dkim=pass (forged)\r\n"
          b"Authentication-Results: relay.elsewhere.example; spf=none\r\n"
          b"X-Spam-Flag: forged\r\n"
          b"X-Other: one\r\n\ttwo   three\r\n")
NEVER, ALWAYS = "0", "6"	# thresholds; the latter as GTUBE sees it

tests = []


class Skip(Exception):
    """Why a test does not apply to this MTA."""


def test(function):
    tests.append(function)
    return function


def check(true, *what):
    if not true:
        raise AssertionError(" ".join(map(str, what)))


def equal(got, wanted):
    check(got == wanted, "got", repr(got)[:500], "- wanted",
          repr(wanted)[:500])


def answered(reply, code, *texts):
    check(reply.code == code, "answered", reply, "- wanted", code)
    for text in texts:
        check(text in reply.text, "answered", reply, "- wanted", text)


class Bench:
    """One MTA and one kind of socket; a test brings its own postern."""

    def __init__(self, folder, mta, kind, sink):
        for name in ("mta", "socket"):
            os.mkdir(os.path.join(folder, name))
            os.chmod(os.path.join(folder, name), 0o755)
        shutil.copytree(os.path.join(TOP, "rules"), f"{folder}/rules")
        self.configuration = shutil.copy(
            os.path.join(TOP, "contrib/postern.conf"), folder)
        self.folder, self.sink = folder, sink
        self.address = (Address(path=f"{folder}/socket/postern")
                        if kind == "unix" else Address(port=free_port()))
        self.mta = MTAS[mta](os.path.join(folder, "mta"), self.address, sink)
        self.name = f"{mta}/{kind}"
        self.is_postfix = mta == "postfix"
        self.runs = 0

    def postern(self, *options):
        """Not started; the folder is new, so no test sees another's state."""
        self.runs += 1
        folder = os.path.join(self.folder, f"postern{self.runs}")
        os.mkdir(folder)
        values = OPTIONS | dict(o.split("=", 1) for o in options)
        return Postern(folder, self.address, self.configuration,
                       [f"{key}={value}" for key, value in values.items()])

    @contextlib.contextmanager
    def filtering(self, *options):
        daemon = self.postern(*options)
        daemon.start()
        try:
            yield daemon
            equal(daemon.stop(), 0)
        except BaseException:
            print(*daemon.log().splitlines()[-15:], sep="\n")
            raise
        finally:
            daemon.stop()

    def client(self):
        return Client(self.mta.port,
                      xclient=CLIENT if self.is_postfix else None)

    def send(self, data, sender=SENDER, recipients=(RECIPIENT,), options=""):
        with self.client() as c:
            return c.send(sender, recipients, data, options)

    def delivered(self):
        return self.sink.wait(1)[0]

    def nothing_delivered(self):
        time.sleep(QUIET_SECONDS)
        equal(len(self.sink.messages), 0)

    def queue_empties(self):
        wait_until(lambda: not self.mta.queue(), 10, "the queue to be empty")

    def clean_up(self):
        """What is still on its way would arrive in the next test."""
        with contextlib.suppress(TimeoutError):
            wait_until(lambda: all(held for _, held in self.mta.queue()), 10,
                       "deliveries to end")
        self.mta.empty_queue()
        self.sink.clear()


# What postern does with one message, from the sender's side.

@test
def accept(bench):
    with bench.filtering():
        answered(bench.send(CLEAN), 250)
        message = bench.delivered()
        equal(message.body, b"Nothing special here.\r\n")
        equal(message.recipients, [RECIPIENT])
        check(message.headers("X-Spam-Status")[0].startswith("No, score="),
              message.head)
        equal(message.headers("X-Spam-Flag"), [])


@test
def forged_results_go(bench):
    with bench.filtering():
        answered(bench.send(FORGED + CLEAN), 250)
        message = bench.delivered()
        check(b"forged" not in message.head, message.head)
        results = message.headers("Authentication-Results")
        check(results[0].startswith("mx.test.example"), results)
        equal(results[1:], ["relay.elsewhere.example; spf=none"])
        equal(len(message.headers("X-Spam-Status")), 1)
        equal(message.headers("X-Other"), ["one\r\n\ttwo   three"])


@test
def reject(bench):
    with bench.filtering("actions.reject=15") as daemon:
        reply = bench.send(GTUBE)
        answered(reply, 550, "5.7.1")
        equal(reply.stage, "end")
        record = daemon.verdicts()[-1]
        equal(record["action"], "reject")
        check(record["token"] in reply.text, reply)
        check("GTUBE" in [s["name"] for s in record["symbols"]], record)
        bench.nothing_delivered()
        bench.queue_empties()


@test
def quarantine(bench):
    with bench.filtering(f"actions.quarantine={ALWAYS}",
                         f"actions.reject={NEVER}") as daemon:
        answered(bench.send(GTUBE), 250)
        held = bench.mta.held()
        equal(len(held), 1)
        record = daemon.verdicts()[-1]
        equal((record["action"], record["id"].removeprefix("<")),
              ("quarantine", held[0]))
        bench.nothing_delivered()


@test
def mark(bench):
    with bench.filtering(f"actions.quarantine={NEVER}",
                         f"actions.reject={NEVER}"):
        answered(bench.send(FORGED + GTUBE), 250)
        message = bench.delivered()
        equal(message.headers("X-Spam-Flag"), ["YES"])
        check(message.headers("X-Spam-Status")[0].startswith("Yes, score="),
              message.head)
        check("GTUBE" in message.headers("X-Spam-Status")[0], message.head)


@test
def mode_mark(bench):
    with bench.filtering("mode=mark") as daemon:
        answered(bench.send(GTUBE), 250)
        equal(bench.delivered().headers("X-Spam-Flag"), ["YES"])
        equal(daemon.verdicts()[-1]["action"], "reject")


@test
def mode_observe(bench):
    with bench.filtering("mode=observe") as daemon:
        answered(bench.send(FORGED + GTUBE), 250)
        message = bench.delivered()
        equal(message.headers("X-Spam-Flag"), ["forged"])
        equal(len(message.headers("X-Spam-Status")), 1)
        equal(daemon.verdicts()[-1]["action"], "reject")


@test
def greylist(bench):
    with bench.filtering("greylist.when=always"):
        answered(bench.send(CLEAN), 451, "4.7.1")
        bench.nothing_delivered()
        bench.queue_empties()


@test
def deny_list_at_rcpt(bench):
    deny = os.path.join(bench.folder, "deny")
    write("sender spammer@bad.example\n", deny)
    with bench.filtering(f"lists.deny={deny}",
                         "actions.refuse_at_rcpt=USER_IN_BLOCKLIST"):
        with bench.client() as client:
            reply = client.send("spammer@bad.example", [RECIPIENT], CLEAN)
            answered(reply, 550, "5.7.1")
            equal(reply.stage, "RCPT")
            answered(client.send(SENDER, [RECIPIENT], CLEAN), 250)
        equal(bench.delivered().sender, SENDER)


@test
def local_submission(bench):
    if not bench.is_postfix:
        raise Skip("Sendmail asks filters about SMTP only")
    with bench.filtering() as daemon:
        bench.mta.submit(SENDER, RECIPIENT, CLEAN.replace(b"\r\n", b"\n"))
        bench.delivered()
        equal(len(daemon.verdicts()), 1)


def make_keys(bench):
    """A table of an RSA and an Ed25519 key; and what DNS would answer."""
    folder, records = f"{bench.folder}/keys{bench.runs}", {}
    os.mkdir(folder)
    for selector, kind in (("rsa", []), ("ed", ["--ed25519"])):
        out = bench.postern().control_program(
            "dkim", "genkey", *kind, "--out", folder, "sender.example",
            selector).stdout.decode()
        text = "".join(re.findall('"([^"]*)"', out))
        records[f"{selector}._domainkey.sender.example."] = text.encode()
    write("".join(f"sender.example {s} sender.example.{s}.pem\n"
                  for s in ("rsa", "ed")), folder, "table")
    return f"{folder}/table", records


@test
def outbound_is_signed(bench):
    """Verified by dkimpy as it was delivered: the MTA folds nothing anew."""
    try:
        import dkim
    except ImportError:
        raise Skip("python3-dkim is not installed") from None
    table, records = make_keys(bench)
    with bench.filtering("networks.trusted=203.0.113.0/24,127.0.0.0/8",
                         f"sign.keys={table}"):
        answered(bench.send(CLEAN), 250)
        message = bench.delivered()
        equal(len(message.headers("DKIM-Signature")), 2)
        equal(message.headers("X-Spam-Status"), [])
        whole = message.head + b"\r\n" + message.body
        for index in range(2):
            check(dkim.DKIM(whole).verify(index, dnsfunc=lambda name,
                  timeout=5: records.get(name.decode())), message.head)


# Connections.

@test
def hundred_on_one_connection(bench):
    with bench.filtering(), bench.client() as client:
        for n in range(100):
            if n % 4 == 3:
                answered(client.send(SENDER, [RECIPIENT], GTUBE), 550)
            else:
                answered(client.send(SENDER, [RECIPIENT], CLEAN), 250)
        bench.sink.wait(75)


@test
def hundred_clients_at_once(bench):
    replies = []

    def one():
        try:
            replies.append(bench.send(CLEAN).code)
        except (OSError, ValueError) as error:
            replies.append(error)
    with bench.filtering():
        threads = [threading.Thread(target=one) for _ in range(100)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        equal(replies, [250] * 100)
        bench.sink.wait(100)


@test
def client_gone_in_data(bench):
    with bench.filtering() as daemon:
        for _ in range(3):
            client = bench.client()
            answered(client.envelope(SENDER, [RECIPIENT]), 250)
            answered(client.command("DATA"), 354)
            client.socket.sendall(GTUBE[:len(GTUBE) // 2])
            client.hang_up()
        answered(bench.send(CLEAN), 250)
        bench.delivered()
        bench.queue_empties()
        check(daemon.process.running(), "postern has ended")


@test
def connect_and_quit(bench):
    with bench.filtering() as daemon:
        for commands in ((), ("QUIT",), (f"MAIL FROM:<{SENDER}>", "QUIT"),
                         (f"MAIL FROM:<{SENDER}>", "RSET", "NOOP")):
            with bench.client() as client:
                for command in commands:
                    client.command(command)
        answered(bench.send(CLEAN), 250)
        bench.delivered()
        equal(len(daemon.verdicts()), 1)


# Postern comes and goes.

@test
def killed_in_data(bench):
    daemon = bench.postern()
    daemon.start()
    try:
        with bench.client() as client:
            answered(client.envelope(SENDER, [RECIPIENT]), 250)
            answered(client.command("DATA"), 354)
            whole = stuffed(CLEAN)
            client.socket.sendall(whole[:-40])
            daemon.kill()
            client.socket.sendall(whole[-40:])
            equal(client.reply("end").code // 100, 4)
        equal(bench.send(CLEAN).code // 100, 4)
        bench.nothing_delivered()
        daemon.start()
        answered(bench.send(CLEAN), 250)
        bench.delivered()
    finally:
        daemon.stop()


@test
def absent(bench):
    equal(bench.send(CLEAN).code // 100, 4)
    bench.nothing_delivered()


@test
def reload_in_data(bench):
    with bench.filtering() as daemon:
        with bench.client() as client:
            answered(client.envelope(SENDER, [RECIPIENT]), 250)
            answered(client.command("DATA"), 354)
            daemon.reload()
            client.socket.sendall(stuffed(CLEAN))
            answered(client.reply("end"), 250)
            answered(client.send(SENDER, [RECIPIENT], GTUBE), 550)
        bench.delivered()


@test
def stops_cleanly(bench):
    daemon = bench.postern()
    daemon.start()
    try:
        answered(bench.send(CLEAN), 250)
        bench.delivered()
    finally:
        equal(daemon.stop(), 0)


# Messages of unusual form.

@test
def long_field(bench):
    """A field of 100 kB: more than the MTAs hand to a filter in one piece."""
    ids = [f"<{n:090}@sender.example>" for n in range(900)]
    with bench.filtering() as daemon:
        reply = bench.send(b"References:\r\n\t"
                           + "\r\n\t".join(ids).encode() + b"\r\n" + CLEAN)
        if not bench.is_postfix:
            # Sendmail cannot tell the filter, which makes F=T apply.
            answered(reply, 451)
        else:
            # Postfix with filters cuts fields at 60,000 bytes.
            answered(reply, 250)
            got = bench.delivered().headers("References")[0].split()
            check(len(got) > 500, len(got))
            equal(got, ids[:len(got)])
            equal(len(daemon.verdicts()), 1)
        answered(bench.send(CLEAN), 250)


@test
def long_header(bench):
    """100 kB of header, 25 kB a field."""
    value = "\r\n\t".join(f"{n:0100}" for n in range(250))
    fields = "".join(f"X-Long-{n}: {value}\r\n" for n in range(4)).encode()
    with bench.filtering() as daemon:
        answered(bench.send(fields + CLEAN), 250)
        equal(bench.delivered().headers("X-Long-3"), [value])
        equal(len(daemon.verdicts()), 1)


@test
def many_headers(bench):
    lines = b"".join(b"X-Line-%d: %d\r\n" % (n, n) for n in range(2000))
    with bench.filtering() as daemon:
        answered(bench.send(lines + CLEAN), 250)
        equal(bench.delivered().headers("X-Line-1999"), ["1999"])
        equal(len(daemon.verdicts()), 1)


@test
def huge_body(bench):
    line = b"0123456789 " * 6 + b"\r\n"
    body = line * (50 * MEGABYTE // len(line))
    with bench.filtering() as daemon:
        answered(bench.send(HEAD + b"\r\n" + body), 250)
        check(bench.delivered().body == body, "the body has changed")
        check(daemon.process.running(), "postern has ended")


@test
def nul_and_8bit(bench):
    odd = bytes(b for b in range(256) if b not in b"\r\n") * 2
    with bench.filtering() as daemon:
        answered(bench.send(b"X-Odd: " + odd + b"\r\n" + CLEAN + odd), 250)
        message = bench.delivered()
        check(message.body.startswith(b"Nothing special here.\r\n"),
              message.body)
        check(bytes(range(0x80, 0x100)) in message.body, message.body)
        equal(len(daemon.verdicts()), 1)


@test
def long_lines(bench):
    with bench.filtering():
        answered(bench.send(CLEAN + b"x" * MEGABYTE), 250)
        equal(bench.delivered().body.count(b"x"), MEGABYTE)


@test
def bare_line_feeds(bench):
    with bench.filtering() as daemon:
        if not bench.is_postfix:
            # Sendmail answers 421 and hangs up, perhaps while we write.
            with contextlib.suppress(ConnectionError):
                answered(bench.send(CLEAN.replace(b"\r\n", b"\n")), 421)
            bench.nothing_delivered()
            return
        answered(bench.send(CLEAN.replace(b"\r\n", b"\n")), 250)
        check(b"Nothing special here." in bench.delivered().data,
              "the message is not there")
        equal(len(daemon.verdicts()), 1)


@test
def thousand_recipients(bench):
    recipients = [f"user{n}@test.example" for n in range(1000)]
    with bench.filtering() as daemon:
        answered(bench.send(CLEAN, recipients=recipients), 250)
        got = []

        def all_there():
            got[:] = [r for m in bench.sink.messages for r in m.recipients]
            return len(got) >= 1000
        wait_until(all_there, 60, "1,000 recipients' mail")
        equal(sorted(got), sorted(recipients))
        equal(len(daemon.verdicts()), 1)


@test
def utf8_addresses(bench):
    if not bench.is_postfix:
        raise Skip("Sendmail 8.17 has no SMTPUTF8")
    with bench.filtering():
        answered(bench.send(
            HEAD.replace(b"Subject: test", "Subject: Grüße".encode())
            + b"\r\nx\r\n", "jürgen@bücher.example",
            options=" SMTPUTF8 BODY=8BITMIME"), 250)
        message = bench.delivered()
        equal(message.sender, "jürgen@bücher.example")
        equal(message.headers("Subject"), ["Grüße"])


@test
def empty_everything(bench):
    with bench.filtering() as daemon, bench.client() as client:
        # These the MTA itself refuses.
        equal(client.command("EHLO").code, 501)
        client.command("EHLO client.example")
        equal(client.command("MAIL FROM:").code // 100, 5)
        equal(client.command("MAIL FROM:<>").code, 250)
        equal(client.command("RCPT TO:").code // 100, 5)
        equal(client.command("RCPT TO:<>").code // 100, 5)
        equal(client.command("DATA").code // 100, 5)
        client.command("RSET")
        # And these it lets in: no sender, no header, no body.
        answered(client.send("", [RECIPIENT], b""), 250)
        answered(client.send("", [RECIPIENT], b"\r\n"), 250)
        answered(client.send("", [RECIPIENT], b"Subject:\r\n\r\n"), 250)
        bench.sink.wait(3)
        equal(len(daemon.verdicts()), 3)


def run(bench, function, words, results):
    name = f"{bench.name}/{function.__name__}"
    if not all(word in name for word in words):
        return
    start = time.monotonic()
    try:
        function(bench)
        results["passed"] += 1
        verdict = "ok"
    except Skip as why:
        results["skipped"] += 1
        verdict = "skipped"
        name += f" ({why})"
    except Exception:
        results["failed"] += 1
        verdict = "FAILED"
        traceback.print_exc(limit=-3, file=sys.stdout)
    bench.clean_up()
    print(f"{verdict:<7} {name} {time.monotonic() - start:.1f} s", flush=True)


def run_bench(folder, mta, kind, words, results):
    sink = Sink()
    try:
        bench = Bench(folder, mta, kind, sink)
        try:
            bench.mta.start()
            for function in tests:
                run(bench, function, words, results)
        finally:
            bench.mta.stop()
    except Unavailable as why:
        results["skipped"] += len(tests)
        print(f"skipped {mta}/{kind}: {why}")
    finally:
        sink.stop()


def main():
    exit_on_signals()
    words = sys.argv[1:]
    become_root(*words)
    results = {"passed": 0, "failed": 0, "skipped": 0}
    with tempfile.TemporaryDirectory(prefix="postern-mta-") as top:
        os.chmod(top, 0o755)
        for mta in MTAS:
            for kind in ("inet", "unix"):
                folder = os.path.join(top, f"{mta}-{kind}")
                os.mkdir(folder)
                run_bench(folder, mta, kind, words, results)
    print(", ".join(f"{n} {what}" for what, n in results.items()))
    return 1 if results["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
