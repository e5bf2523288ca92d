"""A DNS server that misbehaves, as the first label of the question says.

	hostile.py	prints its port on 127.0.0.1, serves until stdin ends

Whatever the zone: "ok" answers, "drop" does not, "late300" does after 300 ms,
"ttl1" lets its answer live for a second, and so on: see BEHAVIOURS.  Counts
what it was asked: a TXT question for "count-LABEL" tells how often.
"""
import selectors
import socket
import struct
import sys
import threading
import time

A, NS, CNAME, SOA, PTR, MX, TXT, AAAA = 1, 2, 5, 6, 12, 15, 16, 28
SERVFAIL, NXDOMAIN, REFUSED, NOTIMP = 2, 3, 5, 4
RESPONSE, TRUNCATED, RECURSION = 0x8000, 0x0200, 0x0180
NEGATIVE_TTL = 2
FALSE = b"\xcb\0\x71\x42"	# 203.0.113.66
counts = {}


def wire(labels):
	return b"".join(bytes([len(x)]) + x for x in labels) + b"\0"


def txt(data):
	parts = [data[i:i + 255] for i in range(0, len(data), 255)] or [b""]
	return b"".join(bytes([len(x)]) + x for x in parts)


def record(owner, kind, ttl, rdata):
	return owner + struct.pack("!HHIH", kind, 1, ttl, len(rdata)) + rdata


def soa(owner, ttl=3600):
	return record(owner, SOA, ttl, owner + owner +
	    struct.pack("!IIIII", 1, 60, 60, 60, NEGATIVE_TTL))


class Question:
	def __init__(self, packet):
		self.id, self.flags = struct.unpack("!HH", packet[:4])
		self.labels, i = [], 12
		while packet[i]:
			self.labels.append(packet[i + 1:i + 1 + packet[i]])
			i += 1 + packet[i]
		self.kind = struct.unpack("!H", packet[i + 1:i + 3])[0]
		self.bytes = packet[12:i + 5]
		self.first = self.labels[0].lower().decode("latin-1") \
		    if self.labels else ""
		self.owner = wire(self.labels)
		self.zone = wire(self.labels[-1:])

	def sibling(self, label):
		return wire([label.encode()] + self.labels[1:])

	def reply(self, answers=(), rcode=0, authority=(), flags=0, ident=None,
	    question=None):
		ident = self.id if ident is None else ident
		return struct.pack("!HHHHHH", ident,
		    RESPONSE | RECURSION | flags | rcode, 1, len(answers),
		    len(authority), 0) + (question or self.bytes) + \
		    b"".join(answers) + b"".join(authority)

	def plain(self, ttl=60):
		rdata = {A: b"\xc0\0\2\1", AAAA: b"\x20\1\x0d\xb8" + bytes(11) +
		    b"\1", TXT: txt(b"hello"), MX: b"\0\x0a" +
		    wire([b"Mail", b"TEST"]), PTR: wire([b"Host", b"TEST"]),
		    NS: wire([b"ns", b"test"])}
		if self.kind not in rdata:
			return self.reply(authority=[soa(self.zone)])
		return self.reply([record(self.owner, self.kind, ttl,
		    rdata[self.kind])])

	def lie(self):
		return self.reply([record(self.owner, A, 60, FALSE)],
		    ident=self.id ^ 0x5555)

	def other(self):
		other = wire([b"other", b"test"])
		return self.reply([record(other, A, 60, FALSE)],
		    question=other + struct.pack("!HH", self.kind, 1))

	def alias(self, target):
		return self.reply([record(self.owner, CNAME, 60,
		    self.sibling(target))])

	def rdata(self, data, count=1):
		return self.reply([record(self.owner, self.kind, 60, data)] *
		    count)

	def many(self):
		return self.reply([record(self.owner, A, 60,
		    struct.pack("!BBH", 10, 0, i)) for i in range(300)])


# From a question to what is sent at once over TCP or UDP.
BEHAVIOURS = {
	"ok": lambda q: [q.plain()],
	"drop": lambda q: [],
	"servfail": lambda q: [q.reply(rcode=SERVFAIL)],
	"refused": lambda q: [q.reply(rcode=REFUSED)],
	"notimp": lambda q: [q.reply(rcode=NOTIMP)],
	"nxdomain": lambda q: [q.reply(rcode=NXDOMAIN,
	    authority=[soa(q.zone)])],
	"nodata": lambda q: [q.reply(authority=[soa(q.zone)])],
	"nosoa": lambda q: [q.reply()],
	"wrongid": lambda q: [q.lie()],
	"wrongquestion": lambda q: [q.other()],
	"liar": lambda q: [q.lie(), q.plain()],
	"short": lambda q: [struct.pack("!H", q.id) + b"\x81\x80\0"],
	"cut": lambda q: [q.plain()[:-3]],
	"counted": lambda q: [q.plain()[:6] + b"\xff\xff" + q.plain()[8:]],
	"alias": lambda q: [q.alias("ok")],
	"self": lambda q: [q.alias("self")],
	"loop": lambda q: [q.alias("pool")],
	"pool": lambda q: [q.alias("loop")],
	"badtxt": lambda q: [q.rdata(b"\x05hello\xc8world")],
	"emptytxt": lambda q: [q.rdata(b"")],
	"bada": lambda q: [q.rdata(b"\xc0\0\2")],
	"badmx": lambda q: [q.rdata(b"\0")],
	"pointer": lambda q: [q.rdata(b"\xc0\xff")],
	"zero": lambda q: [q.rdata(txt(b"a\0b\xff"))],
	"dotted": lambda q: [q.rdata(wire([b"mail.bank", b"te st"]))],
	"huge": lambda q: [q.rdata(txt(b"x" * 9000))],
	"big": lambda q: [q.rdata(txt(b"y" * 8192))],
	"many": lambda q: [q.many()],
}
# Cannot go over UDP; "notcp" has no TCP either.
TCP_ONLY = {"huge", "big", "many", "trunc"}


def packets(q, tcp):
	"""What to send, and after how many seconds."""
	name = q.first
	counts[name] = counts.get(name, 0) + 1
	if name.startswith("count-"):
		counted = counts.get(name[6:], 0)
		return [q.reply([record(q.owner, TXT, 0,
		    txt(str(counted).encode()))])], 0
	if name == "notcp" or (name in TCP_ONLY and not tcp):
		return ([] if tcp else [q.reply(flags=TRUNCATED)]), 0
	if name == "trunc":
		return [q.rdata(txt(b"z" * 3000))], 0
	if name.startswith("late"):
		return [q.plain()], int(name[4:].split("-")[0]) / 1000
	if name.startswith("ttl"):
		return [q.plain(int(name[3:]))], 0
	if name in BEHAVIOURS:
		return BEHAVIOURS[name](q), 0
	return [q.plain()], 0


def serve_udp(sock):
	packet, peer = sock.recvfrom(4096)
	try:
		replies, delay = packets(Question(packet), False)
	except (IndexError, struct.error, ValueError):
		return
	for reply in replies:
		timer = threading.Timer(delay, sock.sendto, (reply, peer))
		timer.daemon = True
		timer.start() if delay else sock.sendto(reply, peer)


def serve_tcp(conn):
	with conn:
		conn.settimeout(5)
		head = conn.recv(2)
		if len(head) < 2:
			return
		replies, delay = packets(Question(conn.recv(4096)), True)
		time.sleep(delay)
		for reply in replies:
			conn.sendall(struct.pack("!H", len(reply)) + reply)


def bind():
	"""The same port for both protocols."""
	while True:
		udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
		udp.bind(("127.0.0.1", 0))
		try:
			tcp.bind(udp.getsockname())
			tcp.listen(32)
			return udp, tcp
		except OSError:
			udp.close()
			tcp.close()


def main():
	udp, tcp = bind()
	print(udp.getsockname()[1], flush=True)
	selector = selectors.DefaultSelector()
	for f in (udp, tcp, sys.stdin):
		selector.register(f, selectors.EVENT_READ)
	while True:
		ready = [key.fileobj for key, _ in selector.select()]
		if sys.stdin in ready and not sys.stdin.buffer.read1():
			return
		if udp in ready:
			serve_udp(udp)
		if tcp in ready:
			threading.Thread(target=serve_tcp, daemon=True,
			    args=(tcp.accept()[0],)).start()


if __name__ == "__main__":
	main()
