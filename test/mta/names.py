"""names - a DNS on loopback in which one domain is set up as it should be, and
another, whose name is misused, asks to have that refused.

The keys of the first are made by posternctl, which also signs with them where
sign.keys is the table here.
"""

import os
import re
import subprocess
import sys

from mta import TOP, write
from process import Process

# From where the mail of friends.example comes, and where nobody's does.
ADDRESS, STRANGER = "203.0.113.25", "198.51.100.66"
NAME = "mail.friends.example"
DOMAIN, MISUSED = "friends.example", "treasury.example"
KINDS = {"rsa": [], "ed25519": ["--ed25519"]}

ZONE = f"""
{'.'.join(reversed(ADDRESS.split('.')))}.in-addr.arpa PTR {NAME}
{NAME} A {ADDRESS}
{NAME} TXT v=spf1 a -all
{DOMAIN} MX 10 {NAME}
{DOMAIN} TXT v=spf1 mx -all
_dmarc.{DOMAIN} TXT v=DMARC1; p=reject; rua=mailto:dmarc@{DOMAIN}
{MISUSED} MX 0 .
{MISUSED} TXT v=spf1 -all
_dmarc.{MISUSED} TXT v=DMARC1; p=reject; rua=mailto:dmarc@{MISUSED}
"""


class Names:
    """folder must exist; build is where posternctl is."""

    def __init__(self, folder, build):
        self.folder = folder
        self.posternctl = os.path.join(build, "posternctl")
        self.table = os.path.join(folder, "sign.keys")
        self.process = None
        self.address = None     # as dns.forwarders takes it

    def make_key(self, selector, options):
        """Returns the record's line."""
        text = subprocess.run(
            [self.posternctl, "dkim", "genkey", *options, "--out",
             self.folder, DOMAIN, selector], check=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            encoding="utf-8").stdout
        record = "".join(re.findall(r'"([^"]*)"', text))
        return f"{selector}._domainkey.{DOMAIN} TXT {record}\n"

    def start(self):
        records = [self.make_key(*kind) for kind in KINDS.items()]
        write("".join(f"{DOMAIN} {kind} {DOMAIN}.{kind}.pem\n"
                      for kind in KINDS), self.table)
        path = os.path.join(self.folder, "zone")
        write(ZONE + "".join(records), path)
        self.process = Process(
            [sys.executable, os.path.join(TOP, "test/dns/zone.py"), path],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        port = self.process.popen.stdout.readline().decode().strip()
        if not port:
            raise RuntimeError("the DNS server ended at once")
        self.address = f"127.0.0.1@{port}"

    def stop(self):
        if self.process:
            self.process.stop()
            self.process.popen.stdin.close()
            self.process.popen.stdout.close()
            self.process = None
