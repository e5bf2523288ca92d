/* dns - jobs, the table, and what is shared between jobs. */
#include <pthread.h>

#include "base/clock.h"
#include "net/dns.h"
#include "test/unit/dns_ask.h"
#include "test/unit/test.h"

struct ask_row {
	const char *row, *name;
	enum dns_type type;
	const char *expected;
};

static const struct {
	const char *name;
	enum dns_type type;
	const char *data;
} zone[] = {
	{"example.com", DNS_A, "192.0.2.1"},
	{"example.com", DNS_A, "192.0.2.2"},
	{"example.com", DNS_AAAA, "2001:db8::1"},
	{"example.com", DNS_MX, "10 Mail.Example.COM."},
	{"example.com", DNS_MX, "0 ."},
	{"example.com", DNS_TXT, "v=spf1 -all"},
	{"1.2.0.192.in-addr.arpa", DNS_PTR, "example.com."},
	{"www.example.com.", DNS_CNAME, "web.example.com"},
	{"web.example.com", DNS_CNAME, "example.com"},
	{"dangling.example.com", DNS_CNAME, "gone.example.com"},
	{"loop.example.com", DNS_CNAME, "pool.example.com"},
	{"pool.example.com", DNS_CNAME, "loop.example.com"},
	{"a.deep.example.com", DNS_TXT, ""},
	{"bad.example.com", DNS_A, "2001:db8::2"},
	{"lame.example.com", DNS_TXT, "something"},
	{"half.example.com", DNS_TXT, "something"},
	{"half.example.com", DNS_A, "192.0.2.3"},
};

#define L60 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff"
#define N244 L60 "." L60 "." L60 "." L60

static const struct ask_row ask_rows[] = {
	{"two addresses", "example.com", DNS_A, "found 192.0.2.1 192.0.2.2"},
	{"case and dot", "EXAMPLE.com.", DNS_AAAA, "found 2001:db8::1"},
	{"mx, null mx", "example.com", DNS_MX, "found 10:mail.example.com 0:"},
	{"txt", "example.com", DNS_TXT, "found v=spf1 -all"},
	{"ptr", "1.2.0.192.in-addr.arpa", DNS_PTR, "found example.com"},
	{"alias of alias", "www.example.com", DNS_TXT, "found v=spf1 -all"},
	{"alias itself", "www.example.com", DNS_CNAME,
	    "found web.example.com"},
	{"alias to nothing", "dangling.example.com", DNS_A, "nxdomain"},
	{"alias loop", "loop.example.com", DNS_A, "failed servfail"},
	{"no such type", "example.com", DNS_NS, "nodata"},
	{"empty non-terminal", "deep.example.com", DNS_A, "nodata"},
	{"empty text", "a.deep.example.com", DNS_TXT, "found "},
	{"below a name", "b.example.com", DNS_A, "nxdomain"},
	{"end of a label is not above", "xample.com", DNS_A, "nxdomain"},
	{"unusable data", "bad.example.com", DNS_A, "nodata"},
	{"failure of a type", "lame.example.com", DNS_TXT, "failed servfail"},
	{"failure of the rest", "half.example.com", DNS_MX,
	    "failed servfail"},
	{"records before failure", "half.example.com", DNS_A,
	    "found 192.0.2.3"},
	{"everything fails", "dead.example.com", DNS_A, "failed servfail"},
	{"oversized", "huge.example.com", DNS_TXT,
	    "failed oversized answer"},
	{"no name", "", DNS_A, "nxdomain"},
	{"root", ".", DNS_A, "nxdomain"},
	{"empty label", "a..example.com", DNS_A, "nxdomain"},
	{"two final dots", "example.com..", DNS_A, "nxdomain"},
	{"leading dot", ".example.com", DNS_A, "nxdomain"},
	{"label of 63", L60 "123.example.com", DNS_A, "nodata"},
	{"label of 64", L60 "1234.example.com", DNS_A, "nxdomain"},
	{"name of 253", N244 ".12345678", DNS_A, "nodata"},
	{"name of 254", N244 ".123456789", DNS_A, "nxdomain"},
};

static struct dns *
zone_new(void)
{
	static const char huge[DNS_TXT_MAX + 1];
	struct dns *dns = dns_table();
	size_t i;

	for (i = 0; i < sizeof(zone) / sizeof(zone[0]); i++)
		dns_table_add(dns, zone[i].name, zone[i].type,
		    span_of(zone[i].data));
	dns_table_add(dns, "huge.example.com", DNS_TXT,
	    span_make(huge, sizeof(huge)));
	dns_table_add(dns, "x." L60 "123.example.com", DNS_TXT, span_of("x"));
	dns_table_add(dns, "x." L60 "1234.example.com", DNS_TXT,
	    span_of("x"));
	dns_table_add(dns, N244 ".12345678", DNS_TXT, span_of("x"));
	dns_table_fail(dns, "lame.example.com", DNS_TXT);
	dns_table_fail(dns, "half.example.com", 0);
	dns_table_fail(dns, "dead.example.com", 0);
	return dns;
}

static void
test_answers(int64_t delay)
{
	size_t i, n = sizeof(ask_rows) / sizeof(ask_rows[0]);
	struct dns_job *jobs[sizeof(ask_rows) / sizeof(ask_rows[0])];
	struct dns *dns = zone_new();
	struct buf out;

	buf_init(&out, 4096);
	dns_table_delay(dns, delay);
	for (i = 0; i < n; i++)
		jobs[i] = one_start(dns, ask_rows[i].name, ask_rows[i].type);
	for (i = 0; i < n; i++) {
		CHECK(ask_rows[i].row, one_end(jobs[i], 1000, &out));
		CHECK_TEXT(ask_rows[i].row, buf_string(&out),
		    ask_rows[i].expected);
	}
	buf_done(&out);
	dns_free(dns);
}

/* Follows TXT records, each naming the next, to the end. */
struct chain {
	char name[DNS_NAME_MAX + 1];
	unsigned links, failures;
	const char *why;
	int64_t end;
};

static bool
chain_step(struct dns_job *job)
{
	struct chain *c = dns_job_state(job);
	struct span name = span_of(c->name);
	const struct dns_answer *a;

	for (c->links = 0;; c->links++) {
		a = dns_job_ask(job, name, DNS_TXT);
		if (a == NULL)
			return false;
		if (a->status != DNS_FOUND)
			break;
		name = a->records[0].data;
	}
	c->why = a->why;
	c->end = clock_steady();
	return true;
}

static struct dns_job *
chain_start(struct dns *dns, const char *name)
{
	struct dns_job *job = dns_job_new(dns, sizeof(struct chain));
	struct chain *c = dns_job_state(job);

	snprintf(c->name, sizeof(c->name), "%s", name);
	dns_job_start(job, chain_step);
	return job;
}

static struct dns *
chain_dns(int64_t delay)
{
	struct dns *dns = dns_table();

	dns_table_add(dns, "one.test", DNS_TXT, span_of("two.test"));
	dns_table_add(dns, "two.test", DNS_TXT, span_of("three.test"));
	dns_table_add(dns, "three.test", DNS_TXT, span_of("nothing.test"));
	dns_table_add(dns, "self.test", DNS_TXT, span_of("self.test"));
	dns_table_delay(dns, delay);
	return dns;
}

/* Four answers of 40 ms each come while nobody waits. */
static void
test_chain(void)
{
	struct dns *dns = chain_dns(40);
	struct dns_job *job = chain_start(dns, "one.test");
	const struct chain *c = dns_job_state(job);
	int64_t before;

	sleep_ms(400);
	before = clock_steady();
	CHECK("chain", dns_job_wait(job, 0));
	CHECK("chain", clock_steady() - before < 20);
	CHECK("chain", c->links == 3 && c->end <= before);
	CHECK("chain", dns_job_questions(job) == 4);
	dns_job_free(job);
	dns_free(dns);
}

static void
test_timeout(void)
{
	struct dns *dns = chain_dns(100);
	struct dns_job *job = chain_start(dns, "two.test");
	const struct chain *c = dns_job_state(job);
	int64_t before = clock_steady(), after;

	CHECK("timeout", !dns_job_wait(job, 150));
	after = clock_steady();
	CHECK("timeout", after - before >= 150 && after - before < 190);
	CHECK("timeout: first answer is kept", c->links == 1);
	CHECK_TEXT("timeout", c->why, "timeout");
	sleep_ms(100);
	CHECK("timeout: no step afterwards", c->end <= after);
	dns_job_free(job);
	dns_free(dns);
}

/* Its question is still under way, first with the dns and then without. */
static void
test_free(void)
{
	struct dns *dns = chain_dns(20);
	struct dns_job *job = chain_start(dns, "one.test");

	dns_job_free(job);
	sleep_ms(40);
	CHECK("free", stats_have(dns, "postern_dns_under_way 0\n"));
	CHECK("free", stats_have(dns, "postern_dns_asked_total 1\n"));
	job = chain_start(dns, "two.test");
	dns_job_free(job);
	CHECK("free", stats_have(dns, "postern_dns_under_way 1\n"));
	dns_free(dns);
}

/* All different, and the same ones again. */
static bool
many_step(struct dns_job *job)
{
	struct chain *c = dns_job_state(job);
	const struct dns_answer *a;
	char name[64];
	unsigned i;

	c->failures = 0;
	for (i = 0; i < 2 * DNS_QUESTIONS_MAX; i++) {
		snprintf(name, sizeof(name), "n%u.test",
		    i % (DNS_QUESTIONS_MAX + 1));
		a = dns_job_ask(job, span_of(name), DNS_A);
		if (a == NULL)
			return false;
		if (a->status != DNS_FAILED)
			continue;
		c->failures++;
		c->why = a->why;
	}
	return true;
}

static void
test_questions_max(void)
{
	struct dns *dns = dns_table();
	struct dns_job *job = dns_job_new(dns, sizeof(struct chain));
	const struct chain *c = dns_job_state(job);

	dns_job_start(job, many_step);
	CHECK("questions max", dns_job_wait(job, 1000));
	CHECK("questions max", c->failures == 1);
	CHECK_TEXT("questions max", c->why, "question limit");
	CHECK("questions max", dns_job_questions(job) == DNS_QUESTIONS_MAX);
	dns_job_free(job);
	dns_free(dns);
}

/* Jobs that ask the same while it is under way share one question. */
static void
test_joined(void)
{
	struct dns *dns = chain_dns(30);
	struct dns_job *a = chain_start(dns, "three.test");
	struct dns_job *b = chain_start(dns, "three.test");
	const struct chain *c = dns_job_state(b);

	CHECK("joined", stats_have(dns, "postern_dns_under_way 1\n"));
	dns_job_free(a);
	CHECK("joined", dns_job_wait(b, 1000) && c->links == 1);
	dns_job_free(b);
	CHECK("joined", stats_have(dns, "postern_dns_asked_total 2\n"));
	CHECK("joined", stats_have(dns, "postern_dns_joined_total 1\n"));
	CHECK("joined", stats_have(dns, "postern_dns_questions_total 3\n"));
	CHECK("joined", stats_have(dns,
	    "postern_dns_seconds_bucket{le=\"0.025\"} 0\n"));
	CHECK("joined", stats_have(dns, "postern_dns_seconds_count 2\n"));
	dns_free(dns);
}

#define CROWD 32
#define CROWD_JOBS 60

struct crowd {
	struct dns *dns;
	unsigned seed, wrong, late;
};

/* Waits too short, long enough, and not at all. */
static void *
crowd_run(void *arg)
{
	static const char *const names[] = {"one.test", "two.test",
	    "three.test"};
	struct crowd *crowd = arg;
	unsigned i, which;

	for (i = 0; i < CROWD_JOBS; i++) {
		struct dns_job *job;
		const struct chain *c;

		which = rand_r(&crowd->seed) % 3;
		job = chain_start(crowd->dns, names[which]);
		c = dns_job_state(job);
		switch (rand_r(&crowd->seed) % 4) {
		case 0:
			break;
		case 1:
			if (!dns_job_wait(job, rand_r(&crowd->seed) % 4))
				crowd->late++;
			else if (c->links != 3 - which)
				crowd->wrong++;
			break;
		default:
			if (!dns_job_wait(job, 20000) || c->links != 3 - which)
				crowd->wrong++;
		}
		dns_job_free(job);
	}
	return NULL;
}

static void
test_crowd(void)
{
	struct crowd crowds[CROWD];
	pthread_t threads[CROWD];
	struct dns *dns = chain_dns(1);
	unsigned i, late = 0;

	for (i = 0; i < CROWD; i++) {
		crowds[i] = (struct crowd){.dns = dns, .seed = i};
		pthread_create(&threads[i], NULL, crowd_run, &crowds[i]);
	}
	for (i = 0; i < CROWD; i++) {
		pthread_join(threads[i], NULL);
		CHECK("crowd", crowds[i].wrong == 0);
		late += crowds[i].late;
	}
	CHECK("crowd: some were late", late > 0);
	dns_free(dns);
}

int
main(void)
{
	test_answers(0);
	test_answers(10);
	test_chain();
	test_timeout();
	test_free();
	test_questions_max();
	test_joined();
	test_crowd();
	return test_end();
}
