#!/usr/bin/python3
"""corpus - the messages over which two rule engines are compared.

Takes them from the folder of third-party suites: the same number from every
source of the corpora, evenly spaced; the messages of the MIME suites; and the
HTML templates, each wrapped as a mail.  What would give a label away is
stripped (see there INVENTORY.md), lines end in LF.  Writes the messages below
a folder, LIST with one path a line, and PARTS with "path source label".

Ends with status 3, and says why, where the corpora are not there.
"""
import argparse
import base64
import collections
import glob
import os
import quopri
import re
import subprocess
import sys
import tempfile

ABSENT = 3
EACH = 143              # messages of each source: about a thousand in all
# Fields that tell the label, or that another filter wrote.
STRIPPED = re.compile(rb"(?im)^X-(?:Spam|MS)-[^\n]*\n(?:[ \t][^\n]*\n)*")
VICTIM = re.compile(rb"phishing@pot", re.I)
FORMS = ("quoted-printable", "base64", "8bit")
ENVELOPE = b"""\
Return-Path: <bounce-%(n)d@news.example.com>
Received: from out%(n)d.news.example.com
\t(out%(n)d.news.example.com [192.0.2.%(n)d])
\tby mx.example.org (Postfix) with ESMTPS id 4Wq%(n)03dT
\tfor <reader@example.org>; Tue, 12 Mar 2024 10:%(m)02d:07 +0000 (UTC)
Date: Tue, 12 Mar 2024 10:%(m)02d:00 +0000
From: "News of %(name)s" <news@news.example.com>
To: reader@example.org
Message-ID: <%(n)d.%(m)d@news.example.com>
Subject: %(subject)s
List-Unsubscribe: <https://news.example.com/u/%(n)d>
MIME-Version: 1.0
"""


class Absent(Exception):
    pass


def clean(message):
    """A message without the mbox line, told labels and carriage returns."""
    message = message.replace(b"\r\n", b"\n")
    message = re.sub(rb"\AFrom [^\n]*\n", b"", message)
    head, blank, body = message.partition(b"\n\n")
    head = STRIPPED.sub(b"", head + b"\n")
    head = head + b"\n" if blank else head[:-1]
    return VICTIM.sub(b"user@example.org", head + body)


def spread(names, count):
    """As many of them, evenly spaced and in order; 0 means all."""
    names = sorted(names)
    if not count or len(names) <= count:
        return names
    return [names[i * len(names) // count] for i in range(count)]


def corpora(suites, count):
    """Messages of the corpora: (name, source, label, bytes)."""
    folder = os.path.join(suites, "corpora")
    table, archive = (os.path.join(folder, name)
                      for name in ("dev.tsv", "dev.tar.zst"))
    if not os.path.exists(table) or not os.path.exists(archive):
        raise Absent(f"{archive} is not there")
    groups = collections.defaultdict(list)
    with open(table, encoding="utf-8") as f:
        for line in f:
            if not line.startswith("#"):
                path, label, source = line.split("\t")[:3]
                if label in ("ham", "spam"):
                    groups[source, label].append(path)
    chosen = [(path, *group) for group in sorted(groups)
              for path in spread(groups[group], count)]
    with tempfile.TemporaryDirectory() as place:
        wanted = os.path.join(place, "wanted")
        with open(wanted, "w", encoding="utf-8") as f:
            f.writelines(path + "\n" for path, _, _ in chosen)
        done = subprocess.run(
            ["tar", "-C", place, "--zstd", "-xf", archive, "-T", wanted],
            stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            raise Absent(f"tar cannot unpack {archive}: {done.stderr.strip()}")
        for path, source, label in chosen:
            with open(os.path.join(place, path), "rb") as f:
                yield source + "/" + os.path.basename(path), source, label, \
                    f.read()


def hostile(suites):
    """Messages made to break parsers."""
    for pattern in ("mail-parser/eml/*/*.eml", "mime4j/testmsgs/*.msg",
                    "mime-torture/mime-torture"):
        for path in sorted(glob.glob(os.path.join(suites, "mime", pattern))):
            if path.endswith(".crlf.eml"):
                continue
            name = os.path.relpath(path, os.path.join(suites, "mime"))
            with open(path, "rb") as f:
                yield name.replace("/", "-"), name.split("/")[0], "mime", \
                    f.read()


def part(kind, form, text):
    """A body part with its own header."""
    if form == "base64":
        text = base64.encodebytes(text)
    elif form == "quoted-printable":
        text = quopri.encodestring(text)
    return (b"Content-Type: text/%s; charset=UTF-8\n"
            b"Content-Transfer-Encoding: %s\n\n" % (kind, form.encode()) +
            text + (b"" if text.endswith(b"\n") else b"\n"))


def wrapped(number, name, html, text):
    """A newsletter with such HTML, and such text where there is some."""
    form = FORMS[number % len(FORMS)]
    title = re.search(rb"(?is)<title[^>]*>([^<{*]+)</title>", html)
    fields = {b"n": number + 1, b"m": number % 60,
              b"name": name.encode(),
              b"subject": b" ".join(title[1].split()) if title
              else b"This month: " + name.encode()}
    head = ENVELOPE % fields
    if text is None:
        return head + part(b"html", form, html)
    line = b"--=_%d\n" % number
    return (head + b'Content-Type: multipart/alternative; boundary="=_%d"\n\n'
            % number + line + part(b"plain", form, text) + line +
            part(b"html", form, html) + b"--=_%d--\n" % number)


def templates(suites):
    """Newsletters and receipts as today's senders write them."""
    top = os.path.join(suites, "html", "templates")
    paths = sorted(glob.glob(os.path.join(top, "**", "*.html"),
                             recursive=True))
    for number, path in enumerate(paths):
        beside = path[:-len("html")] + "txt"
        text = None
        with open(path, "rb") as f:
            html = f.read()
        if os.path.exists(beside):
            with open(beside, "rb") as f:
                text = f.read()
        name = os.path.relpath(path, top)[:-len(".html")].replace("/", "-")
        yield name, "templates", "ham", wrapped(number, name, html, text)


def write(folder, messages):
    """Writes them; gives (path, source, label) of each."""
    for name, source, label, message in messages:
        path = os.path.join(folder, source.replace("/", "-"),
                            os.path.basename(name))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(clean(message))
        yield path, source, label


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suites", default=os.environ.get("SUITES"))
    parser.add_argument("--each", type=int, default=EACH,
                        help="messages of each source; 0 takes all")
    parser.add_argument("folder", help="where messages and lists go")
    args = parser.parse_args()
    if not args.suites:
        parser.error("neither --suites nor SUITES says where they are")
    folder = os.path.abspath(args.folder)
    try:
        rows = [row for messages in (corpora(args.suites, args.each),
                                     hostile(args.suites),
                                     templates(args.suites))
                for row in write(os.path.join(folder, "mail"), messages)]
    except Absent as absent:
        print(f"corpus: {absent}", file=sys.stderr)
        sys.exit(ABSENT)
    with open(os.path.join(folder, "LIST"), "w", encoding="utf-8") as f:
        f.writelines(path + "\n" for path, _, _ in rows)
    with open(os.path.join(folder, "PARTS"), "w", encoding="utf-8") as f:
        f.writelines("\t".join(row) + "\n" for row in rows)
    print(f"{len(rows)} messages in {folder}")


if __name__ == "__main__":
    main()
