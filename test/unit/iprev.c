/* iprev - reverse names of clients, and whether they lead back. */
#include "auth/iprev.h"
#include "base/buf.h"
#include "base/clock.h"
#include "test/unit/dns_ask.h"
#include "test/unit/test.h"

#define TIMEOUT 5000
#define TEXT_MAX 1024

struct row {
	const char *name, *ip;
	const char *zone;	/* "name TYPE data|...", no type: fails */
	const char *expected;	/* result, name, "+" or "-" and each name */
};

#define REVERSE4 "1.2.0.192.in-addr.arpa"
#define REVERSE6 "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0." \
	"8.b.d.0.1.0.0.2.ip6.arpa"

/* 2.7.3 and 3 are sections of RFC 8601. */
static const struct row rows[] = {
	{ "2.7.3 pass", "192.0.2.1",
	    REVERSE4 " PTR mx.example|mx.example A 192.0.2.1",
	    "pass mx.example +mx.example" },
	{ "2.7.3 pass, IPv6", "2001:db8::1",
	    REVERSE6 " PTR mx.example|mx.example AAAA 2001:db8::1",
	    "pass mx.example +mx.example" },
	{ "IPv4 in IPv6", "::ffff:192.0.2.1",
	    REVERSE4 " PTR mx.example|mx.example A 192.0.2.1",
	    "pass mx.example +mx.example" },
	{ "3 any of several names", "192.0.2.1", REVERSE4 " PTR a.example|"
	    REVERSE4 " PTR b.example|a.example A 192.0.2.2|"
	    "b.example A 192.0.2.9|b.example A 192.0.2.1",
	    "pass b.example -a.example +b.example" },
	{ "a name not answered beside one that is", "192.0.2.1",
	    REVERSE4 " PTR a.example|" REVERSE4 " PTR b.example|a.example|"
	    "b.example A 192.0.2.1", "pass b.example -a.example +b.example" },
	{ "2.7.3 fail: no agreement", "192.0.2.1",
	    REVERSE4 " PTR mx.example|mx.example A 192.0.2.2",
	    "fail mx.example -mx.example "
	    "(no name leads back to the address)" },
	{ "2.7.3 fail: the name does not exist", "192.0.2.1",
	    REVERSE4 " PTR mx.example", "fail mx.example -mx.example "
	    "(no name leads back to the address)" },
	{ "2.7.3 fail: only the other family", "192.0.2.1",
	    REVERSE4 " PTR mx.example|mx.example AAAA 2001:db8::1",
	    "fail mx.example -mx.example "
	    "(no name leads back to the address)" },
	{ "2.7.3 temperror: reverse", "192.0.2.1", REVERSE4,
	    "temperror  (servfail)" },
	{ "2.7.3 temperror: forward", "192.0.2.1",
	    REVERSE4 " PTR a.example|" REVERSE4 " PTR b.example|a.example|"
	    "b.example A 192.0.2.2",
	    "temperror a.example -a.example -b.example (servfail)" },
	{ "2.7.3 permerror: no PTR", "192.0.2.1", "",
	    "permerror  (no PTR)" },
	{ "2.7.3 permerror: NODATA", "192.0.2.1", "x." REVERSE4 " A 192.0.2.1",
	    "permerror  (no PTR)" },
	{ "the root as name", "192.0.2.1", REVERSE4 " PTR .",
	    "fail  - (no name leads back to the address)" },
	{ "PTR behind a CNAME (RFC 2317)", "192.0.2.1",
	    REVERSE4 " CNAME 1.0-7.2.0.192.in-addr.arpa|"
	    "1.0-7.2.0.192.in-addr.arpa PTR mx.example|"
	    "mx.example A 192.0.2.1", "pass mx.example +mx.example" },
};

static struct dns *
zone_dns(const char *zone)
{
	static const struct {
		const char *name;
		enum dns_type type;
	} types[] = { { "A", DNS_A }, { "AAAA", DNS_AAAA }, { "PTR", DNS_PTR },
		{ "CNAME", DNS_CNAME } };
	struct dns *dns = dns_table();
	struct span rest = span_of(zone), entry, name, type;
	char text[DNS_NAME_MAX + 1];
	size_t i;

	while (rest.n != 0 && span_cut(&rest, '|', &entry)) {
		span_word(&entry, &name);
		snprintf(text, sizeof(text), "%.*s", SPAN_ARG(name));
		if (!span_word(&entry, &type)) {
			dns_table_fail(dns, text, 0);
			continue;
		}
		for (i = 0; i < 4 && !span_is(type, types[i].name);)
			i++;
		CHECK(zone, i < 4);
		dns_table_add(dns, text, types[i].type, span_trim(entry));
	}
	return dns;
}

static void
describe(const struct iprev_outcome *o, struct buf *out)
{
	size_t i;

	buf_printf(out, "%s %.*s", iprev_result_name(o->result),
	    SPAN_ARG(o->name));
	for (i = 0; i < o->count; i++)
		buf_printf(out, " %c%.*s", o->names[i].confirmed ? '+' : '-',
		    SPAN_ARG(o->names[i].name));
	if (o->reason != NULL)
		buf_printf(out, " (%s)", o->reason);
}

static void
run(const struct row *row)
{
	struct dns *dns = zone_dns(row->zone);
	struct dns_job *job;
	struct buf out;
	struct ip ip;

	CHECK(row->name, ip_parse(span_of(row->ip), &ip));
	buf_init(&out, TEXT_MAX);
	job = iprev_start(dns, &ip);
	CHECK(row->name, dns_job_wait(job, TIMEOUT));
	describe(iprev_outcome(job), &out);
	CHECK_TEXT(row->name, buf_string(&out), row->expected);
	buf_done(&out);
	dns_job_free(job);
	dns_free(dns);
}

/* The name past the limit would have led back. */
static void
check_limit(void)
{
	struct dns *dns = dns_table();
	struct dns_job *job;
	char name[32];
	struct ip ip;
	size_t i;

	ip_parse(span_of("192.0.2.1"), &ip);
	for (i = 0; i <= IPREV_NAMES_MAX; i++) {
		snprintf(name, sizeof(name), "n%zu.example", i);
		dns_table_add(dns, REVERSE4, DNS_PTR, span_of(name));
	}
	dns_table_add(dns, name, DNS_A, span_of("192.0.2.1"));
	job = iprev_start(dns, &ip);
	dns_job_wait(job, TIMEOUT);
	CHECK("limit", iprev_outcome(job)->more);
	CHECK("limit", iprev_outcome(job)->count == IPREV_NAMES_MAX);
	CHECK("limit", iprev_outcome(job)->result == IPREV_FAIL);
	CHECK("limit", dns_job_questions(job) == 1 + IPREV_NAMES_MAX);
	dns_job_free(job);
	dns_free(dns);
}

#define DELAY 300	/* ms of every answer */
#define SLACK 290

/* Two rounds however many names there are; a late answer is none. */
static void
check_time(void)
{
	struct dns *dns = zone_dns(REVERSE4 " PTR a.example|" REVERSE4
	    " PTR b.example|" REVERSE4 " PTR c.example|"
	    "c.example A 192.0.2.1");
	struct dns_job *job;
	int64_t begin = clock_steady();
	struct ip ip;

	ip_parse(span_of("192.0.2.1"), &ip);
	dns_table_delay(dns, DELAY);
	job = iprev_start(dns, &ip);
	CHECK("in time", dns_job_wait(job, TIMEOUT));
	begin = clock_steady() - begin;
	CHECK("two rounds", begin >= 2 * DELAY && begin < 2 * DELAY + SLACK);
	CHECK("in time", iprev_outcome(job)->result == IPREV_PASS);
	dns_job_free(job);
	dns_free(dns);
	dns = zone_dns("x.example A 192.0.2.1");
	dns_table_delay(dns, DELAY);
	job = iprev_start(dns, &ip);
	CHECK("late", !dns_job_wait(job, DELAY / 4));
	CHECK("late", iprev_outcome(job)->result == IPREV_TEMPERROR);
	CHECK_TEXT("late", iprev_outcome(job)->reason, "timeout");
	dns_job_free(job);
	dns_free(dns);
}

/* b's address comes half a round before a's: nobody waits for that. */
static void
check_enough(void)
{
	struct dns *dns = zone_dns(REVERSE4 " PTR a.example|" REVERSE4
	    " PTR b.example|b.example A 192.0.2.1");
	struct dns_job *job, *other;
	int64_t begin = clock_steady();
	struct ip ip;

	ip_parse(span_of("192.0.2.1"), &ip);
	dns_table_delay(dns, DELAY);
	job = iprev_start(dns, &ip);
	sleep_ms(DELAY / 2);
	other = one_start(dns, "b.example", DNS_A);
	CHECK("one is enough", dns_job_wait(job, begin + 2 * DELAY -
	    DELAY / 10 - clock_steady()));
	CHECK("one is enough", iprev_outcome(job)->result == IPREV_PASS);
	CHECK("one is enough", span_is(iprev_outcome(job)->name,
	    "b.example"));
	dns_job_free(other);
	dns_job_free(job);
	dns_free(dns);
}

int
main(void)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		run(&rows[i]);
	check_limit();
	check_time();
	check_enough();
	return test_end();
}
