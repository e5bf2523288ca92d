/* domain_check - what "posternctl domain check" tells about a domain. */
#include <sysexits.h>

#include "ctl/domain.h"
#include "test/unit/test.h"
#include "test/unit/zone.h"

#define RSA768 \
    "v=DKIM1; k=rsa; p=" \
    "MHwwDQYJKoZIhvcNAQEBBQADawAwaAJhANXL4cPUQtA4voK6JskA5d8z" \
    "Ra072RZ8+mbtTb/lmdz9XN5BL3KgMAMhStrATcXK0JNglm5MrOkXlXhH" \
    "+pe78vqOdGqvIvq8jEJzmFvnqHpMRggT6DAgl+BvTB5bmwDL+QIDAQAB"
#define RSA1024 \
    "v=DKIM1; k=rsa; p=" \
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC8xuRxvoig6GSKK1Lo" \
    "M7tiJtbYU/xN0US9nSb2BYmUFkHrxR8jPJ50hdIL1WDDKQ8QAHxvPAET" \
    "hqhmMv5pvUC3hIn6uRXr17gSGgmpQMtjWrpXCaamQDqN02kegR+BgU9s" \
    "JndGoie0bXEd5sJ9wzbEUt266PSYm6G6WQSplPJQdQIDAQAB"
#define RSA2048 \
    "v=DKIM1; k=rsa; p=" \
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA6Lg/0Paq2N9X" \
    "lsMtRo0NMppBUpw/FRNH0yZDC0f5nzdbLMM2bFxZqn8RigtZO42d0kzQ" \
    "2G3PD0uS+GPQWpyQF9c6UJgD/Mp5xzLgNKpsCSvIKJe+/4KuY+5EVKZH" \
    "XkRW9hV1pZRNyIcwK1m+fQS1qxElHH4PGx6Xn8xcUetybI4X1R/DkKo8" \
    "IXTNXpIGMIjBHSUsYz0Vv5FEeCx7Bq3FjEro06nZ5NiHNzhaYzl3p4mj" \
    "1E5wDfzaguf2/qx8GSbIpZd1Cthp0ehuhTm8uOnrFKwk4zzohku46HEm" \
    "UuGtWsPYoGATvc8k6yRm3hNIGpNI77+/C2j2fLs1vOOJXp52BQIDAQAB"
#define SPF "example.com v=spf1 mx -all|"
#define DMARC EX "p=reject; rua=mailto:d@example.com|"
#define MX "example.com MX 10 mx.example.com|mx.example.com A|"
#define KEY "s._domainkey.example.com "
#define BAD EX_DATAERR
/* Eleven terms that stay, for nobody knows what they stand for. */
#define ANY(bits) "a:mx.%{d}/" bits " "
#define ELEVEN ANY("22") ANY("23") ANY("24") ANY("25") ANY("26") ANY("27") \
    ANY("28") ANY("29") ANY("30") ANY("31") ANY("32")

/* Texts that have to be there, and how many lines are problems. */
static const struct row {
	const char *name, *zone, *selector;
	int status;
	unsigned problems;
	const char *expected[4];
} rows[] = {
	{ "all is well", SPF DMARC MX KEY RSA2048, "s", EX_OK, 0,
	    { "good: SPF: ends with -all\ngood: SPF: 1 of 10 terms",
	    "good: DKIM: s._domainkey.example.com: RSA key of 2048 bits\n",
	    "good: DMARC: policy reject, by p\n",
	    "good: MX: mx.example.com has an address\n" } },
	{ "nothing at all", "", NULL, BAD, 3,
	    { "problem: SPF: no record; publish instead: example.com. IN TXT "
	    "\"v=spf1 -all\"\n", "note: DKIM: nobody can list",
	    "problem: DMARC: no record; publish instead: _dmarc.example.com. "
	    "IN TXT \"v=DMARC1; p=quarantine; rua=mailto:dmarc@example.com\"",
	    "problem: MX: none, and no address; publish: example.com. IN MX "
	    "0 ." } },
	{ "no SPF but MX", DMARC MX, NULL, BAD, 1,
	    { "IN TXT \"v=spf1 mx -all\"\n" } },
	{ "+all", DMARC MX "example.com v=spf1 mx +all", NULL, BAD, 1,
	    { "problem: SPF: +all lets every host send in the domain's name; "
	    "publish instead: example.com. IN TXT \"v=spf1 mx -all\"\n" } },
	{ "all is +all", DMARC MX "example.com v=spf1 all", NULL, BAD, 1,
	    { "\"v=spf1 -all\"\n" } },
	{ "?all", DMARC MX "example.com v=spf1 mx ?all", NULL, BAD, 1,
	    { "problem: SPF: ?all says nothing", "\"v=spf1 mx -all\"\n" } },
	{ "~all stays", DMARC MX "example.com v=spf1 ptr ~all", NULL, BAD, 1,
	    { "problem: SPF: ptr is slow and unreliable",
	    "\"v=spf1 mx ~all\"\n", "good: SPF: ends with ~all" } },
	{ "no all", DMARC MX "example.com v=spf1 mx", NULL, BAD, 1,
	    { "problem: SPF: no \"all\"", "\"v=spf1 mx -all\"\n" } },
	{ "redirect", DMARC MX "example.com v=spf1 redirect=r.example.com|"
	    "r.example.com v=spf1 mx:example.com -all", NULL, EX_OK, 0,
	    { "note: SPF: the rest is up to r.example.com, by redirect=\n",
	    "good: SPF: 2 of 10" } },
	{ "syntax", DMARC MX "example.com v=spf1 mx ip4:300.0.0.1 ipv4:x -all",
	    NULL, BAD, 1, { "problem: SPF: \"ip4:300.0.0.1\": ",
	    "\"v=spf1 mx -all\"\n" } },
	{ "two records: 4.5", DMARC MX "example.com v=spf1 mx -all|"
	    "example.com v=spf1 mx ip4:192.0.2.0/24 ~all|"
	    "example.com v=spf10 no record", NULL, BAD, 1,
	    { "problem: SPF: 2 records", "\"v=spf1 mx ip4:192.0.2.0/24 "
	    "~all\"\n" } },
	{ "eleven lookups: 4.6.4", DMARC MX "example.com v=spf1 "
	    "a:mx.example.com mx mx mx mx mx mx mx mx mx mx -all", NULL, BAD, 1,
	    { "problem: SPF: more than 10 terms ask the DNS, so every message "
	    "gets permerror (RFC 7208 section 4.6.4); publish instead: "
	    "example.com. IN TXT \"v=spf1 ip4:192.0.2.1 -all\"\n",
	    "note: SPF: these are the addresses of today" } },
	{ "nothing fits", DMARC MX "example.com v=spf1 " ELEVEN
	    "-all", NULL, BAD, 1,
	    { "permerror (RFC 7208 section 4.6.4); what they stand for does "
	    "not fit into the records that may be asked for: publish it "
	    "without terms" } },
	{ "nothing is known", DMARC MX "example.com v=spf1 exists:a.%{d} "
	    "exists:b.%{d} exists:c.%{d} -all", NULL, BAD, 1,
	    { "permerror (RFC 7208 section 4.6.4); nobody can tell what they "
	    "stand for: publish it without terms" } },
	{ "no answer for a better one", DMARC MX "example.com v=spf1 "
	    "a:mx.example.com mx mx mx mx mx mx mx mx mx mx a:x.example.com|"
	    "x.example.com FAIL", NULL, EX_TEMPFAIL, 2,
	    { "problem: SPF: more than 10 terms ask the DNS, so every message "
	    "gets permerror (RFC 7208 section 4.6.4)\n", "note: SPF: what to "
	    "publish instead: the DNS gave no answer: servfail\n" } },
	{ "ten lookups: 4.6.4", DMARC MX "example.com v=spf1 a:mx.example.com"
	    " mx mx mx mx mx mx mx mx mx -all", NULL, EX_OK, 0,
	    { "good: SPF: 10 of 10" } },
	{ "three voids: 4.6.4", DMARC MX "example.com v=spf1 a:x.example.com "
	    "a:y.example.com a:z.example.com -all", NULL, BAD, 1,
	    { "problem: SPF: more than 2 terms name what does not exist, so "
	    "every message gets permerror (RFC 7208 section 4.6.4); publish "
	    "instead: example.com. IN TXT \"v=spf1 -all\"\n",
	    "note: SPF: left out, for it brings nothing or is faulty: "
	    "a:x.example.com a:y.example.com a:z.example.com\n" } },
	{ "two voids: 4.6.4", DMARC MX "example.com v=spf1 a:x.example.com "
	    "a:y.example.com -all", NULL, EX_OK, 0,
	    { "note: SPF: 2 of them brought nothing" } },
	{ "include of nothing: 5.2", DMARC MX "example.com v=spf1 "
	    "include:x.example.com -all", NULL, BAD, 1,
	    { "problem: SPF: evaluation ends with permerror: x.example.com",
	    "publish instead: example.com. IN TXT \"v=spf1 -all\"\n" } },
	{ "include of nothing beside others: 5.2", DMARC MX "example.com "
	    "v=spf1 mx include:x.example.com ~all", NULL, BAD, 1,
	    { "publish instead: example.com. IN TXT \"v=spf1 mx ~all\"\n" } },
	{ "everybody by include", DMARC MX "example.com v=spf1 "
	    "include:x.example.com -all|x.example.com v=spf1 +all", NULL, BAD,
	    1, { "problem: SPF: hosts of nobody pass by "
	    "include:x.example.com" } },
	{ "everybody of IPv6", DMARC MX "example.com v=spf1 ip6:2000::/3 -all",
	    NULL, BAD, 1, { "problem: SPF: hosts of nobody pass by "
	    "ip6:2000::/3" } },
	{ "foreign bytes", DMARC MX "example.com v=spf1 \x1b[2J -all", NULL,
	    BAD, 1, { "problem: SPF: \"\\x1b[2J\": " } },
	{ "no key", SPF DMARC MX, "s", BAD, 1,
	    { "problem: DKIM: s._domainkey.example.com: no record; publish "
	    "instead: s._domainkey.example.com. IN TXT" } },
	{ "768 bits: RFC 8301 3.2", SPF DMARC MX KEY RSA768, "s", BAD, 1,
	    { "RSA key of 768 bits, which nobody may accept" } },
	{ "1024 bits: RFC 8301 3.2", SPF DMARC MX KEY RSA1024, "s", BAD, 1,
	    { "weak RSA key of 1024 bits" } },
	{ "version not first: RFC 6376 3.6.1", SPF DMARC MX KEY "t=y; v=DKIM1; "
	    "p=", "s", BAD, 1,
	    { "problem: DKIM: s._domainkey.example.com: " } },
	{ "t=y", SPF DMARC MX KEY RSA2048 "; t=y", "s", BAD, 1,
	    { "t=y: receivers treat what it signs as unsigned" } },
	{ "h=sha1", SPF DMARC MX KEY RSA2048 "; h=sha1", "s", BAD, 1,
	    { "h= leaves out what mail needs" } },
	{ "revoked", SPF DMARC MX KEY "v=DKIM1; p=", "s", BAD, 1,
	    { "the key is revoked" } },
	{ "Ed25519", SPF DMARC MX KEY "v=DKIM1; k=ed25519; "
	    "p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", "s", EX_OK, 0,
	    { "good: DKIM: s._domainkey.example.com: Ed25519 key" } },
	{ "two keys", SPF DMARC MX KEY RSA2048 "|" KEY RSA1024, "s", BAD, 1,
	    { "2 records, so which one counts is not known" } },
	{ "p=none", SPF MX EX "p=none; aspf=s; rua=mailto:d@example.com", NULL,
	    BAD, 1, { "problem: DMARC: p=none: nobody acts on forged mail; "
	    "publish instead: _dmarc.example.com. IN TXT \"v=DMARC1; "
	    "p=quarantine; aspf=s; rua=mailto:d@example.com\"\n" } },
	{ "no rua, pct", SPF MX EX "p=reject; pct=5", NULL, EX_OK, 0,
	    { "note: DMARC: no rua", "note: DMARC: pct, rf and ri are no "
	    "longer used (RFC 9989); publish" } },
	{ "two DMARC records: 4.10", SPF MX DMARC EX "p=none", NULL, BAD, 1,
	    { "problem: DMARC: 2 records, so none counts" } },
	{ "invalid policy", SPF MX EX "p=foo; rua=mailto:d@example.com", NULL,
	    BAD, 2, { "problem: DMARC: p is missing, or a policy is not "
	    "valid, first fault: p=foo; publish" } },
	{ "inherited", SPF MX "_dmarc.com v=DMARC1; p=reject; psd=y; "
	    "rua=mailto:d@com.example", NULL, EX_OK, 0,
	    { "note: DMARC: published at _dmarc.com, which it inherits: " } },
	{ "null MX: RFC 7505", DMARC "example.com v=spf1 -all|"
	    "example.com MX 0 .", NULL, EX_OK, 0, { "good: MX: null" } },
	{ "null MX beside another: RFC 7505 3", SPF DMARC MX
	    "example.com MX 0 .", NULL, BAD, 1,
	    { "problem: MX: a null MX beside others" } },
	{ "no MX", DMARC "example.com v=spf1 a -all|example.com A", NULL,
	    EX_OK, 0, { "note: MX: none, so mail goes to" } },
	{ "MX without address", DMARC "example.com v=spf1 -all|"
	    "example.com MX 10 mx.example.com", NULL, BAD, 1,
	    { "problem: MX: mx.example.com has no address" } },
	{ "MX is an alias: RFC 2181 10.3", DMARC "example.com v=spf1 -all|"
	    "example.com MX 10 mx.example.com|mx.example.com CNAME "
	    "h.example.com|h.example.com A", NULL, BAD, 1,
	    { "problem: MX: mx.example.com is an alias", "publish instead: "
	    "h.example.com\n", "good: MX: mx.example.com has an" } },
	{ "no answer", DMARC MX "example.com FAIL", NULL, EX_TEMPFAIL, 0,
	    { "note: SPF: the DNS gave no answer: servfail\n" } },
	{ "no answer for a key", SPF DMARC MX "s._domainkey.example.com FAIL",
	    "s", EX_TEMPFAIL, 0, { "note: DKIM: s._domainkey.example.com: "
	    "the DNS gave no answer" } },
	{ "no answer for DMARC", SPF MX "_dmarc.example.com FAIL", NULL,
	    EX_TEMPFAIL, 0, { "note: DMARC: the DNS gave no answer" } },
};

static unsigned
problems(struct span rest)
{
	struct span line;
	unsigned n = 0;

	while (span_cut(&rest, '\n', &line))
		n += span_starts(line, "problem: ");
	return n;
}

static void
run(const struct row *row, struct arena *arena)
{
	struct domain_question q = { .domain = "Example.COM" };
	struct dns *dns = zone_dns(arena, row->zone);
	struct buf out;
	bool good;
	size_t i;

	if (row->selector != NULL)
		q.selectors[q.selector_count++] = row->selector;
	buf_init(&out, DOMAIN_REPORT_MAX);
	good = CHECK(row->name, domain_check(dns, &q, &out) == row->status);
	good &= CHECK(row->name, problems(buf_contents(&out)) ==
	    row->problems);
	for (i = 0; i < 4 && row->expected[i] != NULL; i++)
		good &= CHECK(row->expected[i], span_find(buf_contents(&out),
		    span_of(row->expected[i])) < out.n);
	if (!good)
		fprintf(stderr, "%s", buf_string(&out));
	buf_done(&out);
	dns_free(dns);
}

int
main(void)
{
	struct domain_question none = { .domain = "a b" };
	struct dns *dns = dns_table();
	struct arena arena;
	struct buf out;
	size_t i;

	arena_init(&arena);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		run(&rows[i], &arena);
	buf_init(&out, DOMAIN_REPORT_MAX);
	CHECK("no domain", domain_check(dns, &none, &out) == EX_USAGE);
	buf_done(&out);
	dns_free(dns);
	arena_done(&arena);
	return test_end();
}
