/* dmarc_explain - what "posternctl dmarc explain" tells. */
#include <sysexits.h>

#include "ctl/dmarc.h"
#include "test/unit/test.h"
#include "test/unit/zone.h"

struct row {
	const char *name, *zone, *domain;
	int status;
	const char *expected;
};

static const struct row rows[] = {
	{ "found above", EX "p=none; sp=reject; np=quarantine; t=y; aspf=s; "
	    "pct=5|a.example.com A", "A.example.com", EX_OK,
	    "_dmarc.a.example.com TXT: no such name\n"
	    "_dmarc.example.com TXT: v=DMARC1; p=none; sp=reject; "
	    "np=quarantine; t=y; aspf=s; pct=5\n"
	    "_dmarc.com TXT: no such name\n"
	    "a.example.com A: 1 record\n"
	    "a.example.com MX: the name exists without such a record\n"
	    "a.example.com CNAME: the name exists without such a record\n"
	    "organizational domain: example.com: the shortest name with a "
	    "record (4.10.2 rule 3)\n"
	    "record: the one at example.com\n"
	    "fault: pct, rf and ri are no longer used\n"
	    "policy: reject, by sp; the domain exists\n"
	    "test mode: t=y, so quarantine is applied (4.7)\n"
	    "alignment: relaxed for DKIM, strict for SPF\n"
	    "public suffix list: no difference known, organizational domain "
	    "example.com\n" },
	{ "end before the top", EX "p=reject; psd=n; \x1b[2J",
	    "example.com", EX_OK,
	    "_dmarc.example.com TXT: v=DMARC1; p=reject; psd=n; \\x1b[2J\n"
	    "_dmarc.com TXT: no such name (not needed)\n"
	    "organizational domain: example.com: its record says psd=n "
	    "(4.10.2 rule 1)\n"
	    "record: the one at example.com\n"
	    "fault: something is no tag=value\n"
	    "first fault at: \\x1b[2J\n"
	    "policy: reject, by p\n"
	    "alignment: relaxed for DKIM, relaxed for SPF\n"
	    "public suffix list: no difference known, organizational domain "
	    "example.com\n" },
	{ "nothing", "", "example.com", EX_OK,
	    "_dmarc.example.com TXT: no such name\n"
	    "_dmarc.com TXT: no such name\n"
	    "organizational domain: example.com: no record anywhere: the "
	    "domain itself (4.10.2)\n"
	    "record: none, DMARC does not apply\n"
	    "public suffix list: no difference known, organizational domain "
	    "example.com\n" },
	{ "no policy", EX "t=n", "example.com", EX_OK,
	    "_dmarc.example.com TXT: v=DMARC1; t=n\n"
	    "_dmarc.com TXT: no such name\n"
	    "organizational domain: example.com: the shortest name with a "
	    "record (4.10.2 rule 3)\n"
	    "record: the one at example.com\n"
	    "fault: p is missing, or p, sp or np is not valid: counts as "
	    "p=none at most (4.10.1)\n"
	    "policy: none; neither a valid p nor rua, so DMARC does not "
	    "apply (4.10.1)\n"
	    "public suffix list: no difference known, organizational domain "
	    "example.com\n" },
	{ "failure", "_dmarc.example.com FAIL", "example.com", EX_TEMPFAIL,
	    "_dmarc.example.com TXT: no answer: servfail\n"
	    "_dmarc.com TXT: no such name (not needed)\n"
	    "organizational domain: unknown: a question was not answered\n"
	    "record: not known: servfail\n"
	    "public suffix list: no difference known, organizational domain "
	    "example.com\n" },
	{ "difference", "_dmarc.com v=DMARC1; p=reject; psd=y", "example.com",
	    EX_OK,
	    "_dmarc.example.com TXT: no such name\n"
	    "_dmarc.com TXT: v=DMARC1; p=reject; psd=y\n"
	    "organizational domain: example.com: one label below a record "
	    "with psd=y (4.10.2 rule 2)\n"
	    "record: the one at com\n"
	    "policy: reject, by p\n"
	    "alignment: relaxed for DKIM, relaxed for SPF\n"
	    "RFC 9989: reject, organizational domain example.com; public "
	    "suffix list: no policy, example.com\n" },
	{ "4.10.2 rule 2 is not for the start", EX "p=none; psd=y",
	    "example.com", EX_OK,
	    "_dmarc.example.com TXT: v=DMARC1; p=none; psd=y\n"
	    "_dmarc.com TXT: no such name (not needed)\n"
	    "organizational domain: example.com: the shortest name with a "
	    "record (4.10.2 rule 3)\n"
	    "record: the one at example.com\n"
	    "policy: none, by p\n"
	    "alignment: relaxed for DKIM, relaxed for SPF\n"
	    "public suffix list: no difference known, organizational domain "
	    "example.com\n" },
	{ "no domain", "", "a b", EX_USAGE,
	    "a b: not the name of a domain\n" },
};

static void
run(const struct row *row, struct arena *arena, const struct suffixes *s)
{
	struct dns *dns = zone_dns(arena, row->zone);
	struct buf out;

	buf_init(&out, DMARC_EXPLAIN_MAX);
	CHECK(row->name, dmarc_explain(dns, row->domain, s, &out) ==
	    row->status);
	CHECK_TEXT(row->name, buf_string(&out), row->expected);
	buf_done(&out);
	dns_free(dns);
}

int
main(void)
{
	struct error error;
	struct suffixes *suffixes = suffixes_open("", &error);
	struct arena arena;
	size_t i;

	arena_init(&arena);
	CHECK("suffixes", suffixes != NULL);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		run(&rows[i], &arena, suffixes);
	suffixes_close(suffixes);
	arena_done(&arena);
	return test_end();
}
