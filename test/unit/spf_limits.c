/* spf_limits - limits, time, and records made to do harm. */
#include "base/clock.h"
#include "test/unit/spf_judge.h"

#define LATE 200	/* ms, of each answer where time is measured */

static struct dns *
small_dns(void)
{
	static const char *const records[][2] = {
		{ "yes.test", "v=spf1 +all" }, { "no.test", "v=spf1 -all" },
		{ "soft.test", "v=spf1 ~all" }, { "bad.test", "v=spf1 al" },
		{ "b1.test", "v=spf1 a a a -all" },
	};
	struct dns *dns = dns_table();
	size_t i;

	for (i = 0; i < sizeof(records) / sizeof(records[0]); i++)
		dns_table_add(dns, records[i][0], DNS_TXT,
		    span_of(records[i][1]));
	dns_table_add(dns, "b1.test", DNS_A, span_of("192.0.2.99"));
	dns_table_add(dns, "d.test", DNS_MX, span_of("10 mx1.d.test"));
	dns_table_add(dns, "d.test", DNS_MX, span_of("20 mx2.d.test"));
	dns_table_add(dns, "mx1.d.test", DNS_A, span_of("192.0.2.11"));
	dns_table_add(dns, "mx2.d.test", DNS_A, span_of("192.0.2.12"));
	return dns;
}

/* A chain is as long as its longest branch: that many answers in a row. */
static void
test_chain(const char *record, unsigned chain, const char *expected,
    size_t questions)
{
	struct spf_input input =
	    input_of("192.0.2.1", "h.test", "local@d.test");
	struct dns *dns = small_dns();
	struct dns_job *job;
	struct buf text;
	int64_t start;

	buf_init(&text, 4096);
	dns_table_add(dns, "d.test", DNS_TXT, span_of(record));
	dns_table_delay(dns, LATE);
	start = clock_steady();
	job = spf_start(dns, &input);
	CHECK(record, dns_job_wait(job, DEADLINE));
	CHECK(record, clock_steady() - start < chain * LATE + LATE * 3 / 4);
	CHECK(record, dns_job_questions(job) == questions);
	show(spf_outcome(job), &text);
	CHECK_TEXT(record, buf_string(&text), expected);
	dns_job_free(job);
	dns_free(dns);
	buf_done(&text);
}

static void
test_chains(void)
{
	test_chain("v=spf1 mx a:x.y include:b1.test include:no.test "
	    "exists:%{l}.x.y mx:x.test -all", 3, "permerror 9/3 void "
	    "lookups: more than 2 (RFC 7208 4.6.4)", 10);
	test_chain("v=spf1 include:no.test include:soft.test "
	    "include:bad.test include:yes.test", 2,
	    "permerror 3/0 al is not a mechanism", 5);
	/* Six guesses, then one after the other. */
	test_chain("v=spf1 include:no.test include:soft.test "
	    "include:no1.test include:no2.test include:no3.test "
	    "include:no4.test include:no5.test include:no6.test", 2,
	    "permerror 3/0 no1.test has no SPF record", 8);
}

static void
test_timeout(void)
{
	struct spf_input input =
	    input_of("192.0.2.1", "h.test", "local@no.test");
	struct dns *dns = small_dns();
	struct dns_job *job;

	dns_table_delay(dns, DEADLINE);
	job = spf_start(dns, &input);
	CHECK("timeout", !dns_job_wait(job, 10));
	CHECK("timeout", spf_outcome(job)->result == SPF_TEMPERROR);
	CHECK_TEXT("timeout", spf_outcome(job)->problem,
	    "no.test TXT: timeout");
	dns_job_free(job);
	dns_free(dns);
}

/* Text repeated: what hostile records are made of. */
static void
repeat(struct buf *out, const char *text, unsigned times)
{
	while (times-- > 0)
		buf_puts(out, text);
}

static void
judge_record(const char *row, struct dns *dns, struct buf *record,
    const char *expected)
{
	struct spf_input input = input_of("203.0.113.5", "h.test",
	    "local@hostile.test");

	dns_table_add(dns, "hostile.test", DNS_TXT, buf_contents(record));
	judge(row, dns, &input, expected);
	buf_reset(record);
	dns_free(dns);
}

/* CVE-2023-42118, and what libspf2 takes too little of or too much. */
static void
test_hostile(void)
{
	struct buf r;
	unsigned i;

	buf_init(&r, DNS_TXT_MAX);
	for (i = 120; i < 135; i++) {
		buf_puts(&r, "v=spf1 exists:");
		repeat(&r, "%{d}", i);
		repeat(&r, "A", 3500);
		buf_puts(&r, ".test -all");
		judge_record("CVE-2023-42118", small_dns(), &r,
		    "fail -all 1/1");
	}
	buf_puts(&r, "v=spf1");
	repeat(&r, " ip4:192.0.2.1", 64);
	buf_puts(&r, " -all");
	judge_record("511 bytes, ip4", small_dns(), &r, "fail -all 0/0");
	buf_puts(&r, "v=spf1");
	repeat(&r, " ip6:2001:db8::1", 300);
	buf_puts(&r, " ip4:203.0.113.5 -all");
	judge_record("511 bytes, ip6", small_dns(), &r,
	    "pass ip4:203.0.113.5 0/0");
	buf_puts(&r, "v=spf1 exists:");
	repeat(&r, "%{s}", 2000);
	judge_record("expansion", small_dns(), &r, "neutral default 1/0");
	buf_puts(&r, "v=spf1 a:");
	repeat(&r, "%", 3000);
	judge_record("percents", small_dns(), &r, "neutral default 1/0");
	buf_puts(&r, "v=spf1");
	repeat(&r, " a", 4000);
	judge_record("terms", small_dns(), &r, "permerror 3/3 void lookups: "
	    "more than 2 (RFC 7208 4.6.4)");
	buf_puts(&r, "v=spf1 a:e1.test a:e2.test a:e3.test a:e4.test "
	    "a:e5.test -all");
	judge_record("5 voids", small_dns(), &r, "permerror 3/3 void lookups: "
	    "more than 2 (RFC 7208 4.6.4)");
	buf_done(&r);
}

/* Nine includes in each record, five deep: 66,430 questions of a naive one. */
static void
test_tree(void)
{
	struct spf_input input = input_of("192.0.2.1", "h.test", "x@top.test");
	struct dns_job *job;
	struct dns *dns = dns_table();
	char name[64];
	struct buf r;
	int depth, i;

	buf_init(&r, DNS_TXT_MAX);
	for (depth = 0; depth < 5; depth++) {
		buf_puts(&r, "v=spf1");
		for (i = 0; i < 9; i++)
			buf_printf(&r, " include:%d.%d.test", i, depth + 1);
		for (i = 0; i < 9; i++) {
			snprintf(name, sizeof(name), "%d.%d.test", i, depth);
			dns_table_add(dns, depth == 0 ? "top.test" : name,
			    DNS_TXT, buf_contents(&r));
			if (depth == 0)
				break;
		}
		buf_reset(&r);
	}
	for (i = 0; i < 9; i++) {
		snprintf(name, sizeof(name), "%d.5.test", i);
		dns_table_add(dns, name, DNS_TXT, span_of("v=spf1 ?all"));
	}
	dns_table_delay(dns, 1);
	job = spf_start(dns, &input);
	CHECK("tree", dns_job_wait(job, DEADLINE));
	CHECK("tree", spf_outcome(job)->result == SPF_PERMERROR);
	CHECK("tree", spf_outcome(job)->lookups == SPF_LOOKUPS_MAX);
	/* 1 + 10, and a few guesses. */
	CHECK("tree", dns_job_questions(job) <= 17);
	dns_job_free(job);
	dns_free(dns);
	buf_done(&r);
}

/* Eleven names each: MX is an error (5.4), PTR is cut (4.6.4). */
static void
test_hosts(void)
{
	struct spf_input input = input_of("203.0.113.5", "h.test", "x@d.test");
	struct dns *dns = dns_table();
	char data[64];
	int i;

	for (i = 0; i < 11; i++) {
		snprintf(data, sizeof(data), "10 h%d.test", i);
		dns_table_add(dns, "eleven.test", DNS_MX, span_of(data));
		dns_table_add(dns, "5.113.0.203.in-addr.arpa", DNS_PTR,
		    span_of(data + 3));
		dns_table_add(dns, data + 3, DNS_A,
		    span_of(i < 10 ? "192.0.2.1" : "203.0.113.5"));
	}
	dns_table_add(dns, "d.test", DNS_TXT,
	    span_of("v=spf1 ptr:h10.test mx:eleven.test -all"));
	judge("hosts", dns, &input, "permerror 2/0 eleven.test has more than "
	    "10 MX (RFC 7208 4.6.4)");
	dns_free(dns);
}

int
main(void)
{
	test_chains();
	test_timeout();
	test_hostile();
	test_tree();
	test_hosts();
	return test_end();
}
