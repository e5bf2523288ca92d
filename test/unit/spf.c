/* spf - records, mechanisms, macros and identities by RFC 7208. */
#include "test/unit/spf_judge.h"

/* What every row finds in the DNS, but for the record of d.test. */
static const struct {
	const char *name;
	enum dns_type type;
	const char *data;
} zone[] = {
	{ "d.test", DNS_A, "192.0.2.1" },
	{ "d.test", DNS_AAAA, "2001:db8::1" },
	{ "d.test", DNS_MX, "10 mx1.d.test" },
	{ "d.test", DNS_MX, "20 mx2.d.test" },
	{ "mx1.d.test", DNS_A, "192.0.2.11" },
	{ "mx2.d.test", DNS_A, "192.0.2.12" },
	{ "null.d.test", DNS_MX, "0 ." },
	{ "1.2.0.192.in-addr.arpa", DNS_PTR, "other.test" },
	{ "1.2.0.192.in-addr.arpa", DNS_PTR, "sub.d.test" },
	{ "1.2.0.192.in-addr.arpa", DNS_PTR, "d.test" },
	{ "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2"
	    ".ip6.arpa", DNS_PTR, "d.test" },
	{ "3.2.0.192.in-addr.arpa", DNS_PTR, "fail.test" },
	{ "3.2.0.192.in-addr.arpa", DNS_PTR, "host3.d.test" },
	{ "host3.d.test", DNS_A, "192.0.2.3" },
	{ "other.test", DNS_A, "192.0.2.1" },
	{ "sub.d.test", DNS_A, "192.0.2.1" },
	{ "yes.test", DNS_TXT, "v=spf1 +all" },
	{ "no.test", DNS_TXT, "v=spf1 -all exp=exp.test" },
	{ "soft.test", DNS_TXT, "v=spf1 ~all" },
	{ "bad.test", DNS_TXT, "v=spf1 al" },
	{ "exp.test", DNS_TXT, "exp of %{o}" },
	{ "long.test", DNS_TXT, "%{s}%{s}%{s}%{s}%{s}%{s}%{s}%{s}%{s}%{s}%{s}"
	    "%{s}%{s}%{s}%{s}%{s}%{s}%{s}%{s}%{s}%{s}%{s}%{s}%{s}%{s}%{s}" },
	{ "self.test", DNS_TXT, "v=spf1 include:self.test -all" },
	{ "loop.test", DNS_TXT, "v=spf1 redirect=loop.test" },
	{ "b1.test", DNS_TXT, "v=spf1 a a a -all" },
	{ "b1.test", DNS_A, "192.0.2.99" },
	{ "local.u.test", DNS_A, "127.0.0.2" },
	{ "xn--bcher-kva.test", DNS_TXT, "v=spf1 ip4:192.0.2.1 -all" },
	{ "p.d.test.p.test", DNS_A, "127.0.0.2" },
	{ "p.sub.d.test.p.test", DNS_A, "127.0.0.2" },
	{ "a+b.lp.test", DNS_TXT, "v=spf1 all" },
};

static struct dns *
make_dns(void)
{
	struct dns *dns = dns_table();
	size_t i;

	for (i = 0; i < sizeof(zone) / sizeof(zone[0]); i++)
		dns_table_add(dns, zone[i].name, zone[i].type,
		    span_of(zone[i].data));
	dns_table_fail(dns, "fail.test", 0);
	dns_table_fail(dns, "4.2.0.192.in-addr.arpa", 0);
	return dns;
}

struct row {
	const char *name, *record, *ip, *expected;
};

#define V4 "192.0.2.1"
#define V6 "2001:db8::1"
#define LABELS60 "1234567890123456789012345678901234567890123456789012345678."

static const struct row rows[] = {
	{ "4.5 no record", "v=spf10 all", V4, "none 0/0 d.test has no SPF "
	    "record" },
	{ "4.5 case", "V=SPF1 ALL", V4, "pass ALL 0/0" },
	{ "4.6 bad term", "v=spf1 all foo", V4,
	    "permerror 0/0 foo is not a mechanism" },
	{ "4.6.1 tab", "v=spf1\tall", V4, "none 0/0 d.test has no SPF record" },
	{ "4.6.1 tab behind", "v=spf1 a\tall", V4,
	    "permerror 0/0 a\\x09all is not a mechanism" },
	{ "4.6.1 8-bit", "v=spf1 a:\xc3\xa4.test all", V4,
	    "permerror 0/0 a:\xc3\xa4.test has a byte that is no visible "
	    "ASCII" },
	{ "4.6.2 softfail", "v=spf1 ~all", V4, "softfail ~all 0/0" },
	{ "4.6.2 qualifier twice", "v=spf1 --all", V4,
	    "permerror 0/0 --all is not a mechanism" },
	{ "4.7 default", "v=spf1", V4, "neutral default 0/0" },
	{ "4.6.4 ten", "v=spf1 a:b1.test mx mx mx mx mx mx mx mx mx -all",
	    V4, "fail -all 10/0" },
	{ "4.6.4 eleven", "v=spf1 mx mx mx mx mx mx mx mx mx mx a -all", V4,
	    "permerror 10/0 DNS lookups: more than 10 (RFC 7208 4.6.4)" },
	{ "4.6.4 over includes", "v=spf1 include:b1.test include:b1.test "
	    "mx mx include:yes.test", V4, "permerror 10/0 DNS lookups: more "
	    "than 10 (RFC 7208 4.6.4)" },
	{ "4.6.4 loop", "v=spf1 include:self.test", V4, "permerror 10/0 "
	    "DNS lookups: more than 10 (RFC 7208 4.6.4)" },
	{ "4.6.4 redirect loop", "v=spf1 redirect=loop.test", V4, "permerror "
	    "10/0 DNS lookups: more than 10 (RFC 7208 4.6.4)" },
	{ "4.6.4 two voids", "v=spf1 a:x.y mx:x.y a -all", V4, "pass a 3/2" },
	{ "4.6.4 three voids", "v=spf1 a:x.y mx:x.y exists:x.y a -all", V4,
	    "permerror 3/3 void lookups: more than 2 (RFC 7208 4.6.4)" },
	{ "4.8 empty label", "v=spf1 a:x..test -all", V4, "fail -all 1/0" },
	{ "5 DNS error", "v=spf1 a:fail.test -all", V4,
	    "temperror 1/0 fail.test A: servfail" },
	{ "5 DNS error not reached", "v=spf1 a a:fail.test -all", V4,
	    "pass a 1/0" },
	{ "5.1 all ends", "v=spf1 -all a:fail.test", V4, "fail -all 0/0" },
	{ "5.2 pass", "v=spf1 ?include:yes.test -all", V4,
	    "neutral ?include:yes.test 1/0" },
	{ "5.2 fail", "v=spf1 include:no.test ~all", V4, "softfail ~all 1/0" },
	{ "5.2 softfail", "v=spf1 include:soft.test -all", V4,
	    "fail -all 1/0" },
	{ "5.2 none", "v=spf1 include:mx1.d.test -all", V4,
	    "permerror 1/0 mx1.d.test has no SPF record" },
	{ "5.2 permerror", "v=spf1 include:bad.test -all", V4,
	    "permerror 1/0 al is not a mechanism" },
	{ "5.2 temperror", "v=spf1 include:fail.test -all", V4,
	    "temperror 1/0 fail.test TXT: servfail" },
	{ "5.2 target with +", "v=spf1 include:a+b.lp.test -all", V4,
	    "pass include:a+b.lp.test 1/0" },
	{ "5.3 a", "v=spf1 a -all", V4, "pass a 1/0" },
	{ "5.3 a IPv6", "v=spf1 a -all", V6, "pass a 1/0" },
	{ "5.3 a mapped", "v=spf1 a -all", "::ffff:192.0.2.1", "pass a 1/0" },
	{ "5.3 a prefix", "v=spf1 a/24 -all", "192.0.2.200", "pass a/24 1/0" },
	{ "5.3 a no prefix", "v=spf1 a -all", "192.0.2.200", "fail -all 1/0" },
	{ "5.3 a prefix 0", "v=spf1 a/0 -all", "203.0.113.9", "pass a/0 1/0" },
	{ "5.3 a prefix 0 void", "v=spf1 a:x.y/0 -all", "203.0.113.9",
	    "fail -all 1/1" },
	{ "5.3 a other family's", "v=spf1 a//0 -all", "203.0.113.9",
	    "fail -all 1/0" },
	{ "5.3 a IPv6 prefix", "v=spf1 a/8//64 -all", "2001:db8::9",
	    "pass a/8//64 1/0" },
	{ "5.3 a prefix with zero", "v=spf1 a/08", V4, "permerror 0/0 a/08 "
	    "has something behind its name" },
	{ "5.4 mx", "v=spf1 mx -all", "192.0.2.12", "pass mx 1/0" },
	{ "5.4 null mx", "v=spf1 mx:null.d.test -all", "192.0.2.12",
	    "fail -all 1/0" },
	{ "5.4 hosts without AAAA are no voids", "v=spf1 mx mx mx -all", V6,
	    "fail -all 3/0" },
	{ "5.5 ptr", "v=spf1 ptr -all", V4, "pass ptr 1/0" },
	{ "5.5 ptr IPv6", "v=spf1 ptr -all", V6, "pass ptr 1/0" },
	{ "5.5 ptr elsewhere", "v=spf1 ptr:est -all", V4,
	    "permerror 0/0 ptr:est does not end in a domain name" },
	{ "5.5 ptr no label's end", "v=spf1 ptr:er.test -all", V4,
	    "fail -all 1/0" },
	{ "5.5 ptr passes over errors", "v=spf1 ptr -all", "192.0.2.3",
	    "pass ptr 1/0" },
	{ "5.5 ptr fails", "v=spf1 ptr -all", "192.0.2.4", "fail -all 1/0" },
	{ "5.5 ptr void", "v=spf1 ptr -all", "192.0.2.7", "fail -all 1/1" },
	{ "5.6 ip4", "v=spf1 ip4:192.0.2.0/31 -all", V4,
	    "pass ip4:192.0.2.0/31 0/0" },
	{ "5.6 ip4 outside", "v=spf1 ip4:192.0.2.2/31 -all", V4,
	    "fail -all 0/0" },
	{ "5.6 ip4 loopback", "v=spf1 -all", "127.0.0.1", "fail -all 0/0" },
	{ "5.6 ip6", "v=spf1 ip6:2001:db8::/32 -all", V6,
	    "pass ip6:2001:db8::/32 0/0" },
	{ "5.6 ip6 is not IPv4", "v=spf1 ip6:::/0 -all", V4, "fail -all 0/0" },
	{ "5.6 ip4 /0 is not IPv6", "v=spf1 ip4:0.0.0.0/0 -all", V6,
	    "fail -all 0/0" },
	{ "5.6 leading zero", "v=spf1 ip4:192.0.2.01", V4, "permerror 0/0 "
	    "ip4:192.0.2.01 is not an address or network of its kind" },
	{ "5.6 long prefix", "v=spf1 ip4:192.0.2.0/33", V4, "permerror 0/0 "
	    "ip4:192.0.2.0/33 has too long a prefix" },
	{ "5.6 wrong kind", "v=spf1 ip6:192.0.2.1", V4, "permerror 0/0 "
	    "ip6:192.0.2.1 is not an address or network of its kind" },
	{ "5.6 no address", "v=spf1 ip4", V4,
	    "permerror 0/0 ip4 lacks an address" },
	{ "5.7 exists", "v=spf1 exists:%{l}.u.test -all", V4,
	    "pass exists:%{l}.u.test 1/0" },
	{ "5.7 exists IPv6", "v=spf1 exists:%{l}.u.test -all", V6,
	    "pass exists:%{l}.u.test 1/0" },
	{ "5.7 no domain", "v=spf1 exists -all", V4,
	    "permerror 0/0 exists lacks a domain" },
	{ "6 twice", "v=spf1 exp=a.test exp=b.test", V4,
	    "permerror 0/0 exp=b.test comes twice" },
	{ "6.1 redirect", "v=spf1 redirect=no.test", V4,
	    "fail -all 1/0 \"exp of d.test\"" },
	{ "6.1 redirect to none", "v=spf1 redirect=mx1.d.test", V4,
	    "permerror 1/0 mx1.d.test has no SPF record" },
	{ "6.1 redirect and all", "v=spf1 redirect=no.test ?all", V4,
	    "neutral ?all 0/0" },
	{ "6.1 redirect to no name", "v=spf1 redirect=x..test", V4,
	    "permerror 1/0 x..test redirects to no domain name" },
	{ "6.2 include's exp", "v=spf1 -include:yes.test exp=exp.test", V4,
	    "fail -include:yes.test 1/0 \"exp of d.test\"" },
	{ "6.2 exp fails", "v=spf1 -all exp=fail.test", V4, "fail -all 0/0" },
	{ "6.2 exp of a softfail", "v=spf1 ~all exp=exp.test", V4,
	    "softfail ~all 0/0" },
	{ "7.1 c outside exp", "v=spf1 a:%{c}.test", V4, "permerror 0/0 "
	    "a:%{c}.test has a macro that belongs into explanations" },
	{ "7.1 letter", "v=spf1 a:%{x}.test", V4,
	    "permerror 0/0 a:%{x}.test has a macro with an unknown letter" },
	{ "7.1 open", "v=spf1 a:%{d", V4,
	    "permerror 0/0 a:%{d has a % that begins no macro" },
	{ "7.1 lone percent", "v=spf1 a:d.test%", V4,
	    "permerror 0/0 a:d.test% has a % that begins no macro" },
	{ "7.1 delimiter", "v=spf1 a:%{d|}", V4,
	    "permerror 0/0 a:%{d|} has a macro with an unknown delimiter" },
	{ "7.3 zero parts", "v=spf1 a:%{d0}", V4,
	    "permerror 0/0 a:%{d0} has a macro that keeps no part" },
	{ "7.3 p is the domain", "v=spf1 exists:p.%{p}.p.test -all", V4,
	    "pass exists:p.%{p}.p.test 1/0" },
	{ "7.3 cut to 253", "v=spf1 a:" LABELS60 LABELS60 LABELS60 LABELS60
	    LABELS60 "d.test -all", V4, "fail -all 1/1" },
	{ "7.3 cut leaves the end", "v=spf1 exists:" LABELS60 LABELS60 LABELS60
	    LABELS60 "%{l}%{l}%{l}.u.test -all", V4, "fail -all 1/1" },
};

static void
test_rows(void)
{
	struct spf_input input;
	struct dns *dns;
	int late;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (late = 0; late < 2; late++) {
			dns = make_dns();
			dns_table_delay(dns, late);
			dns_table_add(dns, "d.test", DNS_TXT,
			    span_of(rows[i].record));
			input = input_of(rows[i].ip, "h.test", "local@d.test");
			judge(rows[i].name, dns, &input, rows[i].expected);
			dns_free(dns);
		}
}

/* 7.4, by way of the explanation; upper case makes no other name of %{i}. */
static const struct row macros[] = {
	{ "7.4", "%{s}", "192.0.2.3", "strong-bad@email.example.com" },
	{ "7.4", "%{o}", "192.0.2.3", "email.example.com" },
	{ "7.4", "%{d}", "192.0.2.3", "email.example.com" },
	{ "7.4", "%{d4}", "192.0.2.3", "email.example.com" },
	{ "7.4", "%{d3}", "192.0.2.3", "email.example.com" },
	{ "7.4", "%{d2}", "192.0.2.3", "example.com" },
	{ "7.4", "%{d1}", "192.0.2.3", "com" },
	{ "7.4", "%{dr}", "192.0.2.3", "com.example.email" },
	{ "7.4", "%{d2r}", "192.0.2.3", "example.email" },
	{ "7.4", "%{l}", "192.0.2.3", "strong-bad" },
	{ "7.4", "%{l-}", "192.0.2.3", "strong.bad" },
	{ "7.4", "%{lr}", "192.0.2.3", "strong-bad" },
	{ "7.4", "%{lr-}", "192.0.2.3", "bad.strong" },
	{ "7.4", "%{l1r-}", "192.0.2.3", "strong" },
	{ "7.4", "%{ir}.%{v}._spf.%{d2}", "192.0.2.3",
	    "3.2.0.192.in-addr._spf.example.com" },
	{ "7.4", "%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "192.0.2.3",
	    "bad.strong.lp.3.2.0.192.in-addr._spf.example.com" },
	{ "7.4", "%{ir}.%{v}._spf.%{d2}", "2001:db8::cb01", "1.0.B.C.0.0.0.0."
	    "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.B.D.0.1.0.0.2.ip6._spf."
	    "example.com" },
	{ "7.2 c, r, t, h", "%{c} %{r} %{t} %{h}", "2001:db8::cb01",
	    "2001:db8::cb01 mx.test 1700000000 Helo.test" },
	{ "7.2 p unknown", "%{p}", "192.0.2.3", "unknown" },
	{ "7.1 escapes", "%%%_%-", "192.0.2.3", "% %20" },
	{ "7.3 upper case", "%{S}%{R1R}", "192.0.2.3",
	    "strong-bad%40email.example.commx" },
	{ "7.3 127 parts", "%{d127}%{d99999999999}", "192.0.2.3",
	    "email.example.comemail.example.com" },
	{ "7.3 empty parts", "%{l2-} %{l-.+,/_=}", "192.0.2.3",
	    "strong.bad strong.bad" },
	{ "6.2 syntax", "%{s}%", "192.0.2.3", "" },
	{ "6.2 control byte", "a\nb", "192.0.2.3", "" },
	{ "6.2 US-ASCII", "\xc3\xa4", "192.0.2.3", "" },
};

static void
test_macros(void)
{
	const struct row *row;
	struct spf_input input;
	struct dns_job *job;
	struct dns *dns;

	for (row = macros; row < macros + sizeof(macros) / sizeof(*macros);
	    row++) {
		dns = dns_table();
		dns_table_add(dns, "email.example.com", DNS_TXT,
		    span_of("v=spf1 -all exp=e.%{d}"));
		dns_table_add(dns, "e.email.example.com", DNS_TXT,
		    span_of(row->record));
		input = input_of(row->ip, "Helo.test",
		    "strong-bad@email.example.com");
		job = spf_start(dns, &input);
		CHECK(row->name, dns_job_wait(job, DEADLINE));
		CHECK_TEXT(row->record, spf_outcome(job)->explanation,
		    row->expected);
		dns_job_free(job);
		dns_free(dns);
	}
}

static const struct {
	const char *name;
	enum spf_identity identity;
	const char *helo, *sender, *domain, *expected;
} names[] = {
	{ "2.3 helo", SPF_HELO, "soft.test", "x@no.test", "soft.test",
	    "softfail ~all 0/0" },
	{ "2.4 null sender", SPF_MAILFROM, "no.test", "", "no.test",
	    "fail -all 0/0 \"exp of no.test\"" },
	{ "2.4 sender", SPF_MAILFROM, "no.test", "\"a@b\"@soft.test",
	    "soft.test", "softfail ~all 0/0" },
	{ "4.3 final dot", SPF_HELO, "soft.test.", "", "soft.test",
	    "softfail ~all 0/0" },
	{ "4.3 A-labels", SPF_MAILFROM, "h.test", "x@B\xc3\xbc""cher.test",
	    "xn--bcher-kva.test", "pass ip4:192.0.2.1 0/0" },
	{ "4.3 A-labels in HELO", SPF_HELO, "b\xc3\xbc""cher.test", "",
	    "xn--bcher-kva.test", "pass ip4:192.0.2.1 0/0" },
	{ "4.3 no U-label", SPF_HELO, "b\xff.test", "", "b\xff.test",
	    "none 0/0 b\\xff.test is not a domain name" },
	{ "4.3 one label", SPF_HELO, "localhost", "", "localhost",
	    "none 0/0 localhost is not a domain name" },
	{ "4.3 literal", SPF_HELO, "[192.0.2.1]", "", "[192.0.2.1]",
	    "none 0/0 [192.0.2.1] is not a domain name" },
	{ "4.3 nothing", SPF_HELO, "", "", "",
	    "none 0/0  is not a domain name" },
	{ "4.3 no domain", SPF_MAILFROM, "yes.test", "root", "",
	    "none 0/0  is not a domain name" },
	{ "4.3 NXDOMAIN", SPF_MAILFROM, "yes.test", "a@nowhere.test",
	    "nowhere.test", "none 0/0 nowhere.test has no SPF record" },
	{ "4.4 DNS error", SPF_MAILFROM, "yes.test", "a@fail.test",
	    "fail.test", "temperror 0/0 fail.test TXT: servfail" },
	{ "RFC 8616 4 local part", SPF_MAILFROM, "h.test",
	    "\xc3\xa4@l.test", "l.test", "fail -all 1/0" },
	{ "6.2 US-ASCII of macros", SPF_MAILFROM, "h.test",
	    "\xc3\xa4@s.test", "s.test", "fail -all 0/0" },
	{ "6.2 macros", SPF_MAILFROM, "h.test", "x@s.test", "s.test",
	    "fail -all 0/0 \"x@s.test\"" },
	{ "4.3 postmaster", SPF_MAILFROM, "h.test", "@l.test", "l.test",
	    "pass exists:%{l}.lp.test 1/0" },
};

static void
test_names(void)
{
	struct spf_input input;
	struct dns_job *job;
	struct dns *dns = make_dns();
	size_t i;

	dns_table_add(dns, "l.test", DNS_TXT,
	    span_of("v=spf1 exists:%{l}.lp.test -all"));
	dns_table_add(dns, "s.test", DNS_TXT,
	    span_of("v=spf1 -all exp=e.s.test"));
	dns_table_add(dns, "e.s.test", DNS_TXT, span_of("%{s}"));
	dns_table_add(dns, "postmaster.lp.test", DNS_A, span_of("127.0.0.2"));
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		input = input_of(V4, names[i].helo, names[i].sender);
		input.identity = names[i].identity;
		judge(names[i].name, dns, &input, names[i].expected);
		job = spf_start(dns, &input);
		dns_job_wait(job, DEADLINE);
		CHECK_TEXT(names[i].name, spf_outcome(job)->domain,
		    names[i].domain);
		dns_job_free(job);
	}
	dns_free(dns);
}

/* An explanation has an end. */
static void
test_long_explanation(void)
{
	struct spf_input input = input_of(V4, "h.test", "local@d.test");
	struct dns *dns = make_dns();
	struct dns_job *job;

	dns_table_add(dns, "d.test", DNS_TXT,
	    span_of("v=spf1 -all exp=long.test"));
	input.sender = "a.long.local.part@d.test";
	job = spf_start(dns, &input);
	dns_job_wait(job, DEADLINE);
	CHECK("long exp", strlen(spf_outcome(job)->explanation) ==
	    SPF_EXPLANATION_MAX);
	dns_job_free(job);
	dns_free(dns);
}

int
main(void)
{
	test_rows();
	test_macros();
	test_names();
	test_long_explanation();
	return test_end();
}
