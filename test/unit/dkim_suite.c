/*
 * dkim_suite - messages that other verifiers are tested with.  Stalwart's are
 * to pass at their last signature; of Mail::DKIM's, most are from before RFC
 * 6376 and RFC 8301, so that every result that differs from the recorded one
 * is listed here with what decides otherwise.
 */
#include "test/unit/dkim_lab.h"

#define STALWART_CASES 6
#define STALWART_CLOCK 1667843664
#define MAIL_DKIM_CASES 62	/* the other 17 are signed by DomainKeys only */
#define MAIL_DKIM_CLOCK 1700000000

#define NO_VERSION "RFC 6376 section 3.5: v= is required"
#define OLD_VERSION "RFC 6376 section 3.5: v= must be 1"
#define SHA1 "RFC 8301 section 3.1: verifies, but rsa-sha1 must not be valid"
#define NO_GRANULARITY "RFC 6376 appendix C.2: g= is no more; " \
	"and rsa-sha1 must not be valid (RFC 8301 section 3.1)"

static const struct deviation {
	const char *file;
	enum dkim_result ours;
	const char *why;
} deviations[] = {
	{"bad_1.txt", DKIM_PERMERROR, NO_VERSION},
	{"bad_ietf01_1.txt", DKIM_PERMERROR, NO_VERSION},
	{"bad_ietf01_2.txt", DKIM_PERMERROR, NO_VERSION},
	{"bad_ietf01_3.txt", DKIM_PERMERROR, NO_VERSION},
	{"badkey_8.txt", DKIM_POLICY, NO_GRANULARITY},
	{"badkey_9.txt", DKIM_POLICY, NO_GRANULARITY},
	{"badkey_12.txt", DKIM_POLICY, NO_GRANULARITY},
	{"badkey_13.txt", DKIM_POLICY, NO_GRANULARITY},
	{"good_1878523.txt", DKIM_POLICY, SHA1},
	{"good_83176.txt", DKIM_POLICY, SHA1},
	{"good_ietf00_1.txt", DKIM_PERMERROR, NO_VERSION},
	{"good_ietf00_2.txt", DKIM_PERMERROR, NO_VERSION},
	{"good_ietf00_3.txt", DKIM_PERMERROR, NO_VERSION},
	{"good_ietf00_4.txt", DKIM_PERMERROR, NO_VERSION},
	{"good_ietf00_5.txt", DKIM_PERMERROR, NO_VERSION},
	{"good_ietf01_1.txt", DKIM_PERMERROR, NO_VERSION},
	{"good_ietf01_2.txt", DKIM_PERMERROR, NO_VERSION},
	{"good_qp_1.txt", DKIM_POLICY, SHA1},
	{"good_qp_2.txt", DKIM_POLICY, SHA1},
	{"good_qp_3.txt", DKIM_POLICY, SHA1},
	{"good_rfc4871_3.txt", DKIM_POLICY, SHA1},
	{"good_rfc4871_4.txt", DKIM_POLICY, SHA1},
	{"goodkey_1.txt", DKIM_POLICY, SHA1},
	{"goodkey_2.txt", DKIM_POLICY, SHA1},
	{"goodkey_3.txt", DKIM_POLICY, SHA1},
	{"goodkey_4.txt", DKIM_POLICY, SHA1},
	{"ignore_7.txt", DKIM_POLICY, "RFC 6376 section 3.5: expired, which "
	    "we call policy"},
	{"mine_ietf01_1.txt", DKIM_PERMERROR, NO_VERSION},
	{"mine_ietf01_2.txt", DKIM_PERMERROR, NO_VERSION},
	{"mine_ietf01_3.txt", DKIM_PERMERROR, NO_VERSION},
	{"mine_ietf01_4.txt", DKIM_PERMERROR, NO_VERSION},
	{"mine_ietf05_1.txt", DKIM_NEUTRAL, OLD_VERSION},
	{"multiple_1.txt", DKIM_PERMERROR, NO_VERSION},
	{"multiple_2.txt", DKIM_POLICY, SHA1},
	{"no_body_1.txt", DKIM_NEUTRAL, OLD_VERSION},
	{"no_body_2.txt", DKIM_NEUTRAL, OLD_VERSION},
	{"no_body_3.txt", DKIM_NEUTRAL, OLD_VERSION},
};

#define DEVIATIONS (sizeof(deviations) / sizeof(deviations[0]))

/* One "name text" line becomes a TXT record. */
static void
add_key(struct dns *dns, struct span line)
{
	struct span name;
	char *zone;

	if (!span_word(&line, &name))
		return;
	line = span_trim(line);
	zone = mem_copy(name.p, name.n);
	if (span_starts(line, "~~"))
		dns_table_fail(dns, zone, DNS_TXT);
	else if (!span_is(line, "NXDOMAIN"))
		dns_table_add(dns, zone, DNS_TXT,
		    span_is(line, "\"\"") ? span_of("") : line);
	free(zone);
}

static bool
stalwart(const char *path)
{
	struct lab lab = { .engine = dkim_engine_new(), .dns = dns_table(),
	    .now = STALWART_CLOCK };
	const struct dkim_outcome *o;
	struct span rest, line;
	size_t n = 0;
	bool good = false;
	char *file = lab_read(path, &n);

	rest = span_make(file, n);
	while (span_cut(&rest, '\n', &line) && span_trim(line).n != 0)
		add_key(lab.dns, line);
	o = lab_verify(&lab, rest);
	good = CHECK(path, o->count != 0) &&
	    CHECK_TEXT(path, o->signatures[o->count - 1].reason, "") &&
	    CHECK(path, o->signatures[o->count - 1].result == DKIM_PASS);
	lab_done(&lab);
	free(file);
	return good;
}

static void
run_stalwart(const char *suites)
{
	unsigned good = 0;
	char *path;
	int i;

	for (i = 1; i <= STALWART_CASES; i++) {
		path = mem_printf("%s/dkim/stalwart/%03d.txt", suites, i);
		good += stalwart(path);
		free(path);
	}
	printf("bar: dkim-stalwart %u/%d (wanted %d/%d) %s\n", good,
	    STALWART_CASES, STALWART_CASES, STALWART_CASES,
	    good == STALWART_CASES ? "met" : "missed");
}

/* The best of all signatures stands for the message, as in Mail::DKIM. */
static enum dkim_result
overall(const struct dkim_outcome *o)
{
	static const enum dkim_result order[] = {DKIM_PASS, DKIM_POLICY,
	    DKIM_FAIL, DKIM_TEMPERROR, DKIM_PERMERROR, DKIM_NEUTRAL};
	size_t i, k;

	for (k = 0; k < sizeof(order) / sizeof(order[0]); k++)
		for (i = 0; i < o->count; i++)
			if (o->signatures[i].result == order[k])
				return order[k];
	return DKIM_NONE;
}

/* "invalid" is what could not be verified at all. */
static bool
as_recorded(struct span recorded, enum dkim_result ours)
{
	if (span_is(recorded, "invalid"))
		return ours == DKIM_NEUTRAL || ours == DKIM_PERMERROR ||
		    ours == DKIM_TEMPERROR;
	return span_is(recorded, dkim_result_name(ours));
}

static const struct deviation *
find_deviation(struct span file)
{
	size_t i;

	for (i = 0; i < DEVIATIONS; i++)
		if (span_is(file, deviations[i].file))
			return &deviations[i];
	return NULL;
}

static char *
read_part(const char *suites, const char *part, struct span name, size_t *n)
{
	char *path = mem_printf("%s/dkim/mail-dkim/%s%.*s", suites, part,
	    SPAN_ARG(name));
	char *file = lab_read(path, n);

	free(path);
	return file;
}

/* One message: 'r' as recorded, 'd' a deviation that is listed, or 0. */
static int
mail_dkim(struct lab *lab, const char *suites, struct span name,
    struct span recorded)
{
	const struct deviation *d = find_deviation(name);
	enum dkim_result ours;
	char row[64], *file;
	size_t n = 0;

	snprintf(row, sizeof(row), "%.*s", SPAN_ARG(name));
	file = read_part(suites, "corpus/", name, &n);
	ours = overall(lab_verify(lab, span_make(file, n)));
	free(file);
	if (d == NULL)
		return CHECK(row, as_recorded(recorded, ours)) ? 'r' : 0;
	printf("deviation: %s recorded %.*s, ours %s: %s\n", row,
	    SPAN_ARG(recorded), dkim_result_name(ours), d->why);
	return CHECK(row, ours == d->ours) &&
	    CHECK(row, !as_recorded(recorded, ours)) ? 'd' : 0;
}

static void
load_keys(struct lab *lab, const char *suites)
{
	struct span rest, line;
	size_t n = 0;
	char *file = read_part(suites, "FAKE_DNS.dat", span_of(""), &n);

	rest = span_make(file, n);
	while (span_cut(&rest, '\n', &line))
		if (!span_starts(line, "#"))
			add_key(lab->dns, line);
	free(file);
}

static void
run_mail_dkim(const char *suites)
{
	struct lab lab = { .engine = dkim_engine_new(), .dns = dns_table(),
	    .now = MAIL_DKIM_CLOCK };
	struct span rest, line, name, recorded;
	unsigned same = 0, listed = 0;
	size_t n = 0;
	char *file = read_part(suites, "EXPECTED.tsv", span_of(""), &n);
	int what;

	load_keys(&lab, suites);
	rest = span_make(file, n);
	while (span_cut(&rest, '\n', &line)) {
		if (span_find(line, span_of("\tdkim:")) == line.n &&
		    span_find(line, span_of(",dkim:")) == line.n)
			continue;
		span_cut(&line, '\t', &name);
		span_cut(&line, '\t', &recorded);
		what = mail_dkim(&lab, suites, name, recorded);
		same += what == 'r';
		listed += what == 'd';
	}
	printf("bar: dkim-maildkim %u/%d (wanted %d/%d, %u as recorded and %u "
	    "listed deviations) %s\n", same + listed, MAIL_DKIM_CASES,
	    MAIL_DKIM_CASES, MAIL_DKIM_CASES, same, listed,
	    same + listed == MAIL_DKIM_CASES ? "met" : "missed");
	lab_done(&lab);
	free(file);
}

int
main(void)
{
	const char *suites = test_suites();

	if (suites == NULL) {
		test_skip(STALWART_CASES + MAIL_DKIM_CASES,
		    "the suites are not there");
		printf("bar: dkim-stalwart - (wanted %d/%d) unmeasured\n",
		    STALWART_CASES, STALWART_CASES);
		printf("bar: dkim-maildkim - (wanted %d/%d) unmeasured\n",
		    MAIL_DKIM_CASES, MAIL_DKIM_CASES);
		return test_end();
	}
	run_stalwart(suites);
	run_mail_dkim(suites);
	return test_end();
}
