/* dmarc_record - DMARC records, good, sloppy and broken. */
#include "auth/dmarc_record.h"
#include "base/buf.h"
#include "test/unit/test.h"

#define TEXT_MAX 256

struct row {
	const char *name, *input, *expected;
};

/*
 * Expected: "-" for no record, otherwise p/sp/np, then what is not default,
 * then the faults: S syntax, T twice, V value, P policy, U unknown, R removed.
 */
static const struct row rows[] = {
	{ "4.7 least", "v=DMARC1; p=none", "none//" },
	{ "4.7 all tags", "v=DMARC1;p=reject;sp=quarantine;np=none;adkim=s;"
	    "aspf=s;psd=n;t=y;fo=1:d:s;rua=mailto:a@b.c;ruf=mailto:d@e.f",
	    "reject/quarantine/none adkim aspf psd=n t fo=14 rua ruf" },
	{ "4.7 v must be first", "p=none; v=DMARC1", "-" },
	{ "4.7 v is case sensitive", "v=dmarc1; p=none", "-" },
	{ "4.8 the tag v is not", "V=DMARC1; p=none", "none//" },
	{ "4.8 blanks around =", "v = DMARC1 ; p = reject", "reject//" },
	{ "v with a tail", "v=DMARC1x; p=none", "-" },
	{ "v without semicolon", "v=DMARC1 p=reject", "-" },
	{ "v alone", "v=DMARC1", "none// unusable P" },
	{ "empty", "", "-" },
	{ "other TXT", "v=spf1 -all", "-" },
	{ "final order: p need not be second",
	    "v=DMARC1; rua=mailto:a@b.c; p=reject", "reject// rua" },
	{ "4.7 values in any case", "v=DMARC1; p=ReJect; adkim=S; psd=N",
	    "reject// adkim psd=n" },
	{ "4.7 unknown tags are ignored", "v=DMARC1; p=reject; x=1; pol=none",
	    "reject// U" },
	{ "6376 3.2 tag names differ by case", "v=DMARC1; P=none; p=reject",
	    "reject// U" },
	{ "C removed tags are ignored",
	    "v=DMARC1; p=reject; pct=0; rf=afrf; ri=86400", "reject// R" },
	{ "4.8 bad values give the default",
	    "v=DMARC1; p=reject; adkim=x; aspf=strict; t=1; psd=maybe",
	    "reject// V" },
	{ "4.8 what is no tag is discarded",
	    "v=DMARC1; p=reject; hello; =x; t", "reject// S" },
	{ "4.10.1 sp without value", "v=DMARC1; p=reject; sp",
	    "none// unusable SP" },
	{ "4.8 rubbish between good tags", "v=DMARC1; p=reject; hello; t=y",
	    "reject// t S" },
	{ "a tag twice: the first counts", "v=DMARC1; p=reject; p=none",
	    "reject// T" },
	{ "empty tags", "v=DMARC1;; p=reject;;", "reject// S" },
	{ "4.10.1 no p, rua", "v=DMARC1; rua=mailto:a@b.c",
	    "none// rua P" },
	{ "4.10.1 no p, rua bad", "v=DMARC1; rua=a@b.c",
	    "none// unusable VP" },
	{ "4.10.1 no p, one rua good", "v=DMARC1; rua=x, mailto:a@b.c",
	    "none// rua VP" },
	{ "4.10.1 bad p, rua", "v=DMARC1; p=bogus; sp=reject; rua=mailto:a@b.c",
	    "none// rua P" },
	{ "4.10.1 bad sp, no rua", "v=DMARC1; p=reject; sp=bogus",
	    "none// unusable P" },
	{ "4.10.1 bad np, rua", "v=DMARC1; p=reject; np=; rua=mailto:a@b.c",
	    "none// rua SP" },
	{ "4.8 obsolete size", "v=DMARC1; p=none; rua=mailto:a@b.c!10m",
	    "none// rua" },
	{ "4.8 ! must be encoded", "v=DMARC1; p=none; rua=mailto:a!b!c@d.e",
	    "none// V" },
	{ "4.6 other schemes", "v=DMARC1; rua=https://a.b/c", "none// rua P" },
	{ "rua without address", "v=DMARC1; rua=mailto:",
	    "none// unusable VP" },
	{ "4.7 fo without ruf is ignored", "v=DMARC1; p=none; fo=1",
	    "none//" },
	{ "4.7 fo 0 and 1 exclude each other",
	    "v=DMARC1; p=none; fo=0:1; ruf=mailto:a@b.c", "none// fo=1 ruf V" },
	{ "control bytes", "v=DMARC1; p=reject; sp=no\tne; t=y\x01",
	    "none// unusable SP" },
	{ "bytes above 127", "v=DMARC1; p=reject; t=\xc3\xbc", "reject// S" },
	{ "no-break space is not blank", "v=DMARC1;\xc2\xa0p=reject",
	    "none// unusable SP" },
};

static void
describe_record(const struct dmarc_record *r, struct buf *out)
{
	static const char letters[] = "STVPUR";
	unsigned i;

	buf_printf(out, "%s/%s/%s", dmarc_policy_name(r->p),
	    dmarc_policy_name(r->sp), dmarc_policy_name(r->np));
	buf_puts(out, r->usable ? "" : " unusable");
	buf_puts(out, r->dkim_strict ? " adkim" : "");
	buf_puts(out, r->spf_strict ? " aspf" : "");
	if (r->psd != 'u')
		buf_printf(out, " psd=%c", r->psd);
	buf_puts(out, r->testing ? " t" : "");
	if (r->fo != 0)
		buf_printf(out, " fo=%u", r->fo);
	buf_puts(out, r->reports ? " rua" : "");
	buf_puts(out, r->ruf.n != 0 ? " ruf" : "");
	for (i = 0; i < 6; i++) {
		if ((r->faults & 1u << i) == 0)
			continue;
		if ((r->faults & ((1u << i) - 1)) == 0)
			buf_char(out, ' ');
		buf_char(out, letters[i]);
	}
}

static void
run(const struct row *row)
{
	struct dmarc_record r;
	struct buf out;

	buf_init(&out, TEXT_MAX);
	if (!dmarc_record_parse(span_of(row->input), &r))
		buf_char(&out, '-');
	else
		describe_record(&r, &out);
	CHECK_TEXT(row->name, buf_string(&out), row->expected);
	buf_done(&out);
}

int
main(void)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		run(&rows[i]);
	return test_end();
}
