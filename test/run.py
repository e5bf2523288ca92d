#!/usr/bin/python3
"""run - postern behind a private Postfix, and messages sent to it.

Installs the tree below build/run/root, starts postern with that configuration
and a Postfix and a DNS of their own on free ports of 127.0.0.1.  As shipped,
in mode "mark", postern signs a letter, which then comes back as from outside,
and so does a forged one: their Authentication-Results are printed.  Then, in
mode "enforce", test/corpus is sent, and printed what the sender was told and
what postern thought.  On a terminal all of it then stays up until Ctrl-C, so
that one's own MTA can be attached.  The system's MTA and configuration are not
touched.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "mta"))
sys.dont_write_bytecode = True

from mta import TOP, Address, Postfix, Unavailable  # noqa: E402
from names import ADDRESS, MISUSED, NAME, STRANGER, Names  # noqa: E402
from postern import BUILD, Postern  # noqa: E402
from process import (  # noqa: E402
    become_root, exit_on_signals, free_port, wait_until)
from smtp import Delivered, Sink, send  # noqa: E402

ROOT = os.path.join(BUILD, "run", "root")
CONFIGURATION = os.path.join(ROOT, "etc", "postern", "postern.conf")
LOG_SECONDS = 5

DELIVERY_SECONDS = 10

# Where the messages seem to come from (RFC 5737), as XCLIENT tells Postfix.
CLIENT = {"ADDR": ADDRESS, "NAME": NAME, "HELO": NAME}
FORGER = {"ADDR": STRANGER, "NAME": "[UNAVAILABLE]", "HELO": "mail.invalid"}
# Trusted, so that what it sends is outbound.
OWN = {"ADDR": "127.0.0.1", "NAME": "localhost", "HELO": NAME}

ANNA, MARC = "anna@friends.example", "marc@test.example"
FORGED = f"""\
From: The Treasury <office@{MISUSED}>
To: {MARC}
Subject: Your refund
Date: Thu, 05 Nov 2026 10:00:00 +0100
Message-ID: <refund.1@{MISUSED}>

Answer today to claim your refund.
""".replace("\n", "\r\n").encode()

# file, sender, recipients, MAIL parameters, what is special about it
SAMPLES = [
    ("01-personal.eml", ANNA, [MARC], "", "an ordinary letter"),
    ("02-newsletter.eml", "bounce-8812@garden.example", [MARC], "",
     "a newsletter as it should be"),
    ("03-gtube.eml", "tester@sender.example", [MARC], "",
     "the test string that every filter takes for spam"),
    ("04-forged-results.eml", "service@bank.example", [MARC], "",
     "brings results that only we may write"),
    ("05-two-from.eml", ANNA, [MARC], "", "two From fields"),
    ("06-8bit-utf8.eml", "jürgen@bücher.example", [MARC],
     " SMTPUTF8 BODY=8BITMIME", "8-bit body and UTF-8 addresses"),
    ("07-attachment.eml", ANNA, [MARC], "", "an attachment of 5 MB"),
    ("08-empty-body.eml", ANNA, [MARC], "", "no body"),
    ("09-bare-lf.eml", ANNA, [MARC], "", "lines that end in a bare LF"),
    ("10-long-header.eml", ANNA, [MARC], "", "a header line of 60 kB"),
    ("11-recipients.eml", ANNA, [MARC, "lena@test.example",
                                 "tom@test.example"], "", "three recipients"),
    ("12-role-alias.eml", "peter@customer.example", ["info@test.example"], "",
     "to a role alias"),
]


def content(name):
    """The message as it goes over the wire."""
    with open(os.path.join(HERE, "corpus", name), "rb") as f:
        data = f.read()
    if name != "09-bare-lf.eml":
        data = data.replace(b"\n", b"\r\n")
    # Random bytes in base64 look like this, and every run sends the same.
    line = b"mZ3t0Qk7xv9aB1cD" * 4 + b"mZ3t0Qk7xv9a\r\n"
    data = data.replace(b"@ATTACHMENT@\r\n", line * ((5 << 20) // len(line)))
    return data.replace(b"@LONG@", b"long " * 12000)


def install():
    shutil.rmtree(ROOT, ignore_errors=True)
    subprocess.run(["make", "-s", "install", f"DESTDIR={ROOT}",
                    "PREFIX=/usr"], cwd=TOP, check=True,
                   stdout=subprocess.DEVNULL)


def show(what, answer, records):
    print(f"\n{what}\n    answer   {answer}")
    for record in records:
        done = "" if record["done"] == record["action"] else (
            f" (in this mode: {record['done']})")
        print(f"    postern  score {record['score']} of "
              f"{record['required']}, {record['action']}{done}")
        for symbol in record["symbols"]:
            print(f"    {symbol['score']:>+8}  {symbol['name']:<28} "
                  + textwrap.shorten(symbol.get("evidence", ""), 60))
    sys.stdout.flush()


class ByPostfix:
    def __init__(self, mta):
        self.mta = mta

    def ask(self, data, sender, recipients, parameters="", client=CLIENT):
        """What the sender is told."""
        reply = send(self.mta.port, sender, recipients, data, parameters,
                     helo=client["HELO"], xclient=client)
        return f"{reply.stage}: {reply}"

    def deliver(self, data, sender, client):
        """The same, and the message as it arrives."""
        sink = self.mta.sink
        sink.clear()
        answer = self.ask(data, sender, [MARC], client=client)
        return answer, sink.wait(1, DELIVERY_SECONDS)[0]


class ByPosternctl:
    """The same without an MTA, whose part posternctl plays."""

    def __init__(self, daemon):
        self.daemon = daemon

    def verdict(self, data, sender, recipients, client):
        path = os.path.join(self.daemon.folder, "message")
        with open(path, "wb") as f:
            f.write(data)
        argv = [os.path.join(BUILD, "posternctl"), "send", "--json",
                "--socket", self.daemon.address.postern,
                "--helo", client["HELO"],
                "--client", f"{client['ADDR']},{client['NAME']}",
                "--from", sender]
        for recipient in recipients:
            argv += ["--rcpt", recipient]
        out = subprocess.run([*argv, path], stdin=subprocess.DEVNULL,
                             check=True, stdout=subprocess.PIPE).stdout
        for record in map(json.loads, out.splitlines()):
            if "stage" in record:
                return record
        raise OSError("posternctl told no reply")

    def ask(self, data, sender, recipients, _="", client=CLIENT):
        record = self.verdict(data, sender, recipients, client)
        return " ".join(str(record[key]) for key in (
            "stage", "reply", "code", "text") if record[key])

    def deliver(self, data, sender, client):
        record = self.verdict(data, sender, [MARC], client)
        for edit in record["edits"]:
            if edit["kind"] == "insert-header":
                field = f"{edit['name']}: {edit['value'].strip()}\n"
                data = field.replace("\n", "\r\n").encode() + data
        return record["reply"], Delivered(sender, [MARC], data)


def authenticated(daemon, way, what, data, sender, client, wanted):
    """Sends a letter and prints its results; returns 1 if they are wrong."""
    before = len(daemon.verdicts())
    answer, message = way.deliver(data, sender, client)
    records = wait_until(lambda: daemon.verdicts()[before:], LOG_SECONDS,
                         "the verdict")
    show(what, answer, records)
    for value in message.headers("Authentication-Results"):
        print(textwrap.indent(f"Authentication-Results: {value}", "    "))
    found = records[0]["auth"]
    wrong = {key: found.get(key) for key in wanted
             if found.get(key) != wanted[key]}
    if wrong:
        print(f"    wrong: {wrong}, but the DNS says {wanted}")
    return 1 if wrong else 0


def send_authenticated(daemon, way):
    """A signed letter and a forged one; returns how many went wrong."""
    before = len(daemon.verdicts())
    answer, signed = way.deliver(content("01-personal.eml"), ANNA, OWN)
    show("A letter of friends.example on its way out, which postern signs",
         answer, wait_until(lambda: daemon.verdicts()[before:], LOG_SECONDS,
                            "the verdict"))
    for value in signed.headers("DKIM-Signature"):
        print(textwrap.indent(f"DKIM-Signature: {value}", "    "))
    return authenticated(
        daemon, way, f"The same arriving from {ADDRESS}, as friends.example "
        "says", signed.data, ANNA, CLIENT,
        {"iprev": "pass", "spf": "pass", "dkim": "pass", "dmarc": "pass"}
    ) + authenticated(
        daemon, way, f"One from {STRANGER} in the name of {MISUSED}, which "
        "sends no mail", FORGED, f"office@{MISUSED}", FORGER,
        {"spf": "fail", "dkim": "none", "dmarc": "fail"})


def send_samples(daemon, way):
    """Returns how many got no answer, or no verdict."""
    failures = 0
    for name, *envelope, what in SAMPLES:
        before = len(daemon.verdicts())
        records = []
        try:
            answer = way.ask(content(name), *envelope)
            records = wait_until(lambda: daemon.verdicts()[before:],
                                 LOG_SECONDS, "the verdict")
        except (OSError, subprocess.CalledProcessError) as error:
            answer = f"none: {error}"
            failures += 1
        show(f"{name}: {what}", answer, records)
    return failures


def stay(daemon, mta):
    print(textwrap.dedent(f"""
        postern answers at {daemon.address.postern}, its log is
        {daemon.output}
        The private Postfix takes mail at 127.0.0.1 port {mta.port}; what
        it delivers is thrown away.  To ask this postern from your own
        Postfix:

            postconf -e smtpd_milters={daemon.address.postfix} \\
                milter_default_action=accept && postfix reload

        or from Sendmail, in sendmail.mc:

            INPUT_MAIL_FILTER(`postern', `S={daemon.address.sendmail}')dnl

        Ctrl-C ends it."""), flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        daemon.process.popen.wait()


def start_postfix(stack, folder, address):
    """Or None, having said why."""
    try:
        sink = Sink()
        stack.callback(sink.stop)
        mta = Postfix(folder, address, sink)
        stack.callback(mta.stop)
        mta.start()
        return mta
    except Unavailable as why:
        print(f"Without Postfix: {why}.\nposternctl asks postern instead.")
        return None


def main():
    exit_on_signals()
    if sys.argv[1:] != ["installed"]:
        install()
        become_root("installed")
    with contextlib.ExitStack() as stack:
        top = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="postern-run-"))
        os.chmod(top, 0o755)
        for name in ("postern", "postfix", "names"):
            os.mkdir(os.path.join(top, name))
        names = Names(os.path.join(top, "names"), BUILD)
        stack.callback(names.stop)
        names.start()
        address = Address(port=free_port())

        def start_postern(mode):
            daemon = Postern(os.path.join(top, "postern"), address,
                             CONFIGURATION, [f"mode={mode}",
                                             f"sign.keys={names.table}"],
                             dns=names.address)
            stack.callback(daemon.stop)
            daemon.start()
            return daemon

        daemon = start_postern("mark")
        mta = start_postfix(stack, os.path.join(top, "postfix"), address)
        way = ByPostfix(mta) if mta else ByPosternctl(daemon)
        print("\nSender authentication, in mode \"mark\":")
        failures = send_authenticated(daemon, way)
        daemon.stop()
        print("\nAll samples, in mode \"enforce\":")
        daemon = start_postern("enforce")
        if mta:
            mta.sink.keep = False
        failed = send_samples(daemon, way)
        print(f"\n{len(SAMPLES) - failed} of {len(SAMPLES)} samples were "
              "answered and judged.", flush=True)
        failures += failed
        if mta and sys.stdin.isatty() and sys.stdout.isatty():
            stay(daemon, mta)
    return 1 if failures else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    except (RuntimeError, TimeoutError, OSError,
            subprocess.CalledProcessError) as error:
        sys.exit(f"run: {error}")
