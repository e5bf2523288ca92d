#!/usr/bin/python3
"""sign - makes signed messages and the zone that verifies them, with another
implementation (python3-dkim, python3-nacl): for tests and measurements.

    sign.py OUT [--from DIR] [--count N] [--domains N] [--kinds KIND,...]
        [--keys DIR]

Takes the *.eml of DIR (default test/corpus) again and again until there are N,
gives each a From of dN.signed.example, and signs it by the kinds in turn:
none, rsa (2048 bits), ed25519, both, arc1 to arc9 (rsa, then so many ARC sets
by other domains).  OUT gets NNNN.eml with CRLF, and "zone", a master file of
signed.example with keys, SPF (127.0.0.0/8) and DMARC (p=reject).  Keys are
made anew, unless DIR, which the first run fills, has them.

What comes out differs from run to run only by keys and signatures.
"""

import argparse
import base64
import glob
import os
import re
import subprocess

import dkim
import nacl.signing

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
ORIGIN = "signed.example"
RSA_BITS = 2048
SIGNED = [b"from", b"to", b"subject", b"date", b"message-id",
          b"mime-version", b"content-type"]
TIME = 1700000000


class Keys:
    """One pair of each kind, which all domains share."""

    def __init__(self, folder):
        self.folder = folder
        self.rsa = self.kept("rsa", lambda: self.openssl(
            "genrsa", "-traditional", str(RSA_BITS)))
        der = self.openssl("rsa", "-pubout", "-outform", "DER",
                           stdin=self.rsa)
        ed25519 = nacl.signing.SigningKey(
            self.kept("ed25519", lambda: os.urandom(32)))
        self.ed25519 = base64.b64encode(bytes(ed25519))
        self.records = {
            "r": "v=DKIM1; k=rsa; p=" + base64.b64encode(der).decode(),
            "e": "v=DKIM1; k=ed25519; p=" + base64.b64encode(
                bytes(ed25519.verify_key)).decode()}

    def kept(self, name, make):
        if not self.folder:
            return make()
        os.makedirs(self.folder, exist_ok=True)
        path = os.path.join(self.folder, name)
        if not os.path.exists(path):
            with open(path, "wb") as file:
                file.write(make())
        with open(path, "rb") as file:
            return file.read()

    @staticmethod
    def openssl(*args, stdin=b""):
        return subprocess.run(["openssl", *args], input=stdin, check=True,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL).stdout

    def sign(self, message, kind, domain):
        key, name = ((self.rsa, b"rsa-sha256") if kind == "r" else
                     (self.ed25519, b"ed25519-sha256"))
        return dkim.sign(message, kind.encode(), domain.encode(), key,
                         canonicalize=(b"relaxed", b"relaxed"),
                         signature_algorithm=name,
                         include_headers=present(message)) + message

    def seal(self, message, domain, instance):
        """The sealer's results come first: dkimpy takes cv= out of them."""
        results = (f"Authentication-Results: mx.{domain}; spf=pass "
                   f"smtp.mailfrom=x@{domain};\r\n dkim=pass "
                   f"header.d={domain}; arc="
                   f"{'none' if instance == 1 else 'pass'}\r\n").encode()
        lines = dkim.arc_sign(results + message, b"r", domain.encode(),
                              self.rsa, f"mx.{domain}".encode(),
                              include_headers=present(message),
                              timestamp=str(TIME))
        if not lines:
            raise RuntimeError("dkimpy did not seal")
        return b"".join(lines) + results + message


def present(message):
    """What of SIGNED the message has, and From once more (oversigned)."""
    header = message.split(b"\r\n\r\n", 1)[0].lower()
    names = re.findall(rb"^([!-9;-~]+):", header, re.M)
    return [n for n in SIGNED if n in names] + [b"from"]


def prepare(path, domain):
    """One From of that domain, no signature of old, lines ending in CRLF."""
    with open(path, "rb") as file:
        message = re.sub(rb"\r?\n", b"\r\n", file.read())
    header, _, body = message.partition(b"\r\n\r\n")
    fields = re.split(rb"\r\n(?![ \t])", header)
    fields = [f for f in fields if re.match(rb"[!-9;-~]+:", f) and
              not re.match(rb"(from|dkim-signature|arc-|authentication-r)",
                           f, re.I)]
    fields.insert(0, f"From: Somebody <x@{domain}>".encode())
    return b"\r\n".join(fields) + b"\r\n\r\n" + body


def signed(keys, message, kind, number, domains):
    if kind == "none":
        return message
    if kind in ("ed25519", "both"):
        message = keys.sign(message, "e", domain_of(number, domains))
    if kind != "ed25519":
        message = keys.sign(message, "r", domain_of(number, domains))
    if kind.startswith("arc"):
        for instance in range(1, int(kind[3:]) + 1):
            message = keys.seal(message,
                                domain_of(number + instance, domains),
                                instance)
    return message


def domain_of(number, domains):
    return f"d{number % domains}.{ORIGIN}"


def quoted(text):
    return " ".join(f'"{text[i:i + 250]}"' for i in range(0, len(text), 250))


def zone(keys, domains):
    yield f"$ORIGIN {ORIGIN}."
    yield "$TTL 3600"
    yield "@ IN SOA ns hostmaster 1 3600 600 86400 3600"
    yield "@ IN NS ns"
    yield "ns IN A 127.0.0.1"
    for number in range(domains):
        yield f'd{number} IN TXT "v=spf1 ip4:127.0.0.0/8 -all"'
        yield f'_dmarc.d{number} IN TXT "v=DMARC1; p=reject"'
        for selector, record in keys.records.items():
            yield f"{selector}._domainkey.d{number} IN TXT {quoted(record)}"


def main():
    parser = argparse.ArgumentParser(description="makes signed messages")
    parser.add_argument("out")
    parser.add_argument("--from", dest="source",
                        default=os.path.join(TOP, "test/corpus"))
    parser.add_argument("--count", type=int, default=24)
    parser.add_argument("--domains", type=int, default=8)
    parser.add_argument("--kinds", default="rsa,ed25519,both,none,arc1,arc3")
    parser.add_argument("--keys", metavar="DIR")
    args = parser.parse_args()
    kinds = args.kinds.split(",")
    keys = Keys(args.keys)
    sources = sorted(glob.glob(os.path.join(args.source, "*.eml")))
    os.makedirs(args.out, exist_ok=True)
    for number in range(args.count):
        message = prepare(sources[number % len(sources)],
                          domain_of(number, args.domains))
        message = signed(keys, message, kinds[number % len(kinds)], number,
                         args.domains)
        with open(os.path.join(args.out, f"{number:04}.eml"), "wb") as file:
            file.write(message)
    with open(os.path.join(args.out, "zone"), "w", encoding="ascii") as file:
        file.write("\n".join(zone(keys, args.domains)) + "\n")


main()
