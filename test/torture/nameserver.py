"""nameserver - a DNS server on loopback that can be made to misbehave while
it serves.
"""

import collections
import os
import random
import socket
import struct
import sys
import threading
import time

from flow import DOMAINS, STRANGER
from mta import TOP

sys.path.append(os.path.join(TOP, "test", "dns"))
import hostile  # noqa: E402
import zone  # noqa: E402

SLOW = 0.2      # seconds
ELSEWHERE = b"\xcb\0\x71\x50"   # 203.0.113.80, where a wildcard leads
LISTED = b"\x7f\0\0\x02"        # 127.0.0.2, as DNS lists say it
TTL = 1         # what is asked again soon sees the trouble
ZONE = "\n".join([
    "25.113.0.203.in-addr.arpa PTR " + STRANGER["NAME"],
    STRANGER["NAME"] + " A " + STRANGER["ADDR"],
    # What RFC 5782 wants of a list that works.
    "2.0.0.127.bl.example A 127.0.0.2",
    *(f"sender{n}.example TXT v=spf1 ip4:{STRANGER['ADDR']} ip4:127.0.0.1 "
      "-all" for n in range(DOMAINS)),
    *(f"_dmarc.sender{n}.example TXT v=DMARC1; p=reject"
      for n in range(DOMAINS)),
])


def cut(packet):
    return packet[:random.randrange(4, len(packet))]


class Nameserver:
    def __init__(self):
        zone.TTL = TTL
        self.zone = zone.Zone(ZONE.split("\n"))
        self.mode = "well"
        self.asked = collections.Counter()      # by mode
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1@{self.udp.getsockname()[1]}"
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                packet, peer = self.udp.recvfrom(4096)
            except OSError:
                return
            mode = self.mode
            self.asked[mode] += 1
            try:
                answers = getattr(self, mode)(packet)
            except (IndexError, struct.error, ValueError):
                continue
            for answer in answers:
                self.udp.sendto(answer, peer)

    def stop(self):
        self.udp.close()

    def well(self, packet):
        return [zone.answer(self.zone, packet)]

    def dead(self, packet):
        return []

    def servfail(self, packet):
        return [hostile.Question(packet).reply(rcode=hostile.SERVFAIL)]

    def slow(self, packet):
        """One after the other, as an overloaded server does."""
        time.sleep(SLOW)
        return self.well(packet)

    def lying(self, packet):
        """What nobody must believe, sometimes with the truth behind it."""
        q = hostile.Question(packet)
        lies = [q.lie(), q.other(), cut(self.well(packet)[0]),
                q.plain()[:6] + b"\xff\xff" + q.plain()[8:],
                q.rdata(b"\xc0\xff"), packet, bytes(random.randbytes(60))]
        random.shuffle(lies)
        return lies[:2] + (self.well(packet) if random.random() < .5 else [])

    def everything(self, packet, address):
        q = hostile.Question(packet)
        if q.kind != hostile.A:
            return self.well(packet)
        return [q.reply([hostile.record(q.owner, hostile.A, TTL, address)])]

    def wildcard(self, packet):
        """Every name is there, as with who sells the ones that are not."""
        return self.everything(packet, ELSEWHERE)

    def lists_all(self, packet):
        """A DNS list that went out of business and lists the whole world."""
        return self.everything(packet, LISTED)
