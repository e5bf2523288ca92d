"""trouble_clients - senders and MTAs that stall, too many connections, and
letters of an unusual form.
"""

import contextlib
import resource
import socket
import struct
import time

from case import case, check, need
from flow import RECIPIENT, sender

STALLS = 4              # at each step, of each MTA
HOLD = 2                # seconds
IDLE = 10000
IDLE_SPARE = 2000       # descriptors that this needs besides
PARALLEL = 400          # connections begun at a time
FIELDS = 10000
DEPTH = 500
PATIENCE = 30           # seconds for the answer to such a letter
SOME_BODY = b"A line that has no end behind it.\r\n" * 100

# The dialogue of SMTP up to each step; the last is in the midst of a line.
SMTP_STEPS = (
    ("connect", None),
    ("EHLO", b"EHLO client.example\r\n"),
    ("MAIL", f"MAIL FROM:<{sender(1)}>\r\n".encode()),
    ("RCPT", f"RCPT TO:<{RECIPIENT}>\r\n".encode()),
    ("DATA", b"DATA\r\n"),
    ("header", b"Subject: half a head"),
    ("body", b"er\r\n\r\n" + SOME_BODY),
)


def packet(command, data=b""):
    return struct.pack("!I", 1 + len(data)) + command + data


NEGOTIATION = packet(b"O", struct.pack("!III", 6, 0x1ff, 0x1fffff))
# The same of the milter's protocol; nothing waits for an answer.
MILTER_STEPS = (
    ("connect", b""),
    ("half a negotiation", NEGOTIATION[:7]),
    ("negotiation", NEGOTIATION[7:]),
    ("client", packet(b"C", b"mail.example\x004\x00\x19203.0.113.9\x00")),
    ("HELO", packet(b"H", b"mail.example\x00")),
    ("MAIL", packet(b"M", b"<a@sender1.example>\x00")),
    ("RCPT", packet(b"R", b"<b@test.example>\x00")),
    ("header", packet(b"L", b"Subject\x00 stalled\x00")),
    ("half a header", packet(b"L", b"To\x00 b@test.example\x00")[:9]),
    ("body", packet(b"L", b"To\x00 b@test.example\x00")[9:] + packet(b"N") +
     packet(b"B", SOME_BODY)),
    ("end, unread", packet(b"E")),
)


def stall(stack, port, steps, last, greets):
    """A connection that goes as far as the last-th step."""
    s = stack.enter_context(socket.create_connection(("127.0.0.1", port),
                                                     PATIENCE))
    for name, data in steps[:last + 1]:
        if data:
            s.sendall(data)
        if greets and not name.islower() or data is None:
            check(s.recv(4096), "nothing was said at", name)
    return s


@case("250/550", short=True)
def clients_stall(place):
    """SMTP clients that stop at each step"""
    with contextlib.ExitStack() as stack:
        for flow in place.flows:
            for last in range(len(SMTP_STEPS)):
                for _ in range(STALLS):
                    stall(stack, flow.mta.port, SMTP_STEPS, last, True)
        time.sleep(HOLD)


@case("250/550", short=True)
def milter_stalls(place):
    """MTAs that stop at each step of the milter's protocol"""
    with contextlib.ExitStack() as stack:
        for last in range(len(MILTER_STEPS)):
            for _ in range(STALLS * 2):
                stall(stack, place.address.port, MILTER_STEPS, last, False)
        time.sleep(HOLD)


@case("250/550")
def idle_connections(place):
    """10,000 connections to the milter's socket that say hello and no more"""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    need(most >= IDLE + IDLE_SPARE, f"only {most} descriptors")
    before = place.descriptors()
    with contextlib.ExitStack() as stack:
        for done in range(0, IDLE, PARALLEL):
            for _ in range(PARALLEL):
                stall(stack, place.address.port, MILTER_STEPS, 2, False)
            place.until(lambda: place.descriptors() >= done + PARALLEL,
                        f"{done + PARALLEL} connections")
        print(f"  {place.descriptors()} descriptors, "
              f"{place.memory()} kB", flush=True)
        time.sleep(HOLD)
    place.until(lambda: place.descriptors() < before + 200,
                "the connections' end")


def answered(place, flow, data, symbol):
    """It is taken, in time, and arrives with a symbol."""
    start = time.monotonic()
    code = place.send(flow, data)
    check(code == 250, symbol, "was answered", code, "of", flow.mta.name)
    check(time.monotonic() - start < PATIENCE, symbol, "took too long")
    place.until(lambda: any(symbol in (value or "") for value in
                            place.headers(flow)), symbol)


@case("250/550")
def many_headers(place):
    """a letter of 10,000 header fields"""
    fields = b"".join(b"X-%d: %d\r\n" % (n, n) for n in range(FIELDS))
    for flow in place.flows:
        answered(place, flow, place.head(flow, "fields") + fields +
                 b"\r\nNothing special.\r\n", "LIMIT_HEADERS")


def nested(depth):
    return b"\r\n".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d" % (n, n)
        for n in range(depth)) + b"\r\n\r\nThe innermost.\r\n" + b"".join(
        b"--b%d--\r\n" % n for n in reversed(range(depth)))


@case("250/550")
def mime_depth(place):
    """a letter of 500 parts, each in the one before"""
    for flow in place.flows:
        answered(place, flow, place.head(flow, "depth") +
                 b"MIME-Version: 1.0\r\n" + nested(DEPTH),
                 "LIMIT_MIME_DEPTH")
