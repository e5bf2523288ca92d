#!/usr/bin/python3
"""run - postern behind a private Postfix, and a dozen messages sent to it.

Installs the tree below build/run/root, starts postern with that configuration
and a Postfix of its own on free ports of 127.0.0.1, sends test/corpus by SMTP
and prints what the sender was told and what postern thought.  On a terminal
all of it then stays up until Ctrl-C, so that one's own MTA can be attached.
The system's MTA and configuration are not touched.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
from functools import partial

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "mta"))
sys.dont_write_bytecode = True

from mta import TOP, Address, Postfix, Unavailable  # noqa: E402
from postern import BUILD, Postern  # noqa: E402
from process import (  # noqa: E402
    become_root, exit_on_signals, free_port, wait_until)
from smtp import Sink, send  # noqa: E402

ROOT = os.path.join(BUILD, "run", "root")
CONFIGURATION = os.path.join(ROOT, "etc", "postern", "postern.conf")
LOG_SECONDS = 5

# Where the messages seem to come from (RFC 5737), as XCLIENT tells Postfix.
CLIENT = {"ADDR": "203.0.113.25", "NAME": "mail.friends.example",
          "HELO": "mail.friends.example"}

ANNA, MARC = "anna@friends.example", "marc@test.example"

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
        print(f"    postern  score {record['score']} of "
              f"{record['required']}, {record['action']}")
        for symbol in record["symbols"]:
            print(f"    {symbol['score']:>+8}  {symbol['name']:<28} "
                  + textwrap.shorten(symbol.get("evidence", ""), 60))
    sys.stdout.flush()


def by_smtp(port, name, sender, recipients, parameters):
    reply = send(port, sender, recipients, content(name), parameters,
                 helo=CLIENT["HELO"], xclient=CLIENT)
    return f"{reply.stage}: {reply}"


def by_posternctl(daemon, name, sender, recipients, _):
    """The same without an MTA, whose part posternctl plays."""
    path = os.path.join(daemon.folder, name)
    with open(path, "wb") as f:
        f.write(content(name))
    argv = [os.path.join(BUILD, "posternctl"), "send", "--json",
            "--socket", daemon.address.postern, "--helo", CLIENT["HELO"],
            "--client", f"{CLIENT['ADDR']},{CLIENT['NAME']}",
            "--from", sender]
    for recipient in recipients:
        argv += ["--rcpt", recipient]
    out = subprocess.run([*argv, path], stdin=subprocess.DEVNULL, check=True,
                         stdout=subprocess.PIPE).stdout
    for record in map(json.loads, out.splitlines()):
        if "stage" in record:
            return " ".join(str(record[key]) for key in (
                "stage", "reply", "code", "text") if record[key])
    raise OSError("posternctl told no reply")


def send_samples(daemon, ask):
    """Returns how many got no answer, or no verdict."""
    failures = 0
    for *sample, what in SAMPLES:
        before = len(daemon.verdicts())
        records = []
        try:
            answer = ask(*sample)
            records = wait_until(lambda: daemon.verdicts()[before:],
                                 LOG_SECONDS, "the verdict")
        except (OSError, subprocess.CalledProcessError) as error:
            answer = f"none: {error}"
            failures += 1
        show(f"{sample[0]}: {what}", answer, records)
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
        sink = Sink(keep=False)
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
        for name in ("postern", "postfix"):
            os.mkdir(os.path.join(top, name))
        daemon = Postern(os.path.join(top, "postern"),
                         Address(port=free_port()), CONFIGURATION,
                         ["mode=enforce"])
        stack.callback(daemon.stop)
        daemon.start()
        mta = start_postfix(stack, os.path.join(top, "postfix"),
                            daemon.address)
        failures = send_samples(daemon, partial(by_smtp, mta.port) if mta
                                else partial(by_posternctl, daemon))
        print(f"\n{len(SAMPLES) - failures} of {len(SAMPLES)} messages "
              "were answered and judged.", flush=True)
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
