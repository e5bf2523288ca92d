"""A DNS server for the "dns" blocks of scenarios (test/scenario/README).

	zone.py FILE	prints its port on 127.0.0.1, serves until stdin ends

Lines of FILE: "NAME TYPE data", "fail NAME TYPE" for SERVFAIL, "delay MS" for
every answer.  As in a table, names that are not there do not exist, but those
above one that is have no data.  UDP only: answers have to fit a packet.
"""
import ipaddress
import selectors
import socket
import struct
import sys
import threading

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "PTR": 12, "MX": 15, "TXT": 16,
    "AAAA": 28}
CNAME, SOA = 5, 6
SERVFAIL, NXDOMAIN = 2, 3
RESPONSE = 0x8580	# an answer, authoritative, recursion as desired
TTL = 300


def wire(name):
	labels = [x.encode("utf-8") for x in name.rstrip(".").split(".") if x]
	return b"".join(bytes([len(x)]) + x for x in labels) + b"\0"


def rdata(kind, data):
	if kind in ("A", "AAAA"):
		return ipaddress.ip_address(data).packed
	if kind == "MX":
		preference, name = data.split()
		return struct.pack("!H", int(preference)) + wire(name)
	if kind == "TXT":
		data = data.encode("utf-8")
		parts = [data[i:i + 255] for i in range(0, len(data), 255)]
		return b"".join(bytes([len(x)]) + x for x in parts or [b""])
	return wire(data)


def record(name, kind, data):
	return wire(name) + struct.pack("!HHIH", kind, 1, TTL, len(data)) + data


class Zone:
	def __init__(self, lines):
		self.records, self.failing, self.names = {}, set(), set()
		self.delay = 0
		for line in lines:
			self.take(line.split(None, 2))

	def take(self, words):
		if words[0] == "delay":
			self.delay = int(words[1]) / 1000
			return
		fails = words[0] == "fail"
		name, kind, *rest = words[1:] if fails else words
		name = name.lower().rstrip(".")
		labels = name.split(".")
		for i in range(len(labels)):
			self.names.add(".".join(labels[i:]))
		if fails:
			self.failing.add((name, TYPES[kind.strip()]))
		else:
			self.records.setdefault((name, TYPES[kind]), []).append(
			    rdata(kind, rest[0].strip() if rest else ""))

	def find(self, name, kind):
		"""Code and records of an answer; an alias is asked again."""
		if (name, kind) in self.failing:
			return SERVFAIL, []
		found = self.records.get((name, kind))
		if found is None:
			kind, found = CNAME, self.records.get((name, CNAME), [])
		exists = name in self.names
		return 0 if exists else NXDOMAIN, [record(name, kind, data)
		    for data in found]


def answer(zone, packet):
	ident, = struct.unpack("!H", packet[:2])
	labels, i = [], 12
	while packet[i]:
		labels.append(packet[i + 1:i + 1 + packet[i]].decode("latin-1"))
		i += 1 + packet[i]
	kind, = struct.unpack("!H", packet[i + 1:i + 3])
	code, found = zone.find(".".join(labels).lower(), kind)
	nothing = wire("ns.zone") + wire("hostmaster.zone") + struct.pack(
	    "!IIIII", 1, 3600, 600, 86400, TTL)
	# The root's, so that it is above whatever does not exist.
	soa = [] if found or code == SERVFAIL else [record("", SOA, nothing)]
	return struct.pack("!HHHHHH", ident, RESPONSE | code, 1, len(found),
	    len(soa), 0) + packet[12:i + 5] + b"".join(found + soa)


def serve(zone, udp):
	packet, peer = udp.recvfrom(4096)
	try:
		reply = answer(zone, packet)
	except (IndexError, struct.error):
		return
	if not zone.delay:
		udp.sendto(reply, peer)
		return
	timer = threading.Timer(zone.delay, udp.sendto, (reply, peer))
	timer.daemon = True
	timer.start()


def main():
	with open(sys.argv[1], encoding="utf-8") as f:
		zone = Zone(line for line in f if line.strip())
	udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	udp.bind(("127.0.0.1", 0))
	print(udp.getsockname()[1], flush=True)
	selector = selectors.DefaultSelector()
	selector.register(udp, selectors.EVENT_READ)
	selector.register(sys.stdin, selectors.EVENT_READ)
	while True:
		ready = [key.fileobj for key, _ in selector.select()]
		if sys.stdin in ready and not sys.stdin.buffer.read1():
			return
		if udp in ready:
			serve(zone, udp)


if __name__ == "__main__":
	main()
