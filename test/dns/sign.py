"""How signed.zone and signed.anchor were made (python3-dnspython 2.3).

The key is forgotten afterwards.  The signatures last until 2080: a test has
no clock to offer to the resolver.
"""
import dns.dnssec
import dns.name
import dns.rdataset
import dns.rdatatype
import dns.zone
from cryptography.hazmat.primitives.asymmetric.ed25519 import \
    Ed25519PrivateKey

ORIGIN = dns.name.from_text("postern.example.")
ZONE = """
$TTL 300
@	SOA	ns hostmaster 1 3600 600 86400 120
	NS	ns
	A	192.0.2.1
	MX	10 Mail
	MX	20 backup.example.net.
	TXT	"v=spf1 mx " "-all"
ns	A	127.0.0.1
mail	A	192.0.2.2
	AAAA	2001:db8::2
www	CNAME	@
brief	1	A	192.0.2.3
forged	A	192.0.2.4
key._domainkey	TXT	"v=DKIM1; k=rsa; p=" "{}" "{}"
2.2.0.192	PTR	mail
under.nothing	TXT	""
""".format("A" * 200, "B" * 192)
SPAN = {"inception": "20240101000000", "expiration": "20800101000000"}


def add_nsec(zone):
	names = sorted(zone.keys())
	for name, following in zip(names, names[1:] + names[:1]):
		types = [dns.rdatatype.to_text(r.rdtype) for r in
		    zone[name].rdatasets] + ["RRSIG", "NSEC"]
		zone[name].replace_rdataset(dns.rdataset.from_text("IN",
		    "NSEC", 120, "%s %s" % (following.derelativize(ORIGIN),
		    " ".join(types))))


def main():
	zone = dns.zone.from_text(ZONE, ORIGIN, relativize=False)
	private = Ed25519PrivateKey.generate()
	key = dns.dnssec.make_dnskey(private.public_key(),
	    dns.dnssec.Algorithm.ED25519, flags=257)
	zone[ORIGIN].replace_rdataset(dns.rdataset.from_rdata(300, key))
	add_nsec(zone)
	for name, node in list(zone.items()):
		for rdataset in list(node.rdatasets):
			signature = dns.dnssec.sign((name, rdataset), private,
			    ORIGIN, key, **SPAN)
			sigs = node.find_rdataset(1, dns.rdatatype.RRSIG,
			    rdataset.rdtype, create=True)
			sigs.add(signature, rdataset.ttl)
	text = zone.to_text(sorted=True, relativize=False)
	if not isinstance(text, str):
		text = text.decode()
	with open("signed.zone", "w") as f:
		f.write("; made by sign.py; forged's address was changed after"
		    " signing\n" + text.replace("192.0.2.4", "203.0.113.66"))
	with open("signed.anchor", "w") as f:
		f.write("postern.example. 300 IN DNSKEY %s\n" % key.to_text())


main()
